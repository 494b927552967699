// The shipped layer tables against published counts and the paper's cycle totals.
// workloads/SOURCES.md names the source of every published figure.
#include <gmock/gmock.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/core/latency.h"
#include "workloads/layer_table.h"

namespace arrayflex::workloads {
namespace {

bool ends_with(const std::string& text, const std::string& ending) {
  return text.size() >= ending.size() &&
         text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

bool is_depthwise(const Layer& layer) { return ends_with(layer.name, ".dw"); }

/// The B of an attention product is no weight.
bool is_attention(const Layer& layer) {
  return ends_with(layer.name, ".qk") || ends_with(layer.name, ".pv");
}

std::int64_t total_macs(const Workload& workload) {
  std::int64_t sum = 0;
  for (const Layer& layer : workload.layers) sum += macs(layer.gemm) * layer.repeat;
  return sum;
}

std::int64_t total_weights(const Workload& workload) {
  std::int64_t sum = 0;
  for (const Layer& layer : workload.layers) {
    if (!is_attention(layer)) sum += layer.gemm.n * layer.gemm.m * layer.repeat;
  }
  return sum;
}

/// Outputs per layer, over all layers: one bias each, or one pair of normalisation parameters.
std::int64_t total_output_channels(const Workload& workload) {
  std::int64_t sum = 0;
  for (const Layer& layer : workload.layers) {
    if (!is_attention(layer)) sum += layer.gemm.m * layer.repeat;
  }
  return sum;
}

const Layer& layer_named(const Workload& workload, const std::string& name) {
  for (const Layer& layer : workload.layers) {
    if (layer.name == name) return layer;
  }
  throw InputError("layer", name, "not in " + workload.name);
}

ArrayConfig square_array(int size) {
  ArrayParameters parameters;
  parameters.rows = size;
  parameters.cols = size;
  return ArrayConfig(parameters);
}

struct Published {
  const char* name;
  std::size_t layers;
  std::int64_t macs;     ///< exact, of this table
  double giga_macs;      ///< as published (of bert_base: as commonly quoted)
  double half_unit;      ///< half a unit of the last published digit
  std::int64_t weights;  ///< exact, of this table
};

void PrintTo(const Published& published, std::ostream* os) { *os << published.name; }

class WorkloadTable : public testing::TestWithParam<Published> {};

TEST_P(WorkloadTable, HasThePublishedSize) {
  const Published& expected = GetParam();
  const Workload workload = load(expected.name);
  EXPECT_EQ(workload.name, expected.name);
  EXPECT_THAT(workload.description, testing::Not(testing::IsEmpty()));
  EXPECT_THAT(workload.notes, testing::IsEmpty());
  EXPECT_EQ(workload.layers.size(), expected.layers);
  EXPECT_EQ(total_macs(workload), expected.macs);
  EXPECT_NEAR(static_cast<double>(total_macs(workload)) / 1e9, expected.giga_macs,
              expected.half_unit);
  EXPECT_EQ(total_weights(workload), expected.weights);
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Shipped, WorkloadTable, testing::Values(
    Published{"alexnet", 8, 714188480, 0.714, 0.0005, 61090496},
    Published{"bert_base", 97, 11174215680, 22.5 / 2, 0.1, 85524480},
    Published{"convnext_t", 59, 4455531264, 4.456, 0.0005, 28524000},
    Published{"mobilenet_v1", 28, 568740352, 0.569, 0.0005, 4209088},
    Published{"mobilenet_v2", 53, 300774272, 0.301, 0.0005, 3469760},
    Published{"resnet18", 21, 1814073344, 1.814, 0.0005, 11678912},
    Published{"resnet34", 37, 3663761408, 3.664, 0.0005, 21779648},
    Published{"resnet50", 54, 4089184256, 4.089, 0.0005, 25502912},
    Published{"vgg16", 16, 15470264320, 15.470, 0.0005, 138344128},
    Published{"vit_b_16", 74, 17563828224, 17.564, 0.0005, 86292480}),
    [](const auto& test) { return std::string(test.param.name); });
// clang-format on

TEST(WorkloadTables, AreListedInAlphabeticalOrderWithDescriptions) {
  std::vector<std::string> names;
  for (const ShippedWorkload& workload : shipped()) {
    names.push_back(workload.name);
    EXPECT_EQ(workload.description, load(workload.name).description);
  }
  EXPECT_THAT(names, testing::ElementsAre("alexnet", "bert_base", "convnext_t", "llm_7b_decode_1",
                                          "llm_7b_prefill_512", "mobilenet_v1", "mobilenet_v2",
                                          "resnet18", "resnet34", "resnet50", "vgg16", "vit_b_16"));
}

// Published parameter counts include what is no matrix product; it is added here by kind.
TEST(WorkloadTables, WeightsAddUpToPublishedParameterCounts) {
  const auto with_biases = [](const char* name) {
    const Workload workload = load(name);
    return total_weights(workload) + total_output_channels(workload);
  };
  // Batch normalisation has two parameters per channel of every convolution; the classifier, the
  // last layer, has a bias.
  const auto with_batch_norm = [](const char* name) {
    const Workload workload = load(name);
    return total_weights(workload) + 2 * total_output_channels(workload) -
           workload.layers.back().gemm.m;
  };
  EXPECT_EQ(with_batch_norm("resnet18"), 11689512);
  EXPECT_EQ(with_batch_norm("resnet34"), 21797672);
  EXPECT_EQ(with_batch_norm("resnet50"), 25557032);
  EXPECT_EQ(with_batch_norm("mobilenet_v2"), 3504872);
  EXPECT_NEAR(static_cast<double>(with_batch_norm("mobilenet_v1")) / 1e6, 4.2, 0.05);
  EXPECT_EQ(with_biases("vgg16"), 138357544);
  EXPECT_EQ(with_biases("alexnet"), 61100840);
  // Layer normalisations and layer scales of the blocks, the stem, the transitions and the head.
  const std::int64_t convnext_norms =
      3 * (3 * 96 + 3 * 192 + 9 * 384 + 3 * 768) + 2 * 96 + 2 * (96 + 192 + 384) + 2 * 768;
  EXPECT_EQ(with_biases("convnext_t") + convnext_norms, 28589128);
  // Class token, position embedding, two layer normalisations per block and one at the end.
  EXPECT_EQ(with_biases("vit_b_16") + 768 + 197 * 768 + (12 * 2 + 1) * 2 * 768, 86567656);
  // Embeddings of words, positions and segments; one normalisation after them, two per block.
  EXPECT_EQ(with_biases("bert_base") + (30522 + 512 + 2) * 768 + (1 + 12 * 2) * 2 * 768, 109482240);
  // 32 blocks with two normalisations each, one at the end, embedding and output of 32000 words.
  EXPECT_EQ(32 * total_weights(load("llm_7b_prefill_512")) + (2 * 32 + 1) * 4096 + 2 * 32000 * 4096,
            6738415616);
}

// Published for the whole network: 850 G for 128 tokens, 32 blocks and the output matrix.
TEST(WorkloadTables, HoldALanguageModelBlockOfThePublishedSize) {
  const Workload prefill = load("llm_7b_prefill_512");
  const Workload decode = load("llm_7b_decode_1");
  EXPECT_EQ(prefill.layers.size(), 9U);
  EXPECT_EQ(decode.layers.size(), 9U);
  EXPECT_EQ(total_weights(prefill), 202375168);
  EXPECT_EQ(total_weights(decode), 202375168);
  EXPECT_EQ(total_macs(prefill), 105763569664);
  EXPECT_EQ(total_macs(decode), 206569472);

  const std::int64_t attention_512 = total_macs(prefill) - 512 * total_weights(prefill);
  const std::int64_t attention_128 = attention_512 / (4 * 4);  // quadratic in the tokens
  const std::int64_t network =
      32 * (128 * total_weights(prefill) + attention_128) + 128 * std::int64_t{32000} * 4096;
  EXPECT_NEAR(static_cast<double>(network) / 1e9, 850, 0.5);
  // One token of 512, each against the full KV length.
  EXPECT_EQ(total_macs(decode) * 512, total_macs(prefill));
}

struct PaperTotal {
  const char* name;
  int array_size;
  std::int64_t conventional_cycles;
};

void PrintTo(const PaperTotal& total, std::ostream* os) {
  *os << total.name << " on " << total.array_size;
}

class PaperCycles : public testing::TestWithParam<PaperTotal> {};

TEST_P(PaperCycles, OfTheConventionalArrayComeOutWithoutDepthwiseLayers) {
  const ArrayConfig config = square_array(GetParam().array_size);
  std::int64_t cycles = 0;
  for (const Layer& layer : load(GetParam().name).layers) {
    if (!is_depthwise(layer)) cycles += gemm_cycles(config, layer.gemm, 1) * layer.repeat;
  }
  EXPECT_EQ(cycles, GetParam().conventional_cycles);
}

INSTANTIATE_TEST_SUITE_P(
    Paper, PaperCycles,
    testing::Values(PaperTotal{"resnet34", 128, 809350}, PaperTotal{"resnet34", 256, 414142},
                    PaperTotal{"mobilenet_v1", 128, 156636}, PaperTotal{"mobilenet_v1", 256, 90520},
                    PaperTotal{"convnext_t", 128, 964538}, PaperTotal{"convnext_t", 256, 495204}));

// Time of ResNet-34 at 128x128 that the best k of each layer saves, of the conventional array's
// with the same overlap.
double saving_of_resnet34(Overlap overlap) {
  ArrayParameters p;
  p.overlap = overlap;
  const ArrayConfig config(p);
  double own_ps = 0;
  double conventional_ps = 0;
  for (const Layer& layer : load("resnet34").layers) {
    const int k = best_collapse_factor(config, layer.gemm);
    own_ps += static_cast<double>(layer_cycles(config, layer, k)) *
              config.period_ps(Design::arrayflex, k).value();
    conventional_ps += static_cast<double>(layer_cycles(config, layer, 1)) *
                       config.period_ps(Design::conventional, 1).value();
  }
  return 1 - own_ps / conventional_ps;
}

TEST(WorkloadTables, WhatResNet34SavesTurnsOnTheOverlap) {
  EXPECT_NEAR(saving_of_resnet34(Overlap::none), 0.095, 0.0005);
  EXPECT_NEAR(saving_of_resnet34(Overlap::load), 0.18, 0.005);
  EXPECT_NEAR(saving_of_resnet34(Overlap::full), -0.11, 0.005);
}

TEST(WorkloadTables, HoldThePapersLayers20And28OfResNet34) {
  const Workload resnet34 = load("resnet34");
  const Layer& layer20 = layer_named(resnet34, "layer3.2.conv1");
  const Layer& layer28 = layer_named(resnet34, "layer4.0.conv1");
  EXPECT_EQ(layer20.gemm, (GemmShape{196, 2304, 256}));
  EXPECT_EQ(layer28.gemm, (GemmShape{49, 2304, 512}));

  const ArrayConfig config = square_array(132);
  std::vector<std::int64_t> cycles20, cycles28;
  for (int k = 1; k <= 4; ++k) {
    cycles20.push_back(gemm_cycles(config, layer20.gemm, k));
    cycles28.push_back(gemm_cycles(config, layer28.gemm, k));
  }
  EXPECT_THAT(cycles20, testing::ElementsAre(21240, 16488, 14904, 14112));
  EXPECT_THAT(cycles28, testing::ElementsAre(31896, 22392, 19224, 17640));
}

// The paper counts the convolutions of the main path, conv1 first.
TEST(WorkloadTables, NumberResNet34AsThePaperDoes) {
  std::vector<std::string> main_path;
  for (const Layer& layer : load("resnet34").layers) {
    if (!ends_with(layer.name, ".downsample")) main_path.push_back(layer.name);
  }
  ASSERT_EQ(main_path.size(), 34U);
  EXPECT_EQ(main_path[20 - 1], "layer3.2.conv1");
  EXPECT_EQ(main_path[28 - 1], "layer4.0.conv1");
}

TEST(WorkloadTables, MarkExactlyTheDepthwiseConvolutionsByName) {
  std::vector<std::pair<std::string, int>> depthwise_counts;
  for (const ShippedWorkload& entry : shipped()) {
    int count = 0;
    for (const Layer& layer : load(entry.name).layers) {
      EXPECT_EQ(is_depthwise(layer), layer.gemm.m == 1 && layer.repeat > 1)
          << entry.name << ": " << layer.name;
      count += is_depthwise(layer) ? 1 : 0;
    }
    if (count != 0) depthwise_counts.emplace_back(entry.name, count);
  }
  EXPECT_THAT(depthwise_counts, testing::ElementsAre(testing::Pair("convnext_t", 18),
                                                     testing::Pair("mobilenet_v1", 13),
                                                     testing::Pair("mobilenet_v2", 17)));
}

TEST(WorkloadTables, HaveTheShapesOfTheNetworks) {
  struct Expected {
    const char* workload;
    const char* layer;
    GemmShape gemm;
    std::int64_t repeat;
  };
  const std::vector<Expected> expectations{
      {"resnet34", "conv1", {12544, 147, 64}, 1},
      {"resnet34", "layer2.0.downsample", {784, 64, 128}, 1},
      {"resnet34", "fc", {1, 512, 1000}, 1},
      {"resnet50", "layer2.0.conv1", {3136, 256, 128}, 1},  // v1.5: full size before the 3x3
      {"resnet50", "layer2.0.conv2", {784, 1152, 128}, 1},
      {"mobilenet_v1", "block2.dw", {3136, 9, 1}, 64},
      {"mobilenet_v1", "block13.dw", {49, 9, 1}, 1024},
      {"mobilenet_v2", "features.2.dw", {3136, 9, 1}, 96},
      {"convnext_t", "features.0", {3136, 48, 96}, 1},
      {"convnext_t", "features.2", {784, 384, 192}, 1},
      {"convnext_t", "features.7.2.dw", {49, 49, 1}, 768},
      {"convnext_t", "features.7.2.pw1", {49, 768, 3072}, 1},
      {"alexnet", "features.0", {3025, 363, 64}, 1},
      {"alexnet", "classifier.1", {1, 9216, 4096}, 1},
      {"vgg16", "features.28", {196, 4608, 512}, 1},
      {"vit_b_16", "conv_proj", {196, 768, 768}, 1},
      {"vit_b_16", "encoder.11.qk", {197, 64, 197}, 12},
      {"vit_b_16", "encoder.11.pv", {197, 197, 64}, 12},
      {"bert_base", "encoder.layer.0.attention.qk", {128, 64, 128}, 12},
      {"llm_7b_prefill_512", "self_attn.qk", {512, 128, 512}, 32},
      {"llm_7b_decode_1", "self_attn.qk", {1, 128, 512}, 32},
      {"llm_7b_decode_1", "self_attn.pv", {1, 512, 128}, 32},
      {"llm_7b_decode_1", "mlp.down_proj", {1, 11008, 4096}, 1},
  };
  for (const Expected& expected : expectations) {
    const Workload workload = load(expected.workload);
    const Layer& layer = layer_named(workload, expected.layer);
    EXPECT_EQ(layer.gemm, expected.gemm) << expected.workload << ": " << expected.layer;
    EXPECT_EQ(layer.repeat, expected.repeat) << expected.workload << ": " << expected.layer;
  }
}

}  // namespace
}  // namespace arrayflex::workloads
