// The reader of SCALE-Sim configurations.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "arrayflex/core/error.h"
#include "unit/workloads/mistake.h"
#include "workloads/scale_sim/config.h"

#ifdef ARRAYFLEX_WITH_INIH

namespace arrayflex::workloads {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using testing::ThrowsMessage;

// Version 3 has sections that version 2 does not have.
const std::string kVersion3 =
    "[general]\nrun_name = scale_example\n\n"
    "[architecture_presets]\nArrayHeight:    32\nArrayWidth:     16\nIfmapSramSzkB:   64\n"
    "FilterSramSzkB:  64\nOfmapSramSzkB:   64\nIfmapOffset:    0\nFilterOffset:   10000000\n"
    "OfmapOffset:    20000000\nBandwidth : 10\nDataflow : ws\nReadRequestBuffer: 32\n\n"
    "[layout]\nIfmapCustomLayout: False\nIfmapSRAMBankBandwidth: 10\n\n"
    "[sparsity]\nSparsitySupport : false\nSparseRep : ellpack_block\n\n"
    "[run_presets]\nInterfaceBandwidth: CALC\nUseRamulatorTrace: False\n";

struct Variant {
  const char* what;
  std::string text;
};

void PrintTo(const Variant& variant, std::ostream* os) { *os << variant.what; }

class ScaleSimConfigVariant : public testing::TestWithParam<Variant> {};

TEST_P(ScaleSimConfigVariant, Has32RowsAnd16Columns) {
  const ScaleSimConfig config = parse_scale_sim_config(GetParam().text, "scale.cfg");
  EXPECT_EQ(config.rows, 32);
  EXPECT_EQ(config.cols, 16);
  EXPECT_THAT(config.topology, IsEmpty());
}

const std::string kLong(500, 'x');

// clang-format off
INSTANTIATE_TEST_SUITE_P(All, ScaleSimConfigVariant, testing::Values(
    Variant{"Version3", kVersion3},
    Variant{"OnlyWhatIsNeeded", "[architecture_presets]\nArrayHeight:32\nArrayWidth:16"},
    Variant{"Equals", "[architecture_presets]\nArrayHeight = 32\nArrayWidth=16\nDataflow = ws\n"},
    Variant{"OtherCase", "[ARCHITECTURE_Presets]\narrayheight: 32\nARRAYWIDTH: 16\nDATAFLOW: WS\n"},
    Variant{"CarriageReturns", "[architecture_presets]\r\nArrayHeight: 32\r\nArrayWidth: 16\r\n"},
    Variant{"ByteOrderMark", "\xEF\xBB\xBF[architecture_presets]\nArrayHeight: 32\nArrayWidth: 16\n"},
    Variant{"Comments", "# " + kLong + "\n; " + kLong + "\n[architecture_presets]\n  # = x\nArrayHeight: 32\n;ArrayHeight: 1\nArrayWidth: 16 ; columns\n"},
    Variant{"UnknownKeysAndSections", "[mine]\nkey = value\n[architecture_presets]\nArrayHeight: 32\nArrayWidth: 16\nClock: 5\n"}),
    [](const auto& test) { return std::string(test.param.what); });
// clang-format on

TEST(ScaleSimConfig, ListsWhatHasNoMeaningHereInTheOrderOfTheFile) {
  const ScaleSimConfig config = parse_scale_sim_config(kVersion3, "scale.cfg");
  EXPECT_THAT(
      config.ignored,
      ElementsAre("run_name", "IfmapSramSzkB", "FilterSramSzkB", "OfmapSramSzkB", "IfmapOffset",
                  "FilterOffset", "OfmapOffset", "Bandwidth", "ReadRequestBuffer",
                  "IfmapCustomLayout", "IfmapSRAMBankBandwidth", "SparsitySupport", "SparseRep",
                  "InterfaceBandwidth", "UseRamulatorTrace"));
  EXPECT_THAT(config.notes,
              ElementsAre(AllOf(StartsWith("scale.cfg: ignored"), HasSubstr("run_name, Ifmap")),
                          HasSubstr("IfmapSramSzkB, FilterSramSzkB, OfmapSramSzkB: no buffer"),
                          HasSubstr("IfmapSRAMBankBandwidth: a bank's bandwidth")));
}

TEST(ScaleSimConfig, GivesASentenceToEachIgnoredKeyThatChangesCycles) {
  const auto note_of = [](const std::string& line) {
    return parse_scale_sim_config(
               "[architecture_presets]\nArrayHeight: 32\nArrayWidth: 16\n" + line, "f")
        .notes.back();
  };
  EXPECT_THAT(note_of("OfmapSramSzkB: 4\n"), HasSubstr("stalls are not counted"));
  EXPECT_THAT(note_of("IfmapCustomLayout: True\n"), HasSubstr("layout"));
  EXPECT_THAT(note_of("IfmapCustomLayout: False\n"), HasSubstr("ignored"));
  EXPECT_THAT(note_of("MemoryBanks: 4\n"), HasSubstr("banks"));
  EXPECT_THAT(note_of("MemoryBanks: 1\n"), HasSubstr("ignored"));
  EXPECT_THAT(note_of("UseRamulatorTrace: True\n"), HasSubstr("Ramulator"));
}

TEST(ScaleSimConfig, OverridesTheDataflowOnDemand) {
  for (const std::string dataflow : {"os", "is", "rs"}) {
    const std::string text =
        "[architecture_presets]\nArrayHeight: 32\nArrayWidth: 16\nDataflow: " + dataflow + "\n";
    EXPECT_THAT([&] { parse_scale_sim_config(text, "f"); },
                ThrowsMessage<InputError>(HasSubstr("--dataflow-override ws")));
    const ScaleSimConfig config = parse_scale_sim_config(text, "f", true);
    EXPECT_EQ(config.rows, 32);
    EXPECT_THAT(config.notes, ElementsAre(HasSubstr("Dataflow = " + dataflow + " is overridden")));
  }
}

TEST(ScaleSimConfig, SaysWhereTheFileAskedForOtherCycles) {
  const ScaleSimConfig config = parse_scale_sim_config(
      "[architecture_presets]\nArrayHeight: 32\nArrayWidth: 16\nBandwidth: 10\n[sparsity]\n"
      "SparsitySupport: True\n[run_presets]\nInterfaceBandwidth: USER\n",
      "scale.cfg");
  EXPECT_THAT(config.notes, ElementsAre(HasSubstr("ignored"), HasSubstr("all layers are dense"),
                                        HasSubstr("--memory")));
}

TEST(ScaleSimConfig, HasNoNotesWhereEverythingIsUsed) {
  EXPECT_THAT(
      parse_scale_sim_config("[architecture_presets]\nArrayHeight: 32\nArrayWidth: 16\n", "f")
          .notes,
      IsEmpty());
}

TEST(ScaleSimConfig, NamesATopology) {
  EXPECT_EQ(parse_scale_sim_config("[architecture_presets]\nArrayHeight: 32\nArrayWidth: 16\n"
                                   "[network_presets]\nTopologyCsvLoc: \"./nets/a b.csv\"\n",
                                   "f")
                .topology,
            "./nets/a b.csv");
}

TEST(ScaleSimConfig, IsToldFromJson) {
  EXPECT_TRUE(is_scale_sim_config("x.cfg", "{}"));
  EXPECT_TRUE(is_scale_sim_config("x.INI", ""));
  EXPECT_TRUE(is_scale_sim_config("x", "\n [general]"));
  EXPECT_TRUE(is_scale_sim_config("x.txt", "\xEF\xBB\xBF# remark\n[general]"));
  EXPECT_FALSE(is_scale_sim_config("x.json", "[general]"));
  EXPECT_FALSE(is_scale_sim_config("x", " {\"rows\": 4}"));
  EXPECT_FALSE(is_scale_sim_config("x", ""));
}

class ScaleSimConfigMistake : public testing::TestWithParam<Mistake> {};

TEST_P(ScaleSimConfigMistake, IsNamedWithValueAndWhatIsAllowed) {
  EXPECT_THAT([] { parse_scale_sim_config(GetParam().text, "f.cfg"); },
              ThrowsMessage<InputError>(
                  AllOf(StartsWith(GetParam().where), HasSubstr(GetParam().allowed))));
}

const std::string kArch = "[architecture_presets]\n";
const std::string kSize = kArch + "ArrayHeight: 32\nArrayWidth: 16\n";

// clang-format off
INSTANTIATE_TEST_SUITE_P(All, ScaleSimConfigMistake, testing::Values(
    Mistake{"Empty", "", "f.cfg: [architecture_presets] ArrayHeight is missing", "1..4096"},
    Mistake{"NoHeight", kArch + "ArrayWidth: 16\n", "f.cfg: [architecture_presets] ArrayHeight is missing", "rows"},
    Mistake{"Typo", kArch + "ArrayHeight: 32\nArrayWith: 16\n", "f.cfg: [architecture_presets] ArrayWidth is missing", "columns"},
    Mistake{"Zero", kArch + "ArrayHeight: 0\nArrayWidth: 16\n", "f.cfg: [architecture_presets] ArrayHeight = 0", "from 1 to 4096"},
    Mistake{"TooLarge", kArch + "ArrayHeight: 32\nArrayWidth: 4097\n", "f.cfg: [architecture_presets] ArrayWidth = 4097", "from 1 to 4096"},
    Mistake{"Text", kArch + "ArrayHeight: 32x\nArrayWidth: 16\n", "f.cfg: [architecture_presets] ArrayHeight = 32x", "integer"},
    Mistake{"Blank", kArch + "ArrayHeight:\nArrayWidth: 16\n", "f.cfg: [architecture_presets] ArrayHeight = ''", "integer"},
    Mistake{"OutputStationary", kSize + "Dataflow : os\n", "f.cfg: [architecture_presets] Dataflow = os", "allowed is ws"},
    Mistake{"InputStationary", kSize + "Dataflow : is\n", "f.cfg: [architecture_presets] Dataflow = is", "allowed is ws"},
    Mistake{"Twice", kSize + "arrayheight: 8\n", "f.cfg: [architecture_presets] arrayheight = 8", "given once"},
    Mistake{"TwiceInTwoSections", kSize + "[other]\nARRAYWIDTH: 8\n", "f.cfg: [other] ARRAYWIDTH = 8", "it is 16 in [architecture_presets]"},
    Mistake{"NoSection", "ArrayHeight: 32\n" + kSize, "f.cfg: key ArrayHeight = 32", "first [section]"},
    Mistake{"NoKey", kSize + "nonsense\n", "f.cfg:4: ", "key = value"},
    Mistake{"OpenSection", "[general\n" + kSize, "f.cfg:1: ", "[section]"},
    Mistake{"LongLine", kSize + "x = " + kLong + "\n", "f.cfg:4: 504 characters", "at most 190"}),
    [](const auto& test) { return std::string(test.param.what); });
// clang-format on

}  // namespace
}  // namespace arrayflex::workloads

#endif
