// The reader of native layer tables: everything it accepts, and every mistake it must name.
#include "workloads/layer_table.h"

#include <gmock/gmock.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "unit/workloads/mistake.h"

namespace arrayflex::workloads {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using testing::ThrowsMessage;

Layer only_layer(const std::string& text) {
  const Workload workload = parse(text, "table.csv");
  if (workload.layers.size() != 1) throw InputError("layers", "not 1", text);
  return workload.layers.front();
}

const std::string kConvHeader =
    "name,type,in_h,in_w,in_channels,out_channels,kernel_h,kernel_w,stride_h,stride_w,pad_top,"
    "pad_bottom,pad_left,pad_right,dilation_h,dilation_w,groups,batch,repeat\n";

TEST(LayerTable, ReadsConvolutionsWithEveryColumn) {
  // out_h = (32 + 1 + 2 - 2*(3-1) - 1) / 3 + 1 = 11, out_w = (20 + 3 + 0 - 1*(5-1) - 1) / 2 + 1 =
  // 10
  const Layer layer = only_layer(kConvHeader + "c,conv,33,20,8,12,3,5,3,2,1,2,3,0,2,3,4,6,5\n");
  EXPECT_EQ(layer.name, "c");
  EXPECT_EQ(layer.gemm, (GemmShape{6 * 11 * 6, 3 * 5 * 2, 3}));
  EXPECT_EQ(layer.repeat, 4 * 5);
}

TEST(LayerTable, TakesDefaultsForBlankFieldsShortRowsAndMissingColumns) {
  const GemmShape expected{30 * 18, 9 * 8, 12};
  EXPECT_EQ(only_layer(kConvHeader + "c,conv,32,20,8,12,3,3,,,,,,,,,,,\n").gemm, expected);
  EXPECT_EQ(only_layer(kConvHeader + "c,conv,32,20,8,12,3,3\n").gemm, expected);
  const Layer layer = only_layer(
      "name,type,in_h,in_w,in_channels,out_channels,kernel_h,kernel_w\nc,conv,32,20,8,12,3,3");
  EXPECT_EQ(layer.gemm, expected);
  EXPECT_EQ(layer.repeat, 1);
}

TEST(LayerTable, ReadsProductsInAnyColumnOrder) {
  const Workload workload =
      parse("m,repeat,type,t,name,n\n5,,gemm,7,first,6\n8,12,gemm,10,second,9\n", "dir/net.csv");
  EXPECT_EQ(workload.name, "net");
  EXPECT_THAT(workload.description, IsEmpty());
  EXPECT_THAT(workload.notes, IsEmpty());
  ASSERT_EQ(workload.layers.size(), 2U);
  EXPECT_EQ(workload.layers[0].name, "first");
  EXPECT_EQ(workload.layers[0].gemm, (GemmShape{7, 6, 5}));
  EXPECT_EQ(workload.layers[0].repeat, 1);
  EXPECT_EQ(workload.layers[1].name, "second");
  EXPECT_EQ(workload.layers[1].gemm, (GemmShape{10, 9, 8}));
  EXPECT_EQ(workload.layers[1].repeat, 12);
}

TEST(LayerTable, AcceptsWhatSpreadsheetsAndEditorsLeaveBehind) {
  const Workload workload = parse(
      "\xEF\xBB\xBF# The network, \"quoted\", in short\r\n"
      "\r\n"
      "name , type,\tt,n,m,,\r\n"
      "# a remark, with, commas\r\n"
      ",,,,\r\n"
      "  a layer\t,gemm, 1 ,2,3,,\r\n"
      " \t\r\n"
      "\"b, with \"\"quotes\"\"\" ,\"gemm\",\"4\",5,6\r\n"
      "\"c\nd\",gemm,7,8,9",
      "x.csv");
  EXPECT_EQ(workload.description, "The network, \"quoted\", in short");
  std::vector<std::string> names;
  for (const Layer& layer : workload.layers) names.push_back(layer.name);
  EXPECT_THAT(names, ElementsAre("a layer", "b, with \"quotes\"", "c\nd"));
  EXPECT_EQ(workload.layers[2].gemm, (GemmShape{7, 8, 9}));
}

TEST(LayerTable, CountsLinesThroughCommentsBlankRowsAndQuotedLineEnds) {
  EXPECT_THAT([] { parse("# one\n\nname,type,t,n,m\n\"a\nb\",gemm,1,1,1\nc,gemm,x,1,1\n", "f"); },
              ThrowsMessage<InputError>(StartsWith("f:6:3: t = \"x\": ")));
}

class LayerTableMistake : public testing::TestWithParam<Mistake> {};

TEST_P(LayerTableMistake, IsNamedWithPositionValueAndWhatIsAllowed) {
  EXPECT_THAT([] { parse(GetParam().text, "f.csv"); },
              ThrowsMessage<InputError>(
                  AllOf(StartsWith(GetParam().where), HasSubstr(GetParam().allowed))));
}

const std::string kGemm = "name,type,t,n,m,repeat\n";
const std::string kMixed =
    "name,type,in_h,in_w,in_channels,out_channels,kernel_h,kernel_w,groups,t,n,m,repeat\n";

// clang-format off
INSTANTIATE_TEST_SUITE_P(All, LayerTableMistake, testing::Values(
    Mistake{"Empty", "", "f.csv: no header row", "name, type, batch"},
    Mistake{"CommentsOnly", "# nothing\n\n", "f.csv: no header row", "repeat"},
    Mistake{"NoLayer", kGemm, "f.csv: no layer follows", "header row"},
    Mistake{"UnknownColumn", "name,type,T\n", "f.csv:1:3: column = \"T\": ", "known columns are name, type, batch"},
    Mistake{"UnknownColumnAfterComment", "#\n\nname,type,colour\n", "f.csv:3:3: column = \"colour\": ", "in_channels"},
    Mistake{"DuplicateColumn", "name,type,t,n,m,t\n", "f.csv:1:6: column = \"t\": ", "once"},
    Mistake{"NoNameColumn", "type,t,n,m\n", "f.csv:1:1: column \"name\"", "missing"},
    Mistake{"NoTypeColumn", "name,t,n,m\n", "f.csv:1:1: column \"type\"", "missing"},
    Mistake{"TooManyFields", kGemm + "a,gemm,1,2,3,4,5\n", "f.csv:2:7: field = \"5\": ", "no column"},
    Mistake{"ValueUnderBlankHeader", "name,type,t,n,m,,repeat\na,gemm,1,2,3,x,4\n", "f.csv:2:6: field = \"x\": ", "no column"},
    Mistake{"BlankName", kGemm + ",gemm,1,2,3,\n", "f.csv:2:1: name = \"\": ", "needs a name"},
    Mistake{"DuplicateName", kGemm + "a,gemm,1,2,3,\nb,gemm,1,1,1\na,gemm,1,2,3,\n", "f.csv:4:1: name = \"a\": ", "line 2"},
    Mistake{"BlankType", kGemm + "a,,1,2,3,\n", "f.csv:2:2: type = \"\": ", "conv and gemm"},
    Mistake{"UnknownType", kGemm + "a,Conv,1,2,3,\n", "f.csv:2:2: type = \"Conv\": ", "conv and gemm"},
    Mistake{"BlankRequiredGemm", kGemm + "a,gemm,1,,3,\n", "f.csv:2:4: n = \"\": ", "type gemm need a whole number 1..2147483647"},
    Mistake{"BlankRequiredConv", kMixed + "a,conv,8,8,3,4,,3\n", "f.csv:2:7: kernel_h = \"\": ", "type conv need a whole number 1..2147483647"},
    Mistake{"MissingRequiredColumn", "name,type,t,n\na,gemm,1,2\n", "f.csv:2:1: m = \"\": ", "type gemm need"},
    Mistake{"Zero", kGemm + "a,gemm,0,2,3,\n", "f.csv:2:3: t = \"0\": ", "1..2147483647"},
    Mistake{"ZeroRepeat", kGemm + "a,gemm,1,2,3,0\n", "f.csv:2:6: repeat = \"0\": ", "1..2147483647"},
    Mistake{"Negative", kGemm + "a,gemm,1,-2,3,\n", "f.csv:2:4: n = \"-2\": ", "1..2147483647"},
    Mistake{"Sign", kGemm + "a,gemm,1,+2,3,\n", "f.csv:2:4: n = \"+2\": ", "whole number"},
    Mistake{"Text", kGemm + "a,gemm,1,2,three,\n", "f.csv:2:5: m = \"three\": ", "whole number"},
    Mistake{"TrailingJunk", kGemm + "a,gemm,1,2x,3,\n", "f.csv:2:4: n = \"2x\": ", "whole number"},
    Mistake{"InnerBlank", kGemm + "a,gemm,1,2 3,3,\n", "f.csv:2:4: n = \"2 3\": ", "whole number"},
    Mistake{"Fraction", kGemm + "a,gemm,1,2.0,3,\n", "f.csv:2:4: n = \"2.0\": ", "whole number"},
    Mistake{"Exponent", kGemm + "a,gemm,1,1e3,3,\n", "f.csv:2:4: n = \"1e3\": ", "whole number"},
    Mistake{"Hexadecimal", kGemm + "a,gemm,1,0x10,3,\n", "f.csv:2:4: n = \"0x10\": ", "whole number"},
    Mistake{"AboveTheBound", kGemm + "a,gemm,2147483648,2,3,\n", "f.csv:2:3: t = \"2147483648\": ", "1..2147483647"},
    Mistake{"Beyond64Bits", kGemm + "a,gemm,99999999999999999999,2,3,\n", "f.csv:2:3: t = \"99999999999999999999\": ", "1..2147483647"},
    Mistake{"ControlCharacter", kGemm + "a,gemm,1\x1b[31m,2,3,\n", "f.csv:2:3: t = \"1?[31m\": ", "whole number"},
    Mistake{"LongValue", kGemm + "a,gemm," + std::string(500, '1') + ",2,3,\n", "f.csv:2:3: t = \"" + std::string(60, '1') + "...\": ", "whole number"},
    Mistake{"NegativePadding", "name,type,in_h,in_w,in_channels,out_channels,kernel_h,kernel_w,pad_top\na,conv,8,8,3,4,3,3,-1\n", "f.csv:2:9: pad_top = \"-1\": ", "0..2147483647"},
    Mistake{"GemmValueInConvolution", kMixed + "a,conv,8,8,3,4,3,3,1,,5,,\n", "f.csv:2:11: n = \"5\": ", "type conv must leave this column blank"},
    Mistake{"ConvolutionValueInGemm", kMixed + "a,gemm,,,,,,3,,1,2,3,\n", "f.csv:2:8: kernel_w = \"3\": ", "type gemm must leave this column blank"},
    Mistake{"GroupsDoNotDivide", kMixed + "a,conv,8,8,3,4,3,3,2\n", "f.csv:2:9: groups = 2: ", "divide in_channels = 3 and out_channels = 4"},
    Mistake{"KernelTooHigh", kMixed + "a,conv,2,8,3,4,3,3,1\n", "f.csv:2:7: kernel_h", "3"},
    Mistake{"KernelTooWide", kMixed + "a,conv,8,2,3,4,3,3,1\n", "f.csv:2:8: kernel_w", "3"},
    Mistake{"OutputTooLarge", kMixed + "a,conv,2147483647,2,3,4,1,1,1\n", "f.csv:2:1: layer \"a\": T = 4294967294", "1..2147483647"},
    Mistake{"RepeatTimesGroups", kMixed + "a,conv,8,8,4,4,3,3,4,,,,536870912\n", "f.csv:2:13: repeat = \"536870912\": ", "groups = 4 may be at most 2147483647"},
    Mistake{"OpenQuote", kGemm + "a,gemm,1,2,3,\n\"b,gemm,1,2,3\n", "f.csv:3:1: the quote", "not closed"},
    Mistake{"TextAfterQuote", kGemm + "a,\"gemm\"x,1,2,3,\n", "f.csv:2:2: text after the closing quote", "comma"}),
    [](const auto& test) { return std::string(test.param.what); });
// clang-format on

TEST(LayerTable, TakesTheLargestRepeatTimesGroups) {
  EXPECT_EQ(only_layer(kMixed + "a,conv,8,8,4,4,3,3,4,,,,536870911\n").repeat, 2147483644);
}

class LayerTableFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    const std::filesystem::path path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }

  std::filesystem::path folder_;
};

TEST_F(LayerTableFile, IsReadByPathWithItsFormatDetected) {
  const Workload native = load(write("own.net.csv", "# mine\r\n" + kGemm + "a,gemm,1,2,3,4\r\n"));
  EXPECT_EQ(native.name, "own.net");
  EXPECT_EQ(native.description, "mine");
  ASSERT_EQ(native.layers.size(), 1U);
  EXPECT_EQ(native.layers[0].gemm, (GemmShape{1, 2, 3}));

  const Workload products = load(write("products.csv", "Layer,M,N,K,\na,1,2,3,\n"));
  ASSERT_EQ(products.layers.size(), 1U);
  EXPECT_EQ(products.layers[0].gemm, (GemmShape{1, 3, 2}));
}

TEST_F(LayerTableFile, NamesItsPathInMistakes) {
  const std::string path = write("bad.csv", kGemm + "a,gemm,1,2,x,\n");
  EXPECT_THAT([&] { load(path); },
              ThrowsMessage<InputError>(StartsWith(path + ":2:5: m = \"x\": ")));
  const std::string empty = write("empty.csv", "");
  EXPECT_THAT([&] { load(empty); }, ThrowsMessage<InputError>(StartsWith(empty + ": no header")));
}

TEST_F(LayerTableFile, ThatIsNoneIsAnError) {
  EXPECT_THAT([&] { load(folder_.string()); }, ThrowsMessage<InputError>(HasSubstr("folder")));
  EXPECT_THAT([] { load("resnet43"); },
              ThrowsMessage<InputError>(
                  AllOf(HasSubstr("workload = resnet43: "),
                        HasSubstr("shipped workloads: alexnet, bert_base, convnext_t, "))));
  EXPECT_THAT([] { load(""); }, ThrowsMessage<InputError>(HasSubstr("vit_b_16")));
}

}  // namespace
}  // namespace arrayflex::workloads
