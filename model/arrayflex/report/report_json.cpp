// The report as JSON; report.h documents the keys.
#include <nlohmann/json.hpp>

#include "arrayflex/energy/energy.h"
#include "arrayflex/report/report.h"
#include "arrayflex/report/report_energy.h"

namespace arrayflex {
namespace {

using Json = nlohmann::ordered_json;

// A number that JSON cannot hold (infinity) must not reach the file as something else.
Json number_or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

Json json_of(const ActivityCounters& activity, const ArrayParameters& array) {
  Json toggles = Json::object();
  for (const NetClass c : net_classes_of(array)) toggles[name_of(c)] = activity[c];
  Json clocked = Json::object();
  Json gated = Json::object();
  for (const RegisterClass c : register_classes_of(array)) {
    clocked[name_of(c)] = activity.clocked_bits[index_of(c)];
    gated[name_of(c)] = activity.gated_bits[index_of(c)];
  }
  return Json{{"toggles", toggles}, {"clocked_bits", clocked}, {"gated_bits", gated}};
}

Json json_of(const ToggleSampling& sampling, const ArrayParameters& array) {
  Json half_width = Json::object();
  for (const NetClass c : net_classes_of(array)) {
    half_width[name_of(c)] = sampling.half_width[index_of(c)];
  }
  return {{"tiles_sampled", sampling.tiles_sampled},
          {"tiles_total", sampling.tiles_total},
          {"confidence_level", kSamplingConfidence},
          {"toggles_half_width", half_width},
          {"total_toggles_half_width", sampling.total_half_width}};
}

Json json_of(const AccountedEnergy& energy, double time_ns, const ArrayParameters& array) {
  const EnergyBreakdown& breakdown = energy.breakdown;
  const double total_pj = breakdown.total_pj();
  Json components = Json::object();
  for (const EnergyComponent c : all_energy_components()) {
    components[name_of(c)] = breakdown.component_pj(c);
  }
  Json classes = Json::object();
  for (const NetClass c : net_classes_of(array)) classes[name_of(c)] = breakdown.class_pj(c);
  for (const EnergyComponent c : {EnergyComponent::clock, EnergyComponent::leakage}) {
    classes[name_of(c)] = breakdown.component_pj(c);
  }
  Json json = {{"energy_pj", total_pj},
               {"power_mw", number_or_null(power_mw(total_pj, time_ns))},
               {"energy_delay_product_pj_ns", energy_delay_product_pj_ns(total_pj, time_ns)},
               {"by_component_pj", components},
               {"by_class_pj", classes}};
  if (energy.half_width_pj) {
    json["sampling"] = {{"confidence_level", kSamplingConfidence},
                        {"energy_half_width_pj", *energy.half_width_pj}};
  }
  return json;
}

void put_energy(Json& json, const std::optional<DesignEnergy>& energy,
                const ArrayParameters& array) {
  if (!energy) return;
  for (const Accounting a : kAllAccountings) {
    json["energy"][name_of(a)] = json_of(energy->of(a), energy->time_ns, array);
  }
}

void put_ratios(Json& json, const EnergyFigures& energy) {
  for (const Accounting a : kAllAccountings) {
    if (const auto ratios = ratios_to_conventional(energy, a)) {
      json["ratios_to_conventional"][name_of(a)] = {
          {"energy", number_or_null(ratios->energy)},
          {"power", number_or_null(ratios->power)},
          {"energy_delay_product", number_or_null(ratios->energy_delay_product)}};
    }
  }
}

void put_memory(Json& json, const RunReport& report, const DesignFigures& figures,
                std::int64_t tiles) {
  if (!figures.memory) return;
  json["stall_cycles"] = figures.memory->stall_cycles;
  Json bytes = Json::object();
  for (const auto& [name, part] : kDmaParts) bytes[name] = figures.memory->dma.*part;
  json["dma_bytes"] = bytes;
  const std::optional<double> dram_pj = dram_energy_pj(report, figures);
  if (dram_pj) json["dram_energy_pj"] = *dram_pj;
  json["bound_by"] = name_of(bound_by(figures, tiles, report.array.rows).value());
}

// The keys that every design has, in a layer as in the total.
void put_figures(Json& json, const RunReport& report, const DesignFigures& figures,
                 std::int64_t tiles, std::int64_t macs) {
  json["cycles"] = figures.cycles;
  put_memory(json, report, figures, tiles);
  json["time_ns"] = number_or_null(figures.time_ns);
  json["utilization"] = utilization(macs, figures.cycles, report.array.rows, report.array.cols);
}

void put_activity(Json& json, const ArrayParameters& array, const DesignFigures& figures,
                  const std::optional<DesignEnergy>& energy) {
  if (!figures.activity) return;
  json["activity"] = json_of(*figures.activity, array);
  if (figures.sampling) json["activity"]["sampling"] = json_of(*figures.sampling, array);
  put_energy(json, energy, array);
}

// LayerReport and ReportTotals share the names of what is written here.
template <class Entry>
Json conventional_json(const RunReport& report, const Entry& entry, const EnergyFigures& energy) {
  Json json = Json::object();
  put_figures(json, report, entry.conventional, entry.tiles, entry.macs);
  put_activity(json, report.array, entry.conventional, energy.conventional);
  return json;
}

template <class Entry>
void put_entry(Json& json, const RunReport& report, const Entry& entry,
               const EnergyFigures& energy) {
  json["tiles"] = entry.tiles;
  put_figures(json, report, entry.arrayflex, entry.tiles, entry.macs);
  json["macs"] = entry.macs;
  put_activity(json, report.array, entry.arrayflex, energy.arrayflex);
  json["conventional"] = conventional_json(report, entry, energy);
  json["cycles_saved"] = number_or_null(saving(static_cast<double>(entry.arrayflex.cycles),
                                               static_cast<double>(entry.conventional.cycles)));
  json["time_saved"] = number_or_null(saving(entry.arrayflex.time_ns, entry.conventional.time_ns));
  put_ratios(json, energy);
}

Json layer_json(const RunReport& report, const LayerReport& layer, const EnergyFigures& energy) {
  Json json = {{"name", layer.name}, {"t", layer.gemm.t},      {"n", layer.gemm.n},
               {"m", layer.gemm.m},  {"repeat", layer.repeat}, {"k", layer.k}};
  put_entry(json, report, layer, energy);
  return json;
}

Json total_json(const RunReport& report, const ReportTotals& total, const EnergyFigures& energy) {
  Json json = Json::object();
  put_entry(json, report, total, energy);
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

Json technology_json(const RunReport& report) {
  const Technology& technology = *report.technology;
  Json json = {
      {"name", technology.name},
      {"description", technology.description},
      {"source", technology.source},
      {"clock_periods_from", has_technology_clocks(report) ? "technology" : "configuration"}};
  if (technology.dram_pj_per_byte) {
    json["dram_pj_per_byte"] = {{"value", technology.dram_pj_per_byte->value},
                                {"source", technology.dram_pj_per_byte->source}};
  }
  return json;
}

Json json_of(const AreaBreakdown& area) {
  Json parts = Json::object();
  for (const SwitchingPart part : all_switching_parts()) {
    parts[name_of(part)] = area.pe_um2[static_cast<std::size_t>(part)];
  }
  return {{"pe_um2", parts},
          {"pe_total_um2", area.pe_total_um2()},
          {"skew_registers_um2", area.skew_um2},
          {"array_total_um2", area.array_total_um2()}};
}

void put_technology(Json& json, const RunReport& report) {
  if (!report.technology) return;
  const Technology& technology = *report.technology;
  json["technology"] = technology_json(report);
  if (technology.widths.count(report.array.data_width_bits) == 0) return;
  const ArrayConfig config(report.array);
  for (const Design design : {Design::arrayflex, Design::conventional}) {
    json["area"][name_of(design)] = json_of(area_of(config, design, technology));
  }
  json["area"]["pe_area_overhead"] = number_or_null(pe_area_overhead(config, technology));
}

void put_recipe(Json& json, const RunReport& report) {
  for (const auto& [name, value] : report.operand_recipe) json["operand_recipe"][name] = value;
}

}  // namespace

std::string to_json(const RunReport& report) {
  const ReportTotals total = totals(report.layers);
  const std::vector<EnergyFigures> energies = layer_energies(report);
  const EnergyFigures energy = total_energy(energies);
  Json json;
  json["workload"] = report.workload;
  json["engine"] = name_of(report.engine);
  if (!report.kernel.empty()) json["kernel"] = report.kernel;
  json["seed"] = report.seed ? Json(*report.seed) : Json();
  json["array"] = json_of(report.array);
  json["k"] = report.k ? Json(*report.k) : Json("auto");
  put_technology(json, report);
  if (report.memory) json["memory"] = json_of(*report.memory);
  put_recipe(json, report);
  if (!report.notes.empty()) json["notes"] = report.notes;
  json["layers"] = Json::array();
  for (std::size_t i = 0; i < report.layers.size(); ++i) {
    json["layers"].push_back(layer_json(report, report.layers[i], energies[i]));
  }
  json["total"] = total_json(report, total, energy);
  json["conventional"] = conventional_json(report, total, energy);
  // Names come from files: bytes that are not UTF-8 are replaced rather than refused.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace arrayflex
