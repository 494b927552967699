#include "arrayflex/study/engines/memory_setup.h"

#include <fmt/format.h>

#include <algorithm>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/error.h"
#include "arrayflex/core/latency.h"

namespace arrayflex::study {

double reference_period_ps(const ArrayConfig& config, Wording wording) {
  const auto period_ps = config.period_ps(Design::conventional, 1);
  if (period_ps) return *period_ps;
  throw InputError(
      "clock of the conventional array", "none",
      item_name(wording, "memory") + " needs its period, the cycle that bandwidth is given in");
}

MemoryTiming memory_timing(const MemoryOptions& options, const ArrayConfig& config,
                           Wording wording) {
  const double period_ps = reference_period_ps(config, wording);
  MemoryTiming timing;
  timing.is_ideal = options.model.is_ideal();
  timing.latency_fs = femtoseconds(options.model.latency_ns);
  if (!timing.is_ideal) timing.bytes_per_ns = *options.model.bytes_per_cycle / (period_ps * 1e-3);
  timing.bursts.burst_bytes = options.dma_burst_bytes;
  timing.bursts.boundary_bytes = std::max(timing.bursts.boundary_bytes, timing.bursts.burst_bytes);
  timing.bursts.alignment = options.dma_alignment;
  timing.max_outstanding = options.dma_outstanding;
  return timing;
}

std::int64_t load_cycles_of(const ArrayConfig& config, int k, const PlannedProduct& product) {
  const std::int64_t t = product.plan().block_rows;
  const std::int64_t stream =
      config.overlap() == Overlap::full ? t : stream_cycles(config.rows(), config.cols(), k, t);
  // Blocks of T are of different lengths only where tiles do not overlap: then it is R whatever T.
  const std::int64_t of_further_tile = tile_period_cycles(config, k, t) - stream;
  return checked_add(load_cycles(config.rows()),
                     checked_mul(of_further_tile, product.count() - 1, "load cycles"),
                     "load cycles");
}

void require_mode_with_clock(const ArrayConfig& config, int k, Wording wording) {
  const auto& modes = config.modes();
  if (std::find(modes.begin(), modes.end(), k) != modes.end() &&
      config.period_ps(Design::arrayflex, k)) {
    return;
  }
  throw InputError(item_name(wording, "k"), k,
                   fmt::format("with {} it must be a mode of the array with a known clock",
                               item_name(wording, "memory")));
}

}  // namespace arrayflex::study
