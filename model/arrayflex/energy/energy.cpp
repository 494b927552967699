#include "arrayflex/energy/energy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "arrayflex/core/error.h"
#include "arrayflex/core/latency.h"

namespace arrayflex {
namespace {

constexpr double kPjPerFj = 1e-3;
constexpr double kPjPerNwNs = 1e-6;

// Adds up in index order: sums are the same wherever they are formed.
template <typename Numbers>
double sum_of(const Numbers& numbers) {
  double sum = 0;
  for (const double number : numbers) sum += number;
  return sum;
}

template <typename Numbers>
void add_to(Numbers& sum, const Numbers& numbers) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += numbers[i];
}

template <std::size_t count>
std::array<double, count> as_doubles(const std::array<std::int64_t, count>& numbers) {
  std::array<double, count> doubles{};
  for (std::size_t i = 0; i < count; ++i) doubles[i] = static_cast<double>(numbers[i]);
  return doubles;
}

std::int64_t physical_bits(const ArrayConfig& config, RegisterClass c) {
  return width_of(c).bits(config.parameters()) * physical_registers(config.parameters(), c);
}

const DesignTechnology& numbers_of(const ArrayConfig& config, Design design,
                                   const Technology& technology) {
  technology.require_numbers(config.data_width_bits(), config.overlap());
  return technology.width(config.data_width_bits()).design(design);
}

// The share of the second weight register; nullptr where there is none.
const OverlapTechnology* second_register(const ArrayConfig& config,
                                         const DesignTechnology& numbers) {
  return weight_banks(config.overlap()) > 1 ? &*numbers.overlap : nullptr;
}

}  // namespace

const char* name_of(Accounting accounting) {
  return accounting == Accounting::exact ? "exact" : "busy";
}

const char* name_of(EnergyComponent component) {
  if (component == EnergyComponent::clock) return "clock";
  if (component == EnergyComponent::leakage) return "leakage";
  return name_of(static_cast<SwitchingPart>(component));
}

const std::array<EnergyComponent, kEnergyComponentCount>& all_energy_components() {
  static constexpr std::array<EnergyComponent, kEnergyComponentCount> components{
      EnergyComponent::registers,  EnergyComponent::multiplier, EnergyComponent::adder,
      EnergyComponent::compressor, EnergyComponent::muxes,      EnergyComponent::clock,
      EnergyComponent::leakage};
  return components;
}

EnergyActivity exact_activity(const ActivityCounters& counters) {
  return {as_doubles(counters.toggles), as_doubles(counters.clocked_bits),
          as_doubles(counters.gated_bits)};
}

EnergyActivity busy_activity(const ActivityCounters& counters, const ArrayConfig& config,
                             Design design, int k, std::int64_t cycles, std::int64_t tiles,
                             std::int64_t t) {
  if (cycles < 1) throw InputError("cycles", cycles, "1 or more is needed");
  if (tiles < 1) throw InputError("tiles", tiles, "1 or more is needed");
  if (t < 1) throw InputError("t", t, "1 or more is needed");
  const int mode = design == Design::conventional ? 1 : k;
  config.require_collapse_factor(mode);
  EnergyActivity activity = exact_activity(counters);
  const double factor =
      static_cast<double>(cycles) / (static_cast<double>(tiles) * static_cast<double>(t));
  for (const NetClass net_class : all_net_classes()) {
    if (info_of(net_class).phase == NetPhase::stream)
      activity.toggles[index_of(net_class)] *= factor;
  }
  for (const RegisterClass register_class : all_register_classes()) {
    if (net_info_of(register_class).phase == NetPhase::load) continue;
    const std::size_t i = index_of(register_class);
    const double bit_cycles = activity.clocked_bits[i] + activity.gated_bits[i];
    const std::int64_t bits_in_use =
        registers_in_use(config.parameters(), design, mode, register_class) *
        width_of(register_class).bits(config.parameters());
    const double always_on = static_cast<double>(bits_in_use) * static_cast<double>(cycles);
    activity.clocked_bits[i] = always_on;
    activity.gated_bits[i] = std::max(0.0, bit_cycles - always_on);
  }
  return activity;
}

double EnergyBreakdown::component_pj(EnergyComponent component) const {
  switch (component) {
    case EnergyComponent::clock:
      return sum_of(clocked_pj) + sum_of(gated_pj) + clock_tree_pj;
    case EnergyComponent::leakage:
      return leakage_pj;
    default:
      return sum_of(switching_pj[static_cast<std::size_t>(component)]);
  }
}

double EnergyBreakdown::class_pj(NetClass net_class) const {
  double sum = 0;
  for (const auto& part : switching_pj) sum += part[index_of(net_class)];
  return sum;
}

double EnergyBreakdown::total_pj() const {
  double sum = 0;
  for (const EnergyComponent component : all_energy_components()) sum += component_pj(component);
  return sum;
}

EnergyBreakdown& EnergyBreakdown::operator+=(const EnergyBreakdown& other) {
  for (std::size_t part = 0; part < kSwitchingPartCount; ++part) {
    add_to(switching_pj[part], other.switching_pj[part]);
  }
  add_to(clocked_pj, other.clocked_pj);
  add_to(gated_pj, other.gated_pj);
  clock_tree_pj += other.clock_tree_pj;
  leakage_pj += other.leakage_pj;
  return *this;
}

EnergyBreakdown energy_of(const EnergyActivity& activity, double time_ns, const ArrayConfig& config,
                          Design design, int k, const Technology& technology) {
  if (!(time_ns >= 0) || !std::isfinite(time_ns)) {
    throw InputError("time_ns", fmt::format("{}", time_ns), "0 or more is needed");
  }
  const DesignTechnology& numbers = numbers_of(config, design, technology);
  const ToggleEnergies toggle_fj =
      numbers.toggle_energies(design == Design::conventional ? 1 : k, config.overlap());
  EnergyBreakdown energy;
  for (std::size_t part = 0; part < kSwitchingPartCount; ++part) {
    for (std::size_t c = 0; c < kNetClassCount; ++c) {
      energy.switching_pj[part][c] = activity.toggles[c] * toggle_fj[part][c].value * kPjPerFj;
    }
  }
  for (std::size_t i = 0; i < kRegisterClassCount; ++i) {
    energy.clocked_pj[i] = activity.clocked_bits[i] * numbers.clocked_bit_fj[i].value * kPjPerFj;
    energy.gated_pj[i] = activity.gated_bits[i] * numbers.gated_bit_fj[i].value * kPjPerFj;
  }
  energy.clock_tree_pj = sum_of(activity.clocked_bits) * numbers.clock_tree_fj.value * kPjPerFj;
  energy.leakage_pj = leakage_nw(config, design, technology) * time_ns * kPjPerNwNs;
  return energy;
}

std::optional<double> power_mw(double energy_pj, double time_ns) {
  if (time_ns == 0) return std::nullopt;
  return energy_pj / time_ns;
}

double energy_delay_product_pj_ns(double energy_pj, double time_ns) { return energy_pj * time_ns; }

std::int64_t skew_register_bits(const ArrayConfig& config) {
  return physical_bits(config, RegisterClass::skew_reg);
}

std::int64_t deskew_register_bits(const ArrayConfig& config) {
  return physical_bits(config, RegisterClass::deskew_reg);
}

double leakage_nw(const ArrayConfig& config, Design design, const Technology& technology) {
  const DesignTechnology& numbers = numbers_of(config, design, technology);
  const double pes = static_cast<double>(config.rows()) * static_cast<double>(config.cols());
  const auto bits = static_cast<double>(skew_register_bits(config) + deskew_register_bits(config));
  double pe_nw = numbers.pe_leakage_nw.value;
  if (const auto* more = second_register(config, numbers)) pe_nw += more->pe_leakage_nw.value;
  return pe_nw * pes + numbers.register_bit_leakage_nw.value * bits;
}

double AreaBreakdown::pe_total_um2() const { return sum_of(pe_um2); }

double AreaBreakdown::array_total_um2() const {
  return pe_total_um2() * static_cast<double>(pe_count) + skew_um2;
}

AreaBreakdown area_of(const ArrayConfig& config, Design design, const Technology& technology) {
  const DesignTechnology& numbers = numbers_of(config, design, technology);
  AreaBreakdown area;
  for (std::size_t part = 0; part < kSwitchingPartCount; ++part) {
    area.pe_um2[part] = numbers.area_um2[part].value;
    if (const auto* more = second_register(config, numbers)) {
      area.pe_um2[part] += more->area_um2[part].value;
    }
  }
  area.pe_count = static_cast<std::int64_t>(config.rows()) * config.cols();
  area.skew_um2 = numbers.register_bit_area_um2.value *
                  static_cast<double>(skew_register_bits(config) + deskew_register_bits(config));
  return area;
}

std::optional<double> pe_area_overhead(const ArrayConfig& config, const Technology& technology) {
  const double base = area_of(config, Design::conventional, technology).pe_total_um2();
  if (base == 0) return std::nullopt;
  return area_of(config, Design::arrayflex, technology).pe_total_um2() / base - 1;
}

}  // namespace arrayflex
