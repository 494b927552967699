// Two weight registers per PE: clocks, energies, leakage and area of arrays whose tiles overlap.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>

#include "arrayflex/core/error.h"
#include "arrayflex/energy/energy.h"
#include "arrayflex/report/report_energy.h"
#include "unit/energy/made_up_technology.h"

namespace arrayflex {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr std::size_t kMultiplier = static_cast<std::size_t>(SwitchingPart::multiplier);
constexpr std::size_t kRegisters = static_cast<std::size_t>(SwitchingPart::registers);
constexpr std::size_t kMuxes = static_cast<std::size_t>(SwitchingPart::muxes);
constexpr MadeUpSteps kSteps{0.25, 0.5, 0.125};

ArrayConfig array(Overlap overlap) {
  ArrayParameters p;
  p.rows = 4;
  p.cols = 8;
  p.data_width_bits = 8;
  p.acc_width_bits = 32;
  p.modes = {1, 2};
  p.overlap = overlap;
  return ArrayConfig(p);
}

OverlapTechnology second_register() {
  OverlapTechnology overlap;
  overlap.toggle_fj[kRegisters][index_of(NetClass::weight_reg)] = {32, "test"};
  overlap.toggle_fj[kMultiplier][index_of(NetClass::weight)] = {64, "test"};
  overlap.toggle_fj[kMuxes][index_of(NetClass::weight)] = {128, "test"};
  overlap.pe_leakage_nw = {16, "test"};
  overlap.area_um2[kRegisters] = {8, "test"};
  overlap.area_um2[kMuxes] = {4, "test"};
  return overlap;
}

Technology technology() {
  Technology t;
  t.name = "test";
  WidthTechnology& width = t.widths[8];
  for (DesignTechnology* design : {&width.arrayflex, &width.conventional}) {
    fill_design(*design, 2, kSteps);
    design->overlap = second_register();
  }
  width.conventional.toggle_fj.erase(2);
  width.delays_ps = {{{100, "test"}, {200, "test"}, {300, "test"}, {10, "test"}, {40, "test"}}};
  return t;
}

template <class Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(OverlapEnergy, EveryPeriodHasTheWeightMux) {
  const Technology t = technology();
  const ClockPeriods none = t.clock_periods(8, {1, 2});
  EXPECT_EQ(*none.conventional_ps, 600);
  EXPECT_EQ(none.mode_ps.at(2), 600 + 2 * (10 + 2 * 40));
  for (const Overlap overlap : {Overlap::load, Overlap::full}) {
    const ClockPeriods periods = t.clock_periods(8, {1, 2}, overlap);
    EXPECT_EQ(*periods.conventional_ps, *none.conventional_ps + 40);
    for (const int k : {1, 2}) EXPECT_EQ(periods.mode_ps.at(k), none.mode_ps.at(k) + 40);
  }
  Technology given = technology();
  given.clocks.mode_ps = {{1, 555}};
  EXPECT_EQ(given.clock_periods(8, {1, 2}, Overlap::full).mode_ps.at(1), 555);
  EXPECT_FALSE(technology().has_given_period({1, 2}));
  EXPECT_TRUE(given.has_given_period({1, 2}));
  EXPECT_FALSE(given.has_given_period({2}));
}

// 1000 toggles of each class: what the weights cost comes from the second register's numbers.
TEST(OverlapEnergy, WeightsHaveTheirOwnEnergies) {
  const Technology t = technology();
  EnergyActivity activity;
  activity.toggles[index_of(NetClass::weight_reg)] = 1000;
  activity.toggles[index_of(NetClass::weight)] = 500;
  for (const Design design : {Design::arrayflex, Design::conventional}) {
    const EnergyBreakdown energy = energy_of(activity, 0, array(Overlap::load), design, 2, t);
    EXPECT_EQ(energy.component_pj(EnergyComponent::registers), 32);
    EXPECT_EQ(energy.component_pj(EnergyComponent::multiplier), 32);
    EXPECT_EQ(energy.component_pj(EnergyComponent::muxes), 64);
    EXPECT_EQ(energy.component_pj(EnergyComponent::adder), 0);
    EXPECT_EQ(energy.class_pj(NetClass::weight), 96);
    EXPECT_EQ(energy.total_pj(), 32 + 32 + 64);
  }
}

TEST(OverlapEnergy, OtherClassesAreWhatTheyWere) {
  const Technology t = technology();
  EnergyActivity activity;
  activity.toggles.fill(1000);
  activity.toggles[index_of(NetClass::weight_reg)] = 0;
  activity.toggles[index_of(NetClass::weight)] = 0;
  const auto total = [&](Overlap overlap) {
    return energy_of(activity, 0, array(overlap), Design::arrayflex, 2, t).total_pj();
  };
  EXPECT_GT(total(Overlap::none), 0);
  EXPECT_EQ(total(Overlap::load), total(Overlap::none));
  EXPECT_EQ(total(Overlap::full), total(Overlap::none));
}

TEST(OverlapEnergy, LeakageAndAreaOfTheSecondRegisterComeOnTop) {
  const Technology t = technology();
  for (const Design design : {Design::arrayflex, Design::conventional}) {
    const double none_nw = leakage_nw(array(Overlap::none), design, t);
    const AreaBreakdown none = area_of(array(Overlap::none), design, t);
    for (const Overlap overlap : {Overlap::load, Overlap::full}) {
      EXPECT_EQ(leakage_nw(array(overlap), design, t), none_nw + 32 * 16);
      const AreaBreakdown area = area_of(array(overlap), design, t);
      EXPECT_EQ(area.pe_um2[kRegisters], none.pe_um2[kRegisters] + 8);
      EXPECT_EQ(area.pe_um2[kMuxes], none.pe_um2[kMuxes] + 4);
      EXPECT_EQ(area.pe_um2[kMultiplier], none.pe_um2[kMultiplier]);
      EXPECT_EQ(area.array_total_um2(), none.array_total_um2() + 32 * 12);
    }
  }
}

TEST(OverlapEnergy, ATechnologyWithoutTheSecondRegisterIsRefused) {
  Technology t = technology();
  t.widths[8].conventional.overlap.reset();
  const std::string message = "technology test: overlap = full";
  EXPECT_THAT(error_of([&] { area_of(array(Overlap::full), Design::arrayflex, t); }),
              HasSubstr(message));
  EXPECT_THAT(error_of([&] { leakage_nw(array(Overlap::full), Design::conventional, t); }),
              HasSubstr(message));
  EXPECT_THAT(error_of([&] { energy_of({}, 1, array(Overlap::full), Design::arrayflex, 1, t); }),
              HasSubstr(message));
  area_of(array(Overlap::none), Design::arrayflex, t);
}

TEST(OverlapEnergy, ShippedTechnologiesHaveIt) {
  for (const std::string& name : shipped_technologies()) {
    const Technology t = shipped_technology(name);
    for (const auto& [bits, width] : t.widths) {
      SCOPED_TRACE(name + std::to_string(bits));
      for (const DesignTechnology* design : {&width.arrayflex, &width.conventional}) {
        ASSERT_TRUE(design->overlap);
        const OverlapTechnology& second = *design->overlap;
        // A third or so of the PE's registers: one word of three or, at 8 bits, of six.
        EXPECT_GT(second.area_um2[kRegisters].value, bits * design->register_bit_area_um2.value);
        EXPECT_LT(second.area_um2[kRegisters].value, 0.5 * design->area_um2[kRegisters].value);
        EXPECT_LT(second.area_um2[kMuxes].value, second.area_um2[kRegisters].value);
        EXPECT_LT(second.pe_leakage_nw.value, 0.5 * design->pe_leakage_nw.value);
        const auto energy = [&](std::size_t part, NetClass c) {
          return design->toggle_energies(1, Overlap::full)[part][index_of(c)].value;
        };
        EXPECT_GT(energy(kMuxes, NetClass::weight), 0);
        EXPECT_EQ(energy(kMultiplier, NetClass::weight_reg), 0) << "the mux's output drives it";
        EXPECT_EQ(energy(kMultiplier, NetClass::weight),
                  design->toggle_energies(1)[kMultiplier][index_of(NetClass::weight_reg)].value);
      }
    }
  }
}

// JSON files that are taken, and those that are refused.
json overlap_json() {
  const auto number = [](double value, const char* unit) {
    return json{{"value", value}, {"unit", unit}, {"source", "bench"}};
  };
  return {{"energy_per_toggle",
           {{"muxes", {{"weight", number(2, "fJ/toggle")}}},
            {"registers", {{"weight_reg", number(3, "fJ/toggle")}}}}},
          {"leakage", {{"pe", number(4, "nW")}}},
          {"area", {{"registers", number(5, "um2")}, {"muxes", number(6, "um2")}}}};
}

json file(const json& overlap) {
  const auto number = [](const char* unit) {
    return json{{"value", 1}, {"unit", unit}, {"source", "bench"}};
  };
  json design;
  design["energy_per_toggle"]["1"]["adder"]["psum_reg"] = number("fJ/toggle");
  for (const RegisterClass c : all_register_classes()) {
    for (const char* key : {"clocked_bit", "gated_bit"}) {
      design[key][name_of(c)] = number("fJ/bit-cycle");
    }
  }
  design["clock_tree"] = number("fJ/bit-cycle");
  design["leakage"] = {{"pe", number("nW")}, {"register_bit", number("nW")}};
  for (const SwitchingPart part : all_switching_parts())
    design["area"][name_of(part)] = number("um2");
  design["area"]["register_bit"] = number("um2");
  if (!overlap.is_null()) design["overlap"] = overlap;
  return {{"name", "example"},
          {"source", "made up"},
          {"sources", {{"bench", "measured on the bench"}}},
          {"widths", {{"8", {{"arrayflex", design}, {"conventional", design}}}}}};
}

Technology parse(const json& overlap) { return parse_technology(file(overlap).dump(), "t.json"); }

TEST(OverlapEnergy, FilesHoldItOrNot) {
  EXPECT_FALSE(parse(nullptr).width(8).arrayflex.overlap);
  const OverlapTechnology overlap = parse(overlap_json()).width(8).conventional.overlap.value();
  EXPECT_EQ(overlap.toggle_fj[kMuxes][index_of(NetClass::weight)].value, 2);
  EXPECT_EQ(overlap.toggle_fj[kRegisters][index_of(NetClass::weight_reg)].value, 3);
  EXPECT_EQ(overlap.pe_leakage_nw.value, 4);
  EXPECT_EQ(overlap.area_um2[kRegisters].value, 5);
  EXPECT_EQ(overlap.area_um2[kMuxes].source, "measured on the bench");
  EXPECT_THAT(to_text(parse(overlap_json())),
              HasSubstr("8 bit / conventional / overlap / muxes / weight"));
}

TEST(OverlapEnergy, FilesWithMistakesAreRefused) {
  const auto message = [](const char* pointer, const json& value) {
    json overlap = overlap_json();
    overlap[json::json_pointer(pointer)] = value;
    return error_of([&] { parse(overlap); });
  };
  EXPECT_EQ(message("/leakage/pe/value", 1), "no error");
  EXPECT_THAT(message("/leakage/pe/value", -1), HasSubstr("overlap: leakage: pe: value"));
  EXPECT_THAT(message("/leakage/pe/unit", "fJ"), HasSubstr("overlap: leakage: pe: unit"));
  EXPECT_THAT(message("/area/adder", 1), HasSubstr("overlap: area: key = adder"));
  EXPECT_THAT(message("/energy_per_toggle/muxes/product", 1),
              HasSubstr("the key is weight_reg or weight"));
  EXPECT_THAT(message("/energy_per_toggle/wires", json::object()), HasSubstr("wires"));
  EXPECT_THAT(message("/volume", 1), HasSubstr("overlap: key = volume"));
}

// Given periods stay as they are, and the report says what is not in them.
TEST(OverlapEnergy, TheReportSaysWhereThePeriodsLackTheMux) {
  const auto notes = [](Overlap overlap, const char* technology, bool own_clocks) {
    RunReport report;
    report.array.overlap = overlap;
    report.array.clocks =
        own_clocks ? ClockPeriods{{{1, 600}}, 500}
                   : shipped_technology(technology).clock_periods(32, report.array.modes, overlap);
    add_technology(report, shipped_technology(technology));
    std::string text;
    for (const std::string& note : report.notes) text += note;
    return text;
  };
  const auto warns = HasSubstr("the delay of the weight mux");
  EXPECT_EQ(notes(Overlap::full, "asap7", false), "");
  EXPECT_THAT(notes(Overlap::full, "asap7", true), warns);
  EXPECT_THAT(notes(Overlap::load, "paper", false), warns);
  EXPECT_EQ(notes(Overlap::none, "paper", false), "");
  EXPECT_EQ(notes(Overlap::none, "asap7", true), "");
}

}  // namespace
}  // namespace arrayflex
