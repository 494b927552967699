#include "arrayflex/report/report_energy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/error.h"

namespace arrayflex {
namespace {

struct LayerContext {
  const ArrayConfig& config;
  const Technology& technology;
  const LayerReport& layer;
};

void require_finite(const EnergyBreakdown& energy, double time_ns, const std::string& what) {
  const double product = energy_delay_product_pj_ns(energy.total_pj(), time_ns);
  if (!std::isfinite(product)) {
    throw OverflowError(what + ": the energy-delay product exceeds the range of a double");
  }
}

// Half widths of the toggles, turned into energy like toggles: the accounting scales both alike.
double half_width_pj(const LayerContext& context, const DesignFigures& figures, Design design,
                     const EnergyActivity& activity) {
  EnergyActivity half_width;
  for (std::size_t c = 0; c < kNetClassCount; ++c) {
    const auto counted = static_cast<double>(figures.activity->toggles[c]);
    const double scale = counted > 0 ? activity.toggles[c] / counted : 1.0;
    half_width.toggles[c] = figures.sampling->half_width[c] * scale;
  }
  return energy_of(half_width, 0, context.config, design, context.layer.k, context.technology)
      .total_pj();
}

AccountedEnergy accounted(const LayerContext& context, const DesignFigures& figures, Design design,
                          const EnergyActivity& activity) {
  AccountedEnergy energy;
  energy.breakdown = energy_of(activity, *figures.time_ns, context.config, design, context.layer.k,
                               context.technology);
  require_finite(energy.breakdown, *figures.time_ns, "layer " + context.layer.name);
  if (figures.sampling && !figures.sampling->is_exact()) {
    energy.half_width_pj = half_width_pj(context, figures, design, activity);
  }
  return energy;
}

// Tiles, those of the blocks of rows that share weights counted as one.
std::int64_t tiles_of_all_rows(const LayerReport& layer) {
  if (!layer.buffers) return layer.tiles;
  return layer.tiles / ceil_div(layer.gemm.t, layer.buffers->plan.block_rows);
}

std::optional<DesignEnergy> design_energy(const LayerContext& context, const DesignFigures& figures,
                                          Design design) {
  if (!figures.activity || !figures.time_ns) return std::nullopt;
  const LayerReport& layer = context.layer;
  DesignEnergy energy;
  energy.time_ns = *figures.time_ns;
  energy.exact = accounted(context, figures, design, exact_activity(*figures.activity));
  energy.busy = accounted(context, figures, design,
                          busy_activity(*figures.activity, context.config, design, layer.k,
                                        figures.cycles, tiles_of_all_rows(layer), layer.gemm.t));
  return energy;
}

void add_to(AccountedEnergy& sum, const AccountedEnergy& part) {
  sum.breakdown += part.breakdown;
  if (part.half_width_pj) {
    sum.half_width_pj = std::hypot(sum.half_width_pj.value_or(0.0), *part.half_width_pj);
  }
}

std::optional<DesignEnergy> sum_of(const std::vector<EnergyFigures>& layers,
                                   std::optional<DesignEnergy> EnergyFigures::*design) {
  if (layers.empty()) return std::nullopt;
  DesignEnergy sum;
  for (const EnergyFigures& layer : layers) {
    const std::optional<DesignEnergy>& part = layer.*design;
    if (!part) return std::nullopt;
    add_to(sum.exact, part->exact);
    add_to(sum.busy, part->busy);
    sum.time_ns += part->time_ns;
  }
  for (const AccountedEnergy* energy : {&sum.exact, &sum.busy}) {
    require_finite(energy->breakdown, sum.time_ns, "total");
  }
  return sum;
}

std::optional<double> ratio(double value, double reference) {
  if (reference == 0) return std::nullopt;
  return value / reference;
}

}  // namespace

EnergyFigures layer_energy(const RunReport& report, const LayerReport& layer) {
  if (!report.technology || report.technology->widths.count(report.array.data_width_bits) == 0) {
    return {};
  }
  const ArrayConfig config(report.array);
  const LayerContext context{config, *report.technology, layer};
  return {design_energy(context, layer.arrayflex, Design::arrayflex),
          design_energy(context, layer.conventional, Design::conventional)};
}

EnergyFigures total_energy(const std::vector<EnergyFigures>& layers) {
  return {sum_of(layers, &EnergyFigures::arrayflex), sum_of(layers, &EnergyFigures::conventional)};
}

std::optional<EnergyRatios> ratios_to_conventional(const EnergyFigures& energy,
                                                   Accounting accounting) {
  if (!energy.arrayflex || !energy.conventional) return std::nullopt;
  const double own_pj = energy.arrayflex->of(accounting).breakdown.total_pj();
  const double reference_pj = energy.conventional->of(accounting).breakdown.total_pj();
  const double own_ns = energy.arrayflex->time_ns;
  const double reference_ns = energy.conventional->time_ns;
  EnergyRatios ratios;
  ratios.energy = ratio(own_pj, reference_pj);
  const std::optional<double> own_mw = power_mw(own_pj, own_ns);
  const std::optional<double> reference_mw = power_mw(reference_pj, reference_ns);
  if (own_mw && reference_mw) ratios.power = ratio(*own_mw, *reference_mw);
  ratios.energy_delay_product = ratio(energy_delay_product_pj_ns(own_pj, own_ns),
                                      energy_delay_product_pj_ns(reference_pj, reference_ns));
  return ratios;
}

namespace {

bool has_clocks(const ArrayParameters& array) {
  return array.clocks.conventional_ps || !array.clocks.mode_ps.empty();
}

// Where two weight registers per PE have a mux that the clock periods do not know of.
void add_overlap_note(RunReport& report) {
  const ArrayParameters& array = report.array;
  if (weight_banks(array.overlap) == 1 || !has_clocks(array)) return;
  const bool all_computed =
      has_technology_clocks(report) && !report.technology->has_given_period(array.modes);
  if (all_computed) return;
  report.notes.push_back(
      "the clock periods are given, not computed: the delay of the weight mux, which tiles that "
      "overlap need in front of the multiplier, is not added to them");
}

}  // namespace

void add_technology(RunReport& report, Technology technology) {
  constexpr const char* kPaperTechnology = "paper";
  constexpr int kPaperWidth = 32;
  report.technology = std::move(technology);
  const int width = report.array.data_width_bits;
  if (report.technology->name == kPaperTechnology && width != kPaperWidth &&
      has_technology_clocks(report)) {
    report.notes.push_back(
        fmt::format("the clock periods are the paper's, those of {}-bit operands; the technologies "
                    "asap7 and sky130hd have clocks of {}-bit operands",
                    kPaperWidth, width));
  }
  add_overlap_note(report);
}

void add_sampling_note(RunReport& report, std::int64_t sample_tiles) {
  report.notes.push_back(
      fmt::format("toggles and energies are ESTIMATED from a random sample of about {} tiles per "
                  "layer, but where activity.sampling says that all tiles were run; there and in "
                  "energy.*.sampling are the {:.0f} % confidence intervals",
                  sample_tiles, 100 * kSamplingConfidence));
}

bool has_technology_clocks(const RunReport& report) {
  if (!report.technology) return false;
  const ArrayParameters& array = report.array;
  const ClockPeriods periods =
      report.technology->clock_periods(array.data_width_bits, array.modes, array.overlap);
  const auto same = [&](int k) {
    const auto own = array.clocks.mode_ps.find(k);
    const auto given = periods.mode_ps.find(k);
    const bool has_own = own != array.clocks.mode_ps.end();
    const bool has_given = given != periods.mode_ps.end();
    return has_own == has_given && (!has_own || own->second == given->second);
  };
  return array.clocks.conventional_ps == periods.conventional_ps &&
         std::all_of(array.modes.begin(), array.modes.end(), same);
}

std::optional<double> dram_energy_pj(const RunReport& report, const DesignFigures& figures) {
  if (!report.technology || !report.technology->dram_pj_per_byte || !figures.memory) {
    return std::nullopt;
  }
  double bytes = 0;
  for (const DmaPart& part : kDmaParts) {
    bytes += static_cast<double>(figures.memory->dma.*part.bytes);
  }
  return bytes * report.technology->dram_pj_per_byte->value;
}

}  // namespace arrayflex
