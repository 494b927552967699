// Tiles that overlap: what each cycle looks like at the controller's outputs and at the edges.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "arrayflex/core/error.h"
#include "arrayflex/pin/array_system.h"
#include "harness/simulation.h"
#include "unit/pin/cycle_recorder.h"

namespace arrayflex::pin {
namespace {

// The controller's outputs in one clock cycle, in words: l, s and the output row with their tiles,
// enables, what counts.
std::string outputs_text(const ArraySystem::Signals& signals) {
  const auto& overlapping = *signals.overlapping;
  std::string cycle;
  const auto add = [&](const char* what, std::int64_t tile, std::int64_t number) {
    if (!cycle.empty()) cycle += ' ';
    cycle += what + std::to_string(tile) + '.' + std::to_string(number);
  };
  if (signals.weight_enable) add("L", overlapping.load_tile, overlapping.load_cycle);
  if ((signals.phase.read() & kStream) != 0) {
    add("S", overlapping.stream_tile, signals.phase_cycle);
  }
  if (signals.output_valid) add("X", overlapping.output_tile, signals.output_row);
  if (signals.drain) cycle += " D";
  cycle += signals.pipeline_enable ? " p" : "";
  cycle += signals.count_weights ? " w" : "";
  cycle += signals.count_pipeline ? "c" : "";
  return cycle;
}

std::string weight_controls_text(const ArraySystem::Signals& signals) {
  std::string bits;
  for (const auto& controls : signals.overlapping->weight_controls) {
    for (const auto& bit : controls) bits += bit ? '1' : '0';
    bits += ' ';
  }
  return bits;
}

std::string north_text(const ArraySystem::Signals& signals) {
  std::string north;
  for (const auto& pin : signals.north) north += std::to_string(pin.read()) + ' ';
  return north;
}

ArrayConfig config_of(Overlap overlap, int rows = 2, int cols = 2) {
  ArrayParameters parameters;
  parameters.rows = rows;
  parameters.cols = cols;
  parameters.modes = {1, 2};
  parameters.clocks.mode_ps = {{1, 500.0}, {2, 600.0}};
  parameters.overlap = overlap;
  return ArrayConfig(parameters);
}

// T = 3, N = 4, M = 2: two tiles on an array of 2 x 2.
DenseOperands small_product(const ArrayConfig& config) {
  return {config, {3, 4, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, {1, 2, 3, 4, 5, 6, 7, 8}};
}

void run_small_product(ArraySystem& system) {
  DenseResult x({3, 4, 2}, 64);
  const sc_core::sc_time begin = sc_core::sc_time_stamp();
  const GemmResult result = system.run({3, 4, 2}, 1, small_product(system.config()), x);
  EXPECT_EQ(x.values(), (std::vector<std::int64_t>{50, 60, 114, 140, 178, 220}));
  EXPECT_EQ(result.tiles, 2);
  EXPECT_EQ(sc_core::sc_time_stamp() - begin,
            sc_core::sc_time(500, sc_core::SC_PS) * static_cast<double>(result.cycles));
  sc_core::wait(10, sc_core::SC_NS);
  for (int r = 0; r < 2; ++r) {
    for (int c = 0; c < 2; ++c) {
      EXPECT_EQ(system.array().pe(r, c).psum_reg().read(), 0);
      EXPECT_EQ(system.array().pe(r, c).product().read(), 0);
    }
  }
}

// R + P + S = 2 + 5 + 5: the second tile's weights load while the first one streams, and the first
// one's drain falls into the second one's first stream cycle.
TEST(PinOverlap, LoadsWhileATileStreams) {
  ArraySystem system("system", config_of(Overlap::load));
  const CycleRecorder outputs("outputs", system, outputs_text);
  const CycleRecorder controls("controls", system, weight_controls_text);
  const CycleRecorder edge("edge", system, north_text);
  harness::run_in_thread([&] { run_small_product(system); });
  EXPECT_EQ(system.cycles(), 12);
  EXPECT_EQ(outputs.cycles,
            (std::vector<std::string>{"", "L0.0 w", "L0.1 wc", "L1.0 S0.0 p wc", "L1.1 S0.1 p wc",
                                      "S0.2 p wc", "S0.3 X0.0 p wc", "S0.4 X0.1 p wc",
                                      "S1.0 X0.2 D p wc", "S1.1 p wc", "S1.2 p wc",
                                      "S1.3 X1.0 p wc", "S1.4 X1.1 p wc", "X1.2 D pc"}));
  // Bank 0 and 1 of rows 0 and 1, selections: a row is clocked from the cycle on in which its
  // northern neighbour has the tile's first weights.
  const std::vector<std::string> enables(controls.cycles.begin() + 1, controls.cycles.begin() + 9);
  EXPECT_EQ(enables,
            (std::vector<std::string>{"10 00 00 ", "11 00 00 ", "00 10 11 ", "00 11 11 ",
                                      "00 00 11 ", "00 00 11 ", "00 00 11 ", "00 00 00 "}));
  const std::vector<std::string> north(edge.cycles.begin() + 1, edge.cycles.begin() + 6);
  EXPECT_EQ(north, (std::vector<std::string>{"3 4 ", "1 2 ", "7 8 ", "5 6 ", "0 0 "}));
}

// R + P + S = 2 + 3 + 5: the second tile enters behind the last row of the first one. Columns load
// and select as their operands arrive.
TEST(PinOverlap, TilesFollowBackToBack) {
  ArraySystem system("system", config_of(Overlap::full));
  const CycleRecorder outputs("outputs", system, outputs_text);
  const CycleRecorder controls("controls", system, weight_controls_text);
  const CycleRecorder edge("edge", system, north_text);
  harness::run_in_thread([&] { run_small_product(system); });
  EXPECT_EQ(system.cycles(), 10);
  EXPECT_EQ(outputs.cycles, (std::vector<std::string>{
                                "", "L0.0 w", "L0.1 wc", "L1.0 S0.0 p wc", "L1.1 S0.1 p wc",
                                "S0.2 p wc", "S1.0 X0.0 p wc", "S1.1 X0.1 p wc", "S1.2 X0.2 p wc",
                                "S1.3 X1.0 p wc", "S1.4 X1.1 p wc", "X1.2 D pc"}));
  const std::vector<std::string> enables(controls.cycles.begin() + 1, controls.cycles.begin() + 9);
  EXPECT_EQ(enables,
            (std::vector<std::string>{"10 00 00 ", "11 00 00 ", "00 10 10 ", "00 11 11 ",
                                      "00 00 11 ", "00 00 01 ", "00 00 00 ", "00 00 00 "}));
  const std::vector<std::string> north(edge.cycles.begin() + 1, edge.cycles.begin() + 7);
  EXPECT_EQ(north, (std::vector<std::string>{"3 0 ", "1 4 ", "7 2 ", "5 8 ", "0 6 ", "0 0 "}));
}

// The bits that PEs see: with k = 2 columns 2 and 3 one cycle behind columns 0 and 1.
TEST(PinOverlap, ControlBitsTravelWithTheOperands) {
  ArraySystem system("system", config_of(Overlap::full, 2, 4));
  harness::run_in_thread([&] {
    const std::vector<std::int32_t> weights{1, 2, 3, 4}, a{1};
    system.begin_gemm(2);
    const StreamedTile tile{weights.data(),   1, 1, 4, [&](std::int64_t) { return a.data(); },
                            [](auto, auto) {}};
    system.request_load(tile);
    system.wait_for(ArraySystem::Milestone::loads, 0);
    const auto row_of = [&](WeightControl control) {
      std::string bits;
      for (int c = 0; c < 4; ++c) {
        bits += system.pin_level_array().weight_control(control, 0, c) ? '1' : '0';
      }
      return bits;
    };
    const auto next_cycle = [&] {
      sc_core::wait(system.pin_level_array().settled());
      sc_core::wait(sc_core::SC_ZERO_TIME);
    };
    next_cycle();
    EXPECT_EQ(row_of(kLoadEnable0), "1100");
    next_cycle();
    EXPECT_EQ(row_of(kLoadEnable0), "1111");
    system.request_stream(tile, true);
    next_cycle();
    EXPECT_EQ(row_of(kLoadEnable0), "0011");
    EXPECT_EQ(row_of(kWeightSelect), "1100");
    next_cycle();
    EXPECT_EQ(row_of(kLoadEnable0), "0000");
    EXPECT_EQ(row_of(kWeightSelect), "1111");
    system.wait_for(ArraySystem::Milestone::done, 0);
    system.end_gemm();
  });
}

TEST(PinOverlap, ATileAloneTakesAsLongAsWithoutOverlap) {
  ArraySystem system("system", config_of(Overlap::full));
  harness::run_in_thread([&] {
    const std::vector<std::int32_t> weights{1, 2, 3, 4}, a{5, 6};
    std::vector<std::int64_t> x(2);
    system.begin_gemm(2);
    for (int i = 0; i < 2; ++i) {
      const sc_core::sc_time begin = sc_core::sc_time_stamp();
      system.run_tile({weights.data(), a.data(), x.data(), 1, 2, 2, i > 0});
      EXPECT_EQ(sc_core::sc_time_stamp() - begin, sc_core::sc_time(3 * 600, sc_core::SC_PS));
    }
    system.end_gemm();
    EXPECT_EQ(x, (std::vector<std::int64_t>{46, 68}));
    // R + S, and the second one's P = 2 without overlap of its load: S + 1 = 2 cycles of the first.
    EXPECT_EQ(system.cycles(), 2 + 2 + 1);
  });
}

TEST(PinOverlap, RequestsAreForTilesThatOverlap) {
  ArraySystem none("none", config_of(Overlap::none)), full("full", config_of(Overlap::full));
  harness::run_in_thread([&] {
    const std::int32_t one = 1;
    const StreamedTile tile{&one, 1, 1, 1, [&](std::int64_t) { return &one; }, [](auto, auto) {}};
    none.begin_gemm(1);
    EXPECT_THROW(none.request_load(tile), std::logic_error);
    EXPECT_THROW(none.wait_for(ArraySystem::Milestone::done, 0), std::logic_error);
    none.end_gemm();
    EXPECT_THROW(full.request_load(tile), std::logic_error) << "no product was begun";
    full.begin_gemm(1);
    StreamedTile bad = tile;
    bad.n_count = 3;
    EXPECT_THROW(full.request_load(bad), InputError);
    full.request_load(tile);
    full.request_stream(tile, true);
    EXPECT_THROW(full.end_gemm(), std::logic_error) << "a tile is in flight";
    EXPECT_THROW(full.begin_gemm(1), std::logic_error);
    full.wait_for(ArraySystem::Milestone::done, 0);
    full.end_gemm();
  });
}

// The clock of the abandoned product's mode has not run: nothing of its phase may be carried over.
TEST(PinOverlap, AProductAbandonedBeforeItsFirstTileLeavesNothingBehind) {
  ArraySystem system("system", config_of(Overlap::full));
  harness::run_in_thread([&] {
    DenseResult x({3, 4, 2}, 64);
    system.run({3, 4, 2}, 2, small_product(system.config()), x);
    sc_core::wait(100, sc_core::SC_NS);
    system.begin_gemm(1);
    system.abort();
    const auto now = sc_core::sc_time_stamp().value();
    system.wait_for(ArraySystem::Milestone::done, 0);
    EXPECT_EQ(sc_core::sc_time_stamp().value(), now);
    system.end_gemm();
    sc_core::wait(100, sc_core::SC_NS);
    run_small_product(system);
  });
}

TEST(PinOverlap, FailuresOfReadersEndTheProductAndTheNextOneRuns) {
  ArraySystem system("system", config_of(Overlap::full));
  harness::run_in_thread([&] {
    const std::int32_t one = 1;
    StreamedTile tile{&one,
                      4,
                      1,
                      1,
                      [&](std::int64_t t) {
                        if (t == 2) throw InputError("row", t, "readable");
                        return &one;
                      },
                      [](auto, auto) {}};
    system.begin_gemm(1);
    for (int i = 0; i < 2; ++i) {
      system.request_load(tile);
      system.request_stream(tile, i == 1);
    }
    EXPECT_THROW(system.wait_for(ArraySystem::Milestone::done, 1), InputError);
    system.wait_for(ArraySystem::Milestone::done, 1);  // of an abandoned product: at once
    system.end_gemm();
    run_small_product(system);
    EXPECT_EQ(system.cycles(), 10);
    EXPECT_FALSE(system.clock().running());
    EXPECT_FALSE(sc_core::sc_pending_activity());
  });
}

}  // namespace
}  // namespace arrayflex::pin
