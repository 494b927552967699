// A row of the table of figures as it is written down: a figure, or a family of them that differ in
// the names that stand in braces. Internal to the library.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "arrayflex/report/figures.h"

namespace arrayflex {

/// Which figure of a family: the index of each name in braces among its members, in the order of
/// the key.
struct FamilyMember {
  std::size_t first = 0, second = 0;
};

struct FigureRow {
  FigureScope scope;
  std::string key;  ///< at most two names in braces, as "energy.{accounting}.power_mw"
  FigureType type;
  const char* unit;
  FigureWhen when;
  const char* meaning;
  FigureValue (*get)(const FigureSource&, const FamilyMember&);

  CsvSection section = CsvSection::none;
  std::string column = {};
  std::string title = {};
  unsigned page = 0;
  std::string sweep = {};
  std::string sweep_key = {};
  unsigned tables = 0;
  std::string objective = {};

  /// The same row with a column in the CSV text.
  FigureRow in_csv(CsvSection csv_section, std::string csv_column) && {
    section = csv_section;
    column = std::move(csv_column);
    return std::move(*this);
  }
  /// The same row with cells in the page's table of layers, which needs a section.
  FigureRow on_page(std::string page_title, unsigned cells) && {
    title = std::move(page_title);
    page = cells;
    return std::move(*this);
  }
  /// The same row with a column in the sweep's database. json_key: where not the row's own.
  FigureRow in_sweep(std::string sweep_column, unsigned sweep_tables,
                     std::string json_key = {}) && {
    sweep = std::move(sweep_column);
    tables = sweep_tables;
    sweep_key = json_key.empty() ? key : std::move(json_key);
    return std::move(*this);
  }
  /// The same row with a sweep's column that Pareto fronts can be sought in: the less, the better.
  FigureRow as_objective(std::string words) && {
    objective = std::move(words);
    return std::move(*this);
  }
};

/// Those of finite buffers, of the run and of entries; parts of the next two.
std::vector<FigureRow> run_buffer_figure_rows();
std::vector<FigureRow> entry_buffer_figure_rows();
/// Figures of the run, in the order of the JSON text.
std::vector<FigureRow> run_figure_rows();
/// Figures of layers, entries, designs, comparisons and totals, each in the order of the JSON text.
std::vector<FigureRow> entry_figure_rows();

}  // namespace arrayflex
