#include "arrayflex/study/layer_filter.h"

#include <gmock/gmock.h>

#include "arrayflex/core/error.h"

namespace arrayflex::study {
namespace {

using Names = std::vector<std::string>;
using Patterns = std::vector<std::string>;

Names select(const Patterns& patterns) {
  std::vector<Layer> layers;
  for (const char* name : {"conv1", "conv2", "dw.1", "fc", "a*b", "^x"}) {
    layers.push_back({name, {}, 1});
  }
  Names names;
  for (const Layer& layer : select_layers(layers, patterns)) names.push_back(layer.name);
  return names;
}

std::string refusal(const Patterns& patterns) {
  try {
    select(patterns);
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}

TEST(LayerFilter, TakesAllWithoutAPattern) { EXPECT_EQ(select({}).size(), 6U); }

TEST(LayerFilter, KeepsTheOrderOfTheLayers) {
  EXPECT_EQ(select({"fc,conv*"}), (Names{"conv1", "conv2", "fc"}));
  EXPECT_EQ(select({"fc", "conv1"}), (Names{"conv1", "fc"}));
}

TEST(LayerFilter, LeavesOutWhatStandsBehindAnExclamationMark) {
  EXPECT_EQ(select({"!conv*,!*b"}), (Names{"dw.1", "fc", "^x"}));
  EXPECT_EQ(select({"conv*,!*2"}), (Names{"conv1"}));
}

TEST(LayerFilter, MatchesWholeNames) {
  EXPECT_EQ(select({"conv?"}), (Names{"conv1", "conv2"}));
  EXPECT_THAT(refusal({"conv"}), testing::HasSubstr("must match a layer name"));
}

TEST(LayerFilter, BothMarksComplementABracket) {
  const Names without_c{"dw.1", "fc", "a*b", "^x"};
  EXPECT_EQ(select({"[!c]*"}), without_c);
  EXPECT_EQ(select({"[^c]*"}), without_c);
  EXPECT_EQ(select({"conv[!1]"}), (Names{"conv2"}));
  EXPECT_EQ(select({"conv[^1]"}), (Names{"conv2"}));
  EXPECT_EQ(select({"conv[12]"}), (Names{"conv1", "conv2"}));
  EXPECT_EQ(select({"[c^]*"}), (Names{"conv1", "conv2", "^x"}));  // only in front
}

TEST(LayerFilter, ABackslashTakesACharacterForItself) {
  EXPECT_EQ(select({"a\\*b"}), (Names{"a*b"}));
  EXPECT_EQ(select({"\\^x"}), (Names{"^x"}));
}

TEST(LayerFilter, NamesWhatIsWrong) {
  const std::string empty = "layers = '': allowed are comma-separated patterns, none of them empty";
  for (const Patterns& patterns : {Patterns{""}, {"!"}, {"fc,"}, {",fc"}, {"fc", ""}}) {
    EXPECT_EQ(refusal(patterns), empty);
  }
  EXPECT_EQ(refusal({"fc,zz"}), "layers = zz: must match a layer name, such as 'conv1' or '^x'");
  EXPECT_EQ(refusal({"fc,!*"}), "layers = fc,!*: must leave at least one layer");
  EXPECT_EQ(refusal({"!zz"}), "none");  // nothing to leave out is no mistake
}

}  // namespace
}  // namespace arrayflex::study
