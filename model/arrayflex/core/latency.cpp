#include "arrayflex/core/latency.h"

#include <fmt/format.h>

#include <cmath>

#include "arrayflex/core/checked.h"

namespace arrayflex {

std::int64_t load_cycles(int rows) { return rows; }

std::int64_t stream_cycles(int rows, int cols, int k, std::int64_t t) {
  return t + ceil_div(rows, k) + ceil_div(cols, k) - 2;
}

std::int64_t tile_cycles(int rows, int cols, int k, std::int64_t t) {
  return load_cycles(rows) + stream_cycles(rows, cols, k, t);
}

std::int64_t gemm_cycles(const ArrayConfig& config, const GemmShape& shape, int k) {
  config.require_collapse_factor(k);
  const TilePlan plan(shape, config.rows(), config.cols());
  const char* what = "number of cycles";
  const std::int64_t tile = tile_cycles(config.rows(), config.cols(), k, shape.t);
  return checked_mul(checked_mul(tile, plan.row_blocks(), what), plan.col_blocks(), what);
}

std::int64_t layer_cycles(const ArrayConfig& config, const Layer& layer, int k) {
  validate(layer);
  return checked_mul(gemm_cycles(config, layer.gemm, k), layer.repeat, "number of cycles");
}

int best_collapse_factor(const ArrayConfig& config, const GemmShape& shape) {
  int best = 0;
  double best_time_ps = 0;
  for (const int k : config.modes()) {
    const std::optional<double> period_ps = config.period_ps(Design::arrayflex, k);
    if (!period_ps) {
      continue;
    }
    const double time_ps = static_cast<double>(gemm_cycles(config, shape, k)) * *period_ps;
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
  const double denominator_cycles = static_cast<double>(rows) + static_cast<double>(t) - 2;
  const double collapse_delay_ps = delays.csa_ps + 2 * delays.mux_ps;
  if (!(denominator_cycles > 0)) {
    throw InputError("R + T - 2", fmt::format("{}", denominator_cycles),
                     "the closed form for k needs a positive value");
  }
  if (!(collapse_delay_ps > 0)) {
    throw InputError("d_CSA + 2*d_mux", fmt::format("{} ps", collapse_delay_ps),
                     "the closed form for k needs a positive delay");
  }
  return std::sqrt((rows + cols) / denominator_cycles * conventional_clock_period_ps(delays) /
                   collapse_delay_ps);
}

}  // namespace arrayflex
