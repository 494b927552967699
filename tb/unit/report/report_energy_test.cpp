// Energies in the report: what the JSON and CSV texts say against the energy library and by hand.
#include "arrayflex/report/report_energy.h"

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "arrayflex/core/error.h"
#include "unit/energy/made_up_technology.h"

namespace arrayflex {
namespace {

using nlohmann::ordered_json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

constexpr int kRows = 4, kCols = 8;

ActivityCounters counters(std::int64_t first) {
  ActivityCounters c;
  for (const NetClass net : net_classes_of(ArrayParameters())) c[net] = first += 1001;
  for (auto& count : c.clocked_bits) count = first += 3003;
  for (auto& count : c.gated_bits) count = first += 2007;
  return c;
}

// Two tiles of 10 rows; cycles of mode k = 2.
LayerReport layer(const std::string& name, std::int64_t first, int k) {
  LayerReport l;
  l.name = name;
  l.gemm = {10, 8, 8};
  l.k = k;
  l.tiles = 2;
  l.macs = 640;
  l.arrayflex.cycles = k == 1 ? 48 : 36;
  l.arrayflex.time_ns = static_cast<double>(l.arrayflex.cycles) * 0.6;
  l.arrayflex.activity = counters(first);
  l.conventional = {48, 48 * 0.4, counters(first / 2)};
  return l;
}

RunReport report_of(std::vector<LayerReport> layers) {
  RunReport report;
  report.workload = "net";
  report.array.rows = kRows;
  report.array.cols = kCols;
  report.array.data_width_bits = 8;
  report.array.acc_width_bits = 32;
  report.array.modes = {1, 2};
  report.array.clocks = made_up_technology().clocks;
  report.engine = Engine::fast;
  report.layers = std::move(layers);
  report.technology = made_up_technology();
  return report;
}

ordered_json parsed(const RunReport& report) { return ordered_json::parse(to_json(report)); }

std::vector<std::string> keys(const ordered_json& json) {
  std::vector<std::string> names;
  for (const auto& item : json.items()) names.push_back(item.key());
  return names;
}

std::vector<ordered_json> designs(const ordered_json& report) {
  std::vector<ordered_json> all{report["conventional"]};
  for (const ordered_json& entry : {report["layers"][0], report["layers"][1], report["total"]}) {
    all.push_back(entry);
    all.push_back(entry["conventional"]);
  }
  return all;
}

TEST(ReportEnergy, JsonHasTheDocumentedKeys) {
  const ordered_json json = parsed(report_of({layer("a", 7, 2), layer("b", 9, 1)}));
  EXPECT_THAT(keys(json), IsSupersetOf({"workload", "engine", "seed", "array", "k", "technology",
                                        "area", "layers", "total", "conventional"}));
  EXPECT_THAT(keys(json["layers"][0]),
              IsSupersetOf({"name", "t", "n", "m", "repeat", "k", "tiles", "cycles", "time_ns",
                            "utilization", "macs", "activity", "energy", "conventional",
                            "cycles_saved", "time_saved", "ratios_to_conventional"}));
  for (const ordered_json& design : designs(json)) {
    EXPECT_THAT(keys(design["energy"]), ElementsAre("exact", "busy"));
    for (const ordered_json& energy : design["energy"]) {
      EXPECT_THAT(keys(energy), IsSupersetOf({"energy_pj", "power_mw", "energy_delay_product_pj_ns",
                                              "by_component_pj", "by_class_pj"}));
      EXPECT_THAT(keys(energy["by_component_pj"]),
                  ElementsAre("registers", "multiplier", "adder", "compressor", "muxes", "clock",
                              "leakage"));
      EXPECT_THAT(
          keys(energy["by_class_pj"]),
          IsSupersetOf({"operand", "operand_reg", "weight_reg", "product", "csa_sum", "csa_carry",
                        "psum_reg", "bypass_mux", "skew_reg", "deskew_reg", "clock", "leakage"}));
    }
  }
  for (const char* accounting : {"exact", "busy"}) {
    EXPECT_THAT(keys(json["total"]["ratios_to_conventional"][accounting]),
                ElementsAre("energy", "power", "energy_delay_product"));
  }
}

TEST(ReportEnergy, ComponentsOfTheTextAddUpToTheLastBit) {
  for (std::int64_t first = 1; first < 40; ++first) {
    const ordered_json json = parsed(report_of({layer("a", first, 2), layer("b", 3 * first, 1)}));
    for (const ordered_json& design : designs(json)) {
      for (const ordered_json& energy : design["energy"]) {
        double sum = 0;
        for (const ordered_json& part : energy["by_component_pj"]) sum += part.get<double>();
        ASSERT_EQ(sum, energy["energy_pj"].get<double>());
        double by_class = 0;
        for (const ordered_json& part : energy["by_class_pj"]) by_class += part.get<double>();
        ASSERT_NEAR(by_class / sum, 1, 1e-14);
      }
    }
  }
}

TEST(ReportEnergy, FiguresAreThoseOfTheLibrary) {
  const LayerReport l = layer("a", 7, 2);
  const RunReport report = report_of({l, layer("b", 9, 1)});
  const ArrayConfig config(report.array);
  const ordered_json energy = parsed(report)["layers"][0]["energy"];
  const EnergyBreakdown exact = energy_of(exact_activity(*l.arrayflex.activity), 36 * 0.6, config,
                                          Design::arrayflex, 2, *report.technology);
  const EnergyBreakdown busy =
      energy_of(busy_activity(*l.arrayflex.activity, config, Design::arrayflex, 2, 36, 2, 10),
                36 * 0.6, config, Design::arrayflex, 2, *report.technology);
  EXPECT_EQ(energy["exact"]["energy_pj"], exact.total_pj());
  EXPECT_EQ(energy["busy"]["energy_pj"], busy.total_pj());
  EXPECT_NE(exact.total_pj(), busy.total_pj());
  EXPECT_EQ(energy["exact"]["power_mw"], exact.total_pj() / (36 * 0.6));
  EXPECT_EQ(energy["exact"]["energy_delay_product_pj_ns"], exact.total_pj() * (36 * 0.6));
  EXPECT_EQ(energy["busy"]["by_component_pj"]["clock"], busy.component_pj(EnergyComponent::clock));
  EXPECT_EQ(energy["busy"]["by_class_pj"]["product"], busy.class_pj(NetClass::product));
}

TEST(ReportEnergy, TotalsAreTheSumsOfTheLayers) {
  const ordered_json json = parsed(report_of({layer("a", 7, 2), layer("b", 9000, 1)}));
  for (const char* accounting : {"exact", "busy"}) {
    const auto energy = [&](const ordered_json& entry) {
      return entry["energy"][accounting]["energy_pj"].get<double>();
    };
    const auto& a = json["layers"][0];
    const auto& b = json["layers"][1];
    const auto& total = json["total"];
    EXPECT_DOUBLE_EQ(energy(total), energy(a) + energy(b));
    EXPECT_DOUBLE_EQ(energy(total["conventional"]),
                     energy(a["conventional"]) + energy(b["conventional"]));
    const double time_ns = total["time_ns"];
    EXPECT_DOUBLE_EQ(total["energy"][accounting]["power_mw"].get<double>(),
                     energy(total) / time_ns);
    EXPECT_DOUBLE_EQ(total["energy"][accounting]["energy_delay_product_pj_ns"].get<double>(),
                     energy(total) * time_ns);
    const double ratio = energy(total) / energy(total["conventional"]);
    const double time_ratio = time_ns / total["conventional"]["time_ns"].get<double>();
    const auto& ratios = total["ratios_to_conventional"][accounting];
    EXPECT_DOUBLE_EQ(ratios["energy"].get<double>(), ratio);
    EXPECT_DOUBLE_EQ(ratios["power"].get<double>(), ratio / time_ratio);
    EXPECT_DOUBLE_EQ(ratios["energy_delay_product"].get<double>(), ratio * time_ratio);
  }
  EXPECT_EQ(json["total"]["conventional"], json["conventional"]);
}

TEST(ReportEnergy, ANullRatioWhereTheConventionalArrayTakesNothing) {
  RunReport report = report_of({layer("a", 7, 2), layer("b", 9, 1)});
  DesignTechnology& conventional = report.technology->widths[8].conventional;
  const ToggleEnergies none{};
  conventional.toggle_fj = {{1, none}};
  conventional.clocked_bit_fj = conventional.gated_bit_fj = {};
  conventional.clock_tree_fj.value = conventional.pe_leakage_nw.value = 0;
  conventional.register_bit_leakage_nw.value = 0;
  const ordered_json json = parsed(report);
  EXPECT_EQ(json["total"]["conventional"]["energy"]["exact"]["energy_pj"], 0.0);
  for (const ordered_json& ratio : json["total"]["ratios_to_conventional"]["exact"]) {
    EXPECT_TRUE(ratio.is_null());
  }
  const auto ratios =
      ratios_to_conventional(layer_energy(report, report.layers[0]), Accounting::exact);
  ASSERT_TRUE(ratios);
  EXPECT_FALSE(ratios->energy || ratios->power || ratios->energy_delay_product);
}

// Every key that only energies have.
void expect_no_energy(const RunReport& report) {
  const std::string text = to_json(report);
  for (const char* key : {"energy", "power", "ratios_to_conventional"}) {
    EXPECT_THAT(text, Not(HasSubstr(key)));
  }
  EXPECT_THAT(to_csv(report), Not(HasSubstr("energy")));
}

TEST(ReportEnergy, NoneWithoutTechnologyWidthActivityOrTime) {
  const std::vector<LayerReport> layers{layer("a", 7, 2), layer("b", 9, 1)};
  RunReport report = report_of(layers);
  report.technology.reset();
  expect_no_energy(report);
  EXPECT_FALSE(parsed(report).contains("technology"));
  EXPECT_FALSE(parsed(report).contains("area"));

  report = report_of(layers);
  report.array.data_width_bits = 16;
  report.array.acc_width_bits = 64;
  expect_no_energy(report);
  EXPECT_EQ(parsed(report)["technology"]["name"], "bench");
  EXPECT_FALSE(parsed(report).contains("area"));

  report = report_of(layers);
  for (LayerReport& l : report.layers) {
    l.arrayflex.activity.reset();
    l.conventional.activity.reset();
  }
  expect_no_energy(report);
  EXPECT_TRUE(parsed(report).contains("area"));

  report = report_of(layers);
  for (LayerReport& l : report.layers) {
    l.arrayflex.time_ns.reset();
    l.conventional.time_ns.reset();
  }
  expect_no_energy(report);
}

TEST(ReportEnergy, OneLayerWithoutTimeEmptiesTheTotalAlone) {
  RunReport report = report_of({layer("a", 7, 2), layer("b", 9, 1)});
  report.layers[1].arrayflex.time_ns.reset();
  const ordered_json json = parsed(report);
  EXPECT_TRUE(json["layers"][0].contains("energy"));
  EXPECT_TRUE(json["layers"][0].contains("ratios_to_conventional"));
  EXPECT_FALSE(json["layers"][1].contains("energy"));
  EXPECT_FALSE(json["layers"][1].contains("ratios_to_conventional"));
  EXPECT_TRUE(json["layers"][1]["conventional"].contains("energy"));
  EXPECT_FALSE(json["total"].contains("energy"));
  EXPECT_FALSE(json["total"].contains("ratios_to_conventional"));
  EXPECT_TRUE(json["conventional"].contains("energy"));
  EXPECT_THAT(to_csv(report), Not(HasSubstr("energy")));
}

TEST(ReportEnergy, StallsCostLeakageAlone) {
  RunReport report = report_of({layer("a", 7, 2), layer("b", 9, 1)});
  const ordered_json before = parsed(report)["layers"][0]["energy"];
  report.layers[0].arrayflex.memory = MemoryFigures{36, {}};
  *report.layers[0].arrayflex.time_ns *= 2;
  const ordered_json after = parsed(report)["layers"][0]["energy"];
  for (const char* accounting : {"exact", "busy"}) {
    for (const auto& [name, value] : before[accounting]["by_component_pj"].items()) {
      const double factor = name == "leakage" ? 2 : 1;
      EXPECT_EQ(after[accounting]["by_component_pj"][name], factor * value.get<double>()) << name;
    }
  }
}

TEST(ReportEnergy, DramStandsApart) {
  RunReport report = report_of({layer("a", 7, 2), layer("b", 9, 1)});
  const ordered_json plain = parsed(report);
  for (LayerReport& l : report.layers) {
    l.arrayflex.memory = MemoryFigures{0, {100, 20, 3, 400, 128}};
    l.conventional.memory = MemoryFigures{0, {1, 2, 3, 4, 5}};
  }
  EXPECT_FALSE(parsed(report)["total"].contains("dram_energy_pj")) << "not in the technology";
  report.technology->dram_pj_per_byte = Quantity{2.5, "a datasheet"};
  const ordered_json json = parsed(report);
  EXPECT_EQ(json["technology"]["dram_pj_per_byte"],
            ordered_json({{"value", 2.5}, {"source", "a datasheet"}}));
  EXPECT_EQ(json["layers"][0]["dram_energy_pj"], 651 * 2.5);
  EXPECT_EQ(json["layers"][0]["conventional"]["dram_energy_pj"], 15 * 2.5);
  EXPECT_EQ(json["total"]["dram_energy_pj"], 2 * 651 * 2.5);
  EXPECT_EQ(json["total"]["energy"], plain["total"]["energy"]);
  EXPECT_THAT(to_csv(report), HasSubstr(",conventional_dram_energy_pj,"));
  EXPECT_THAT(to_csv(report), HasSubstr(",1627.5,"));
}

TEST(ReportEnergy, SamplesCarryAnInterval) {
  RunReport report = report_of({layer("a", 7, 2), layer("b", 9, 1)});
  ToggleSampling sampling;
  sampling.tiles_sampled = 1;
  sampling.tiles_total = 2;
  sampling.half_width[static_cast<std::size_t>(NetClass::product)] = 100;
  report.layers[0].arrayflex.sampling = sampling;
  const ordered_json json = parsed(report);
  const ordered_json energy = json["layers"][0]["energy"];
  // Mode 2: part p spends 4 + 0.3 * (10 * p + 4) fJ on a toggle of product, the fourth class.
  const double expected_pj = 0.1 * (5 * 4 + 0.3 * (10 * (0 + 1 + 2 + 3 + 4) + 5 * 4));
  const double half_width = energy["exact"]["sampling"]["energy_half_width_pj"];
  EXPECT_DOUBLE_EQ(half_width, expected_pj);
  EXPECT_EQ(energy["exact"]["sampling"]["confidence_level"], 0.95);
  // busy scales toggles by cycles / (tiles * t) = 36 / 20.
  EXPECT_DOUBLE_EQ(energy["busy"]["sampling"]["energy_half_width_pj"].get<double>(),
                   expected_pj * 1.8);
  EXPECT_EQ(json["total"]["energy"]["exact"]["sampling"]["energy_half_width_pj"], half_width);
  EXPECT_FALSE(json["layers"][1]["energy"]["exact"].contains("sampling"));
  EXPECT_FALSE(json["conventional"]["energy"]["exact"].contains("sampling"));
  EXPECT_THAT(to_csv(report), HasSubstr(",exact_half_width_energy_pj,"));
}

TEST(ReportEnergy, IntervalsOfLayersAddAsSquaresAndVanishWhereAllTilesRan) {
  RunReport report = report_of({layer("a", 7, 2), layer("b", 9, 1)});
  for (LayerReport& l : report.layers) {
    l.arrayflex.sampling = ToggleSampling{1, 2, {}, 0};
    l.arrayflex.sampling->half_width.fill(50);
  }
  const auto half_width = [](const ordered_json& entry) {
    return entry["energy"]["exact"]["sampling"]["energy_half_width_pj"].get<double>();
  };
  const ordered_json json = parsed(report);
  EXPECT_GT(half_width(json["layers"][0]), half_width(json["layers"][1]));
  EXPECT_DOUBLE_EQ(half_width(json["total"]),
                   std::hypot(half_width(json["layers"][0]), half_width(json["layers"][1])));
  for (LayerReport& l : report.layers) l.arrayflex.sampling = ToggleSampling{2, 2, {}, 0};
  EXPECT_FALSE(parsed(report)["total"]["energy"]["exact"].contains("sampling"));
}

TEST(ReportEnergy, AreaOfBothDesignsAndWhereTheClocksComeFrom) {
  RunReport report = report_of({layer("a", 7, 2), layer("b", 9, 1)});
  const ordered_json json = parsed(report);
  EXPECT_EQ(json["technology"]["source"], "made up");
  EXPECT_EQ(json["technology"]["clock_periods_from"], "technology");
  const ArrayConfig config(report.array);
  for (const Design design : {Design::arrayflex, Design::conventional}) {
    const AreaBreakdown area = area_of(config, design, *report.technology);
    const ordered_json& text = json["area"][name_of(design)];
    EXPECT_THAT(keys(text["pe_um2"]),
                ElementsAre("registers", "multiplier", "adder", "compressor", "muxes"));
    EXPECT_EQ(text["pe_um2"]["muxes"], area.pe_um2[4]);
    EXPECT_EQ(text["pe_total_um2"], area.pe_total_um2());
    EXPECT_EQ(text["skew_registers_um2"], area.skew_um2);
    EXPECT_EQ(text["array_total_um2"], area.array_total_um2());
  }
  EXPECT_EQ(json["area"]["pe_area_overhead"], *pe_area_overhead(config, *report.technology));
  report.array.clocks.mode_ps[2] = 601;
  EXPECT_EQ(parsed(report)["technology"]["clock_periods_from"], "configuration");
  report.array.clocks.mode_ps.erase(2);
  EXPECT_EQ(parsed(report)["technology"]["clock_periods_from"], "configuration");
}

TEST(ReportEnergy, CsvSaysWhatTheJsonSays) {
  const RunReport report = report_of({layer("a", 7, 2), layer("b", 9, 1)});
  const ordered_json json = parsed(report);
  std::istringstream lines(to_csv(report));
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    rows.emplace_back();
    for (std::string field; std::getline(fields, field, ',');) rows.back().push_back(field);
  }
  ASSERT_EQ(rows.size(), 3u);
  const auto cell = [&](std::size_t row, const std::string& column) {
    const auto found = std::find(rows[0].begin(), rows[0].end(), column);
    if (found == rows[0].end()) throw std::runtime_error("no column " + column);
    return std::stod(rows.at(row).at(static_cast<std::size_t>(found - rows[0].begin())));
  };
  for (std::size_t i : {0u, 1u}) {
    for (const std::string accounting : {"exact", "busy"}) {
      const ordered_json& l = json["layers"][i];
      for (const auto& [prefix, design] :
           {std::pair(accounting, l), std::pair("conventional_" + accounting, l["conventional"])}) {
        const ordered_json& energy = design["energy"][accounting];
        EXPECT_EQ(cell(i + 1, prefix + "_energy_pj"), energy["energy_pj"]);
        EXPECT_EQ(cell(i + 1, prefix + "_power_mw"), energy["power_mw"]);
        EXPECT_EQ(cell(i + 1, prefix + "_edp_pj_ns"), energy["energy_delay_product_pj_ns"]);
        for (const auto& [name, value] : energy["by_component_pj"].items()) {
          EXPECT_EQ(cell(i + 1, prefix + "_" + name + "_energy_pj"), value);
        }
        for (const NetClass c : net_classes_of(ArrayParameters())) {
          EXPECT_EQ(cell(i + 1, prefix + "_class_" + name_of(c) + "_energy_pj"),
                    energy["by_class_pj"][name_of(c)]);
        }
      }
      const ordered_json& ratios = l["ratios_to_conventional"][accounting];
      EXPECT_EQ(cell(i + 1, accounting + "_energy_to_conventional_ratio"), ratios["energy"]);
      EXPECT_EQ(cell(i + 1, accounting + "_power_to_conventional_ratio"), ratios["power"]);
      EXPECT_EQ(cell(i + 1, accounting + "_edp_to_conventional_ratio"),
                ratios["energy_delay_product"]);
    }
  }
}

TEST(ReportEnergy, AnEnergyThatIsNoNumberIsAnError) {
  RunReport report = report_of({layer("first", 7, 2), layer("second", 9, 1)});
  report.technology->widths[8].arrayflex.toggle_fj[1][0][0].value = 1e306;
  try {
    to_json(report);
    FAIL() << "no error";
  } catch (const OverflowError& error) {
    EXPECT_THAT(error.what(), HasSubstr("layer second"));
  }
}

}  // namespace
}  // namespace arrayflex
