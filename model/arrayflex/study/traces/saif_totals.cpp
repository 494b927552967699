#include "arrayflex/study/traces/saif_totals.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/error.h"
#include "arrayflex/formats/rtl_names.h"
#include "arrayflex/formats/saif.h"
#include "arrayflex/study/output_file.h"

namespace arrayflex::study {
namespace {

const DesignFigures& figures_of(const LayerReport& layer, Design design) {
  return design == Design::arrayflex ? layer.arrayflex : layer.conventional;
}

std::int64_t duration_fs(const std::string& item, const RunReport& report, Design design) {
  const ArrayConfig config(report.array);
  long double sum_fs = 0;
  for (const LayerReport& layer : report.layers) {
    const auto period_ps = config.period_ps(design, layer.k);
    if (!period_ps) {
      throw InputError(item, fmt::format("layer {} at k = {}", layer.name, layer.k),
                       "a SAIF file has durations, so every mode in use needs a clock period");
    }
    const DesignFigures& figures = figures_of(layer, design);
    const std::int64_t stalls = figures.memory ? figures.memory->stall_cycles : 0;
    sum_fs += static_cast<long double>(checked_add(figures.cycles, stalls, "cycles with stalls")) *
              (static_cast<long double>(*period_ps) * 1000);
  }
  if (sum_fs >= 9.2e18L) {
    throw InputError(item, fmt::format("{:.0f} s", static_cast<double>(sum_fs * 1e-15L)),
                     "at most 9200 s fit into its durations in femtoseconds");
  }
  return std::llround(sum_fs);
}

}  // namespace

void write_saif_totals(const TraceSettings& settings, const RunReport& report,
                       const PeToggleMap& map, const Log& log) {
  if (settings.saif_path.empty() || settings.saif_detail != SaifDetail::totals) return;
  const std::string& path = settings.saif_path;
  const Design design = settings.saif_design.value_or(Design::arrayflex);
  const std::string item = item_name(settings.wording, "saif");
  const std::int64_t duration = duration_fs(item, report, design);
  const ReportTotals sums = totals(report.layers);
  const auto& activity =
      design == Design::arrayflex ? sums.arrayflex.activity : sums.conventional.activity;
  if (!activity) throw InputError(item, path, "needs an engine that counts activity");
  StreamedFile file(path);
  const std::string top = rtl_top_name(design);
  SaifWriter writer([&](std::string_view text) { file.write(text); },
                    {top, ARRAYFLEX_VERSION, "1 fs", duration});
  const auto add = [&](const std::vector<std::string>& instance, const char* net,
                       std::int64_t toggles) {
    writer.net(instance, net, SaifWriter::kScalar, {0, 0, duration, toggles});
  };
  for (const NetClass c : net_classes_of(report.array)) add({top}, name_of(c), (*activity)[c]);
  if (design == Design::arrayflex) {  // the map is ArrayFlex's
    for (int r = 0; r < map.rows; ++r) {
      for (int c = 0; c < map.cols; ++c) add(rtl_pe_path(design, r, c), "toggles", map.at(r, c));
    }
  }
  writer.finish();
  file.commit();
  log_wrote(log, path);
}

}  // namespace arrayflex::study
