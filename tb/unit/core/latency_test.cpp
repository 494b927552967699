// The closed form against the paper's figures and its own identities.
#include "arrayflex/core/latency.h"

#include <gmock/gmock.h>

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
