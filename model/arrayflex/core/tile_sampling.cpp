#include "arrayflex/core/tile_sampling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/latency.h"

namespace arrayflex {
namespace {

constexpr const char* kTogglesWhat = "number of toggles";

// 0..limit, every number equally likely. (std::uniform_int_distribution is not the same
// everywhere.)
std::uint64_t uniform(std::mt19937_64& random, std::uint64_t limit) {
  const std::uint64_t range = limit + 1;
  const std::uint64_t top = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t usable = top - top % range;
  std::uint64_t value = random();
  while (value >= usable) value = random();
  return value % range;
}

// count * total / sampled, rounded to the nearest integer; sampled <= kMaxSampleTiles.
std::int64_t scaled(std::int64_t count, std::int64_t total, std::int64_t sampled) {
  const std::int64_t whole = checked_mul(count / sampled, total, kTogglesWhat);
  const std::int64_t rest = checked_mul(count % sampled, total, kTogglesWhat);
  return checked_add(whole, checked_add(rest, sampled / 2, kTogglesWhat) / sampled, kTogglesWhat);
}

double half_width(const std::vector<std::int64_t>& values, std::int64_t total) {
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (const std::int64_t value : values) sum += static_cast<double>(value);
  double squares = 0;
  for (const std::int64_t value : values) {
    const double deviation = static_cast<double>(value) - sum / n;
    squares += deviation * deviation;
  }
  const auto population = static_cast<double>(total);
  return student_t_quantile(static_cast<std::int64_t>(values.size()) - 1) * population *
         std::sqrt(squares / (n - 1) / n * (1 - n / population));
}

template <std::size_t count>
void multiply(std::array<std::int64_t, count>& counts, std::int64_t factor, const char* what) {
  for (std::int64_t& value : counts) value = checked_mul(value, factor, what);
}

// Cycles and clock of all tiles, which do not depend on operands.
GemmResult closed_form(const FastEngine& engine, const ProductBatch& batch, int k,
                       std::int64_t tiles) {
  const int mode = engine.design() == Design::conventional ? 1 : k;
  GemmResult result;
  result.tiles = tiles;
  result.cycles =
      checked_mul(gemm_cycles(engine.config(), batch.shape, mode), batch.count, "number of cycles");
  add_tile_clock_bits(engine.config(), engine.design(), mode, batch.shape.t, result.activity);
  multiply(result.activity.clocked_bits, tiles, "number of clocked bit-cycles");
  multiply(result.activity.gated_bits, tiles, "number of gated bit-cycles");
  return result;
}

void validate(const FastEngine& engine, std::int64_t tile_count) {
  if (tile_count < kMinSampleTiles || tile_count > kMaxSampleTiles) {
    throw InputError("number of sampled tiles", tile_count,
                     fmt::format("allowed are {}..{}", kMinSampleTiles, kMaxSampleTiles));
  }
  if (!engine.record().activity || engine.record().pe_map) {
    throw InputError("number of sampled tiles", tile_count,
                     "sampling needs an engine that records activity, and none per PE");
  }
}

}  // namespace

ToggleSampling& ToggleSampling::operator+=(const ToggleSampling& other) {
  tiles_sampled = checked_add(tiles_sampled, other.tiles_sampled, "number of sampled tiles");
  tiles_total = checked_add(tiles_total, other.tiles_total, "number of tiles");
  for (std::size_t c = 0; c < kNetClassCount; ++c) {
    half_width[c] = std::hypot(half_width[c], other.half_width[c]);
  }
  total_half_width = std::hypot(total_half_width, other.total_half_width);
  return *this;
}

// R. W. Floyd's algorithm (Bentley and Floyd, "Programming pearls: a sample of brilliance",
// Communications of the ACM 30(9), 1987): memory grows with the sample only.
std::vector<std::int64_t> choose_tiles(std::int64_t total, std::int64_t count, std::uint64_t seed,
                                       std::uint64_t stream) {
  const auto word = [](std::uint64_t value, int shift) {
    return static_cast<std::uint32_t>(value >> shift);
  };
  std::seed_seq words{word(seed, 0), word(seed, 32), word(stream, 0), word(stream, 32)};
  std::mt19937_64 random(words);
  std::set<std::int64_t> chosen;
  for (std::int64_t last = std::max<std::int64_t>(0, total - count); last < total; ++last) {
    const auto candidate =
        static_cast<std::int64_t>(uniform(random, static_cast<std::uint64_t>(last)));
    if (!chosen.insert(candidate).second) chosen.insert(last);
  }
  return {chosen.begin(), chosen.end()};
}

// Beyond the table the expansion of Abramowitz and Stegun, 26.7.5, is good to six digits.
double student_t_quantile(std::int64_t degrees_of_freedom) {
  static constexpr std::array<double, 30> table{
      12.706204736, 4.302652730, 3.182446305, 2.776445105, 2.570581836, 2.446911851,
      2.364624252,  2.306004135, 2.262157163, 2.228138852, 2.200985160, 2.178812830,
      2.160368656,  2.144786688, 2.131449546, 2.119905299, 2.109815578, 2.100922040,
      2.093024054,  2.085963447, 2.079613845, 2.073873068, 2.068657610, 2.063898562,
      2.059538553,  2.055529439, 2.051830516, 2.048407142, 2.045229642, 2.042272456};
  if (degrees_of_freedom <= static_cast<std::int64_t>(table.size())) {
    return table[static_cast<std::size_t>(degrees_of_freedom - 1)];
  }
  const auto v = static_cast<double>(degrees_of_freedom);
  const double z = 1.9599639845400545;
  const double z3 = z * z * z;
  const double z5 = z3 * z * z;
  const double z7 = z5 * z * z;
  return z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * v * v * v);
}

ToggleSampling estimate_toggles(const std::vector<FastEngine::TileToggleCounts>& sample,
                                std::int64_t tiles_total, ActivityCounters& estimate) {
  ToggleSampling sampling;
  sampling.tiles_sampled = static_cast<std::int64_t>(sample.size());
  sampling.tiles_total = tiles_total;
  if (sampling.tiles_sampled < kMinSampleTiles || sampling.tiles_sampled > tiles_total) {
    throw InputError("number of sampled tiles", sampling.tiles_sampled,
                     fmt::format("allowed are {}..{}", kMinSampleTiles, tiles_total));
  }
  std::vector<std::int64_t> values(sample.size());
  std::vector<std::int64_t> totals(sample.size(), 0);
  for (std::size_t c = 0; c < kNetClassCount; ++c) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < sample.size(); ++i) {
      values[i] = sample[i][c];
      sum = checked_add(sum, values[i], kTogglesWhat);
      totals[i] = checked_add(totals[i], values[i], kTogglesWhat);
    }
    estimate.toggles[c] = scaled(sum, tiles_total, sampling.tiles_sampled);
    sampling.half_width[c] = half_width(values, tiles_total);
  }
  sampling.total_half_width = half_width(totals, tiles_total);
  return sampling;
}

SampledResult run_sampled(const FastEngine& engine, const ProductBatch& batch, int k,
                          std::int64_t tile_count, std::uint64_t seed, std::uint64_t stream) {
  validate(engine, tile_count);
  const TilePlan plan(batch.shape, engine.config().rows(), engine.config().cols());
  const std::int64_t total = checked_mul(plan.count(), batch.count, "number of tiles");
  SampledResult result;
  if (tile_count >= total) {
    result.gemm = engine.run_batch(batch, k);
    result.sampling.tiles_sampled = result.sampling.tiles_total = total;
    return result;
  }
  const std::vector<std::int64_t> tiles = choose_tiles(total, tile_count, seed, stream);
  result.gemm = closed_form(engine, batch, k, total);
  result.sampling =
      estimate_toggles(engine.run_tiles(batch, k, tiles), total, result.gemm.activity);
  return result;
}

}  // namespace arrayflex
