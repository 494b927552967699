// The closed form against the paper's figures and its own identities.
#include "arrayflex/core/latency.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "arrayflex/core/error.h"
#include "unit/error_of.h"

namespace arrayflex {
namespace {

using ::testing::HasSubstr;

ArrayConfig square_array(int side, std::vector<int> modes) {
  ArrayParameters p;
  p.rows = p.cols = side;
  p.modes = std::move(modes);
  return ArrayConfig(p);
}

// Layers 20 and 28 of ResNet-34 on 132x132, as the paper has them.
TEST(Latency, PapersLayersAt132x132) {
  const ArrayConfig config = square_array(132, {1, 2, 3, 4});
  const GemmShape layer20{196, 2304, 256};
  const GemmShape layer28{49, 2304, 512};
  const std::int64_t cycles20[] = {21240, 16488, 14904, 14112};
  const std::int64_t cycles28[] = {31896, 22392, 19224, 17640};
  for (int k = 1; k <= 4; ++k) {
    EXPECT_EQ(gemm_cycles(config, layer20, k), cycles20[k - 1]);
    EXPECT_EQ(gemm_cycles(config, layer28, k), cycles28[k - 1]);
  }
  // Of the modes with a published clock (1, 2 and 4).
  EXPECT_EQ(best_collapse_factor(config, layer20), 2);
  EXPECT_EQ(best_collapse_factor(config, layer28), 4);
}

TEST(Latency, ConventionalTileIsTwoRPlusCPlusTMinusTwo) {
  EXPECT_EQ(tile_cycles(128, 64, 1, 196), 2 * 128 + 64 + 196 - 2);
  EXPECT_EQ(tile_cycles(1, 1, 1, 1), 2);
}

TEST(Latency, GroupsThatDoNotDivideRoundUp) {
  // R = 5, C = 7, k = 3: G = 2, H = 3.
  EXPECT_EQ(stream_cycles(5, 7, 3, 10), 10 + 2 + 3 - 2);
  EXPECT_EQ(tile_cycles(5, 7, 3, 10), 5 + 13);
  EXPECT_EQ(load_cycles(5), 5);
}

TEST(Latency, LayerCountsTilesAndRepeats) {
  const ArrayConfig config = square_array(8, {1});
  EXPECT_EQ(layer_cycles(config, {"x", {10, 17, 9}, 6}, 1), 6 * 3 * 2 * (8 + 8 + 8 + 10 - 2));
}

ArrayConfig overlapping(int rows, int cols, Overlap overlap) {
  ArrayParameters p;
  p.rows = rows;
  p.cols = cols;
  p.modes = {1};
  p.overlap = overlap;
  return ArrayConfig(p);
}

// Lays the tiles of a product out on the timeline of docs/architecture.md, cycle by cycle.
std::int64_t cycles_on_timeline(const ArrayConfig& config, const GemmShape& shape, int k) {
  const auto groups = [k](int count) { return (count + k - 1) / k; };
  const std::int64_t stream = shape.t + groups(config.rows()) + groups(config.cols()) - 2;
  std::int64_t begin = config.rows();  // b_0
  std::int64_t tiles = 0;
  for (std::int64_t m = 0; m < shape.m; m += config.cols()) {
    for (std::int64_t n = 0; n < shape.n; n += config.rows()) {
      if (tiles++ == 0) continue;
      const std::int64_t loaded =
          begin + (config.overlap() == Overlap::none ? stream : 0) + config.rows();
      const std::int64_t free = begin + (config.overlap() == Overlap::full ? shape.t : stream);
      begin = std::max(loaded, free);
    }
  }
  return begin + stream;
}

TEST(Latency, OverlappingTilesFollowTheTimeline) {
  for (const Overlap overlap : all_overlaps()) {
    for (const auto& [rows, cols] : {std::pair{2, 2}, std::pair{5, 3}, std::pair{4, 9}}) {
      const ArrayConfig config = overlapping(rows, cols, overlap);
      for (const std::int64_t t : {1, 2, 3, 4, 5, 6, 12}) {
        for (const std::int64_t n : {1, 5, 11}) {
          for (const std::int64_t m : {1, 10, 28}) {
            for (int k = 1; k <= std::min(rows, cols); ++k) {
              EXPECT_EQ(gemm_cycles(config, {t, n, m}, k), cycles_on_timeline(config, {t, n, m}, k))
                  << name_of(overlap) << " " << rows << "x" << cols << " k=" << k << " T=" << t
                  << " N=" << n << " M=" << m;
            }
          }
        }
      }
    }
  }
}

// SystolicWS.cc of ONNXim, commit a1e8629: when a product with new weights starts after the one
// before it, and how long it takes.
std::int64_t onnxim_issue_interval(int core_height, std::int64_t rows_before) {
  return std::max<std::int64_t>({rows_before, 4, core_height});
}
std::int64_t onnxim_compute_cycles(int core_height, int core_width, std::int64_t rows) {
  return core_height + core_width - 2 + std::max<std::int64_t>(rows, 4);
}

TEST(Latency, FullIssuesTilesAsOnnximDoes) {
  for (const int rows : {1, 2, 3, 4, 5, 8, 31, 128, 256}) {
    for (const int cols : {1, 4, 7, 128}) {
      const ArrayTiming array(rows, cols, Overlap::full);
      for (const std::int64_t t : {1, 2, 3, 4, 5, 7, 8, 9, 49, 127, 128, 129, 196, 3136, 12544}) {
        SCOPED_TRACE(::testing::Message() << rows << "x" << cols << ", T = " << t);
        const std::int64_t interval = onnxim_issue_interval(rows, t);
        for (int k = 1; k <= std::min(rows, cols); k *= 2) {
          const std::int64_t period = tile_period_cycles(array, k, t);
          if (std::max<std::int64_t>(rows, t) >= 4) {
            EXPECT_EQ(period, interval);
          } else {
            EXPECT_LT(period, interval);
          }
          for (const std::int64_t tiles : {1, 2, 9}) {  // each further tile costs P
            EXPECT_EQ(product_cycles(array, k, t, tiles + 1).cycles,
                      product_cycles(array, k, t, tiles).cycles + period);
          }
        }
        if (t < 4) continue;
        EXPECT_EQ(stream_cycles(rows, cols, 1, t), onnxim_compute_cycles(rows, cols, t));
        EXPECT_EQ(product_cycles(array, 1, t, 6).cycles,
                  rows + 5 * interval + onnxim_compute_cycles(rows, cols, t));
      }
    }
  }
}

TEST(Latency, OverlapExample) {
  const GemmShape shape{3, 4, 2};
  EXPECT_EQ(gemm_cycles(overlapping(2, 2, Overlap::none), shape, 1), 14);
  EXPECT_EQ(gemm_cycles(overlapping(2, 2, Overlap::load), shape, 1), 2 + 5 + 5);
  EXPECT_EQ(gemm_cycles(overlapping(2, 2, Overlap::full), shape, 1), 2 + 3 + 5);
  EXPECT_FALSE(tiles_meet(overlapping(2, 2, Overlap::none), 1, 3));
  EXPECT_FALSE(tiles_meet(overlapping(2, 2, Overlap::load), 1, 3));
  EXPECT_TRUE(tiles_meet(overlapping(2, 2, Overlap::load), 2, 3));
  EXPECT_TRUE(tiles_meet(overlapping(2, 2, Overlap::full), 1, 3));
  EXPECT_FALSE(tiles_meet(overlapping(2, 2, Overlap::full), 1, 3, 1));
  EXPECT_FALSE(tiles_meet(overlapping(2, 2, Overlap::full), 1, 1));
}

// S = 5, R = 2: of three cycles that a tile is late, one finds the pipeline still clocked.
TEST(Latency, StallsCountWhileTheTileBeforeFlows) {
  const ArrayConfig config = overlapping(2, 2, Overlap::load);
  EXPECT_EQ(next_tile_cycles(config, 1, 3).cycles, 5);
  EXPECT_EQ(next_tile_cycles(config, 1, 3).pipeline_clocked, 5);
  EXPECT_EQ(next_tile_cycles(config, 1, 3, 3).cycles, 6);
  EXPECT_EQ(next_tile_cycles(config, 1, 3, 3).pipeline_clocked, 6);
  EXPECT_EQ(next_tile_cycles(overlapping(2, 2, Overlap::none), 1, 3, 3).cycles, 7);
  EXPECT_EQ(next_tile_cycles(overlapping(2, 2, Overlap::none), 1, 3, 3).pipeline_clocked, 6);
}

TEST(Latency, BadArgumentsAndOverflowAreErrors) {
  const ArrayConfig config = square_array(4, {1, 2});
  EXPECT_THAT(error_of([&] { gemm_cycles(config, {1, 1, 1}, 5); }), HasSubstr("k = 5"));
  EXPECT_THAT(error_of([&] { gemm_cycles(config, {0, 1, 1}, 1); }), HasSubstr("T = 0"));
  EXPECT_THROW(gemm_cycles(square_array(1, {1}), {kMaxLayerDim, kMaxLayerDim, kMaxLayerDim}, 1),
               OverflowError);
  EXPECT_THROW(layer_cycles(config, {"x", {kMaxLayerDim, 1 << 20, 1 << 20}, kMaxLayerDim}, 1),
               OverflowError);
}

TEST(BestCollapseFactor, TiesGoToTheSmallerAndClocklessModesAreLeftOut) {
  ArrayParameters p;
  p.rows = p.cols = 8;
  p.modes = {1, 2, 4};
  p.clocks.mode_ps.clear();
  const GemmShape shape{20, 8, 8};
  EXPECT_THAT(error_of([&] { best_collapse_factor(ArrayConfig(p), shape); }),
              HasSubstr("clock_period_ps"));
  p.clocks.mode_ps = {{4, 5000.0}};
  EXPECT_EQ(best_collapse_factor(ArrayConfig(p), shape), 4);
  // L(1) = 42, L(2) = 34: the same time at 34 and 42 ps.
  p.clocks.mode_ps = {{1, 34.0}, {2, 42.0}};
  ASSERT_EQ(gemm_cycles(ArrayConfig(p), shape, 1) * 34, gemm_cycles(ArrayConfig(p), shape, 2) * 42);
  EXPECT_EQ(best_collapse_factor(ArrayConfig(p), shape), 1);
  p.clocks.mode_ps[2] = 41.9;
  EXPECT_EQ(best_collapse_factor(ArrayConfig(p), shape), 2);
}

TEST(ClockPeriod, AddsCompressorAndTwoMuxesPerCollapsedPe) {
  const PeDelays delays{50, 300, 120, 20, 5};
  EXPECT_DOUBLE_EQ(conventional_clock_period_ps(delays), 470);
  EXPECT_DOUBLE_EQ(clock_period_ps(delays, 1), 500);
  EXPECT_DOUBLE_EQ(clock_period_ps(delays, 4), 590);
}

// The closed form is the minimum of the continuous T_abs(k); the best integer k is next to it.
TEST(ClosedFormCollapseFactor, LiesNextToTheExhaustiveChoice) {
  int compared = 0;
  for (const int side : {16, 64, 128, 240}) {
    for (const std::int64_t t : {2, 10, 49, 196, 784, 3136, 12544}) {
      for (const double collapse_ps : {2.0, 10.0, 30.0, 60.0}) {
        const PeDelays delays{50, 300, 120, collapse_ps / 2, collapse_ps / 4};
        const double k_hat = closed_form_collapse_factor(side, side, t, delays);
        const auto time_ps = [&](double k) {
          return (side + 2 * side / k + static_cast<double>(t) - 2) *
                 (conventional_clock_period_ps(delays) + k * collapse_ps);
        };
        EXPECT_LE(time_ps(k_hat), time_ps(k_hat * 1.01));
        EXPECT_LE(time_ps(k_hat), time_ps(k_hat * 0.99));
        ArrayParameters p;
        p.rows = p.cols = side;
        p.modes.clear();
        p.clocks.mode_ps.clear();
        for (int k = 1; k <= side; ++k) {
          if (side % k == 0) {  // R/k is a whole number, as the paper's equation assumes
            p.modes.push_back(k);
            p.clocks.mode_ps[k] = clock_period_ps(delays, k);
          }
        }
        const ArrayConfig config(p);
        const auto& modes = config.modes();
        const int best = best_collapse_factor(config, {t, side, side});
        // Between the neighbours of k_hat among the divisors.
        const auto above = std::lower_bound(modes.begin(), modes.end(), k_hat);
        const int high = above == modes.end() ? modes.back() : *above;
        const int low = above == modes.begin() ? modes.front() : *(above - 1);
        EXPECT_TRUE(best == low || best == high)
            << side << " T=" << t << " k_hat=" << k_hat << " best=" << best;
        ++compared;
      }
    }
  }
  EXPECT_EQ(compared, 4 * 7 * 4);
}

TEST(ClosedFormCollapseFactor, UndefinedWhereItDividesByZero) {
  const PeDelays delays{50, 300, 120, 20, 5};
  EXPECT_THAT(error_of([&] { closed_form_collapse_factor(1, 8, 1, delays); }),
              HasSubstr("R + T - 2"));
  EXPECT_THAT(error_of([&] {
                closed_form_collapse_factor(8, 8, 9, {1, 1, 1, 0, 0});
              }),
              HasSubstr("d_CSA"));
}

}  // namespace
}  // namespace arrayflex
