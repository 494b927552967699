// Energies of a report's layers and totals, in both accountings.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "arrayflex/energy/energy.h"
#include "arrayflex/report/report.h"

namespace arrayflex {

/// Energy of one design in one accounting.
struct AccountedEnergy {
  EnergyBreakdown breakdown;
  /// Present where toggles come from a sample of tiles: with kSamplingConfidence or more, the
  /// energy of all tiles lies within total_pj() +- this. The half widths of the classes are added
  /// up as if all were off in the same direction; layers are independent, so theirs add as squares.
  std::optional<double> half_width_pj = std::nullopt;
};

/// Energy of one design.
struct DesignEnergy {
  AccountedEnergy exact, busy;
  double time_ns = 0;  ///< stalls included

  const AccountedEnergy& of(Accounting accounting) const {
    return accounting == Accounting::exact ? exact : busy;
  }
};

/// Energy of a layer or of all of them; empty for a design whose activity or time is not known, and
/// for both where the report has no technology or that has no numbers for the operand width.
struct EnergyFigures {
  std::optional<DesignEnergy> arrayflex, conventional;
};

/// Both accountings, in the order of reports.
inline constexpr std::array<Accounting, 2> kAllAccountings{Accounting::exact, Accounting::busy};

/// Stall cycles cost leakage and nothing else: the array's clock stops while it waits. Throws
/// OverflowError naming the layer when an energy exceeds the range of a double.
EnergyFigures layer_energy(const RunReport& report, const LayerReport& layer);

/// Sums of the layers, each in its own mode; empty for a design as soon as it is for one layer, and
/// without layers. Throws OverflowError as layer_energy().
EnergyFigures total_energy(const std::vector<EnergyFigures>& layers);

/// ArrayFlex over the conventional array; empty where the latter's is 0.
struct EnergyRatios {
  std::optional<double> energy, power, energy_delay_product;
};

/// Empty unless both designs have an energy.
std::optional<EnergyRatios> ratios_to_conventional(const EnergyFigures& energy,
                                                   Accounting accounting);

/// Puts the technology into the report, whose array must be there, with a note where the paper's
/// clocks, which are those of 32-bit operands, were taken for another width, and where tiles
/// overlap but the clock periods do not hold the delay of the weight mux.
void add_technology(RunReport& report, Technology technology);

/// Says in the report's notes that its toggles and energies are estimates: whoever reads it must
/// see that. sample_tiles: as asked for, tiles per layer.
void add_sampling_note(RunReport& report, std::int64_t sample_tiles);

/// Whether all clock periods of the array, those missing included, are the technology's; false
/// without a technology.
bool has_technology_clocks(const RunReport& report);

/// All bytes of the traffic times the technology's energy per byte of DRAM; empty without either.
std::optional<double> dram_energy_pj(const RunReport& report, const DesignFigures& figures);

}  // namespace arrayflex
