// Estimates of switching activity from a random sample of tiles, for design sweeps where an exact
// count takes too long. Everything else in this library is exact; an estimate is always accompanied
// by a ToggleSampling that says so.
//
// A layer's tiles are divided into strata (tile_strata.h); of the P tiles of each stratum a simple
// random sample of n is drawn without replacement. Each of them is run exactly, behind the weights
// of the tile before it (of the two before it where PEs have two weight registers) and, where tiles
// meet without a zero between, behind the last row of A of the tile before it: the seam belongs to
// the tile behind it. With y_i the toggles of the i-th one and s their standard deviation (n - 1
// in the denominator), summed over the strata,
//   estimate    sum of P * mean(y)
//   variance    sum of g * s^2,  g = P * (P - n) / n
//   half width  t(0.975, f) * sqrt(variance)
//   f           (sum of g * s^2)^2 / sum of ((g * s^2)^2 / (n - 1))
// with Student's quantile t at f rounded down. Source: W. G. Cochran, "Sampling Techniques", 3rd
// ed., Wiley 1977, sections 2.5 to 2.8, 5.3 and 5.4. Cycles and clocked and gated bit-cycles follow
// from closed forms and stay exact.
//
// An interval takes the sums it estimates to be about normal. Few tiles of operands that differ
// much from tile to tile (columns of B that are zero, for example) cover the exact count less often
// than stated.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "arrayflex/core/activity.h"
#include "arrayflex/core/gemm.h"
#include "arrayflex/engine/fast_engine.h"

namespace arrayflex {

/// Confidence level of every interval here.
inline constexpr double kSamplingConfidence = 0.95;
/// Smallest and largest number of tiles that may be asked for.
inline constexpr std::int64_t kMinSampleTiles = 2;
inline constexpr std::int64_t kMaxSampleTiles = 100000;

/// How sure an estimate of toggles is: with the confidence above, the exact count lies within
/// estimate +- half width. All half widths are 0 where every tile was run.
struct ToggleSampling {
  std::int64_t tiles_sampled = 0;
  std::int64_t tiles_total = 0;
  std::array<double, kNetClassCount> half_width{};  ///< toggles, by NetClass
  /// Of the sum over the classes, in toggles. It does not follow from those of the classes, which
  /// rise and fall together from tile to tile.
  double total_half_width = 0;

  bool is_exact() const { return tiles_sampled == tiles_total; }

  /// Adds the figures of independent samples: the half widths add up as the root of the sum of
  /// their squares.
  ToggleSampling& operator+=(const ToggleSampling& other);

  friend bool operator==(const ToggleSampling& a, const ToggleSampling& b) {
    return a.tiles_sampled == b.tiles_sampled && a.tiles_total == b.tiles_total &&
           a.half_width == b.half_width && a.total_half_width == b.total_half_width;
  }
};

/// The random numbers of a layer's sample, the same on every platform.
std::mt19937_64 tile_random(std::uint64_t seed, std::uint64_t stream);

/// `count` different numbers of 0..total-1 in ascending order, every subset equally likely; all of
/// them where count >= total. Depends on the random numbers alone, on every platform in the same
/// way. count, total >= 1.
std::vector<std::int64_t> choose_tiles(std::int64_t total, std::int64_t count,
                                       std::mt19937_64& random);

/// Student's t quantile for a two-sided interval of 95 %: P(|T| <= result) = 0.95. Degrees of
/// freedom >= 1.
double student_t_quantile(std::int64_t degrees_of_freedom);

/// Estimate from a sample of a layer's tiles.
struct SampledResult {
  GemmResult gemm;  ///< toggles are estimates unless sampling.is_exact()
  ToggleSampling sampling;
};

/// The sampled tiles of one stratum.
struct StratumSample {
  std::int64_t tiles_total = 0;
  std::vector<FastEngine::TileToggleCounts> tiles;
};

/// Estimates the toggles of all strata together. Throws InputError for a stratum with more sampled
/// tiles than tiles, or with fewer than two unless that is all of it; OverflowError when an
/// estimate exceeds 2^63-1.
ToggleSampling estimate_toggles(const std::vector<StratumSample>& strata,
                                ActivityCounters& estimate);

/// Tiles that a sample of about `tile_count` takes of a layer: at least two of each stratum, all
/// where there are no more than tile_count.
std::int64_t sampled_tiles(const TilePlan& plan, std::int64_t products, Overlap overlap,
                           std::int64_t tile_count);

/// The tiles that are sampled of one stratum, as numbered by FastEngine::run_tiles().
struct StratumTiles {
  std::int64_t tiles_total = 0;
  std::vector<std::int64_t> tiles;
};

/// The sample of sampled_tiles() tiles. A pure function of its arguments, the same on every
/// platform.
std::vector<StratumTiles> select_tiles(const TilePlan& plan, std::int64_t products, Overlap overlap,
                                       std::int64_t tile_count, std::uint64_t seed,
                                       std::uint64_t stream);

/// Runs about `tile_count` tiles of the batch, those of select_tiles(), and estimates its activity;
/// runs the whole batch where these are all. Throws as FastEngine::run_batch(), and InputError for
/// a tile_count out of range and for an engine that records no activity or a map per PE.
SampledResult run_sampled(const FastEngine& engine, const ProductBatch& batch, int k,
                          std::int64_t tile_count, std::uint64_t seed, std::uint64_t stream);

}  // namespace arrayflex
