#include "run/output/energy_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>

#include "run/output/table.h"

namespace arrayflex::command {
namespace {

constexpr std::size_t kMaxNameBytes = 40;
constexpr std::size_t kMaxLayerNameBytes = 28;

struct Unit {
  const char* name;
  double factor;  ///< in the unit that reports use
};

constexpr Unit kEnergyUnits[] = {{"pJ", 1}, {"nJ", 1e3}, {"uJ", 1e6}, {"mJ", 1e9}, {"J", 1e12}};
constexpr Unit kPowerUnits[] = {{"uW", 1e-3}, {"mW", 1}, {"W", 1e3}};
constexpr Unit kEnergyDelayUnits[] = {{"pJ*ns", 1},   {"nJ*ns", 1e3},  {"nJ*us", 1e6},
                                      {"uJ*us", 1e9}, {"uJ*ms", 1e12}, {"mJ*ms", 1e15}};

// The largest unit of which there is at least one, else the smallest.
template <class Units>
const Unit& choose_unit(const Units& units, double value) {
  const auto first_too_large = std::find_if(std::begin(units), std::end(units),
                                            [=](const Unit& unit) { return unit.factor > value; });
  return first_too_large == std::begin(units) ? units[0] : *std::prev(first_too_large);
}

std::string ratio_text(const std::optional<double>& ratio) {
  return ratio ? fmt::format("{:.3f}", *ratio) : "-";
}

// "exact 1.234 uJ, baseline 1.2 uJ: ratio 1.028"; half widths are shown where there are any.
template <class Units>
std::string comparison(const char* name, const Units& units, double own, double reference,
                       const std::optional<double>& ratio,
                       const std::optional<double>& own_half_width = std::nullopt,
                       const std::optional<double>& reference_half_width = std::nullopt) {
  const Unit& unit = choose_unit(units, std::max(own, reference));
  const auto side = [&](double value, const std::optional<double>& half_width) {
    std::string text = fmt::format("{:.4g}", value / unit.factor);
    if (half_width) text += fmt::format(" ± {:.2g}", *half_width / unit.factor);
    return fmt::format("{} {}", text, unit.name);
  };
  return fmt::format("{} {}, baseline {}: ratio {}", name, side(own, own_half_width),
                     side(reference, reference_half_width), ratio_text(ratio));
}

double energy_pj(const DesignEnergy& energy, Accounting accounting) {
  return energy.of(accounting).breakdown.total_pj();
}

double mean_power_mw(const DesignEnergy& energy, Accounting accounting) {
  return power_mw(energy_pj(energy, accounting), energy.time_ns).value_or(0);
}

double energy_delay_pj_ns(const DesignEnergy& energy, Accounting accounting) {
  return energy_delay_product_pj_ns(energy_pj(energy, accounting), energy.time_ns);
}

std::string dram_line(const EvaluatedReport& report) {
  const auto own = dram_energy_pj(report.run(), *report.total().arrayflex);
  const auto reference = dram_energy_pj(report.run(), *report.total().conventional);
  if (!own || !reference) return {};
  const Unit& unit = choose_unit(kEnergyUnits, std::max(*own, *reference));
  return fmt::format("DRAM      {:.4g} {}, baseline {:.4g} {}: not part of the array's energy\n",
                     *own / unit.factor, unit.name, *reference / unit.factor, unit.name);
}

}  // namespace

bool has_ratios(const EvaluatedReport& report) {
  const auto has_both = [](const EvaluatedEntry& layer) {
    return layer.energy.arrayflex && layer.energy.conventional;
  };
  return std::any_of(report.layers().begin(), report.layers().end(), has_both);
}

void add_energy_header(std::vector<std::string>& first, std::vector<std::string>& second) {
  for (const char* figure : {"power", "EDP"}) {
    for (const Accounting a : kAllAccountings) {
      first.emplace_back(figure);
      second.emplace_back(name_of(a));
    }
  }
}

void add_energy_cells(std::vector<std::string>& row, const EnergyFigures& energy) {
  for (const auto member : {&EnergyRatios::power, &EnergyRatios::energy_delay_product}) {
    for (const Accounting a : kAllAccountings) {
      const auto ratios = ratios_to_conventional(energy, a);
      row.push_back(ratio_text(ratios ? (*ratios).*member : std::nullopt));
    }
  }
}

namespace {

// The unit of a column: that of its largest figure, so that its cells share it.
struct Quantities {
  const char* title;
  const Unit* unit;
  double (*get)(const DesignEnergy& energy, Accounting accounting);
};

template <class Units>
Quantities quantities_of(const char* title, const Units& units,
                         const std::vector<EvaluatedEntry>& layers,
                         double (*get)(const DesignEnergy&, Accounting)) {
  double largest = 0;
  for (const EvaluatedEntry& layer : layers) {
    const std::optional<DesignEnergy>& energy = layer.energy.arrayflex;
    if (!energy) continue;
    for (const Accounting a : kAllAccountings) largest = std::max(largest, get(*energy, a));
  }
  return {title, &choose_unit(units, largest), get};
}

std::string figure_text(double value, const Unit& unit) {
  // Totals share the unit of the layers: no power of ten where they are large.
  const double figure = value / unit.factor;
  return figure < 1e4 ? fmt::format("{:.4g}", figure) : fmt::format("{:.0f}", figure);
}

// A table of its own: with the ratios in one, lines would be too long to read.
std::vector<std::string> absolute_row(const std::string& name, const EnergyFigures& energy,
                                      const std::vector<Quantities>& columns) {
  std::vector<std::string> row{name};
  for (const Quantities& column : columns) {
    for (const Accounting a : kAllAccountings) {
      row.push_back(energy.arrayflex ? figure_text(column.get(*energy.arrayflex, a), *column.unit)
                                     : "-");
    }
  }
  return row;
}

std::vector<std::string> class_row(const std::string& name, const EnergyFigures& energy,
                                   const Unit& unit,
                                   const std::function<double(const EnergyBreakdown&)>& get) {
  std::vector<std::string> row{name};
  for (const auto& design : {&energy.arrayflex, &energy.conventional}) {
    for (const Accounting a : kAllAccountings) {
      row.push_back(figure_text(get((*design)->of(a).breakdown), unit));
    }
  }
  return row;
}

}  // namespace

std::string absolute_energy_table(const EvaluatedReport& report) {
  const std::vector<EvaluatedEntry>& layers = report.layers();
  const std::vector<Quantities> columns{
      quantities_of("energy", kEnergyUnits, layers, energy_pj),
      quantities_of("power", kPowerUnits, layers, mean_power_mw),
      quantities_of("EDP", kEnergyDelayUnits, layers, energy_delay_pj_ns)};
  std::vector<std::vector<std::string>> rows{{""}, {"ArrayFlex"}};
  for (const Quantities& column : columns) {
    for (const Accounting a : kAllAccountings) {
      rows[0].push_back(fmt::format("{} {}", column.title, name_of(a)));
      rows[1].push_back(fmt::format("[{}]", column.unit->name));
    }
  }
  for (const EvaluatedEntry& layer : layers) {
    const std::string name = printable(layer.layer->name, kMaxLayerNameBytes);
    rows.push_back(absolute_row(name, layer.energy, columns));
  }
  rows.push_back(absolute_row("total", report.total().energy, columns));
  return align(rows);
}

std::string class_energy_table(const EnergyFigures& energy, const ArrayParameters& array) {
  if (!energy.arrayflex || !energy.conventional) return {};
  double largest = 0;
  for (const Accounting a : kAllAccountings) {
    largest =
        std::max({largest, energy_pj(*energy.arrayflex, a), energy_pj(*energy.conventional, a)});
  }
  const Unit& unit = choose_unit(kEnergyUnits, largest);
  std::vector<std::vector<std::string>> rows{
      {"energy by", "ArrayFlex", "ArrayFlex", "baseline", "baseline"},
      {fmt::format("class [{}]", unit.name), "exact", "busy", "exact", "busy"}};
  for (const NetClass c : net_classes_of(array)) {
    rows.push_back(class_row(name_of(c), energy, unit,
                             [=](const EnergyBreakdown& e) { return e.class_pj(c); }));
  }
  for (const EnergyComponent c : {EnergyComponent::clock, EnergyComponent::leakage}) {
    rows.push_back(class_row(name_of(c), energy, unit,
                             [=](const EnergyBreakdown& e) { return e.component_pj(c); }));
  }
  return align(rows);
}

std::string area_line(const EvaluatedReport& report) {
  const std::optional<EvaluatedArea>& area = report.area();
  if (!area) return {};
  return fmt::format(
      "area      PE {:.4g} um2, baseline {:.4g} um2{}; array {:.4g} mm2, baseline "
      "{:.4g} mm2\n",
      area->arrayflex.pe_total_um2(), area->conventional.pe_total_um2(),
      area->pe_overhead ? fmt::format(": {:+.1f} %", 100 * *area->pe_overhead) : "",
      area->arrayflex.array_total_um2() * 1e-6, area->conventional.array_total_um2() * 1e-6);
}

std::string energy_title(const RunReport& report) {
  return fmt::format(
      "power, EDP: ratios to the baseline in the accountings exact and busy, technology {}\n",
      report.technology ? printable(report.technology->name, kMaxNameBytes) : "unknown");
}

std::string energy_summary(const EvaluatedReport& report) {
  std::string dram = dram_line(report);
  const EnergyFigures& energy = report.total().energy;
  if (!energy.arrayflex || !energy.conventional) return dram;
  const DesignEnergy& own = *energy.arrayflex;
  const DesignEnergy& reference = *energy.conventional;
  std::string lines[] = {"energy    ", "power     ", "EDP       "};
  for (const Accounting a : kAllAccountings) {
    const EnergyRatios ratios = ratios_to_conventional(energy, a).value();
    const auto add = [&](std::string& line, const auto& units, const auto& get, const auto& ratio,
                         const auto&... half_widths) {
      if (a != kAllAccountings.front()) line += "; ";
      line += comparison(name_of(a), units, get(own, a), get(reference, a), ratio, half_widths...);
    };
    add(lines[0], kEnergyUnits, energy_pj, ratios.energy, own.of(a).half_width_pj,
        reference.of(a).half_width_pj);
    add(lines[1], kPowerUnits, mean_power_mw, ratios.power);
    add(lines[2], kEnergyDelayUnits, energy_delay_pj_ns, ratios.energy_delay_product);
  }
  return fmt::format("{}\n", fmt::join(lines, "\n")) + dram;
}

}  // namespace arrayflex::command
