// What the choice of k looks for the least of, and what that gained.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace arrayflex {

struct DesignEnergy;
struct EvaluatedEntry;
struct RunReport;

/// A layer's figure; energies are the array's, as in `energy` of a report.
enum class Objective {
  time,         ///< closed form, nothing has to run
  energy,       ///< accounting exact
  edp,          ///< energy-delay product, accounting exact
  energy_busy,  ///< accounting busy
  edp_busy,     ///< accounting busy
};

inline constexpr std::array<std::string_view, 5> kObjectives{"time", "energy", "edp", "energy_busy",
                                                             "edp_busy"};
inline std::string name_of(Objective objective) {
  return std::string(kObjectives.at(static_cast<std::size_t>(objective)));
}

/// A layer in the mode that takes the least time.
struct FastestMode {
  int k = 1;
  double time_ns = 0;
  double exact_pj = 0, busy_pj = 0;
};
FastestMode fastest_mode_of(int k, const DesignEnergy& energy);

/// The energy that the objective looks at; not for time.
double objective_energy_pj(Objective objective, double exact_pj, double busy_pj);
/// That energy, or its product with the time.
double objective_value(Objective objective, double energy_pj, double time_ns);

/// 1 - the objective's figure over that of the same layers in their fastest modes, of a layer or of
/// the total (of whose energy-delay product no layer knows: it can come out below 0). Empty where
/// one of the two is not known, or the latter is 0.
std::optional<double> objective_gain(const RunReport& report, const EvaluatedEntry& entry);

}  // namespace arrayflex
