#include "run/output/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "arrayflex/core/text.h"
#include "run/output/energy_table.h"

namespace arrayflex::command {
namespace {

using Row = std::vector<std::string>;

constexpr std::size_t kMaxNameBytes = 28;
constexpr std::size_t kMaxTitleBytes = 60;
constexpr const char* kUnknown = "-";

// All times of one table share a unit.
struct TimeUnit {
  const char* name;
  double ns;
};

TimeUnit choose_unit(const std::optional<double>& largest_ns) {
  if (!largest_ns || *largest_ns < 1e4) return {"ns", 1};
  if (*largest_ns < 1e7) return {"us", 1e3};
  return {"ms", 1e6};
}

std::string format_time(const std::optional<double>& time, const TimeUnit& unit) {
  return time ? fmt::format("{:.3f}", *time / unit.ns) : kUnknown;
}

std::string percent(const std::optional<double>& share) {
  return share ? fmt::format("{:.1f}", 100 * *share) : kUnknown;
}

// Thousands separated, whatever the locale.
std::string grouped(std::int64_t value) {
  std::string digits = std::to_string(value);
  const std::size_t first = digits.front() == '-' ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3;) digits.insert(i -= 3, 1, ',');
  return digits;
}

std::size_t display_width(const std::string& text) {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues));
}

// Stalls and bound of both designs.
void add_memory_cells(Row& row, const EvaluatedEntry& entry) {
  for (const DesignFigures* figures : {entry.arrayflex, entry.conventional}) {
    const auto bound = bound_by(*figures);
    row.push_back(figures->memory ? std::to_string(figures->memory->stall_cycles) : kUnknown);
    row.push_back(bound ? name_of(*bound) : kUnknown);
  }
}

void add_figures(Row& row, const EvaluatedEntry& entry, const ArrayParameters& array,
                 const TimeUnit& unit) {
  const auto cycles = static_cast<double>(entry.arrayflex->cycles);
  const auto reference = static_cast<double>(entry.conventional->cycles);
  row.push_back(std::to_string(entry.tiles));
  row.push_back(std::to_string(entry.arrayflex->cycles));
  row.push_back(format_time(entry.arrayflex->time_ns, unit));
  row.push_back(percent(utilization(entry.macs, entry.arrayflex->cycles, array.rows, array.cols)));
  row.push_back(std::to_string(entry.conventional->cycles));
  row.push_back(percent(saving(cycles, reference)));
  row.push_back(percent(saving(entry.arrayflex->time_ns, entry.conventional->time_ns)));
}

std::string shape_text(const LayerReport& layer) {
  std::string text = fmt::format("{}×{}×{}", layer.gemm.t, layer.gemm.n, layer.gemm.m);
  return layer.repeat == 1 ? text : fmt::format("{}*({})", layer.repeat, text);
}

std::string title(const RunReport& report, bool has_energy) {
  const ArrayParameters& array = report.array;
  return fmt::format(
      "{}: ArrayFlex {}x{}, {}-bit operands, {}-bit sums, engine {}\n"
      "baseline: the conventional array of the same size\n{}\n",
      printable(report.workload, kMaxTitleBytes), array.rows, array.cols, array.data_width_bits,
      array.acc_width_bits, name_of(report.engine), has_energy ? energy_title(report) : "");
}

std::string cycles_text(const DesignFigures& figures) {
  std::string text = fmt::format("{} cycles", grouped(figures.cycles));
  if (!figures.memory) return text;
  return fmt::format("{} + {} stalls", text, grouped(figures.memory->stall_cycles));
}

std::string latency_line(const ReportTotals& total, const TimeUnit& unit) {
  const auto side = [&](const DesignFigures& figures) {
    return figures.time_ns ? fmt::format("{} {} ({})", format_time(figures.time_ns, unit),
                                         unit.name, cycles_text(figures))
                           : cycles_text(figures);
  };
  std::string line =
      fmt::format("latency   {}, baseline {}", side(total.arrayflex), side(total.conventional));
  const auto saved = saving(total.arrayflex.time_ns, total.conventional.time_ns);
  if (saved) line += fmt::format(": {} % saved", percent(saved));
  return line + '\n';
}

std::string modes_line(const ReportTotals& total, std::size_t layer_count) {
  std::string line = "modes    ";
  for (const auto& [k, count] : total.layers_by_k) {
    line += fmt::format(" k = {}: {} of {} layers ({:.0f} %);", k, count, layer_count,
                        100.0 * static_cast<double>(count) / static_cast<double>(layer_count));
  }
  line.back() = '\n';
  return line;
}

std::string objective_line(const EvaluatedReport& report) {
  const RunReport& run = report.run();
  if (run.objective == Objective::time) return {};
  return fmt::format("objective {}: {} % less than with every layer in its fastest mode\n",
                     name_of(run.objective), percent(objective_gain(run, report.total())));
}

std::string memory_line(const RunReport& report, const ReportTotals& total) {
  if (!report.memory || !total.arrayflex.memory || !total.conventional.memory) return {};
  const auto side = [](const DmaTraffic& traffic) {
    return fmt::format("{} bytes read, {} written",
                       grouped(static_cast<std::int64_t>(traffic.read())),
                       grouped(static_cast<std::int64_t>(traffic.x_written)));
  };
  return fmt::format("memory    {}: {}; baseline {}\n", report.memory->model,
                     side(total.arrayflex.memory->dma), side(total.conventional.memory->dma));
}

std::string toggles_line(const ReportTotals& total) {
  if (!total.arrayflex.activity || !total.conventional.activity) return {};
  const std::int64_t own = total.arrayflex.activity->total_toggles();
  const std::int64_t reference = total.conventional.activity->total_toggles();
  const std::optional<ToggleSampling>& sampling = total.arrayflex.sampling;
  if (!sampling || sampling->is_exact()) {
    return fmt::format("toggles   {}, baseline {}\n", grouped(own), grouped(reference));
  }
  const auto half_width = [](const DesignFigures& figures) {
    return grouped(std::llround(figures.sampling->total_half_width));
  };
  return fmt::format(
      "toggles   {} ± {}, baseline {} ± {}\n"
      "          ESTIMATED from a random sample of {} of {} tiles ({:.0f} % confidence), not "
      "exact\n",
      grouped(own), half_width(total.arrayflex), grouped(reference), half_width(total.conventional),
      grouped(sampling->tiles_sampled), grouped(sampling->tiles_total), 100 * kSamplingConfidence);
}

}  // namespace

std::string align(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(row[i]));
    }
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - display_width(row[i]), ' ');
      line += (i == 0 ? "" : "  ") + (i == 0 ? row[i] + padding : padding + row[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string printable(const std::string& text, std::size_t limit) {
  std::string result = without_control_characters(text, '?');
  if (result.size() <= limit) return result;
  return shortened(result, limit - 3);
}

std::string format_table(const EvaluatedReport& report) {
  const RunReport& run = report.run();
  const EvaluatedEntry& total = report.total();
  const TimeUnit unit = choose_unit(total.arrayflex->time_ns);
  const bool has_energy = has_ratios(report);
  std::vector<Row> rows;
  rows.push_back({"", "", "", "", "", "time", "util.", "baseline", "cycles", "time"});
  rows.push_back({"layer", "T×N×M", "k", "tiles", "cycles", fmt::format("[{}]", unit.name), "[%]",
                  "cycles", "saved [%]", "saved [%]"});
  if (run.memory) {
    for (const char* design : {"", "baseline"}) {
      rows[0].insert(rows[0].end(), {design, design});
      rows[1].insert(rows[1].end(), {"stalls", "bound"});
    }
  }
  if (has_energy) add_energy_header(rows[0], rows[1]);
  const auto add = [&](Row row, const EvaluatedEntry& entry) {
    add_figures(row, entry, run.array, unit);
    if (run.memory) add_memory_cells(row, entry);
    if (has_energy) add_energy_cells(row, entry.energy);
    rows.push_back(std::move(row));
  };
  for (const EvaluatedEntry& entry : report.layers()) {
    const LayerReport& layer = *entry.layer;
    add({printable(layer.name, kMaxNameBytes), shape_text(layer), std::to_string(layer.k)}, entry);
  }
  add({"total", "", ""}, total);
  std::string text = title(run, has_energy) + align(rows);
  if (has_energy) text += '\n' + absolute_energy_table(report);
  const std::string by_class = class_energy_table(total.energy, run.array);
  return by_class.empty() ? text : text + '\n' + by_class;
}

std::string format_summary(const EvaluatedReport& report) {
  const ReportTotals& total = report.totals();
  return latency_line(total, choose_unit(total.arrayflex.time_ns)) +
         modes_line(total, report.run().layers.size()) + objective_line(report) +
         memory_line(report.run(), total) + toggles_line(total) + energy_summary(report) +
         area_line(report);
}

}  // namespace arrayflex::command
