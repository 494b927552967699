// Reports in SCALE-Sim's columns.
#include <gmock/gmock.h>

#include <string>

#include "workloads/scale_sim/report.h"

namespace arrayflex::workloads {
namespace {

// A 4 x 8 array; T = 10, N = 6, M = 12: 2 row blocks, 2 column blocks, 4 tiles; two products.
RunReport make_report() {
  RunReport report;
  report.array.rows = 4;
  report.array.cols = 8;
  LayerReport layer;
  layer.name = "fc";
  layer.gemm = {10, 6, 12};
  layer.repeat = 2;
  layer.tiles = 8;
  layer.macs = 1440;
  layer.conventional.cycles = 8 * 24;  // 2*4 + 8 + 10 - 2
  layer.arrayflex.cycles = 8 * 18;     // k = 2: 4 + 2 + 4 + 10 - 2
  layer.k = 2;
  report.layers = {layer};
  return report;
}

TEST(ScaleSimReport, ComputeReport) {
  const RunReport report = make_report();
  // 100 * 1440 / (192 * 32) = 23.4375; 72 weights on 4 tiles of 32 PEs: 56.25 %.
  EXPECT_EQ(to_scale_sim_compute_report(report, Design::conventional, ScaleSimVersion::v3),
            "LayerID, Total Cycles (incl. prefetch), Total Cycles, Stall Cycles, Overall Util %, "
            "Mapping Efficiency %, Compute Util %,\n0, 192, 192, 0, 23.4375, 56.25, 23.4375,\n");
  // 100 * 1440 / (144 * 32) = 31.25.
  EXPECT_EQ(to_scale_sim_compute_report(report, Design::arrayflex, ScaleSimVersion::v2),
            "LayerID, Total Cycles, Stall Cycles, Overall Util %, Mapping Efficiency %, Compute "
            "Util %,\n0, 144, 0, 31.25, 56.25, 31.25,\n");
}

TEST(ScaleSimReport, StallsAreInTheTotalAndInTheOverallUtilization) {
  RunReport report = make_report();
  report.layers[0].conventional.memory = MemoryFigures{192, {}};
  EXPECT_EQ(to_scale_sim_compute_report(report, Design::conventional, ScaleSimVersion::v2),
            "LayerID, Total Cycles, Stall Cycles, Overall Util %, Mapping Efficiency %, Compute "
            "Util %,\n0, 384, 192, 11.71875, 56.25, 23.4375,\n");
}

TEST(ScaleSimReport, BandwidthReport) {
  RunReport report = make_report();
  const std::string header =
      "LayerID, Avg IFMAP SRAM BW, Avg FILTER SRAM BW, Avg OFMAP SRAM BW, Avg IFMAP DRAM BW, Avg "
      "FILTER DRAM BW, Avg OFMAP DRAM BW,\n";
  // Words: 10*6 * 2 column blocks * 2 = 240, 6*12 * 2 = 144, 10*12 * 2 row blocks * 2 = 480.
  EXPECT_EQ(to_scale_sim_bandwidth_report(report, Design::conventional),
            header + "0, 1.25, 0.75, 2.5, nan, nan, nan,\n");
  // 32-bit operands, 64-bit sums; 192 cycles and as many stalls.
  report.layers[0].conventional.memory = MemoryFigures{192, {384 * 4, 192 * 4, 999, 384 * 16, 64}};
  EXPECT_EQ(to_scale_sim_bandwidth_report(report, Design::conventional),
            header + "0, 0.625, 0.375, 1.25, 1.0, 0.5, 2.0,\n");
}

TEST(ScaleSimReport, NumbersItsLayersFromZero) {
  RunReport report = make_report();
  report.layers.push_back(report.layers.front());
  EXPECT_THAT(to_scale_sim_bandwidth_report(report, Design::arrayflex),
              testing::HasSubstr(",\n1, "));
}

}  // namespace
}  // namespace arrayflex::workloads
