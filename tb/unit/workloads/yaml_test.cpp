// Layers from the YAML files of Timeloop, ZigZag and Stream.
#include <gmock/gmock.h>

#if __has_include(<yaml-cpp/yaml.h>)
#include <array>
#include <string>
#include <vector>

#include "unit/workloads/mistake.h"
#include "workloads/yaml/import.h"

namespace arrayflex::workloads {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using testing::ThrowsMessage;

/// T, N, M, number of products.
using Product = std::array<std::int64_t, 4>;

std::vector<Product> products(const std::string& text) {
  std::vector<Product> result;
  for (const Layer& layer : parse_yaml(text, "net.yaml").layers) {
    result.push_back({layer.gemm.t, layer.gemm.n, layer.gemm.m, layer.repeat});
  }
  return result;
}

std::vector<std::string> names(const std::string& text) {
  std::vector<std::string> result;
  for (const Layer& layer : parse_yaml(text, "net.yaml").layers) result.push_back(layer.name);
  return result;
}

const std::string kSpaces = R"(
    data_spaces:
    - {name: Weights, projection: [[[C]], [[M]], [[R]], [[S]]]}
    - {name: Inputs, projection: [[[N]], [[C]], [[R, Wdilation], [P, Wstride]], [[S], [Q]]]}
    - {name: Outputs, projection: [[[N]], [[M]], [[Q]], [[P]]], read_write: True}
)";
const std::string kInstance =
    "  instance: {N: 2, C: 64, M: 128, P: 28, Q: 14, R: 3, S: 5, Wstride: 2}\n";

TEST(Timeloop, ReadsAShapeByItsDataSpaces) {
  const std::string shape =
      "problem:\n  shape:\n    name: x\n    dimensions: [C, M, R, S, N, P, Q]";
  EXPECT_THAT(products(shape + kSpaces + kInstance),
              ElementsAre(Product{2 * 28 * 14, 64 * 3 * 5, 128, 1}));
  EXPECT_THAT(names(shape + kSpaces + kInstance), ElementsAre("net"));
}

TEST(Timeloop, ReadsDepthwiseShapesAsAProductPerChannel) {
  EXPECT_THAT(products(R"(
problem:
  instance: {C: 32, P: 14, Q: 14, R: 3, S: 3, N: 2}
  shape:
    dimensions: [C, R, S, N, P, Q]
    data-spaces:
    - {name: Filters, projection: [[[C]], [[R]], [[S]]]}
    - {name: Inputs, projection: [[[N]], [[C]], [[R], [P]], [[S], [Q]]]}
    - {name: Outputs, projection: [[[N]], [[C]], [[Q]], [[P]]], read-write: True}
)"),
              ElementsAre(Product{2 * 14 * 14, 9, 1, 32}));
}

TEST(Timeloop, KnowsItsOwnShapesByName) {
  const std::string sizes = "R: 3, S: 3, P: 4, Q: 5, C: 6, N: 2, Hstride: 1, ";
  EXPECT_THAT(products("problem: {shape: cnn-layer, " + sizes + "K: 7}"),
              ElementsAre(Product{40, 54, 7, 1}));
  EXPECT_THAT(products("problem: {" + sizes + "M: 7, G: 8}"), ElementsAre(Product{40, 54, 7, 8}));
  EXPECT_THAT(products("problem: {shape: gemm_ABZ, instance: {M: 10, N: 20, K: 30}}"),
              ElementsAre(Product{10, 30, 20, 1}));
  EXPECT_THAT(products("problem: {instance: {M: 10, N: 20, K: 30}}"),
              ElementsAre(Product{10, 30, 20, 1}));
}

TEST(Timeloop, ReadsListsAndNames) {
  const std::string two =
      "- problem: {name: fc, shape: gemm, M: 1, N: 2, K: 3}\n"
      "- problem: {shape: gemm, M: 4, N: 5, K: 6}\n- problem: {shape: gemm, M: 7, N: 8, K: 9}\n";
  EXPECT_THAT(names(two), ElementsAre("fc", "net", "net#2"));
  EXPECT_THAT(products(two),
              ElementsAre(Product{1, 3, 2, 1}, Product{4, 6, 5, 1}, Product{7, 9, 8, 1}));
  EXPECT_EQ(products("problem:\n- {M: 1, N: 2, K: 3}\n- {M: 1, N: 2, K: 3}\n").size(), 2U);
}

TEST(Timeloop, LeavesOutWhatItsFrontEndWouldInclude) {
  const Workload workload = parse_yaml(
      "{{include_text('../problem_base.yaml')}}\nproblem:\n  <<<: *problem_base\n"
      "  instance: {C: 768, M: 3072, P: 197}\n  name: Linear\n",
      "net.yaml");
  EXPECT_EQ(workload.layers[0].name, "Linear");
  EXPECT_EQ(workload.layers[0].gemm, (GemmShape{197, 768, 3072}));
  EXPECT_THAT(workload.notes, ElementsAre(HasSubstr("not read")));
}

TEST(Timeloop, FollowsMergesWithinTheFile) {
  EXPECT_THAT(products("common: &common {C: 8, R: 3, S: 3, N: 1}\n"
                       "problem:\n  instance: {<<: *common, M: 4, P: 5, Q: 6, R: 1}\n"),
              ElementsAre(Product{30, 24, 4, 1}));
}

TEST(ZigZag, ReadsLayersByTheirEquations) {
  const std::string text = R"(
- id: 0
  name: conv1
  operator_type: Conv
  equation: O[b][k][oy][ox]+=W[k][c][fy][fx]*I[b][c][iy][ix]
  dimension_relations: [ix=2*ox+1*fx, iy=2*oy+1*fy]
  loop_dims: [B, K, C, OY, OX, FY, FX]
  loop_sizes: [2, 64, 3, 112, 56, 7, 5]
- id: 1
  operator_type: Pooling
  equation: O[b][g][oy][ox]+=W[fx][fy]*I[b][g][iy][ix]
  loop_dims: [B, G, OY, OX, FX, FY]
  loop_sizes: [1, 64, 56, 56, 3, 3]
- id: 2
  operator_type: Add
  equation: O[b][g][oy][ox]=W[b][g][oy][ox]+I[b][g][oy][ox]
  loop_dims: [B, G, OY, OX]
  loop_sizes: [1, 64, 56, 56]
- id: 3
  operator_type: Conv
  equation: O[b][g][k][oy][ox]+=W[g][c][fy][fx]*I[b][g][c][iy][ix]
  dimension_relations: [ix=1*ox+1*fx, iy=1*oy+1*fy]
  loop_dim_size: {B: 1, G: 32, K: 1, C: 1, OY: 14, OX: 14, FY: 3, FX: 3}
- id: 4
  operator_type: Gemm
  equation: O[b][k]+=A[b][c]*B[c][k]
  loop_dims: [B, C, K]
  loop_sizes: [4, 5, 6]
)";
  EXPECT_THAT(products(text), ElementsAre(Product{2 * 112 * 56, 3 * 7 * 5, 64, 1},
                                          Product{196, 9, 1, 32}, Product{4, 5, 6, 1}));
  EXPECT_THAT(names(text), ElementsAre("conv1", "Conv_3", "Gemm_4"));
  EXPECT_THAT(parse_yaml(text, "net.yaml").notes, ElementsAre(HasSubstr("Add 1, Pooling 1")));
}

TEST(Yaml, BecomesATableOfTheSameLayers) {
  const Workload workload = parse_yaml(
      "problem: {name: 'a, \"b\"', R: 3, S: 3, P: 4, Q: 5, C: 6, K: 7, N: 2, G: 3}", "n.yaml");
  const Workload again = parse(layer_table_of(workload), "n.csv");
  ASSERT_EQ(again.layers.size(), 1U);
  EXPECT_EQ(again.layers[0].name, "a, \"b\"");
  EXPECT_EQ(again.layers[0].gemm, workload.layers[0].gemm);
  EXPECT_EQ(again.layers[0].repeat, 3);
}

class YamlMistake : public testing::TestWithParam<Mistake> {};

TEST_P(YamlMistake, IsNamedWithPositionValueAndWhatIsAllowed) {
  EXPECT_THAT([] { parse_yaml(GetParam().text, "f.yaml"); },
              ThrowsMessage<InputError>(
                  AllOf(StartsWith(GetParam().where), HasSubstr(GetParam().allowed))));
}

const std::string kLayer = "- equation: O[b][k]+=W[k][c]*I[b][c]\n  name: fc\n";

// clang-format off
INSTANTIATE_TEST_SUITE_P(All, YamlMistake, testing::Values(
    Mistake{"Empty", "", "f.yaml: no layers", "problem of Timeloop"},
    Mistake{"OtherKind", "architecture: {version: 0.4}\n", "f.yaml: no layers", "ZigZag or Stream"},
    Mistake{"NoYaml", "a: [1\n", "f.yaml:2:1: no YAML", ""},
    Mistake{"Zero", "problem: {M: 0, N: 1, K: 2}", "f.yaml: M = 0", "1..2147483647"},
    Mistake{"Text", "problem: {M: ten, N: 1, K: 2}", "f.yaml: M = ten", "1..2147483647"},
    Mistake{"Fraction", "problem: {M: 1.5, N: 1, K: 2}", "f.yaml: M = 1.5", "whole number"},
    Mistake{"TooLarge", "problem: {C: 65536, R: 65536, K: 2}", "f.yaml: N, the length of the sums", "2147483647"},
    Mistake{"BothChannels", "problem: {C: 4, M: 2, K: 2}", "f.yaml: both M and K", "output channels"},
    Mistake{"UnknownLoop", "problem: {C: 4, M: 2, X: 3}", "f.yaml: what the loop X stands for", "data spaces"},
    Mistake{"SecondOfAList", "- problem: {M: 1, N: 1, K: 1}\n- problem: {a: 1}\n", "f.yaml: problem 2: ", "shape and sizes"},
    Mistake{"NoProductLoop", "- {name: x, equation: 'O[b]+=W[b]*I[b][c]', loop_dims: [B, C], loop_sizes: [2, 3]}", "f.yaml: layer \"x\": loop c = 3", "no matrix product"},
    Mistake{"Lengths", kLayer + "  loop_dims: [B, K, C]\n  loop_sizes: [1, 2]\n", "f.yaml: layer \"fc\": loop_dims", "same length"},
    Mistake{"NegativeSize", kLayer + "  loop_dims: [B, K, C]\n  loop_sizes: [1, 2, -3]\n", "f.yaml: layer \"fc\": C = -3", "1..2147483647"},
    Mistake{"NoProducts", "- {operator_type: Add, equation: 'O[b]=W[b]+I[b]', loop_dims: [B], loop_sizes: [2]}", "f.yaml: no layer is a matrix product", "Add 1"}),
    [](const auto& test) { return std::string(test.param.what); });
// clang-format on

TEST(Yaml, IsKnownByItsName) {
  EXPECT_TRUE(is_yaml_path("a/b.yaml"));
  EXPECT_TRUE(is_yaml_path("b.YML"));
  EXPECT_FALSE(is_yaml_path("yaml"));
  EXPECT_FALSE(is_yaml_path("b.csv"));
}

}  // namespace
}  // namespace arrayflex::workloads
#endif
