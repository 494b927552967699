#include "arrayflex/report/evaluated_report.h"

namespace arrayflex {

const ReportTotals& EvaluatedReport::totals() const {
  if (!totals_) totals_ = arrayflex::totals(run_.layers);
  return *totals_;
}

const std::vector<EvaluatedEntry>& EvaluatedReport::layers() const {
  if (layers_) return *layers_;
  std::vector<EvaluatedEntry> entries;
  entries.reserve(run_.layers.size());
  for (const LayerReport& layer : run_.layers) {
    entries.push_back({&layer,
                       layer.tiles,
                       layer.macs,
                       &layer.arrayflex,
                       &layer.conventional,
                       layer_energy(run_, layer),
                       {}});
    if (layer.buffers) entries.back().buffers = layer.buffers->accesses;
  }
  layers_ = std::move(entries);
  return *layers_;
}

const EvaluatedEntry& EvaluatedReport::total() const {
  if (total_) return *total_;
  const ReportTotals& sums = totals();
  std::vector<EnergyFigures> energies;
  energies.reserve(run_.layers.size());
  for (const EvaluatedEntry& layer : layers()) energies.push_back(layer.energy);
  total_ = {nullptr,         sums.tiles,         sums.macs,
            &sums.arrayflex, &sums.conventional, total_energy(energies),
            sums.buffers};
  return *total_;
}

const std::optional<EvaluatedArea>& EvaluatedReport::area() const {
  if (area_) return *area_;
  area_.emplace();
  if (run_.technology && run_.technology->widths.count(run_.array.data_width_bits) != 0) {
    const ArrayConfig config(run_.array);
    const Technology& technology = *run_.technology;
    *area_ = EvaluatedArea{area_of(config, Design::arrayflex, technology),
                           area_of(config, Design::conventional, technology),
                           pe_area_overhead(config, technology)};
  }
  return *area_;
}

}  // namespace arrayflex
