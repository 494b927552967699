// The reader of SCALE-Sim topology files of both kinds.
#include <gmock/gmock.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/core/latency.h"
#include "unit/workloads/mistake.h"
#include "workloads/scale_sim/topology.h"

namespace arrayflex::workloads {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using testing::ThrowsMessage;

const std::string kConv =
    "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, "
    "Strides,\n";
const std::string kGemm = "Layer Name, M, N, K,\n";

/// T, N, M of a layer.
using Tnm = std::array<std::int64_t, 3>;

std::vector<Tnm> shapes(const Workload& workload) {
  std::vector<Tnm> result;
  for (const Layer& layer : workload.layers)
    result.push_back({layer.gemm.t, layer.gemm.n, layer.gemm.m});
  return result;
}

std::vector<std::string> names(const Workload& workload) {
  std::vector<std::string> result;
  for (const Layer& layer : workload.layers) result.push_back(layer.name);
  return result;
}

TEST(ScaleSimTopology, ReadsConvolutions) {
  const Workload workload = parse_scale_sim_topology(
      kConv + "Conv1,224,224,7,7,3,64,2,\nConv2_1a,56,56,3,3,64,64,1,\nFC,1,1,1,1,512,1000,1,\n",
      "topologies/conv_nets/Resnet18.csv");
  EXPECT_EQ(workload.name, "Resnet18");
  EXPECT_THAT(names(workload), ElementsAre("Conv1", "Conv2_1a", "FC"));
  // ceil((224 - 7 + 2) / 2) = 110, not PyTorch's 112 with padding or 109 without.
  EXPECT_THAT(shapes(workload),
              ElementsAre(Tnm{110 * 110, 147, 64}, Tnm{54 * 54, 576, 64}, Tnm{1, 512, 1000}));
  for (const Layer& layer : workload.layers) EXPECT_EQ(layer.repeat, 1);
  EXPECT_THAT(workload.notes, IsEmpty());
}

TEST(ScaleSimTopology, RoundsTheOutputSizeUpPerAxis) {
  const auto pixels = [](int height, int width, int filter, int stride) {
    const std::string row = "c," + std::to_string(height) + "," + std::to_string(width) + "," +
                            std::to_string(filter) + "," + std::to_string(filter) + ",1,1," +
                            std::to_string(stride) + ",";
    return parse_scale_sim_topology(kConv + row, "f").layers.front().gemm.t;
  };
  EXPECT_EQ(pixels(7, 8, 3, 2), 3 * 4);  // 4/2+1 = 3; 5/2+1 = 3.5, up to 4
  EXPECT_EQ(pixels(9, 10, 3, 3), 3 * 4);
  EXPECT_EQ(pixels(3, 3, 3, 5), 1);
  EXPECT_EQ(pixels(5, 4, 1, 4), 2 * 2);  // (5-1+4)/4 = 2; (4-1+4)/4 = 1.75, up to 2
}

TEST(ScaleSimTopology, TakesAStridePerAxis) {
  const Workload workload = parse_scale_sim_topology(
      "Layer name,IFMAP height,IFMAP width,Filter height,Filter width,Channels,Num filter,"
      "Stride height,Stride width,Sparsity,\nc,9,9,3,3,2,4,2,3,1:2,\n",
      "f.csv");
  EXPECT_THAT(shapes(workload), ElementsAre(Tnm{4 * 3, 18, 4}));
  EXPECT_EQ(workload.notes.size(), 1U);
}

TEST(ScaleSimTopology, ReadsProductsWithItsMOurTItsNOurMItsKOurN) {
  const Workload workload =
      parse_scale_sim_topology(kGemm + "qkv,128,1536,512,\nout,7,8,9,\n", "GEMM_mnk/tiny_llm.csv");
  EXPECT_EQ(workload.name, "tiny_llm");
  EXPECT_THAT(names(workload), ElementsAre("qkv", "out"));
  EXPECT_THAT(shapes(workload), ElementsAre(Tnm{128, 512, 1536}, Tnm{7, 9, 8}));
}

// SCALE-Sim's weight-stationary total is the index of the last cycle, one below the closed form.
TEST(ScaleSimTopology, GivesTheCyclesItsUsersKnow) {
  ArrayParameters parameters;
  parameters.rows = 32;
  parameters.cols = 32;
  parameters.modes = {1};
  const ArrayConfig config(parameters);
  const Workload workload =
      parse_scale_sim_topology(kConv + "Conv1,224,224,7,7,3,64,2,\n", "Resnet18.csv");
  // Folds ceil(147/32) * ceil(64/32) = 10 of 2*32 + 32 + 12100 - 2 cycles.
  EXPECT_EQ(gemm_cycles(config, workload.layers[0].gemm, 1), 10 * 12194);
}

struct Variant {
  const char* what;
  std::string text;
};

void PrintTo(const Variant& variant, std::ostream* os) { *os << variant.what; }

class ScaleSimConvVariant : public testing::TestWithParam<Variant> {};

TEST_P(ScaleSimConvVariant, ReadsTheSameTwoLayers) {
  const std::string& text = GetParam().text;
  EXPECT_TRUE(is_scale_sim_topology(text));
  const Workload workload = parse(text, "f.csv");  // through the detection
  EXPECT_THAT(names(workload), ElementsAre("C1", "C2"));
  EXPECT_THAT(shapes(workload), ElementsAre(Tnm{36, 27, 16}, Tnm{16, 144, 32}));
  EXPECT_THAT(workload.notes, IsEmpty());
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(All, ScaleSimConvVariant, testing::Values(
    Variant{"TrailingCommas", kConv + "C1,8,8,3,3,3,16,1,\nC2,8,8,3,3,16,32,2,\n"},
    Variant{"NoTrailingCommas", "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides\nC1,8,8,3,3,3,16,1\nC2,8,8,3,3,16,32,2\n"},
    Variant{"NoCommaAndNoNewlineAtTheEnd", kConv + "C1,8,8,3,3,3,16,1\nC2,8,8,3,3,16,32,2"},
    Variant{"ExtraBlankFields", "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,,,\nC1,8,8,3,3,3,16,1,,,,\nC2,8,8,3,3,16,32,2, ,\t,\n"},
    Variant{"TabsAndBlanks", "Layer name\t,IFMAP  Height ,\tIFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\nC1 \t,8\t, 8 ,3,3\t\t,3,16,1,\n\tC2,8,8,3,3,16,32,2\t,\t\n"},
    Variant{"BlankRows", "\n" + kConv + "\n  \nC1,8,8,3,3,3,16,1,\n,,,,,,,,\n\nC2,8,8,3,3,16,32,2,\n\n\n"},
    Variant{"CarriageReturns", "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\r\nC1,8,8,3,3,3,16,1,\r\n\r\nC2,8,8,3,3,16,32,2,\r\n"},
    Variant{"CarriageReturnWithoutComma", "Layer name,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Strides\r\nC1,8,8,3,3,3,16,1\r\nC2,8,8,3,3,16,32,2\r\n"},
    Variant{"ByteOrderMark", "\xEF\xBB\xBF" + kConv + "C1,8,8,3,3,3,16,1,\nC2,8,8,3,3,16,32,2,\n"},
    Variant{"StridePerAxis", "Layer name,IFMAP height,IFMAP width,Filter height,Filter width,Channels,Num filter,Stride height,Stride width,\nC1,8,8,3,3,3,16,1,1,\nC2,8,8,3,3,16,32,2,2,\n"},
    Variant{"OtherCase", "LAYER NAME, IFMAP height, ifmap width, filter height, Filter width, channels, Num Filters, Stride,\nC1,8,8,3,3,3,16,1,\nC2,8,8,3,3,16,32,2,\n"}),
    [](const auto& test) { return std::string(test.param.what); });
// clang-format on

class ScaleSimGemmVariant : public testing::TestWithParam<Variant> {};

TEST_P(ScaleSimGemmVariant, ReadsTheSameTwoLayers) {
  const std::string& text = GetParam().text;
  EXPECT_TRUE(is_scale_sim_topology(text));
  const Workload workload = parse(text, "f.csv");
  EXPECT_THAT(names(workload), ElementsAre("a", "b"));
  EXPECT_THAT(shapes(workload), ElementsAre(Tnm{1, 3, 2}, Tnm{4, 6, 5}));
  EXPECT_THAT(workload.notes, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    All, ScaleSimGemmVariant,
    testing::Values(Variant{"TrailingCommas", kGemm + "a,1,2,3,\nb,4,5,6,\n"},
                    Variant{"NoTrailingCommas", "Layer Name,M,N,K\na,1,2,3\nb,4,5,6"},
                    Variant{"LayerAlone", "Layer,M,N,K,\na,1,2,3,\nb,4,5,6,\n"},
                    Variant{"EverythingElse",
                            "\xEF\xBB\xBFlayer name,\tm,n ,k,,\r\n\r\na\t, 1,2,3,"
                            ",\r\n,,,\r\nb,4,5,6\r\n"}),
    [](const auto& test) { return std::string(test.param.what); });

// SCALE-Sim never looks at the header.
TEST(ScaleSimTopology, ReadsByPositionWhereTheHeaderIsUnknown) {
  const std::string rows = "C1,8,8,3,3,3,16,1,\nC2,8,8,3,3,16,32,2,\n";
  const std::string rest = ", Filter Height, Filter Width, Channels, Num Filter, Strides,\n";
  for (const std::string& header :
       {"Layer, IFMAP Width, IFMAP Width" + rest, "Layer name, IFMAP Heigth, IFMAP Width" + rest,
        std::string("a,b,c,d,e,f,g,h\n"),
        std::string("layer,ih,iw,fh,fw,channel,num filters,stride,target,\n")}) {
    const Workload workload = parse(header + rows, "f.csv");
    EXPECT_THAT(shapes(workload), ElementsAre(Tnm{36, 27, 16}, Tnm{16, 144, 32})) << header;
    EXPECT_THAT(workload.notes, ElementsAre(HasSubstr("read by position, as SCALE-Sim does")))
        << header;
  }
  const Workload products = parse("L,M,N,K\na,1,2,3\n", "f.csv");
  EXPECT_THAT(shapes(products), ElementsAre(Tnm{1, 3, 2}));
  EXPECT_THAT(products.notes, ElementsAre(HasSubstr("\"L\" as Layer Name")));
}

TEST(ScaleSimTopology, TakesNonBreakingBlanksForBlanks) {
  const Workload workload = parse(
      "Layer name,\xC2\xA0IFMAP\xC2\xA0Height, IFMAP Width, Filter Height, Filter Width, Channels, "
      "Num "
      "Filter, Strides,\nC1,8\xC2\xA0,\xC2\xA0 8,3,3,3,16,1,\n",
      "f.csv");
  EXPECT_THAT(shapes(workload), ElementsAre(Tnm{36, 27, 16}));
  EXPECT_THAT(workload.notes, IsEmpty());
}

TEST(ScaleSimTopology, MultipliesByABatchColumn) {
  const std::string header = kConv.substr(0, kConv.size() - 1) + "batch size,\n";
  EXPECT_THAT(shapes(parse(header + "C1,8,8,3,3,3,16,1,4,\nC2,8,8,3,3,3,16,1,\n", "f.csv")),
              ElementsAre(Tnm{4 * 36, 27, 16}, Tnm{36, 27, 16}));
}

TEST(ScaleSimTopology, IgnoresARemarkAtTheEndOfALayer) {
  const Workload workload = parse(kConv + "C1,8,8,3,3,3,16,1,#dw\n", "f.csv");
  EXPECT_THAT(shapes(workload), ElementsAre(Tnm{36, 27, 16}));
  EXPECT_THAT(workload.notes, ElementsAre(HasSubstr("1 layer(s) end in a remark")));
}

TEST(ScaleSimTopology, RefusesAFileWithoutAHeaderWithTheReason) {
  EXPECT_THAT(
      [] { parse("C1,8,8,3,3,3,16,1,\nC2,8,8,3,3,3,16,1,\n", "f.csv"); },
      ThrowsMessage<InputError>(HasSubstr("the first row is a layer: put a header above it")));
}

TEST(ScaleSimTopology, ReportsSparsityAsIgnored) {
  const std::string header =
      "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, "
      "Strides, Sparsity";
  const std::vector<std::pair<std::string, Tnm>> files{
      {header + "\nC,8,8,3,3,3,16,1,1:4,\n", {36, 27, 16}},
      {header + ",\nC,8,8,3,3,3,16,1,1:4\n", {36, 27, 16}},
      {header + " Ratio,\nC,8,8,3,3,3,16,1,,\n", {36, 27, 16}},
      {kConv + "C,8,8,3,3,3,16,1,2:4,\n", {36, 27, 16}},
      {"Layer Name, M, N, K, Sparsity,\na,1,2,3,2:4,\n", {1, 3, 2}},
      {kGemm + "a,1,2,3,2:4,\n", {1, 3, 2}},
  };
  for (const auto& [text, shape] : files) {
    const Workload workload = parse_scale_sim_topology(text, "f.csv");
    EXPECT_THAT(shapes(workload), ElementsAre(shape)) << text;
    EXPECT_THAT(workload.notes, ElementsAre("f.csv: the Sparsity column is ignored, all layers are "
                                            "dense."))
        << text;
  }
}

TEST(ScaleSimTopology, DoesNotApplyTheDepthwiseNamingTrick) {
  const Workload workload = parse_scale_sim_topology(kConv + "Conv2_DP,8,8,3,3,32,1,1,\n", "f.csv");
  EXPECT_THAT(names(workload), ElementsAre("Conv2_DP"));
  EXPECT_THAT(shapes(workload), ElementsAre(Tnm{36, 288, 1}));
  EXPECT_EQ(workload.layers[0].repeat, 1);
  EXPECT_THAT(workload.notes, ElementsAre(AllOf(HasSubstr("f.csv: 1 layer(s) with \"DP\""),
                                                HasSubstr("not applied"))));
}

TEST(ScaleSimTopology, NumbersLayersOfTheSameName) {
  const Workload workload = parse_scale_sim_topology(
      kGemm + "a,1,1,1,\na#2,1,1,1,\na,1,1,1,\na,1,1,1,\nb,1,1,1\n", "f.csv");
  EXPECT_THAT(names(workload), ElementsAre("a", "a#2", "a#3", "a#4", "b"));
  EXPECT_THAT(workload.notes,
              ElementsAre(HasSubstr("f.csv: 2 layer(s) with a name that is taken")));
}

TEST(ScaleSimTopology, IsToldFromOtherTables) {
  EXPECT_TRUE(is_scale_sim_topology(kConv));
  EXPECT_TRUE(is_scale_sim_topology("# remark\n" + kGemm));
  EXPECT_FALSE(is_scale_sim_topology("name,type,t,n,m\n"));
  EXPECT_FALSE(is_scale_sim_topology("Layer name,Height\n"));
  EXPECT_FALSE(is_scale_sim_topology(""));
}

class ScaleSimMistake : public testing::TestWithParam<Mistake> {};

TEST_P(ScaleSimMistake, IsNamedWithPositionValueAndWhatIsAllowed) {
  EXPECT_THAT([] { parse_scale_sim_topology(GetParam().text, "f.csv"); },
              ThrowsMessage<InputError>(
                  AllOf(StartsWith(GetParam().where), HasSubstr(GetParam().allowed))));
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(All, ScaleSimMistake, testing::Values(
    Mistake{"Empty", "", "f.csv: no header row", ""},
    Mistake{"NoLayer", kConv + "\n", "f.csv: no layer", ""},
    Mistake{"NoHeader", "C1,8,8,3,3,3,16,1,\n", "f.csv:1:1: column = \"C1\": ", "\"Layer name\" here"},
    Mistake{"HeaderOrder", "Layer name, IFMAP Height, Filter Width,\n", "f.csv:1:3: column = \"Filter Width\": ", "\"IFMAP Width\" here"},
    Mistake{"HeaderTooShort", "Layer name, M, N\n", "f.csv:1:4: column = \"\": ", "GEMM topology has \"K\" here"},
    Mistake{"UnknownColumn", "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,, Target\n", "f.csv:1:10: column = \"Target\": ", "only \"Sparsity\" is known"},
    Mistake{"BlankName", kConv + ",8,8,3,3,3,16,1,\n", "f.csv:2:1: Layer name = \"\": ", "needs a name"},
    Mistake{"BlankValue", kConv + "C1,8,8,3,,3,16,1,\n", "f.csv:2:5: Filter Width = \"\": ", "1..2147483647"},
    Mistake{"MissingStride", kConv + "C1,8,8,3,3,3,16\n", "f.csv:2:8: Strides = \"\": ", "1..2147483647"},
    Mistake{"ZeroStride", kConv + "\nC1,8,8,3,3,3,16,0,\n", "f.csv:3:8: Strides = \"0\": ", "1..2147483647"},
    Mistake{"Text", kConv + "C1,8,eight,3,3,3,16,1,\n", "f.csv:2:3: IFMAP Width = \"eight\": ", "whole number"},
    Mistake{"Fraction", kConv + "C1,8,8,3,3,3.5,16,1,\n", "f.csv:2:6: Channels = \"3.5\": ", "whole number"},
    Mistake{"Negative", kConv + "C1,8,8,3,3,3,-16,1,\n", "f.csv:2:7: Num Filter = \"-16\": ", "1..2147483647"},
    Mistake{"TooLarge", kGemm + "a,1,2147483648,1,\n", "f.csv:2:3: N = \"2147483648\": ", "1..2147483647"},
    Mistake{"MissingK", kGemm + "a,1,2\n", "f.csv:2:4: K = \"\": ", "1..2147483647"},
    Mistake{"FilterTooHigh", kConv + "C1,2,8,3,3,3,16,1,\n", "f.csv:2:4: Filter Height = \"3\": ", "IFMAP Height = 2"},
    Mistake{"FilterTooWide", kConv + "C1,8,2,3,3,3,16,1,\n", "f.csv:2:5: Filter Width = \"3\": ", "IFMAP Width = 2"},
    Mistake{"TooManyPixels", kConv + "C1,65536,65536,1,1,3,16,1,\n", "f.csv:2:2: IFMAP Height = \"65536\": ", "T, the number of output pixels, may be at most 2147483647"},
    Mistake{"FilterSizeTooLarge", kConv + "C1,65536,65536,65536,65536,3,16,1,\n", "f.csv:2:4: Filter Height = \"65536\": ", "N, the filter size, may be at most 2147483647"},
    Mistake{"StrideHeightAlone", "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Stride Height,\n", "f.csv:1:9: column = \"\": ", "\"Stride width\""},
    Mistake{"BlankStrideWidth", "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Stride Height, Stride Width,\nC1,8,8,3,3,3,16,1,,\n", "f.csv:2:9: Stride width = \"\": ", "1..2147483647"},
    Mistake{"ExtraValue", kConv + "C1,8,8,3,3,3,16,1,1,\n", "f.csv:2:9: field after the last column = \"1\": ", "blank, or a sparsity"},
    Mistake{"ExtraValueBehindBlanks", kGemm + "a,1,2,3,,,x\n", "f.csv:2:7: field after the last column = \"x\": ", "blank"},
    Mistake{"OpenQuote", kGemm + "\"a,1,2,3\n", "f.csv:2:1: the quote", "not closed"}),
    [](const auto& test) { return std::string(test.param.what); });
// clang-format on

}  // namespace
}  // namespace arrayflex::workloads
