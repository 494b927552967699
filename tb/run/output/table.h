// The report as text for people.
#pragma once

#include <string>
#include <vector>

#include "arrayflex/report/evaluated_report.h"

namespace arrayflex::command {

/// Rows of cells as aligned columns, two spaces between them. The first column is left-aligned,
/// the others right-aligned; widths count UTF-8 characters. Rows may be shorter than the first.
std::string align(const std::vector<std::vector<std::string>>& rows);

/// Control characters replaced by '?', and cut to `limit` bytes with "..." behind.
std::string printable(const std::string& text, std::size_t limit);

/// A title, one row per layer and a row of totals; units in the header. Where energies are known
/// two tables follow: energy, power and energy-delay product by layer, and energy by class.
std::string format_table(const EvaluatedReport& report);

/// A few lines below the table: latency against the conventional array, share of layers per k,
/// toggles of both designs, energy, power and energy-delay product where they are known, area.
std::string format_summary(const EvaluatedReport& report);

}  // namespace arrayflex::command
