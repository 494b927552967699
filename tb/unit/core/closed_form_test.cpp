// The closed form for k against an exhaustive search, with the delays of the shipped technologies.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "arrayflex/core/error.h"
#include "arrayflex/core/latency.h"
#include "arrayflex/energy/technology.h"

namespace arrayflex {
namespace {

double time_ps(int rows, int cols, std::int64_t t, int k, const PeDelays& delays) {
  return static_cast<double>(tile_cycles(rows, cols, k, t)) * clock_period_ps(delays, k);
}

// T_abs(k) of the paper's equations, for any real k.
double continuous_time_ps(int rows, int cols, std::int64_t t, double k, const PeDelays& delays) {
  const double collapse_ps = delays.csa_ps + 2 * delays.mux_ps;
  return (rows + (rows + cols) / k + static_cast<double>(t) - 2) *
         (conventional_clock_period_ps(delays) + k * collapse_ps);
}

struct Extremes {
  double largest_loss = 0;  // of the rounded closed form against the best k
  double sum_of_losses = 0;
  int cases = 0;
  int interior_cases = 0;  // with the closed form within 1..min(R, C)
};

void compare(int rows, int cols, std::int64_t t, const PeDelays& delays, Extremes& extremes) {
  const int limit = std::min(rows, cols);
  double best_ps = time_ps(rows, cols, t, 1, delays);
  for (int k = 2; k <= limit; ++k) {
    best_ps = std::min(best_ps, time_ps(rows, cols, t, k, delays));
  }
  const double k_hat = closed_form_collapse_factor(rows, cols, t, delays);
  // No k beats the minimum of the continuous function.
  ASSERT_LE(continuous_time_ps(rows, cols, t, k_hat, delays), best_ps * (1 + 1e-12))
      << rows << "x" << cols << " T=" << t;
  const auto clamped = [&](double k) { return static_cast<int>(std::clamp<double>(k, 1, limit)); };
  const double rounded_ps = std::min(time_ps(rows, cols, t, clamped(std::floor(k_hat)), delays),
                                     time_ps(rows, cols, t, clamped(std::ceil(k_hat)), delays));
  const double loss = rounded_ps / best_ps - 1;
  extremes.largest_loss = std::max(extremes.largest_loss, loss);
  extremes.sum_of_losses += loss;
  ++extremes.cases;
  extremes.interior_cases += k_hat >= 1 && k_hat <= limit;
}

TEST(ClosedFormCollapseFactor, AgreesWithTheExhaustiveSearchOverAWideRange) {
  Extremes extremes;
  for (const char* name : {"asap7", "sky130hd"}) {
    for (const int width : operand_widths()) {
      const PeDelays delays = *shipped_technology(name).width(width).delays();
      for (const int rows : {2, 8, 30, 64, 128, 132, 256}) {
        for (const int cols : {2, 7, 32, 128, 132, 300}) {
          for (const std::int64_t t : {1, 3, 10, 49, 196, 784, 3136, 12544}) {
            compare(rows, cols, t, delays, extremes);
          }
        }
      }
    }
  }
  EXPECT_EQ(extremes.cases, 2 * 3 * 7 * 6 * 8);
  EXPECT_GT(extremes.interior_cases, extremes.cases / 4);
  // The closed form does not know that groups which do not divide the array round up: its
  // neighbours may miss the best k, but never by much, and hardly ever.
  EXPECT_LT(extremes.largest_loss, 0.1);
  EXPECT_LT(extremes.sum_of_losses / extremes.cases, 0.001);
}

// (R + (n-1)*P + S) * T_clock for any real k.
double overlapping_time_ps(double rows, double cols, double t, double tiles, Overlap overlap,
                           double k, const PeDelays& delays) {
  const double stream = t + (rows + cols) / k - 2;
  const double from_tile_to_tile = overlap == Overlap::none   ? rows + stream
                                   : overlap == Overlap::load ? std::max(rows, stream)
                                                              : std::max(rows, t);
  return (rows + (tiles - 1) * from_tile_to_tile + stream) *
         (conventional_clock_period_ps(delays) + k * (delays.csa_ps + 2 * delays.mux_ps));
}

// No real k is faster, whatever the overlap and the number of tiles.
TEST(ClosedFormCollapseFactor, IsTheMinimumForEveryOverlap) {
  int kinks = 0;
  for (const PeDelays& delays : {PeDelays{50, 300, 120, 20, 5}, PeDelays{50, 300, 120, 2, 1}}) {
    for (const Overlap overlap : all_overlaps()) {
      for (const int rows : {2, 16, 128}) {
        for (const int cols : {2, 64, 128}) {
          for (const std::int64_t t : {1, 2, 7, 49, 100, 784}) {
            for (const std::int64_t tiles : {1, 2, 18, 1000}) {
              const auto time = [&](double k) {
                return overlapping_time_ps(rows, cols, static_cast<double>(t),
                                           static_cast<double>(tiles), overlap, k, delays);
              };
              const double k = closed_form_collapse_factor(rows, cols, t, tiles, overlap, delays);
              ASSERT_TRUE(std::isfinite(k));
              for (const double factor : {0.25, 0.5, 0.9, 0.99, 1.01, 1.1, 2.0, 4.0}) {
                EXPECT_LE(time(k), time(k * factor) * (1 + 1e-12))
                    << name_of(overlap) << " " << rows << "x" << cols << " T=" << t
                    << " tiles=" << tiles << " k=" << k;
              }
              kinks += overlap == Overlap::load && tiles > 1 &&
                       std::abs((rows + cols) / k + static_cast<double>(t) - 2 - rows) < 1e-9;
              if (tiles == 1) {
                EXPECT_DOUBLE_EQ(k, closed_form_collapse_factor(rows, cols, t, delays));
              }
            }
          }
        }
      }
    }
  }
  EXPECT_GT(kinks, 10);  // the three cases of hidden loads all occur
  EXPECT_THROW(closed_form_collapse_factor(8, 8, 9, 0, Overlap::full, PeDelays{1, 1, 1, 1, 1}),
               InputError);
}

}  // namespace
}  // namespace arrayflex
