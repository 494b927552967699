// Technology files: clocks given and computed, every number with unit and source, errors by name.
#include "arrayflex/energy/technology.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "arrayflex/core/error.h"
#include "unit/error_of.h"

namespace arrayflex {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

json number(double value, const char* unit) {
  return {{"value", value}, {"unit", unit}, {"source", "bench"}};
}

json design(double base) {
  json d;
  d["energy_per_toggle"]["1"]["multiplier"]["product"] = number(base, "fJ/toggle");
  d["energy_per_toggle"]["1"]["adder"]["psum_reg"] = number(2 * base, "fJ/toggle");
  for (const RegisterClass c : all_register_classes()) {
    d["clocked_bit"][name_of(c)] = number(0.5, "fJ/bit-cycle");
    d["gated_bit"][name_of(c)] = number(0.125, "fJ/bit-cycle");
  }
  d["clock_tree"] = number(0, "fJ/bit-cycle");
  d["leakage"] = {{"pe", number(4, "nW")}, {"register_bit", number(2, "nW")}};
  for (const SwitchingPart part : all_switching_parts())
    d["area"][name_of(part)] = number(3, "um2");
  d["area"]["register_bit"] = number(1, "um2");
  return d;
}

json file() {
  json f;
  f["name"] = "example";
  f["source"] = "made up";
  f["sources"]["bench"] = "measured on the bench";
  json& width = f["widths"]["8"];
  const std::vector<std::string> delays{"ff", "mul", "add", "csa", "mux"};
  for (std::size_t i = 0; i < delays.size(); ++i) {
    width["delays"][delays[i]] = number(static_cast<double>(i + 1) * 10, "ps");
  }
  width["glitch_factor"]["adder"] = number(2.5, "1");
  width["arrayflex"] = design(8);
  width["arrayflex"]["energy_per_toggle"]["4"]["multiplier"]["product"] = number(14, "fJ/toggle");
  width["conventional"] = design(6);
  f["memory"] = {{"buffer", number(1, "pJ/byte")}, {"dram", number(20, "pJ/byte")}};
  return f;
}

Technology parse(const json& f) { return parse_technology(f.dump(), "t.json"); }

double toggle_fj(const ToggleEnergies& energies, SwitchingPart part, NetClass net_class) {
  return energies[static_cast<std::size_t>(part)][static_cast<std::size_t>(net_class)].value;
}

TEST(TechnologyFile, ClockPeriodsFollowTheFormula) {
  const Technology t = parse(file());
  const ClockPeriods periods = t.clock_periods(8, {1, 2, 3, 8});
  EXPECT_EQ(periods.conventional_ps, 10.0 + 20 + 30);
  ASSERT_EQ(periods.mode_ps.size(), 4u);
  for (const auto& [k, period_ps] : periods.mode_ps) {
    EXPECT_EQ(period_ps, 60.0 + k * (40 + 2 * 50)) << "k = " << k;
  }
}

TEST(TechnologyFile, GivenClocksWinOverComputedOnes) {
  json f = file();
  f["clock_period_ps"] = {{"2", 123.0}};
  const ClockPeriods periods = parse(f).clock_periods(8, {1, 2});
  EXPECT_EQ(periods.mode_ps.at(1), 200.0);
  EXPECT_EQ(periods.mode_ps.at(2), 123.0);
  EXPECT_EQ(periods.conventional_ps, 60.0);
}

TEST(TechnologyFile, ModesWithoutClockAreLeftOut) {
  const Technology paper = shipped_technology("paper");
  const ClockPeriods periods = paper.clock_periods(32, {1, 2, 3, 4});
  EXPECT_EQ(periods.conventional_ps, 500.0);
  EXPECT_EQ(periods.mode_ps.count(3), 0u);
  EXPECT_NEAR(periods.mode_ps.at(4), 1000 / 1.4, 1e-9);
}

TEST(TechnologyFile, TogglesBetweenCalibratedModesAreInterpolated) {
  const DesignTechnology d = parse(file()).width(8).arrayflex;
  const auto product = [&](int k) {
    return toggle_fj(d.toggle_energies(k), SwitchingPart::multiplier, NetClass::product);
  };
  EXPECT_EQ(product(1), 8);
  EXPECT_EQ(product(2), 10);
  EXPECT_EQ(product(3), 12);
  EXPECT_EQ(product(4), 14);
  EXPECT_EQ(product(100), 14);
  EXPECT_THAT(error_of<InputError>([&] { product(0); }), HasSubstr("collapse factor = 0"));
}

TEST(TechnologyFile, RowsGiveEveryNumberWithUnitAndSource) {
  const Technology t = parse(file());
  std::set<std::string> items;
  for (const TechnologyRow& row : technology_rows(t)) {
    EXPECT_TRUE(items.insert(row.item).second) << row.item << " twice";
    EXPECT_FALSE(row.unit.empty()) << row.item;
    EXPECT_FALSE(row.source.empty()) << row.item;
  }
  // 5 delays, 3 periods, a glitch factor; two designs of 10 + 1 + 2 + 6 and 3 + 2 toggle energies;
  // 2 memories.
  EXPECT_EQ(items.size(), 5u + 3 + 1 + 2 * 19 + 5 + 2);
  EXPECT_EQ(items.count("8 bit / arrayflex / k=4 / multiplier / product"), 1u);
  const std::string text = to_text(t);
  EXPECT_THAT(text, HasSubstr("measured on the bench"));
  EXPECT_THAT(text, HasSubstr("fJ/bit-cycle"));
  for (const std::string& item : items) EXPECT_THAT(text, HasSubstr(item));
}

TEST(TechnologyFile, NumbersFromAShippedTechnologyAreScaled) {
  json f = {{"name", "faster"}, {"source", "made up"}};
  f["numbers_from"] = {{"technology", "asap7"},
                       {"energy_factor", 2.0},
                       {"leakage_factor", 4.0},
                       {"source", "twice the energy"}};
  const DesignTechnology base = shipped_technology("asap7").width(32).arrayflex;
  const Technology t = parse(f);
  const DesignTechnology scaled = t.width(32).arrayflex;
  const auto product = [](const DesignTechnology& d) {
    return toggle_fj(d.toggle_energies(2), SwitchingPart::multiplier, NetClass::product);
  };
  EXPECT_GT(product(base), 0);
  EXPECT_EQ(product(scaled), 2 * product(base));
  EXPECT_EQ(scaled.pe_leakage_nw.value, 4 * base.pe_leakage_nw.value);
  EXPECT_EQ(scaled.area_um2[1].value, base.area_um2[1].value);
  EXPECT_THAT(scaled.pe_leakage_nw.source,
              AllOf(HasSubstr("twice the energy"), HasSubstr(base.pe_leakage_nw.source)));
  EXPECT_TRUE(t.clock_periods(32, {1, 2}).mode_ps.empty()) << "delays are not taken over";
}

struct BadFile {
  const char* pointer;  // JSON pointer to the member that is replaced; removed where value is null
  json value;
  std::vector<std::string> message;
};

std::vector<BadFile> bad_files() {
  return {
      {"/widths/8/arrayflex/leakage/pe/value",
       -1.5,
       {"t.json", "leakage: pe: value = -1.5", "not negative"}},
      {"/widths/8/arrayflex/leakage/pe/value", "x", {"value = \"x\"", "a number"}},
      {"/widths/8/arrayflex/leakage/pe/value", nullptr, {"value = missing"}},
      {"/widths/8/arrayflex/leakage/pe/unit", "mW", {"unit = \"mW\"", "the unit is \"nW\""}},
      {"/widths/8/arrayflex/leakage/pe/source", "guess", {"source = \"guess\"", "bench"}},
      {"/widths/8/arrayflex/leakage/pe/note", "x", {"key = note", "unknown"}},
      {"/widths/8/arrayflex/leakage/ff", number(1, "nW"), {"leakage: key = ff", "unknown"}},
      {"/widths/8/arrayflex/area/ff", number(1, "um2"), {"area: key = ff", "unknown"}},
      {"/memory/tape", number(1, "pJ/byte"), {"memory: key = tape", "unknown"}},
      {"/widths/8/delays/wire", number(1, "ps"), {"delays: key = wire", "unknown"}},
      {"/widths/8/arrayflex/leakage/pe", nullptr, {"leakage: pe = missing"}},
      {"/widths/8/arrayflex/leakage", nullptr, {"leakage = missing"}},
      {"/widths/8/arrayflex/clocked_bit/psum_reg", nullptr, {"clocked_bit: psum_reg = missing"}},
      {"/widths/8/arrayflex/clocked_bit/x_reg", number(1, "fJ/bit-cycle"), {"key = x_reg"}},
      {"/widths/8/arrayflex/energy_per_toggle/0", json::object(), {"0 = {}", "collapse factor"}},
      {"/widths/8/arrayflex/energy_per_toggle/1/divider", json::object(), {"key = divider"}},
      {"/widths/8/arrayflex/energy_per_toggle/1/adder/sum",
       number(1, "fJ/toggle"),
       {"sum = ", "net class"}},
      {"/widths/8/arrayflex/energy_per_toggle", json::object(), {"at least one"}},
      {"/widths/8/conventional/energy_per_toggle/2", json::object(), {"key \"1\" only"}},
      {"/widths/8/conventional", nullptr, {"conventional = missing"}},
      {"/widths/8/delays/mux", nullptr, {"delays: mux = missing"}},
      {"/widths/8/glitch_factor/clock", number(1, "1"), {"key = clock", "unknown"}},
      {"/widths/8/area", 1, {"key = area"}},
      {"/widths/12", json::object(), {"12 = {}", "8, 16 or 32"}},
      {"/memory/dram", nullptr, {"dram = missing"}},
      {"/sources/bench", "", {"bench = \"\"", "origin"}},
      {"/name", nullptr, {"name = missing"}},
      {"/description", json::array({std::string(1000, 'x')}), {"xxx...: a string is needed"}},
      {"/clock_period_ps", {{"01", 5}}, {"clock_period_ps: 01 = 5", "collapse factor"}},
      {"/widths/8/arrayflex/energy_per_toggle/01", json::object(), {"01 = {}", "collapse factor"}},
      {"/source", nullptr, {"source = missing"}},
      {"/numbers_from", json::object(), {"numbers_from", "not together with"}},
  };
}

TEST(TechnologyFile, ErrorsNameFileKeyValueAndWhatIsAllowed) {
  for (const BadFile& bad : bad_files()) {
    json f = file();
    const json::json_pointer pointer(bad.pointer);
    if (bad.value.is_null()) {
      f[pointer.parent_pointer()].erase(pointer.back());
    } else {
      f[pointer] = bad.value;
    }
    const std::string message = error_of<InputError>([&] { parse(f); });
    for (const std::string& part : bad.message) {
      EXPECT_THAT(message, HasSubstr(part)) << bad.pointer << " = " << bad.value;
    }
  }
}

TEST(TechnologyFile, ErrorsOfInheritedNumbers) {
  const auto message = [](json from) {
    return error_of<InputError>([&] {
      parse({{"name", "x"}, {"source", "y"}, {"numbers_from", std::move(from)}});
    });
  };
  EXPECT_THAT(message({{"technology", "tsmc1"}, {"source", "z"}}),
              AllOf(HasSubstr("tsmc1"), HasSubstr("asap7")));
  EXPECT_THAT(message({{"technology", "asap7"}}), HasSubstr("source = missing"));
  EXPECT_THAT(message({{"technology", "asap7"}, {"source", "z"}, {"energy_factor", 0}}),
              HasSubstr("energy_factor = 0"));
  EXPECT_THAT(message({{"technology", "asap7"}, {"source", "z"}, {"leakage_factor", 1e300}}),
              HasSubstr("leakage_factor = 1e+300"));
  EXPECT_THAT(message({{"technology", "asap7"}, {"source", "z"}, {"factor", 2}}),
              HasSubstr("key = factor"));
}

// Deep nesting must not reach code that recurses.
TEST(TechnologyFile, DepthIsLimited) {
  const std::string deep(200000, '[');
  for (const char* key : {"name", "widths", "anything"}) {
    const std::string text =
        "{\"" + std::string(key) + "\":" + deep + std::string(deep.size(), ']') + "}";
    EXPECT_THAT(error_of<InputError>([&] { parse_technology(text, "t.json"); }),
                HasSubstr("t.json: nested deeper than 32"));
  }
}

TEST(TechnologyFile, FilesThatAreNone) {
  const std::string folder = ::testing::TempDir();
  EXPECT_THAT(error_of<InputError>([&] { load_technology(folder); }), HasSubstr("is a folder"));
  const std::string empty = folder + "technology_test_empty.json";
  std::ofstream(empty).flush();
  EXPECT_THAT(error_of<InputError>([&] { load_technology(empty); }), HasSubstr("is empty"));
  const std::string large = folder + "technology_test_large.json";
  std::ofstream(large).flush();
  std::filesystem::resize_file(large, (64U << 20) + 1);  // a hole: takes no room on the disk
  EXPECT_THAT(error_of<InputError>([&] { load_technology(large); }),
              HasSubstr("is larger than 64 MiB"));
  std::filesystem::remove(large);
}

TEST(TechnologyFile, TextHasNoControlCharacters) {
  json f = file();
  f["name"] = "evil\x1b[31m";
  f["sources"]["bench"] = "two\nlines";
  f["notes"]["topic"] = "\x07";
  const std::string text = to_text(parse(f));
  EXPECT_THAT(text, HasSubstr("evil?[31m\n"));
  EXPECT_THAT(text, HasSubstr("two?lines"));
  EXPECT_THAT(text, HasSubstr("- topic: ?\n"));
}

TEST(TechnologyFile, MissingWidthNamesThoseThereAre) {
  const Technology t = parse(file());
  EXPECT_THAT(error_of<InputError>([&] { t.width(32); }),
              AllOf(HasSubstr("example"), HasSubstr("data_width_bits = 32"), HasSubstr("8 bits")));
}

TEST(TechnologyFile, LoadsByNameOrPath) {
  EXPECT_EQ(load_technology("paper").name, "paper");
  EXPECT_THAT(error_of<InputError>([] { load_technology("no_such"); }),
              AllOf(HasSubstr("technology = no_such"), HasSubstr("paper")));
  EXPECT_THAT(error_of<InputError>([] { load_technology("./no_such.json"); }),
              HasSubstr("cannot be read"));
  const std::string path = ::testing::TempDir() + "technology_test_example.json";
  std::ofstream(path) << file().dump();
  EXPECT_EQ(load_technology(path).name, "example");
}

// The shipped calibrations: what synthesis of this PE must look like in any sane library.
TEST(ShippedTechnologies, CalibratedOnesArePlausible) {
  for (const char* name : {"asap7", "sky130hd"}) {
    const Technology t = shipped_technology(name);
    EXPECT_FALSE(t.notes.empty()) << name;
    for (const int bits : operand_widths()) {
      const ClockPeriods periods = t.clock_periods(bits, {1, 2, 4});
      const double base_ps = *periods.conventional_ps;
      EXPECT_GT(periods.mode_ps.at(1) / base_ps, 1.05) << name << bits;
      EXPECT_LT(periods.mode_ps.at(1) / base_ps, 1.25) << name << bits;
      EXPECT_GT(periods.mode_ps.at(4) / base_ps, 1.25) << name << bits;
      EXPECT_LT(periods.mode_ps.at(4) / base_ps, 1.80) << name << bits;
      const WidthTechnology& width = t.width(bits);
      for (const RegisterClass c : all_register_classes()) {
        const auto i = static_cast<std::size_t>(c);
        EXPECT_LT(width.arrayflex.gated_bit_fj[i].value, width.arrayflex.clocked_bit_fj[i].value)
            << name << bits << name_of(c);
      }
      EXPECT_GT(width.arrayflex.pe_leakage_nw.value, width.conventional.pe_leakage_nw.value);
    }
  }
}

}  // namespace
}  // namespace arrayflex
