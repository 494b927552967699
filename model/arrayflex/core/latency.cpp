#include "arrayflex/core/latency.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "arrayflex/core/checked.h"

namespace arrayflex {
namespace {

constexpr const char* kCyclesWhat = "number of cycles";
constexpr const char* kTilesWhat = "number of tiles";

// a/b, without end where b is not positive.
double ratio(double a, double b) { return b > 0 ? a / b : std::numeric_limits<double>::infinity(); }

// R, S and P. Found together: a product's cycles are asked for by the million, and the divisions of
// S are what they cost.
struct TilePhases {
  std::int64_t load, stream, period;
};

TilePhases phases_of(const ArrayTiming& array, int k, std::int64_t t) {
  const std::int64_t load = load_cycles(array.rows);
  const std::int64_t stream = stream_cycles(array.rows, array.cols, k, t);
  switch (array.overlap) {
    case Overlap::load:
      return {load, stream, std::max(load, stream)};
    case Overlap::full:
      return {load, stream, std::max(load, t)};
    case Overlap::none:
      break;
  }
  return {load, stream, load + stream};
}

// R + (tiles-1)*P + S.
std::int64_t cycles_of(const TilePhases& phases, std::int64_t tiles) {
  return checked_add(phases.load + phases.stream,
                     checked_mul(phases.period, tiles - 1, kCyclesWhat), kCyclesWhat);
}

}  // namespace

std::int64_t load_cycles(int rows) { return rows; }

std::int64_t stream_cycles(int rows, int cols, int k, std::int64_t t) {
  return t + ceil_div(rows, k) + ceil_div(cols, k) - 2;
}

std::int64_t tile_cycles(int rows, int cols, int k, std::int64_t t) {
  return load_cycles(rows) + stream_cycles(rows, cols, k, t);
}

std::int64_t tile_period_cycles(const ArrayTiming& array, int k, std::int64_t t) {
  return phases_of(array, k, t).period;
}

bool tiles_meet(const ArrayTiming& array, int k, std::int64_t t, std::int64_t stall_cycles) {
  return tile_period_cycles(array, k, t) + stall_cycles == t;
}

CountedCycles& CountedCycles::operator+=(const CountedCycles& other) {
  CountedCycles sum;
  sum.tiles = checked_add(tiles, other.tiles, kTilesWhat);
  sum.cycles = checked_add(cycles, other.cycles, kCyclesWhat);
  sum.pipeline_clocked = checked_add(pipeline_clocked, other.pipeline_clocked, kCyclesWhat);
  return *this = sum;
}

CountedCycles first_tile_cycles(const ArrayTiming& array, int k, std::int64_t t) {
  const TilePhases phases = phases_of(array, k, t);
  return {1, phases.load + phases.stream, phases.stream + 1};
}

CountedCycles next_tile_cycles(const ArrayTiming& array, int k, std::int64_t t,
                               std::int64_t stall_cycles) {
  const TilePhases phases = phases_of(array, k, t);
  const std::int64_t clocked =
      std::min(checked_add(phases.period, stall_cycles, kCyclesWhat), phases.stream + 1);
  return {1, std::max(phases.period, clocked), clocked};
}

CountedCycles product_cycles(const ArrayTiming& array, int k, std::int64_t t, std::int64_t tiles) {
  const TilePhases phases = phases_of(array, k, t);
  const std::int64_t clocked =
      checked_mul(std::min(phases.period, phases.stream + 1), tiles - 1, kCyclesWhat);
  return {tiles, cycles_of(phases, tiles), checked_add(clocked, phases.stream + 1, kCyclesWhat)};
}

std::int64_t gemm_cycles(const ArrayConfig& config, const GemmShape& shape, int k) {
  config.require_collapse_factor(k);
  const TilePlan plan(shape, config.rows(), config.cols());
  return cycles_of(phases_of(config, k, shape.t), plan.count());
}

std::int64_t layer_cycles(const ArrayConfig& config, const Layer& layer, int k) {
  validate(layer);
  return checked_mul(gemm_cycles(config, layer.gemm, k), layer.repeat, kCyclesWhat);
}

int best_collapse_factor(const ArrayConfig& config, const GemmShape& shape) {
  const std::int64_t tiles = TilePlan(shape, config.rows(), config.cols()).count();
  int best = 0;
  double best_time_ps = 0;
  for (const int k : config.modes()) {
    const std::optional<double> period_ps = config.period_ps(Design::arrayflex, k);
    if (!period_ps) {
      continue;
    }
    const std::int64_t cycles = cycles_of(phases_of(config, k, shape.t), tiles);
    const double time_ps = static_cast<double>(cycles) * *period_ps;
    if (best == 0 || time_ps < best_time_ps) {  // modes ascend: on a tie the smaller k stays
      best = k;
      best_time_ps = time_ps;
    }
  }
  if (best == 0) {
    throw InputError(fmt::format(
        "k = auto: none of the modes {} has a clock period; give clock_period_ps for at least one",
        fmt::join(config.modes(), ", ")));
  }
  return best;
}

double conventional_clock_period_ps(const PeDelays& delays) {
  return delays.ff_ps + delays.mul_ps + delays.add_ps;
}

double clock_period_ps(const PeDelays& delays, int k) {
  return conventional_clock_period_ps(delays) + k * (delays.csa_ps + 2 * delays.mux_ps);
}

double closed_form_collapse_factor(int rows, int cols, std::int64_t t, const PeDelays& delays) {
  return closed_form_collapse_factor(rows, cols, t, 1, Overlap::none, delays);
}

double closed_form_collapse_factor(int rows, int cols, std::int64_t t, std::int64_t tiles,
                                   Overlap overlap, const PeDelays& delays) {
  const double r = rows;
  const double groups = r + cols;
  const auto rows_of_a = static_cast<double>(t);
  const auto n = static_cast<double>(tiles);
  const double constant_cycles = r + rows_of_a - 2;  // of one tile, whatever k
  const double collapse_delay_ps = delays.csa_ps + 2 * delays.mux_ps;
  if (tiles < 1) throw InputError("tiles", tiles, "1 or more is needed");
  if (!(constant_cycles > 0)) {
    throw InputError("R + T - 2", fmt::format("{}", constant_cycles),
                     "the closed form for k needs a positive value");
  }
  if (!(collapse_delay_ps > 0)) {
    throw InputError("d_CSA + 2*d_mux", fmt::format("{} ps", collapse_delay_ps),
                     "the closed form for k needs a positive delay");
  }
  const auto k_hat = [&](double cycles_over_k, double other_cycles) {
    return std::sqrt(ratio(cycles_over_k, other_cycles) * conventional_clock_period_ps(delays) /
                     collapse_delay_ps);
  };
  if (overlap == Overlap::none) return k_hat(groups, constant_cycles);
  if (overlap == Overlap::full) {
    return k_hat(groups, constant_cycles + (n - 1) * std::max(r, rows_of_a));
  }
  const double streams_longer = k_hat(n * groups, r + n * (rows_of_a - 2));
  const double loads_longer = k_hat(groups, n * r + rows_of_a - 2);
  const double both_the_same = ratio(groups, r - rows_of_a + 2);
  return std::clamp(both_the_same, loads_longer, streams_longer);
}

}  // namespace arrayflex
