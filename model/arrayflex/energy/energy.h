// Energy, power and area of the array: activity times technology.
//
// docs/energy.md describes the model. Energies are in pJ, times in ns, so that power in mW is their
// quotient and the energy-delay product is in pJ*ns.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "arrayflex/core/activity.h"
#include "arrayflex/core/config.h"
#include "arrayflex/energy/technology.h"

namespace arrayflex {

/// Which activity is charged.
enum class Accounting {
  exact,  ///< what switches, switches: PEs are idle while the array loads, fills and drains
  busy,   ///< every cycle is charged like a stream cycle of the full array, its clock always on
};
const char* name_of(Accounting accounting);

/// Activity as energy sees it: doubles, since `busy` scales counts.
struct EnergyActivity {
  std::array<double, kNetClassCount> toggles{};
  std::array<double, kRegisterClassCount> clocked_bits{};
  std::array<double, kRegisterClassCount> gated_bits{};
};

/// The counts as they are.
EnergyActivity exact_activity(const ActivityCounters& counters);

/// Constant activity per cycle. Of `cycles` array cycles, tiles*t saw a full array: the toggles of
/// all classes of the stream phase are scaled by cycles/(tiles*t), and the pipeline registers in
/// use are clocked in every cycle. Classes of the load phase (weight_reg) stay exact: they are
/// loaded once per tile in either accounting. All counts belong to the same products in mode k
/// (ignored for the conventional array). Throws InputError unless cycles, tiles and t are positive
/// and k is valid.
EnergyActivity busy_activity(const ActivityCounters& counters, const ArrayConfig& config,
                             Design design, int k, std::int64_t cycles, std::int64_t tiles,
                             std::int64_t t);

/// Components of the breakdown, in the order of reports. Those before the clock are SwitchingPart.
enum class EnergyComponent {
  registers,  ///< register outputs that toggle
  multiplier,
  adder,
  compressor,
  muxes,
  clock,  ///< clock pins, clock gates and clock tree
  leakage,
};
inline constexpr std::size_t kEnergyComponentCount = kSwitchingPartCount + 2;
static_assert(static_cast<std::size_t>(EnergyComponent::clock) == kSwitchingPartCount);
const char* name_of(EnergyComponent component);
const std::array<EnergyComponent, kEnergyComponentCount>& all_energy_components();

/// Energy of one product, layer or network on one design.
struct EnergyBreakdown {
  /// [part][class]: what a part spent on the toggles of a class.
  std::array<std::array<double, kNetClassCount>, kSwitchingPartCount> switching_pj{};
  std::array<double, kRegisterClassCount> clocked_pj{};
  std::array<double, kRegisterClassCount> gated_pj{};
  double clock_tree_pj = 0;
  double leakage_pj = 0;

  /// The component's entries added up in order.
  double component_pj(EnergyComponent component) const;
  /// Energy of all parts for the toggles of a class. The classes, clock_pj() and leakage add up to
  /// the total but for rounding.
  double class_pj(NetClass net_class) const;
  /// The components added up in the order of all_energy_components(): exactly, by definition.
  double total_pj() const;
  EnergyBreakdown& operator+=(const EnergyBreakdown& other);
};

/// Energy of an activity that took `time_ns`. k is ignored for the conventional array. Throws
/// InputError when the technology has no numbers for the width or, where tiles overlap, for two
/// weight registers per PE, or time_ns is negative or no number.
EnergyBreakdown energy_of(const EnergyActivity& activity, double time_ns, const ArrayConfig& config,
                          Design design, int k, const Technology& technology);

/// energy / time; empty when time is 0.
std::optional<double> power_mw(double energy_pj, double time_ns);

/// Energy-delay product in pJ*ns.
double energy_delay_product_pj_ns(double energy_pj, double time_ns);

/// Bits of the skew and de-skew registers around the array.
std::int64_t skew_register_bits(const ArrayConfig& config);
std::int64_t deskew_register_bits(const ArrayConfig& config);

/// Leakage power of the array with its skew and de-skew registers, in nW.
double leakage_nw(const ArrayConfig& config, Design design, const Technology& technology);

/// Cell area, before placement.
struct AreaBreakdown {
  std::array<double, kSwitchingPartCount> pe_um2{};  ///< one PE, by part
  double skew_um2 = 0;                               ///< skew and de-skew registers of the array
  std::int64_t pe_count = 0;

  double pe_total_um2() const;
  double array_total_um2() const;
};

/// Every PE counts as equal: the last column's, which has no operand register, too. Throws
/// InputError when the technology has no numbers for the array, as energy_of().
AreaBreakdown area_of(const ArrayConfig& config, Design design, const Technology& technology);

/// PE area of ArrayFlex over that of the conventional array, minus 1; empty when the latter is 0.
std::optional<double> pe_area_overhead(const ArrayConfig& config, const Technology& technology);

}  // namespace arrayflex
