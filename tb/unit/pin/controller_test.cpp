// The controller: what each cycle of a tile looks like at its outputs.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "arrayflex/core/latency.h"
#include "arrayflex/pin/array_system.h"
#include "harness/simulation.h"
#include "unit/pin/cycle_recorder.h"

namespace arrayflex::pin {
namespace {

// The controller's outputs in one clock cycle.
std::string text_of(const ArraySystem::Signals& signals) {
  std::string cycle;
  cycle += "ILS"[signals.phase.read()];
  if (signals.phase.read() != kIdle) cycle += std::to_string(signals.phase_cycle.read());
  if (signals.drain.read()) cycle += "D";
  if (signals.weight_enable.read()) cycle += "w";
  if (signals.pipeline_enable.read()) cycle += "p";
  if (signals.output_valid.read()) cycle += "o" + std::to_string(signals.output_row.read());
  return cycle;
}

ArrayConfig config_of(int rows, int cols) {
  ArrayParameters parameters;
  parameters.rows = rows;
  parameters.cols = cols;
  parameters.modes = {1};
  parameters.clocks.mode_ps = {{1, 500.0}, {2, 600.0}, {3, 700.0}};
  return ArrayConfig(parameters);
}

void run_one_tile(ArraySystem& system, std::int64_t t_count) {
  const std::vector<std::int32_t> weights{1}, a(static_cast<std::size_t>(t_count), 1);
  std::vector<std::int64_t> partial(a.size());
  system.run_tile({weights.data(), a.data(), partial.data(), t_count, 1, 1, false});
}

TEST(PinController, StepsThroughLoadStreamAndDrain) {
  ArraySystem system("system", config_of(2, 3));
  const CycleRecorder recorder("recorder", system, text_of);
  harness::run_in_thread([&] {
    system.begin_gemm(1);
    run_one_tile(system, 2);  // S = 2 + 2 + 3 - 2 = 5, rows of X from s = 4 on
    run_one_tile(system, 1);
    system.end_gemm();
    sc_core::wait(10, sc_core::SC_NS);
  });
  // The first entry is the idle state that the first edge ends.
  EXPECT_EQ(recorder.cycles,
            (std::vector<std::string>{"I", "L0w", "L1w", "S0p", "S1p", "S2p", "S3p", "S4po0",
                                      "L0Dwpo1", "L1w", "S0p", "S1p", "S2p", "S3p", "IDpo0"}));
}

TEST(PinController, EnablesFollowTheMode) {
  ArraySystem system("system", config_of(5, 4));
  harness::run_in_thread([&] {
    const ArraySystem::Signals& s = system.signals();
    const auto bits = [](const auto& signals) {
      std::string text;
      for (const auto& signal : signals) text += signal.read() ? '1' : '0';
      return text;
    };
    const auto depths = [](const auto& signals) {
      std::string text;
      for (const auto& signal : signals) text += std::to_string(signal.read());
      return text;
    };
    system.begin_gemm(2);
    EXPECT_EQ(s.mode.read(), 2);
    EXPECT_EQ(bits(s.bottom), "01011") << "the last group is short";
    EXPECT_EQ(bits(s.operand_boundary), "010");
    EXPECT_EQ(depths(s.skew_depth), "00112");
    EXPECT_EQ(depths(s.deskew_depth), "1100");
    EXPECT_EQ(bits(s.psum_enable), "00000");
    run_one_tile(system, 1);  // returns within the drain cycle: the pipeline's clock is on
    EXPECT_EQ(bits(s.psum_enable), "01011");
    EXPECT_EQ(bits(s.operand_enable), "010");
    sc_core::wait(10, sc_core::SC_NS);
    EXPECT_EQ(bits(s.psum_enable), "00000");
    EXPECT_EQ(bits(s.operand_enable), "000");
    system.end_gemm();
    system.begin_gemm(3);
    EXPECT_EQ(bits(s.bottom), "00101");
    EXPECT_EQ(depths(s.skew_depth), "00011");
    EXPECT_EQ(depths(s.deskew_depth), "1110");
    system.end_gemm();
  });
}

TEST(PinController, LatencyCountedAtTheClockIsTheClosedForm) {
  ArraySystem system("system", config_of(5, 4));
  harness::run_in_thread([&] {
    for (int k = 1; k <= 3; ++k) {
      for (std::int64_t t = 1; t <= 4; ++t) {
        system.begin_gemm(k);
        const sc_core::sc_time begin = sc_core::sc_time_stamp();
        run_one_tile(system, t);
        system.end_gemm();
        EXPECT_EQ(system.cycles(), tile_cycles(5, 4, k, t)) << "k = " << k << ", t = " << t;
        EXPECT_EQ(sc_core::sc_time_stamp() - begin,
                  sc_core::sc_time(400.0 + 100.0 * k, sc_core::SC_PS) *
                      static_cast<double>(tile_cycles(5, 4, k, t)));
      }
    }
  });
}

}  // namespace
}  // namespace arrayflex::pin
