// Power, energy and energy-delay product in the text for people.
#pragma once

#include <string>
#include <vector>

#include "arrayflex/core/report_energy.h"

namespace arrayflex::command {

/// Energies of a table: of its layers and of their total.
struct TableEnergies {
  explicit TableEnergies(const RunReport& report);

  /// Whether there is any ratio to show.
  bool has_ratios() const;

  std::vector<EnergyFigures> layers;
  EnergyFigures total;
};

/// Adds the two lines of the columns' header.
void add_energy_header(std::vector<std::string>& first, std::vector<std::string>& second);

/// Power and energy-delay product over the conventional array's in both accountings; dashes where
/// they are not known.
void add_energy_cells(std::vector<std::string>& row, const EnergyFigures& energy);

/// What the columns are, one line with a line feed.
std::string energy_title(const RunReport& report);

/// Lines of energy, power and energy-delay product of both designs with their ratio, for each
/// accounting, and of DRAM where its energy is known; empty without energies.
std::string energy_summary(const RunReport& report, const ReportTotals& total,
                           const EnergyFigures& energy);

}  // namespace arrayflex::command
