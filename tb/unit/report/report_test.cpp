// The report's texts against a plain reading of their figures.
#include "arrayflex/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "arrayflex/core/error.h"

namespace arrayflex {
namespace {

using nlohmann::ordered_json;

constexpr std::int64_t kMaxInt64 = std::numeric_limits<std::int64_t>::max();

ActivityCounters counters(std::int64_t first) {
  ActivityCounters c;
  // All different: toggles from `first` on, clocks behind them by numbers of their own.
  std::int64_t clocked = first + 10, gated = first + 15;
  for (const NetClass net : net_classes_of(ArrayParameters())) c[net] = first++;
  for (auto& count : c.clocked_bits) count = clocked++;
  for (auto& count : c.gated_bits) count = gated++;
  return c;
}

LayerReport layer(const std::string& name, std::int64_t cycles, int k) {
  LayerReport l;
  l.name = name;
  l.gemm = {10, 20, 30};
  l.repeat = 3;
  l.k = k;
  l.tiles = 6;
  l.macs = 18000;
  l.arrayflex = {cycles, static_cast<double>(cycles) * 0.5, counters(1000)};
  l.conventional = {2 * cycles, static_cast<double>(cycles), counters(2000)};
  return l;
}

RunReport report_of(std::vector<LayerReport> layers) {
  RunReport report;
  report.workload = "net";
  report.array.rows = 4;
  report.array.cols = 8;
  report.array.modes = {1, 2, 3};
  report.engine = Engine::fast;
  report.seed = 7;
  report.layers = std::move(layers);
  return report;
}

std::vector<std::string> keys(const ordered_json& json) {
  std::vector<std::string> names;
  for (const auto& item : json.items()) names.push_back(item.key());
  return names;
}

std::vector<std::vector<std::string>> csv_cells(const std::string& csv) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    rows.emplace_back();
    for (std::string field; std::getline(fields, field, ',');) rows.back().push_back(field);
  }
  return rows;
}

// figures_test.cpp has them all.
TEST(Report, JsonHasTheKeysThatOthersRead) {
  const auto json = ordered_json::parse(to_json(report_of({layer("a", 100, 2)})));
  EXPECT_THAT(keys(json), testing::IsSupersetOf({"workload", "engine", "seed", "array", "k",
                                                 "layers", "total", "conventional"}));
  EXPECT_THAT(keys(json["array"]),
              testing::IsSupersetOf({"rows", "cols", "data_width_bits", "acc_width_bits", "modes",
                                     "clock_period_ps"}));
  EXPECT_EQ(json["array"]["modes"], ordered_json({1, 2, 3}));
  EXPECT_EQ(json["k"], "auto");
  const auto& l = json["layers"][0];
  EXPECT_THAT(keys(l),
              testing::IsSupersetOf({"name", "t", "n", "m", "repeat", "k", "tiles", "cycles",
                                     "time_ns", "utilization", "macs", "activity", "conventional",
                                     "cycles_saved", "time_saved"}));
  EXPECT_THAT(keys(l["activity"]),
              testing::IsSupersetOf({"toggles", "clocked_bits", "gated_bits"}));
  EXPECT_THAT(
      keys(l["activity"]["toggles"]),
      testing::IsSupersetOf({"operand", "operand_reg", "weight_reg", "product", "csa_sum",
                             "csa_carry", "psum_reg", "bypass_mux", "skew_reg", "deskew_reg"}));
  for (const char* part : {"clocked_bits", "gated_bits"}) {
    EXPECT_THAT(
        keys(l["activity"][part]),
        testing::IsSupersetOf({"operand_reg", "weight_reg", "psum_reg", "skew_reg", "deskew_reg"}));
  }
}

TEST(Report, JsonValuesOfALayer) {
  const auto json = ordered_json::parse(to_json(report_of({layer("a", 100, 2)})));
  const auto& l = json["layers"][0];
  EXPECT_EQ(l["name"], "a");
  EXPECT_EQ(l["t"], 10);
  EXPECT_EQ(l["n"], 20);
  EXPECT_EQ(l["m"], 30);
  EXPECT_EQ(l["repeat"], 3);
  EXPECT_EQ(l["k"], 2);
  EXPECT_EQ(l["cycles"], 100);
  EXPECT_EQ(l["time_ns"], 50.0);
  EXPECT_DOUBLE_EQ(l["utilization"].get<double>(), 18000.0 / (100 * 4 * 8));
  EXPECT_EQ(l["activity"]["toggles"]["operand"], 1000);
  EXPECT_EQ(l["activity"]["toggles"]["deskew_reg"], 1009);
  EXPECT_EQ(l["activity"]["clocked_bits"]["operand_reg"], 1010);
  EXPECT_EQ(l["activity"]["gated_bits"]["deskew_reg"], 1019);
  EXPECT_EQ(l["conventional"]["cycles"], 200);
  EXPECT_EQ(l["conventional"]["activity"]["toggles"]["operand"], 2000);
  EXPECT_DOUBLE_EQ(l["cycles_saved"].get<double>(), 0.5);
  EXPECT_DOUBLE_EQ(l["time_saved"].get<double>(), 0.5);
}

TEST(Report, TotalsAreTheSumsOfTheLayers) {
  const auto json = ordered_json::parse(to_json(report_of({layer("a", 100, 2), layer("b", 7, 1)})));
  const auto& total = json["total"];
  EXPECT_EQ(total["cycles"], 107);
  EXPECT_EQ(total["tiles"], 12);
  EXPECT_EQ(total["macs"], 36000);
  EXPECT_EQ(total["time_ns"], 53.5);
  EXPECT_EQ(total["activity"]["toggles"]["product"], 2 * 1003);
  EXPECT_EQ(total["activity"]["clocked_bits"]["psum_reg"], 2 * 1012);
  EXPECT_EQ(total["conventional"]["cycles"], 214);
  EXPECT_EQ(total["conventional"]["activity"]["gated_bits"]["weight_reg"], 2 * 2016);
  EXPECT_EQ(total["conventional"], json["conventional"]);
  EXPECT_EQ(total["layers_by_k"], ordered_json({{"1", 1}, {"2", 1}}));
}

TEST(Report, IntegersStayExactUpTo63Bits) {
  LayerReport l = layer("big", 1, 1);
  l.arrayflex.cycles = kMaxInt64;
  l.conventional.cycles = kMaxInt64 - 1;
  l.arrayflex.activity->toggles[0] = kMaxInt64 - 2;
  RunReport report = report_of({l});
  report.seed = static_cast<std::uint64_t>(kMaxInt64);
  const std::string json = to_json(report);
  EXPECT_THAT(json, testing::HasSubstr("\"cycles\": 9223372036854775807"));
  EXPECT_THAT(json, testing::HasSubstr("\"cycles\": 9223372036854775806"));
  EXPECT_THAT(json, testing::HasSubstr("\"operand\": 9223372036854775805"));
  EXPECT_THAT(json, testing::HasSubstr("\"seed\": 9223372036854775807"));
  EXPECT_THAT(to_csv(report), testing::HasSubstr(",9223372036854775805,"));
}

TEST(Report, SumsBeyond63BitsAreAnError) {
  std::vector<LayerReport> layers{layer("a", 1, 1), layer("b", 1, 1)};
  layers[0].arrayflex.cycles = kMaxInt64;
  EXPECT_THROW(totals(layers), OverflowError);
  EXPECT_THROW(to_json(report_of(layers)), OverflowError);
  std::vector<LayerReport> toggles{layer("a", 1, 1), layer("b", 1, 1)};
  toggles[0].arrayflex.activity->toggles[3] = kMaxInt64;
  EXPECT_THROW(totals(toggles), OverflowError);
}

TEST(Report, UnknownTimeIsNullAndEmptiesTheTotal) {
  LayerReport unknown = layer("b", 7, 3);
  unknown.arrayflex.time_ns.reset();
  const RunReport report = report_of({layer("a", 100, 2), unknown});
  const auto json = ordered_json::parse(to_json(report));
  EXPECT_TRUE(json["layers"][1]["time_ns"].is_null());
  EXPECT_TRUE(json["layers"][1]["time_saved"].is_null());
  EXPECT_TRUE(json["total"]["time_ns"].is_null());
  EXPECT_EQ(json["total"]["conventional"]["time_ns"], 107.0);
  EXPECT_TRUE(json["array"]["clock_period_ps"]["3"].is_null());
  const auto cells = csv_cells(to_csv(report));
  const auto found = std::find(cells.at(0).begin(), cells.at(0).end(), "time_ns");
  const auto at = static_cast<std::size_t>(found - cells[0].begin());
  EXPECT_EQ(cells.at(1).at(at), "50");
  EXPECT_EQ(cells.at(2).at(at), "");
}

TEST(Report, NoActivityMeansNoActivityKeysAndColumns) {
  LayerReport l = layer("a", 100, 2);
  l.arrayflex.activity.reset();
  l.conventional.activity.reset();
  RunReport report = report_of({l});
  report.seed.reset();
  const auto json = ordered_json::parse(to_json(report));
  EXPECT_TRUE(json["seed"].is_null());
  EXPECT_FALSE(json["layers"][0].contains("activity"));
  EXPECT_FALSE(json["layers"][0]["conventional"].contains("activity"));
  EXPECT_FALSE(json["total"].contains("activity"));
  EXPECT_THAT(to_csv(report), testing::Not(testing::HasSubstr("toggles")));
}

ToggleSampling sampled(double half_width) {
  ToggleSampling sampling;
  sampling.tiles_sampled = 2;
  sampling.tiles_total = 6;
  sampling.half_width.fill(half_width);
  sampling.total_half_width = 2 * half_width;
  return sampling;
}

TEST(Report, SamplesAreMarkedWithTheirIntervals) {
  std::vector<LayerReport> layers{layer("a", 100, 2), layer("b", 7, 1)};
  layers[0].arrayflex.sampling = sampled(3.5);
  layers[0].conventional.sampling = sampled(30);
  layers[1].arrayflex.sampling = sampled(12);
  layers[1].conventional.sampling = sampled(40);
  const auto json = ordered_json::parse(to_json(report_of(layers)));
  const auto& sampling = json["layers"][0]["activity"]["sampling"];
  EXPECT_THAT(keys(json["layers"][0]["activity"]),
              testing::IsSupersetOf({"toggles", "clocked_bits", "gated_bits", "sampling"}));
  EXPECT_THAT(keys(sampling),
              testing::IsSupersetOf({"tiles_sampled", "tiles_total", "confidence_level",
                                     "toggles_half_width", "total_toggles_half_width"}));
  EXPECT_EQ(keys(sampling["toggles_half_width"]), keys(json["layers"][0]["activity"]["toggles"]));
  EXPECT_EQ(sampling["tiles_sampled"], 2);
  EXPECT_EQ(sampling["tiles_total"], 6);
  EXPECT_EQ(sampling["confidence_level"], 0.95);
  EXPECT_EQ(sampling["toggles_half_width"]["product"], 3.5);
  EXPECT_EQ(sampling["total_toggles_half_width"], 7.0);
  const auto& total = json["total"]["activity"]["sampling"];
  EXPECT_EQ(total["tiles_sampled"], 4);
  EXPECT_EQ(total["tiles_total"], 12);
  EXPECT_EQ(total["toggles_half_width"]["deskew_reg"], 12.5);  // root of 3.5^2 + 12^2
  EXPECT_EQ(total["total_toggles_half_width"], 25.0);
  EXPECT_EQ(json["conventional"]["activity"]["sampling"]["toggles_half_width"]["product"], 50.0);
}

TEST(Report, CsvOfASampleHasTheHalfWidths) {
  std::vector<LayerReport> layers{layer("a", 100, 2), layer("b", 7, 1)};
  layers[0].arrayflex.sampling = sampled(3.5);
  EXPECT_THAT(to_csv(report_of(layers)), testing::Not(testing::HasSubstr("half_width")));
  layers[1].arrayflex.sampling = sampled(12);
  const auto cells = csv_cells(to_csv(report_of(layers)));
  const auto& header = cells.at(0);
  for (const auto& [name, value] :
       {std::pair("sampled_tiles_count", "2"), std::pair("operand_half_width_toggles", "12")}) {
    const auto found = std::find(header.begin(), header.end(), name);
    ASSERT_NE(found, header.end()) << name;
    EXPECT_EQ(cells.at(2).at(static_cast<std::size_t>(found - header.begin())), value) << name;
  }
  EXPECT_EQ(cells.at(1).size(), header.size());
}

TEST(Report, TheKernelIsNamedWhereThereIsOne) {
  RunReport report = report_of({layer("a", 100, 2)});
  EXPECT_FALSE(ordered_json::parse(to_json(report)).contains("kernel"));
  report.kernel = "AVX2";
  EXPECT_EQ(ordered_json::parse(to_json(report))["kernel"], "AVX2");
}

TEST(Report, CsvColumnsCarryTheirUnits) {
  const auto cells = csv_cells(to_csv(report_of({layer("a", 100, 2), layer("b", 7, 1)})));
  ASSERT_EQ(cells.size(), 3U);
  const std::vector<std::string> units{"_name",   "_rows", "_elements", "_columns", "_count",
                                       "_factor", "_ns",   "_ratio",    "_cycles",  "_toggles"};
  for (const std::string& column : cells[0]) {
    bool has_unit = false;
    for (const std::string& unit : units) {
      has_unit = has_unit || (column.size() > unit.size() &&
                              column.compare(column.size() - unit.size(), unit.size(), unit) == 0);
    }
    EXPECT_TRUE(has_unit) << column;
  }
  EXPECT_EQ(cells[1].size(), cells[0].size());
  EXPECT_EQ(cells[2].size(), cells[0].size());
  const auto found = std::find(cells[0].begin(), cells[0].end(), "latency_cycles");
  const auto at = static_cast<std::size_t>(found - cells[0].begin());
  EXPECT_EQ(cells[1].at(at), "100");
  EXPECT_EQ(cells[2].at(at), "7");
  EXPECT_EQ(cells[0].back(), "conventional_deskew_reg_gated_bit_cycles");
  EXPECT_EQ(cells[1].back(), "2019");
}

TEST(Report, NamesAreQuotedInCsvAndRepairedInJson) {
  const std::string csv = to_csv(report_of({layer("a,\"b\"", 1, 1)}));
  EXPECT_THAT(csv, testing::HasSubstr("\n\"a,\"\"b\"\"\",10,"));
  const auto json = ordered_json::parse(to_json(report_of({layer("\xff", 1, 1)})));
  EXPECT_EQ(json["layers"][0]["name"], "\xEF\xBF\xBD");
}

TEST(Report, HelpersOfTheFigures) {
  EXPECT_EQ(time_ns(1800, 1000.0 / 1.8), 1000.0);
  EXPECT_EQ(time_ns(1800, std::nullopt), std::nullopt);
  EXPECT_EQ(utilization(64, 4, 4, 4), 1.0);
  EXPECT_EQ(utilization(64, 0, 4, 4), 0.0);
  EXPECT_DOUBLE_EQ(saving(3.0, 4.0).value(), 0.25);
  EXPECT_EQ(saving(3.0, std::nullopt), std::nullopt);
  EXPECT_EQ(saving(3.0, 0.0), std::nullopt);
}

}  // namespace
}  // namespace arrayflex
