#include "arrayflex/core/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "arrayflex/core/checked.h"

namespace arrayflex {
namespace {

using Json = nlohmann::ordered_json;

// Name and place of each part of the traffic.
constexpr std::pair<const char*, std::int64_t DmaBytes::*> kDmaParts[] = {
    {"a", &DmaBytes::a},
    {"b", &DmaBytes::b},
    {"x_read", &DmaBytes::x_read},
    {"x_written", &DmaBytes::x_written},
    {"descriptors", &DmaBytes::descriptors}};

void add_memory(MemoryFigures& sum, const MemoryFigures& part) {
  sum.stall_cycles = checked_add(sum.stall_cycles, part.stall_cycles, "total stall cycles");
  for (const auto& [name, bytes] : kDmaParts) {
    sum.dma.*bytes = checked_add(sum.dma.*bytes, part.dma.*bytes, "total DMA bytes");
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

// A number that JSON cannot hold (infinity) must not reach the file as something else.
Json number_or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

Json json_of(const ActivityCounters& activity) {
  Json toggles = Json::object();
  for (const NetClass c : all_net_classes()) toggles[name_of(c)] = activity[c];
  Json clocked = Json::object();
  Json gated = Json::object();
  for (const RegisterClass c : all_register_classes()) {
    clocked[name_of(c)] = activity.clocked_bits[static_cast<std::size_t>(c)];
    gated[name_of(c)] = activity.gated_bits[static_cast<std::size_t>(c)];
  }
  return Json{{"toggles", toggles}, {"clocked_bits", clocked}, {"gated_bits", gated}};
}

Json json_of(const ToggleSampling& sampling) {
  Json half_width = Json::object();
  for (const NetClass c : all_net_classes()) {
    half_width[name_of(c)] = sampling.half_width[static_cast<std::size_t>(c)];
  }
  return {{"tiles_sampled", sampling.tiles_sampled},
          {"tiles_total", sampling.tiles_total},
          {"confidence_level", kSamplingConfidence},
          {"toggles_half_width", half_width},
          {"total_toggles_half_width", sampling.total_half_width}};
}

void put_memory(Json& json, const DesignFigures& figures, std::int64_t tiles, int rows) {
  if (!figures.memory) return;
  json["stall_cycles"] = figures.memory->stall_cycles;
  Json bytes = Json::object();
  for (const auto& [name, part] : kDmaParts) bytes[name] = figures.memory->dma.*part;
  json["dma_bytes"] = bytes;
  json["bound_by"] = name_of(bound_by(figures, tiles, rows).value());
}

// The keys that every design has, in a layer as in the total.
void put_figures(Json& json, const DesignFigures& figures, std::int64_t tiles, std::int64_t macs,
                 const ArrayParameters& array) {
  json["cycles"] = figures.cycles;
  put_memory(json, figures, tiles, array.rows);
  json["time_ns"] = number_or_null(figures.time_ns);
  json["utilization"] = utilization(macs, figures.cycles, array.rows, array.cols);
}

void put_activity(Json& json, const DesignFigures& figures) {
  if (!figures.activity) return;
  json["activity"] = json_of(*figures.activity);
  if (figures.sampling) json["activity"]["sampling"] = json_of(*figures.sampling);
}

Json conventional_json(const DesignFigures& figures, std::int64_t tiles, std::int64_t macs,
                       const ArrayParameters& array) {
  Json json = Json::object();
  put_figures(json, figures, tiles, macs, array);
  put_activity(json, figures);
  return json;
}

// LayerReport and ReportTotals share the names of what is written here.
template <class Entry>
void put_entry(Json& json, const Entry& entry, const ArrayParameters& array) {
  json["tiles"] = entry.tiles;
  put_figures(json, entry.arrayflex, entry.tiles, entry.macs, array);
  json["macs"] = entry.macs;
  put_activity(json, entry.arrayflex);
  json["conventional"] = conventional_json(entry.conventional, entry.tiles, entry.macs, array);
  json["cycles_saved"] = number_or_null(saving(static_cast<double>(entry.arrayflex.cycles),
                                               static_cast<double>(entry.conventional.cycles)));
  json["time_saved"] = number_or_null(saving(entry.arrayflex.time_ns, entry.conventional.time_ns));
}

Json json_of(const LayerReport& layer, const ArrayParameters& array) {
  Json json = {{"name", layer.name}, {"t", layer.gemm.t},      {"n", layer.gemm.n},
               {"m", layer.gemm.m},  {"repeat", layer.repeat}, {"k", layer.k}};
  put_entry(json, layer, array);
  return json;
}

Json json_of(const ReportTotals& total, const ArrayParameters& array) {
  Json json = Json::object();
  put_entry(json, total, array);
  Json by_k = Json::object();
  for (const auto& [k, count] : total.layers_by_k) by_k[std::to_string(k)] = count;
  json["layers_by_k"] = by_k;
  return json;
}

Json json_of(const ArrayParameters& array) {
  Json periods = Json::object();
  periods["conventional"] = number_or_null(array.clocks.conventional_ps);
  for (const int k : array.modes) {
    const auto found = array.clocks.mode_ps.find(k);
    periods[std::to_string(k)] = found == array.clocks.mode_ps.end() ? Json() : Json(found->second);
  }
  return {{"rows", array.rows},
          {"cols", array.cols},
          {"data_width_bits", array.data_width_bits},
          {"acc_width_bits", array.acc_width_bits},
          {"modes", array.modes},
          {"clock_period_ps", periods}};
}

Json json_of(const MemoryDescription& memory) {
  return {{"model", memory.model},
          {"bytes_per_cycle", number_or_null(memory.bytes_per_cycle)},
          {"latency_ns", memory.latency_ns},
          {"reference_period_ps", memory.reference_period_ps},
          {"dma_burst_bytes", memory.dma_burst_bytes},
          {"dma_outstanding_count", memory.dma_outstanding_count}};
}

struct CsvColumn {
  std::string name;
  std::function<std::string(const LayerReport&)> field;
};

std::string csv_text(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string csv_number(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : std::string();
}

// A column of an integer; `get` yields it.
template <class Get>
CsvColumn integer_column(std::string name, Get get) {
  return {std::move(name), [get](const LayerReport& l) { return std::to_string(get(l)); }};
}

using Figures = DesignFigures LayerReport::*;

void add_design_columns(std::vector<CsvColumn>& columns, const std::string& prefix, Figures design,
                        const ArrayParameters& array) {
  const int rows = array.rows;
  const int cols = array.cols;
  columns.push_back(integer_column(prefix + "latency_cycles",
                                   [=](const LayerReport& l) { return (l.*design).cycles; }));
  columns.push_back(
      {prefix + "time_ns", [=](const LayerReport& l) { return csv_number((l.*design).time_ns); }});
  columns.push_back({prefix + "utilization_ratio", [=](const LayerReport& l) {
                       return csv_number(utilization(l.macs, (l.*design).cycles, rows, cols));
                     }});
}

void add_memory_columns(std::vector<CsvColumn>& columns, const std::string& prefix, Figures design,
                        int rows) {
  columns.push_back(integer_column(prefix + "stall_cycles", [=](const LayerReport& l) {
    return (l.*design).memory->stall_cycles;
  }));
  for (const auto& part : kDmaParts) {
    const auto bytes = part.second;
    columns.push_back(
        integer_column(fmt::format("{}dma_{}_bytes", prefix, part.first),
                       [=](const LayerReport& l) { return (l.*design).memory->dma.*bytes; }));
  }
  columns.push_back({prefix + "bound_by", [=](const LayerReport& l) {
                       return std::string(name_of(bound_by(l.*design, l.tiles, rows).value()));
                     }});
}

void add_activity_columns(std::vector<CsvColumn>& columns, const std::string& prefix,
                          Figures design) {
  for (const NetClass c : all_net_classes()) {
    columns.push_back(integer_column(prefix + name_of(c) + "_toggles", [=](const LayerReport& l) {
      return (*(l.*design).activity)[c];
    }));
  }
  for (const RegisterClass c : all_register_classes()) {
    const auto i = static_cast<std::size_t>(c);
    columns.push_back(integer_column(
        prefix + name_of(c) + "_clocked_bit_cycles",
        [=](const LayerReport& l) { return (l.*design).activity->clocked_bits[i]; }));
    columns.push_back(
        integer_column(prefix + name_of(c) + "_gated_bit_cycles",
                       [=](const LayerReport& l) { return (l.*design).activity->gated_bits[i]; }));
  }
}

void add_sampling_columns(std::vector<CsvColumn>& columns, const std::string& prefix,
                          Figures design) {
  columns.push_back(integer_column(prefix + "sampled_tiles_count", [=](const LayerReport& l) {
    return (l.*design).sampling->tiles_sampled;
  }));
  for (const NetClass c : all_net_classes()) {
    const auto i = static_cast<std::size_t>(c);
    columns.push_back({prefix + name_of(c) + "_half_width_toggles", [=](const LayerReport& l) {
                         return fmt::format("{}", (l.*design).sampling->half_width[i]);
                       }});
  }
}

std::vector<CsvColumn> csv_columns(const RunReport& report) {
  std::vector<CsvColumn> columns;
  columns.push_back({"layer_name", [](const LayerReport& l) { return csv_text(l.name); }});
  columns.push_back(integer_column("t_rows", [](const LayerReport& l) { return l.gemm.t; }));
  columns.push_back(integer_column("n_elements", [](const LayerReport& l) { return l.gemm.n; }));
  columns.push_back(integer_column("m_columns", [](const LayerReport& l) { return l.gemm.m; }));
  columns.push_back(integer_column("repeat_count", [](const LayerReport& l) { return l.repeat; }));
  columns.push_back(integer_column("k_collapse_factor", [](const LayerReport& l) { return l.k; }));
  columns.push_back(integer_column("tiles_count", [](const LayerReport& l) { return l.tiles; }));
  columns.push_back(integer_column("macs_count", [](const LayerReport& l) { return l.macs; }));
  const std::pair<const char*, Figures> designs[] = {{"", &LayerReport::arrayflex},
                                                     {"conventional_", &LayerReport::conventional}};
  for (const auto& [prefix, design] : designs) {
    add_design_columns(columns, prefix, design, report.array);
  }
  for (const auto& [prefix, design] : designs) {
    const Figures figures = design;
    const auto all_have = [&](auto member) {
      return std::all_of(report.layers.begin(), report.layers.end(),
                         [=](const LayerReport& l) { return ((l.*figures).*member).has_value(); });
    };
    if (!report.layers.empty() && all_have(&DesignFigures::memory)) {
      add_memory_columns(columns, prefix, design, report.array.rows);
    }
    if (!all_have(&DesignFigures::activity)) continue;
    add_activity_columns(columns, prefix, design);
    if (all_have(&DesignFigures::sampling)) add_sampling_columns(columns, prefix, design);
  }
  return columns;
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

std::optional<Bound> bound_by(const DesignFigures& figures, std::int64_t tiles, int rows) {
  if (!figures.memory) return std::nullopt;
  const std::int64_t load = checked_mul(tiles, rows, "load cycles");
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
  }
  return sum;
}

std::string to_json(const RunReport& report) {
  const ReportTotals total = totals(report.layers);
  Json json;
  json["workload"] = report.workload;
  json["engine"] = report.engine;
  if (!report.kernel.empty()) json["kernel"] = report.kernel;
  json["seed"] = report.seed ? Json(*report.seed) : Json();
  json["array"] = json_of(report.array);
  if (report.memory) json["memory"] = json_of(*report.memory);
  if (!report.operand_recipe.empty()) {
    Json recipe = Json::object();
    for (const auto& [name, value] : report.operand_recipe) recipe[name] = value;
    json["operand_recipe"] = recipe;
  }
  if (!report.notes.empty()) json["notes"] = report.notes;
  json["layers"] = Json::array();
  for (const LayerReport& layer : report.layers) {
    json["layers"].push_back(json_of(layer, report.array));
  }
  json["total"] = json_of(total, report.array);
  json["conventional"] =
      conventional_json(total.conventional, total.tiles, total.macs, report.array);
  // Names come from files: bytes that are not UTF-8 are replaced rather than refused.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string to_csv(const RunReport& report) {
  const std::vector<CsvColumn> columns = csv_columns(report);
  std::string text;
  for (const CsvColumn& column : columns) {
    if (!text.empty()) text += ',';
    text += column.name;
  }
  text += '\n';
  for (const LayerReport& layer : report.layers) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i != 0) text += ',';
      text += columns[i].field(layer);
    }
    text += '\n';
  }
  return text;
}

}  // namespace arrayflex
