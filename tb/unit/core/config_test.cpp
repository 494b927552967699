// Validation of array parameters, from code and from JSON.
#include "arrayflex/core/config.h"

#include <gmock/gmock.h>

#include <functional>

#include "arrayflex/core/error.h"
#include "arrayflex/energy/technology.h"
#include "unit/error_of.h"

namespace arrayflex {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ArrayParameters with(const std::function<void(ArrayParameters&)>& change) {
  ArrayParameters p;
  change(p);
  return p;
}

TEST(ArrayConfig, DefaultsAreThePapersArray) {
  const ArrayConfig config;
  EXPECT_EQ(config.rows(), 128);
  EXPECT_EQ(config.cols(), 128);
  EXPECT_EQ(config.data_width_bits(), 32);
  EXPECT_EQ(config.acc_width_bits(), 64);
  EXPECT_THAT(config.modes(), ElementsAre(1, 2, 4));
  EXPECT_DOUBLE_EQ(config.period_ps(Design::conventional, 1).value(), 500.0);
  EXPECT_DOUBLE_EQ(config.period_ps(Design::arrayflex, 1).value(), 1000.0 / 1.8);
  EXPECT_DOUBLE_EQ(config.period_ps(Design::arrayflex, 2).value(), 1000.0 / 1.7);
  EXPECT_DOUBLE_EQ(config.period_ps(Design::arrayflex, 4).value(), 1000.0 / 1.4);
  EXPECT_FALSE(config.period_ps(Design::arrayflex, 3).has_value());
}

TEST(ArrayConfig, EveryBadParameterIsNamedWithValueAndBounds) {
  const struct {
    std::function<void(ArrayParameters&)> change;
    std::vector<std::string> parts;
  } cases[] = {
      {[](auto& p) { p.rows = 0; }, {"rows = 0", "1..4096"}},
      {[](auto& p) { p.rows = 4097; }, {"rows = 4097", "1..4096"}},
      {[](auto& p) { p.cols = -1; }, {"cols = -1", "1..4096"}},
      {[](auto& p) { p.data_width_bits = 24; }, {"24/64", "32/64, 16/64 and 8/32"}},
      {[](auto& p) { p.acc_width_bits = 32; }, {"32/32", "32/64, 16/64 and 8/32"}},
      {[](auto& p) { p.modes = {}; }, {"modes = []", "at least one"}},
      {[](auto& p) {
         p.modes = {1, 0};
       },
       {"modes = 0", "1..128"}},
      {[](auto& p) { p.modes = {129}; }, {"modes = 129", "1..128"}},
      {[](auto& p) { p.rows = 3; }, {"modes = 4", "1..3", "3x128"}},
      {[](auto& p) {
         p.modes = {2, 1, 2};
       },
       {"modes = 2", "once"}},
      {[](auto& p) { p.overlap = static_cast<Overlap>(3); }, {"overlap = 3", "none, load, full"}},
      {[](auto& p) { p.clocks.mode_ps[2] = 0; }, {"mode 2 = 0 ps", "1e-3..1e9"}},
      {[](auto& p) { p.clocks.mode_ps[2] = std::nan(""); }, {"mode 2 = nan ps"}},
      {[](auto& p) { p.clocks.mode_ps[0] = 500; }, {"clock period of mode = 0", "1..4096"}},
      {[](auto& p) { p.clocks.conventional_ps = 2e9; }, {"conventional array = 2000000000"}},
  };
  for (const auto& bad : cases) {
    const std::string message = error_of<InputError>([&] { ArrayConfig{with(bad.change)}; });
    for (const std::string& part : bad.parts) {
      EXPECT_THAT(message, HasSubstr(part));
    }
  }
}

TEST(ArrayConfig, AnyCollapseFactorUpToTheSmallerSideIsAccepted) {
  const ArrayConfig config(with([](auto& p) {
    p.rows = 5;
    p.cols = 7;
    p.modes = {5, 3, 1};
  }));
  EXPECT_THAT(config.modes(), ElementsAre(1, 3, 5));
  EXPECT_NO_THROW(config.require_collapse_factor(4));
  EXPECT_THAT(error_of<InputError>([&] { config.require_collapse_factor(6); }),
              AllOf(HasSubstr("k = 6"), HasSubstr("1..5"), HasSubstr("5x7")));
  EXPECT_THAT(error_of<InputError>([&] { config.require_collapse_factor(0); }), HasSubstr("k = 0"));
}

TEST(ArrayConfig, OperandRangeFollowsTheWidth) {
  EXPECT_EQ(ArrayConfig().operand_min(), std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(ArrayConfig().operand_max(), std::numeric_limits<std::int32_t>::max());
  const ArrayConfig narrow(with([](auto& p) {
    p.data_width_bits = 8;
    p.acc_width_bits = 32;
  }));
  EXPECT_EQ(narrow.operand_min(), -128);
  EXPECT_EQ(narrow.operand_max(), 127);
}

TEST(ArrayConfig, OverlapIsSpelledOnce) {
  EXPECT_EQ(ArrayConfig().overlap(), Overlap::none);
  for (const Overlap overlap : all_overlaps()) {
    EXPECT_EQ(parse_overlap(name_of(overlap)), overlap);
    EXPECT_EQ(ArrayConfig(with([&](auto& p) { p.overlap = overlap; })).overlap(), overlap);
    EXPECT_EQ(weight_banks(overlap), overlap == Overlap::none ? 1 : 2);
  }
  EXPECT_THAT(error_of<InputError>([] { parse_overlap("Full"); }),
              AllOf(HasSubstr("overlap = Full"), HasSubstr("none, load, full")));
}

TEST(ArrayParametersJson, ReadsEveryKeyAndKeepsTheOthers) {
  const ArrayParameters p = parse_array_parameters(
      R"({"rows": 16, "cols": 32, "data_width_bits": 8, "acc_width_bits": 32, "modes": [1, 3],
          "overlap": "load", "clock_period_ps": {"conventional": 400, "3": 700.5}})",
      "test.json");
  EXPECT_EQ(p.rows, 16);
  EXPECT_EQ(p.cols, 32);
  EXPECT_EQ(p.data_width_bits, 8);
  EXPECT_EQ(p.acc_width_bits, 32);
  EXPECT_THAT(p.modes, ElementsAre(1, 3));
  EXPECT_EQ(p.clocks.conventional_ps, 400.0);
  EXPECT_EQ(p.clocks.mode_ps.at(3), 700.5);
  EXPECT_DOUBLE_EQ(p.clocks.mode_ps.at(1), 1000.0 / 1.8);
  const ArrayParameters q =
      parse_array_parameters(R"({"clock_frequency_ghz": {"2": 1.6}})", "test.json", p);
  EXPECT_EQ(q.rows, 16);
  EXPECT_EQ(p.overlap, Overlap::load);
  EXPECT_EQ(q.overlap, Overlap::load);
  EXPECT_DOUBLE_EQ(q.clocks.mode_ps.at(2), 625.0);
}

TEST(ArrayParametersJson, EveryBadFileIsExplained) {
  const struct {
    const char* text;
    std::vector<std::string> parts;
  } cases[] = {
      {R"({"row": 1})", {"bad.json: key = row", "unknown", "rows"}},
      {R"({"rows": "many"})", {"bad.json: rows = \"many\"", "integer"}},
      {R"({"rows": 1.5})", {"rows = 1.5", "integer"}},
      {R"({"rows": 99999999999})", {"rows = 99999999999", "integer"}},
      {R"({"rows": 1, "rows": 2})", {"\"rows\"", "once"}},
      {R"({"modes": 4})", {"modes = 4", "list of integers"}},
      {R"({"modes": [1, "2"]})", {"modes = [1,\"2\"]", "list of integers"}},
      {R"({"overlap": "both"})", {"bad.json: overlap = \"both\"", "none, load, full"}},
      {R"({"overlap": 1})", {"overlap = 1", "string"}},
      {R"([1])", {"top level = array", "object"}},
      {R"({"rows": 1)", {"bad.json: not valid JSON"}},
      {"", {"bad.json: not valid JSON"}},
      {R"({"clock_period_ps": 5})", {"clock_period_ps = 5", "object"}},
      {R"({"clock_period_ps": {"k4": 5}})", {"k4 = 5", "collapse factor"}},
      {R"({"clock_period_ps": {"1": -5}})", {"1 = -5", "positive"}},
      {R"({"clock_period_ps": {"1": "x"}})", {"1 = \"x\"", "number"}},
      {R"({"clock_period_ps": {}, "clock_frequency_ghz": {}})", {"either"}},
  };
  for (const auto& bad : cases) {
    const std::string message =
        error_of<InputError>([&] { parse_array_parameters(bad.text, "bad.json"); });
    for (const std::string& part : bad.parts) {
      EXPECT_THAT(message, HasSubstr(part)) << bad.text;
    }
  }
  EXPECT_THAT(error_of<InputError>([] { load_array_parameters("/no/such/file.json"); }),
              AllOf(HasSubstr("/no/such/file.json"), HasSubstr("cannot be read")));
}

TEST(Technology, PaperIsShippedWithItsSource) {
  EXPECT_THAT(shipped_technologies(), ::testing::Contains("paper"));
  const Technology paper = shipped_technology("paper");
  EXPECT_THAT(paper.source, HasSubstr("2211.12600"));
  EXPECT_EQ(paper.clocks.conventional_ps, 500.0);
  // The same to the last bit, though a default array is made without reading the file.
  const ClockPeriods defaults = ArrayParameters().clocks;
  EXPECT_EQ(defaults.conventional_ps, paper.clocks.conventional_ps);
  EXPECT_EQ(defaults.mode_ps, paper.clocks.mode_ps);
  EXPECT_THAT(error_of<InputError>([] { shipped_technology("tsmc1"); }),
              AllOf(HasSubstr("technology = tsmc1"), HasSubstr("paper")));
  EXPECT_THAT(error_of<InputError>([] { parse_technology(R"({"name": "x"})", "x.json"); }),
              HasSubstr("source = missing"));
  EXPECT_THAT(error_of<InputError>(
                  [] { parse_technology(R"({"name": "x", "source": "y", "z": 1})", "x.json"); }),
              HasSubstr("key = z"));
}

}  // namespace
}  // namespace arrayflex
