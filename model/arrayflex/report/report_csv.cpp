// The layers of a report as CSV.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "arrayflex/core/text.h"
#include "arrayflex/energy/energy.h"
#include "arrayflex/report/report.h"
#include "arrayflex/report/report_energy.h"

namespace arrayflex {
namespace {

// A column and how it gets its field from an entry, a layer or its energies.
template <class Entry>
struct Column {
  std::string name;
  std::function<std::string(const Entry&)> field;
};
using CsvColumn = Column<LayerReport>;
using EnergyColumn = Column<EnergyFigures>;

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
                        const RunReport& report) {
  const int rows = report.array.rows;
  columns.push_back(integer_column(prefix + "stall_cycles", [=](const LayerReport& l) {
    return (l.*design).memory->stall_cycles;
  }));
  for (const DmaPart& part : kDmaParts) {
    const auto bytes = part.bytes;
    columns.push_back(
        integer_column(fmt::format("{}dma_{}_bytes", prefix, part.name),
                       [=](const LayerReport& l) { return (l.*design).memory->dma.*bytes; }));
  }
  if (report.technology && report.technology->dram_pj_per_byte) {
    columns.push_back({prefix + "dram_energy_pj", [=, &report](const LayerReport& l) {
                         return csv_number(dram_energy_pj(report, l.*design));
                       }});
  }
  columns.push_back({prefix + "bound_by", [=](const LayerReport& l) {
                       return std::string(name_of(bound_by(l.*design, l.tiles, rows).value()));
                     }});
}

void add_activity_columns(std::vector<CsvColumn>& columns, const std::string& prefix,
                          Figures design, const ArrayParameters& array) {
  for (const NetClass c : net_classes_of(array)) {
    columns.push_back(integer_column(prefix + name_of(c) + "_toggles", [=](const LayerReport& l) {
      return (*(l.*design).activity)[c];
    }));
  }
  for (const RegisterClass c : register_classes_of(array)) {
    const std::size_t i = index_of(c);
    columns.push_back(integer_column(
        prefix + name_of(c) + "_clocked_bit_cycles",
        [=](const LayerReport& l) { return (l.*design).activity->clocked_bits[i]; }));
    columns.push_back(
        integer_column(prefix + name_of(c) + "_gated_bit_cycles",
                       [=](const LayerReport& l) { return (l.*design).activity->gated_bits[i]; }));
  }
}

void add_sampling_columns(std::vector<CsvColumn>& columns, const std::string& prefix,
                          Figures design, const ArrayParameters& array) {
  columns.push_back(integer_column(prefix + "sampled_tiles_count", [=](const LayerReport& l) {
    return (l.*design).sampling->tiles_sampled;
  }));
  for (const NetClass c : net_classes_of(array)) {
    const std::size_t i = index_of(c);
    columns.push_back({prefix + name_of(c) + "_half_width_toggles", [=](const LayerReport& l) {
                         return fmt::format("{}", (l.*design).sampling->half_width[i]);
                       }});
  }
}

using DesignMember = std::optional<DesignEnergy> EnergyFigures::*;

// The energy of a design in an accounting; `get` takes it and the time to a number.
template <class Get>
EnergyColumn energy_column(std::string name, DesignMember design, Accounting accounting, Get get) {
  return {std::move(name), [=](const EnergyFigures& energy) {
            const DesignEnergy& figures = (energy.*design).value();
            return csv_number(get(figures.of(accounting), figures.time_ns));
          }};
}

void add_energy_columns(std::vector<EnergyColumn>& columns, const std::string& design_prefix,
                        DesignMember design, Accounting accounting, bool sampled,
                        const ArrayParameters& array) {
  const std::string prefix = fmt::format("{}{}_", design_prefix, name_of(accounting));
  const auto add = [&](const std::string& name, auto get) {
    columns.push_back(energy_column(prefix + name, design, accounting, get));
  };
  using Energy = AccountedEnergy;
  add("energy_pj", [](const Energy& e, double) { return e.breakdown.total_pj(); });
  add("power_mw", [](const Energy& e, double ns) { return power_mw(e.breakdown.total_pj(), ns); });
  add("edp_pj_ns", [](const Energy& e, double ns) {
    return energy_delay_product_pj_ns(e.breakdown.total_pj(), ns);
  });
  for (const EnergyComponent c : all_energy_components()) {
    add(fmt::format("{}_energy_pj", name_of(c)),
        [=](const Energy& e, double) { return e.breakdown.component_pj(c); });
  }
  // The same switching energy once more, by the nets that toggle instead of the parts that spend
  // it.
  for (const NetClass c : net_classes_of(array)) {
    add(fmt::format("class_{}_energy_pj", name_of(c)),
        [=](const Energy& e, double) { return e.breakdown.class_pj(c); });
  }
  if (sampled) {
    add("half_width_energy_pj",
        [](const Energy& e, double) { return e.half_width_pj.value_or(0.0); });
  }
}

void add_ratio_columns(std::vector<EnergyColumn>& columns, Accounting accounting) {
  constexpr std::pair<const char*, std::optional<double> EnergyRatios::*> kRatios[] = {
      {"energy", &EnergyRatios::energy},
      {"power", &EnergyRatios::power},
      {"edp", &EnergyRatios::energy_delay_product}};
  for (const auto& ratio : kRatios) {
    const auto member = ratio.second;
    columns.push_back({fmt::format("{}_{}_to_conventional_ratio", name_of(accounting), ratio.first),
                       [=](const EnergyFigures& energy) {
                         return csv_number(ratios_to_conventional(energy, accounting).value().*
                                           member);
                       }});
  }
}

// None unless every layer has the energies of both designs.
std::vector<EnergyColumn> energy_columns(const std::vector<EnergyFigures>& energies,
                                         const ArrayParameters& array) {
  std::vector<EnergyColumn> columns;
  const auto has_both = [](const EnergyFigures& e) { return e.arrayflex && e.conventional; };
  if (energies.empty() || !std::all_of(energies.begin(), energies.end(), has_both)) return columns;
  const bool sampled = std::any_of(energies.begin(), energies.end(), [](const EnergyFigures& e) {
    return e.arrayflex->exact.half_width_pj.has_value();
  });
  const std::pair<const char*, DesignMember> designs[] = {
      {"", &EnergyFigures::arrayflex}, {"conventional_", &EnergyFigures::conventional}};
  for (const auto& [prefix, design] : designs) {
    for (const Accounting a : kAllAccountings) {
      add_energy_columns(columns, prefix, design, a, sampled, array);
    }
  }
  for (const Accounting a : kAllAccountings) add_ratio_columns(columns, a);
  return columns;
}

std::vector<CsvColumn> csv_columns(const RunReport& report) {
  std::vector<CsvColumn> columns;
  columns.push_back({"layer_name", [](const LayerReport& l) { return csv_field(l.name); }});
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
      add_memory_columns(columns, prefix, design, report);
    }
    if (!all_have(&DesignFigures::activity)) continue;
    add_activity_columns(columns, prefix, design, report.array);
    if (all_have(&DesignFigures::sampling))
      add_sampling_columns(columns, prefix, design, report.array);
  }
  return columns;
}

}  // namespace

std::string to_csv(const RunReport& report) {
  const std::vector<CsvColumn> columns = csv_columns(report);
  const std::vector<EnergyFigures> energies = layer_energies(report);
  const std::vector<EnergyColumn> own_energy_columns = energy_columns(energies, report.array);
  std::vector<std::string> fields;
  fields.reserve(columns.size() + own_energy_columns.size());
  for (const CsvColumn& column : columns) fields.push_back(column.name);
  for (const EnergyColumn& column : own_energy_columns) fields.push_back(column.name);
  std::string text = fmt::format("{}\n", fmt::join(fields, ","));
  for (std::size_t i = 0; i < report.layers.size(); ++i) {
    fields.clear();
    for (const CsvColumn& column : columns) fields.push_back(column.field(report.layers[i]));
    for (const EnergyColumn& column : own_energy_columns) {
      fields.push_back(column.field(energies[i]));
    }
    text += fmt::format("{}\n", fmt::join(fields, ","));
  }
  return text;
}

}  // namespace arrayflex
