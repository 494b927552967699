#include "arrayflex/report/report.h"

#include "arrayflex/core/checked.h"

namespace arrayflex {
namespace {

void add_memory(MemoryFigures& sum, const MemoryFigures& part) {
  sum.stall_cycles = checked_add(sum.stall_cycles, part.stall_cycles, "total stall cycles");
  sum.load_cycles = checked_add(sum.load_cycles, part.load_cycles, "total load cycles");
  for (const DmaPart& p : kDmaParts) {
    sum.dma.*p.bytes = static_cast<std::uint64_t>(
        checked_add(static_cast<std::int64_t>(sum.dma.*p.bytes),
                    static_cast<std::int64_t>(part.dma.*p.bytes), "total DMA bytes"));
  }
}

void add_figures(DesignFigures& sum, const DesignFigures& part, const char* what) {
  sum.cycles = checked_add(sum.cycles, part.cycles, what);
  if (sum.time_ns && part.time_ns) {
    *sum.time_ns += *part.time_ns;
  } else {
    sum.time_ns.reset();
  }
  if (sum.activity && part.activity) {
    *sum.activity += *part.activity;
  } else {
    sum.activity.reset();
  }
  if (part.sampling) {
    if (!sum.sampling) sum.sampling.emplace();
    *sum.sampling += *part.sampling;
  }
  if (part.memory) {
    if (!sum.memory) sum.memory.emplace();
    add_memory(*sum.memory, *part.memory);
  }
}

}  // namespace

std::optional<double> time_ns(std::int64_t cycles, std::optional<double> period_ps) {
  if (!period_ps) return std::nullopt;
  return static_cast<double>(cycles) * *period_ps * 1e-3;
}

const char* name_of(Bound bound) {
  switch (bound) {
    case Bound::compute:
      return "compute";
    case Bound::load:
      return "load";
    case Bound::memory:
      return "memory";
  }
  return "unknown";
}

std::optional<Bound> bound_by(const DesignFigures& figures) {
  if (!figures.memory) return std::nullopt;
  const std::int64_t load = figures.memory->load_cycles;
  const std::int64_t stream = figures.cycles - load;
  const std::int64_t stall = figures.memory->stall_cycles;
  if (stream >= load && stream >= stall) return Bound::compute;
  return load >= stall ? Bound::load : Bound::memory;
}

double utilization(std::int64_t macs, std::int64_t cycles, int rows, int cols) {
  if (cycles == 0) return 0.0;
  return static_cast<double>(macs) / (static_cast<double>(cycles) * rows * cols);
}

std::optional<double> saving(std::optional<double> value, std::optional<double> reference) {
  if (!value || !reference || *reference == 0.0) return std::nullopt;
  return 1.0 - *value / *reference;
}

ReportTotals totals(const std::vector<LayerReport>& layers) {
  ReportTotals sum;
  for (DesignFigures* figures : {&sum.arrayflex, &sum.conventional}) {
    figures->time_ns = 0.0;
    if (!layers.empty()) figures->activity.emplace();
  }
  for (const LayerReport& layer : layers) {
    sum.tiles = checked_add(sum.tiles, layer.tiles, "total tiles");
    sum.macs = checked_add(sum.macs, layer.macs, "total macs");
    add_figures(sum.arrayflex, layer.arrayflex, "total cycles");
    add_figures(sum.conventional, layer.conventional, "total cycles of the conventional array");
    ++sum.layers_by_k[layer.k];
    if (!layer.buffers) continue;
    if (!sum.buffers) sum.buffers.emplace();
    for (std::size_t i = 0; i < sum.buffers->size(); ++i) {
      (*sum.buffers)[i] += layer.buffers->accesses[i];
    }
  }
  return sum;
}

}  // namespace arrayflex
