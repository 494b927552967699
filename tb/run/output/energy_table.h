// Power, energy and energy-delay product in the text for people.
#pragma once

#include <string>
#include <vector>

#include "arrayflex/report/evaluated_report.h"

namespace arrayflex::command {

/// Whether any layer has the energies of both designs, so that there is something to compare.
bool has_ratios(const EvaluatedReport& report);

/// Adds the two lines of the columns' header.
void add_energy_header(std::vector<std::string>& first, std::vector<std::string>& second);

/// Power and energy-delay product over the conventional array's in both accountings; dashes where
/// they are not known.
void add_energy_cells(std::vector<std::string>& row, const EnergyFigures& energy);

/// Legend of the columns, one line with a line feed.
std::string energy_title(const RunReport& report);

/// Energy, power and energy-delay product of ArrayFlex in both accountings, a row per layer and one
/// of totals; units in the header.
std::string absolute_energy_table(const EvaluatedReport& report);

/// Energy of all layers by the net classes of `array`, clock and leakage, both designs and
/// accountings; empty where one of them is not known.
std::string class_energy_table(const EnergyFigures& energy, const ArrayParameters& array);

/// Areas of a PE and of the array, both designs, and the overhead; empty where the technology has
/// none for the operand width.
std::string area_line(const EvaluatedReport& report);

/// Lines of energy, power and energy-delay product of both designs with their ratio, for each
/// accounting, and of DRAM where its energy is known; empty without energies.
std::string energy_summary(const EvaluatedReport& report);

}  // namespace arrayflex::command
