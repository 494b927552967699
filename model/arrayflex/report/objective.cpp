#include "arrayflex/report/objective.h"

#include "arrayflex/report/evaluated_report.h"

namespace arrayflex {
namespace {

bool is_busy(Objective objective) {
  return objective == Objective::energy_busy || objective == Objective::edp_busy;
}

// All layers in their fastest modes.
std::optional<FastestMode> sum_of(const std::vector<LayerReport>& layers) {
  FastestMode sum;
  for (const LayerReport& layer : layers) {
    if (!layer.fastest) return std::nullopt;
    sum.time_ns += layer.fastest->time_ns;
    sum.exact_pj += layer.fastest->exact_pj;
    sum.busy_pj += layer.fastest->busy_pj;
  }
  return sum;
}

}  // namespace

FastestMode fastest_mode_of(int k, const DesignEnergy& energy) {
  return {k, energy.time_ns, energy.exact.breakdown.total_pj(), energy.busy.breakdown.total_pj()};
}

double objective_energy_pj(Objective objective, double exact_pj, double busy_pj) {
  return is_busy(objective) ? busy_pj : exact_pj;
}

double objective_value(Objective objective, double energy_pj, double time_ns) {
  const bool has_delay = objective == Objective::edp || objective == Objective::edp_busy;
  return has_delay ? energy_delay_product_pj_ns(energy_pj, time_ns) : energy_pj;
}

std::optional<double> objective_gain(const RunReport& report, const EvaluatedEntry& entry) {
  const std::optional<FastestMode> fastest =
      entry.layer != nullptr ? entry.layer->fastest : sum_of(report.layers);
  if (!fastest || !entry.energy.arrayflex) return std::nullopt;
  const auto value = [&](const FastestMode& mode) {
    const double energy_pj = objective_energy_pj(report.objective, mode.exact_pj, mode.busy_pj);
    return objective_value(report.objective, energy_pj, mode.time_ns);
  };
  return saving(value(fastest_mode_of(0, *entry.energy.arrayflex)), value(*fastest));
}

}  // namespace arrayflex
