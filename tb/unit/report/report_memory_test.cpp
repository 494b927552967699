// The memory's part of the report: bounds, sums and texts.
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "arrayflex/core/error.h"
#include "arrayflex/report/report.h"

namespace arrayflex {
namespace {

constexpr int kRows = 4;
constexpr std::int64_t kTiles = 6;
constexpr std::int64_t kLoad = kRows * kTiles;

DesignFigures figures(std::int64_t stream, std::int64_t stall) {
  DesignFigures f;
  f.cycles = kLoad + stream;
  f.time_ns = static_cast<double>(f.cycles + stall);
  f.memory = MemoryFigures{stall, {1, 20, 300, 4000, 50000}, kLoad};
  return f;
}

LayerReport layer(std::int64_t stream, std::int64_t stall) {
  LayerReport l;
  l.name = "layer";
  l.tiles = kTiles;
  l.arrayflex = figures(stream, stall);
  l.conventional = figures(2 * stream, 3 * stall);
  return l;
}

RunReport report_of(std::vector<LayerReport> layers) {
  RunReport report;
  report.array.rows = kRows;
  report.layers = std::move(layers);
  report.memory = MemoryDescription{"64:100", 64.0, 100.0, 500.0, 4096, 8, "", {}, {}, {}};
  return report;
}

TEST(BoundBy, LargestOfTheThree) {
  EXPECT_EQ(bound_by(figures(kLoad + 1, kLoad)), Bound::compute);
  EXPECT_EQ(bound_by(figures(kLoad - 1, kLoad - 1)), Bound::load);
  EXPECT_EQ(bound_by(figures(kLoad, kLoad + 1)), Bound::memory);
}

TEST(BoundBy, TiesGoToTheFirst) {
  EXPECT_EQ(bound_by(figures(kLoad, kLoad)), Bound::compute);
  EXPECT_EQ(bound_by(figures(kLoad + 5, kLoad + 5)), Bound::compute);
  EXPECT_EQ(bound_by(figures(kLoad - 1, kLoad)), Bound::load);
}

TEST(BoundBy, EmptyWithoutMemory) {
  DesignFigures f = figures(1, 1);
  f.memory.reset();
  EXPECT_FALSE(bound_by(f).has_value());
}

TEST(MemoryReport, TotalsAreSums) {
  const ReportTotals total = totals({layer(10, 3), layer(20, 5)});
  ASSERT_TRUE(total.arrayflex.memory && total.conventional.memory);
  EXPECT_EQ(total.arrayflex.memory->stall_cycles, 8);
  EXPECT_EQ(total.conventional.memory->stall_cycles, 24);
  EXPECT_EQ(total.arrayflex.memory->dma, (DmaTraffic{2, 40, 600, 8000, 100000}));
}

TEST(MemoryReport, SumsDoNotOverflowSilently) {
  LayerReport large = layer(1, 1);
  large.arrayflex.memory->dma.x_read = std::numeric_limits<std::int64_t>::max();
  EXPECT_THROW(totals({large, layer(1, 1)}), OverflowError);
  large = layer(1, 1);
  large.conventional.memory->stall_cycles = std::numeric_limits<std::int64_t>::max();
  EXPECT_THROW(totals({large, layer(1, 1)}), OverflowError);
}

TEST(MemoryReport, Json) {
  const auto json = nlohmann::json::parse(to_json(report_of({layer(10, 100)})));
  EXPECT_EQ(json["memory"], nlohmann::json::parse(R"({"model": "64:100", "bytes_per_cycle": 64,
    "latency_ns": 100, "reference_period_ps": 500, "dma_burst_bytes": 4096,
    "dma_outstanding_count": 8})"));
  const auto bytes = nlohmann::json::parse(
      R"({"a": 1, "b": 20, "x_read": 300, "x_written": 4000, "descriptors": 50000})");
  for (const auto& entry : {json["layers"][0], json["total"]}) {
    EXPECT_EQ(entry["stall_cycles"], 100);
    EXPECT_EQ(entry["dma_bytes"], bytes);
    EXPECT_EQ(entry["bound_by"], "memory");
    EXPECT_EQ(entry["conventional"]["stall_cycles"], 300);
    EXPECT_EQ(entry["conventional"]["dma_bytes"], bytes);
  }
}

TEST(MemoryReport, Csv) {
  const std::string csv = to_csv(report_of({layer(10, 100)}));
  EXPECT_NE(csv.find(",stall_cycles,dma_a_bytes,dma_b_bytes,dma_x_read_bytes,dma_x_written_bytes,"
                     "dma_descriptors_bytes,bound_by,"),
            std::string::npos);
  EXPECT_NE(csv.find(",100,1,20,300,4000,50000,memory,"), std::string::npos);
  EXPECT_NE(csv.find(",300,1,20,300,4000,50000,memory\n"), std::string::npos);
}

TEST(MemoryReport, NothingWithoutMemory) {
  LayerReport plain = layer(10, 100);
  plain.arrayflex.memory.reset();
  plain.conventional.memory.reset();
  RunReport report = report_of({plain});
  report.memory.reset();
  for (const std::string& text : {to_json(report), to_csv(report)}) {
    for (const char* key : {"stall", "dma_", "bound_by", "memory"}) {
      EXPECT_EQ(text.find(key), std::string::npos) << key;
    }
  }
}

}  // namespace
}  // namespace arrayflex
