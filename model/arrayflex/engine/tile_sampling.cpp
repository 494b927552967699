#include "arrayflex/engine/tile_sampling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <set>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/latency.h"
#include "arrayflex/engine/tile_strata.h"

namespace arrayflex {
namespace {

constexpr const char* kTogglesWhat = "number of toggles";
constexpr const char* kTilesWhat = "number of tiles";

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

// The variance of an estimate, added up over the strata, and what Satterthwaite's number of degrees
// of freedom takes.
class EstimateVariance {
 public:
  void add(const std::vector<std::int64_t>& values, std::int64_t tiles_total) {
    const auto n = static_cast<double>(values.size());
    const auto total = static_cast<double>(tiles_total);
    if (values.size() < 2 || values.size() == static_cast<std::size_t>(tiles_total)) return;
    double sum = 0;
    for (const std::int64_t value : values) sum += static_cast<double>(value);
    double squares = 0;
    for (const std::int64_t value : values) {
      const double deviation = static_cast<double>(value) - sum / n;
      squares += deviation * deviation;
    }
    const double part = total * (total - n) / n * squares / (n - 1);
    variance_ += part;
    squared_parts_ += part * part / (n - 1);
  }

  double half_width() const {
    if (variance_ <= 0) return 0;
    // At least 1; a whole number must not be rounded down to the one before.
    const double degrees_of_freedom = variance_ * variance_ / squared_parts_ + 1e-6;
    return student_t_quantile(static_cast<std::int64_t>(degrees_of_freedom)) * std::sqrt(variance_);
  }

 private:
  double variance_ = 0;
  double squared_parts_ = 0;
};

// Cycles and clock of all tiles, which do not depend on operands.
GemmResult closed_form(const FastEngine& engine, const ProductBatch& batch, int k,
                       const TilePlan& plan) {
  const int mode = engine.design() == Design::conventional ? 1 : k;
  CountedCycles counted = product_cycles(engine.config(), mode, batch.shape.t, plan.count());
  for (std::int64_t* count : {&counted.tiles, &counted.cycles, &counted.pipeline_clocked}) {
    *count = checked_mul(*count, batch.count, "number of cycles");
  }
  GemmResult result;
  result.tiles = counted.tiles;
  result.cycles = counted.cycles;
  add_clock_bits(engine.config(), engine.design(), mode, counted, result.activity);
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

void require_sample(std::int64_t sampled, std::int64_t total) {
  if (sampled < std::min(kMinSampleTiles, total) || sampled < 1 || sampled > total) {
    throw InputError("number of sampled tiles", sampled,
                     fmt::format("allowed are {}..{}", std::min(kMinSampleTiles, total), total));
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

std::mt19937_64 tile_random(std::uint64_t seed, std::uint64_t stream) {
  const auto word = [](std::uint64_t value, int shift) {
    return static_cast<std::uint32_t>(value >> shift);
  };
  std::seed_seq words{word(seed, 0), word(seed, 32), word(stream, 0), word(stream, 32)};
  return std::mt19937_64(words);
}

// R. W. Floyd's algorithm (Bentley and Floyd, "Programming pearls: a sample of brilliance",
// Communications of the ACM 30(9), 1987): memory grows with the sample only.
std::vector<std::int64_t> choose_tiles(std::int64_t total, std::int64_t count,
                                       std::mt19937_64& random) {
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

ToggleSampling estimate_toggles(const std::vector<StratumSample>& strata,
                                ActivityCounters& estimate) {
  ToggleSampling sampling;
  ActivityCounters sum;
  std::array<EstimateVariance, kNetClassCount> by_class;
  EstimateVariance all_classes;
  for (const StratumSample& stratum : strata) {
    const auto sampled = static_cast<std::int64_t>(stratum.tiles.size());
    require_sample(sampled, stratum.tiles_total);
    sampling.tiles_sampled += sampled;
    sampling.tiles_total = checked_add(sampling.tiles_total, stratum.tiles_total, kTilesWhat);
    std::vector<std::int64_t> totals(stratum.tiles.size(), 0);
    for (const NetClass net : all_net_classes()) {
      const auto c = static_cast<std::size_t>(net);
      std::vector<std::int64_t> values;
      std::int64_t toggles = 0;
      for (std::size_t i = 0; i < stratum.tiles.size(); ++i) {
        values.push_back(stratum.tiles[i][c]);
        toggles = checked_add(toggles, values.back(), kTogglesWhat);
        totals[i] = checked_add(totals[i], values.back(), kTogglesWhat);
      }
      sum.add_toggles(net, scaled(toggles, stratum.tiles_total, sampled));
      by_class[c].add(values, stratum.tiles_total);
    }
    all_classes.add(totals, stratum.tiles_total);
  }
  estimate.toggles = sum.toggles;
  for (std::size_t c = 0; c < kNetClassCount; ++c) {
    sampling.half_width[c] = by_class[c].half_width();
  }
  sampling.total_half_width = all_classes.half_width();
  return sampling;
}

std::int64_t sampled_tiles(const TilePlan& plan, std::int64_t products, Overlap overlap,
                           std::int64_t tile_count) {
  const std::int64_t total = checked_mul(plan.count(), products, kTilesWhat);
  if (tile_count >= total) return total;
  const std::vector<std::int64_t> counts =
      allocate_sample(tile_strata(plan, products, overlap), tile_count);
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

std::vector<StratumTiles> select_tiles(const TilePlan& plan, std::int64_t products, Overlap overlap,
                                       std::int64_t tile_count, std::uint64_t seed,
                                       std::uint64_t stream) {
  const std::vector<TileStratum> strata = tile_strata(plan, products, overlap);
  const std::vector<std::int64_t> counts = allocate_sample(strata, tile_count);
  std::mt19937_64 random = tile_random(seed, stream);
  std::vector<StratumTiles> selected;
  for (std::size_t i = 0; i < strata.size(); ++i) {
    selected.push_back({strata[i].size, choose_tiles(strata[i].size, counts[i], random)});
    for (std::int64_t& tile : selected.back().tiles) tile = strata[i].tile(plan, tile);
  }
  return selected;
}

SampledResult run_sampled(const FastEngine& engine, const ProductBatch& batch, int k,
                          std::int64_t tile_count, std::uint64_t seed, std::uint64_t stream) {
  validate(engine, tile_count);
  const TilePlan plan(batch.shape, engine.config().rows(), engine.config().cols());
  const std::int64_t total = checked_mul(plan.count(), batch.count, kTilesWhat);
  SampledResult result;
  if (sampled_tiles(plan, batch.count, engine.config().overlap(), tile_count) == total) {
    result.gemm = engine.run_batch(batch, k);
    result.sampling.tiles_sampled = result.sampling.tiles_total = total;
    return result;
  }
  const auto selected =
      select_tiles(plan, batch.count, engine.config().overlap(), tile_count, seed, stream);
  std::vector<std::int64_t> tiles;  // of all strata, so that the threads share them all
  for (const StratumTiles& stratum : selected) {
    tiles.insert(tiles.end(), stratum.tiles.begin(), stratum.tiles.end());
  }
  const auto toggles = engine.run_tiles(batch, k, tiles);
  std::vector<StratumSample> samples;
  auto next = toggles.begin();
  for (const StratumTiles& stratum : selected) {
    const auto end = next + static_cast<std::ptrdiff_t>(stratum.tiles.size());
    samples.push_back({stratum.tiles_total, {next, end}});
    next = end;
  }
  result.gemm = closed_form(engine, batch, k, plan);
  result.sampling = estimate_toggles(samples, result.gemm.activity);
  return result;
}

}  // namespace arrayflex
