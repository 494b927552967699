// The table of figures: all that a report says, one row a figure.
//
// The JSON and CSV texts, the check of a report that is read back, the columns of the HTML page,
// the sweep's database and docs/figures.md come from it. The rows are in figure_rows.cpp (of layers
// and totals) and run_figure_rows.cpp (of the run).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "arrayflex/report/evaluated_report.h"

namespace arrayflex {

/// The thing that a figure measures.
enum class FigureScope {
  run,         ///< the report; its keys stand at the top of the JSON text
  layer,       ///< a layer
  entry,       ///< a layer or the total, both designs alike
  design,      ///< one design of an entry; the conventional array's keys stand in `conventional`
  comparison,  ///< ArrayFlex against the conventional array, of an entry
  total,       ///< the total
};
/// "run", "layer", ...
const char* name_of(FigureScope scope);

/// Which values a figure can have.
enum class FigureType {
  text,
  texts,  ///< a list, not empty
  count,  ///< 0..2^63-1
  counts,
  counts_by_name,
  array_size,  ///< 1..kMaxArrayDim
  number,
  numbers_by_name,
  number_or_null,
  numbers_or_null_by_name,
  mode_choice,  ///< a collapse factor or "auto"
};

/// A figure's value; monostate: not known, null in JSON and an empty field in CSV.
using NamedFigures =
    std::vector<std::pair<std::string, std::variant<std::monostate, std::int64_t, double>>>;
using FigureValue = std::variant<std::monostate, std::int64_t, std::uint64_t, double, std::string,
                                 std::vector<int>, std::vector<std::string>, NamedFigures>;

/// Where a figure takes its value from.
struct FigureSource {
  const EvaluatedReport& report;
  const EvaluatedEntry* entry = nullptr;  ///< null for figures of the run
  Design design = Design::arrayflex;      ///< for figures of a design

  const RunReport& run() const { return report.run(); }
  const LayerReport& layer() const { return *entry->layer; }
  const DesignFigures& figures() const { return entry->figures(design); }
  const ActivityCounters& activity() const { return figures().activity.value(); }
  const ToggleSampling& sampling() const { return figures().sampling.value(); }
  const MemoryFigures& memory() const { return figures().memory.value(); }
  const std::optional<DesignEnergy>& energy() const { return entry->energy_of(design); }
};

/// When a report has a figure.
enum class FigureWhen {
  always,
  kernel,
  technology,
  dram,
  area,
  memory,
  recipe,
  notes,
  activity,
  sampling,
  energy,
  energy_sampling,
  dram_energy,
  ratios,
  overlap,
  dma_alignment,
  buffers,
  packed,
  objective,
};

struct FigureCondition {
  FigureWhen when;
  const char* name;     ///< as in the enumeration
  const char* meaning;  ///< for people
  /// A JSON key that is there just where the condition holds; of the run, or of the entry or design
  /// that the figure belongs to. Empty: always.
  const char* key;
  bool is_of_run;      ///< `key` is one of the run
  bool holds_for_all;  ///< what holds for the total holds for every layer
  bool (*holds)(const FigureSource&);
};
const FigureCondition& condition_of(FigureWhen when);
/// In the order of FigureWhen.
const std::vector<FigureCondition>& figure_conditions();

/// Columns of a CSV text stand in this order; those of a design twice, the conventional array's
/// with "conventional_" in front.
enum class CsvSection { none, layer, design, memory, toggles, clocks, sampling, energy, ratios };

/// The cells of a figure in the page's table of layers: bits.
enum PageCells : unsigned { kOwnCell = 1, kConventionalCell = 2, kChangeCell = 4 };

/// Tables of the sweep's database: bits.
enum SweepTables : unsigned {
  kSweepPoints = 1,
  kSweepLayers = 2,
  kSweepArrayFlexOnly = 4,  ///< no column of the conventional array
};

/// One figure.
struct Figure {
  FigureScope scope;
  std::string key;  ///< "energy.exact.power_mw": the way to the value through the JSON objects
  /// As `key`, with {accounting}, {net_class}, ... (figure_families()) where figures of a family
  /// differ.
  std::string family_key;
  std::vector<std::string> path;  ///< `key`, cut at the dots
  FigureType type;
  const char* unit;  ///< "ns", "count", "ratio", "text", ...
  FigureWhen when;
  const char* meaning;

  CsvSection section = CsvSection::none;
  std::string column = {};  ///< of CSV; empty: none
  std::string family_column = {};
  std::size_t member = 0;  ///< which one of its family, by the first of the names

  std::string title = {};      ///< in tables for people; empty: in none of them
  unsigned page = 0;           ///< PageCells
  std::string sweep = {};      ///< column of the sweep's database; empty: none
  std::string sweep_key = {};  ///< `key`, or an object whose members are added up
  unsigned tables = 0;         ///< SweepTables
  std::string objective = {};  ///< in words, where Pareto fronts can be sought in it; else empty

  std::function<FigureValue(const FigureSource&)> get = {};  ///< call it where `when` holds

  /// Where some machines have no such figure, those of a net class that they lack: whether this one
  /// has it. Empty: every machine has it.
  std::function<bool(const ArrayParameters&)> exists = {};

  bool is_of(const ArrayParameters& array) const { return !exists || exists(array); }
  bool is_in(const FigureSource& source) const {
    return is_of(source.run().array) && condition_of(when).holds(source);
  }
};

/// All figures, in the order of the JSON text.
const std::vector<Figure>& figures();

/// A name in braces of Figure::family_key, and what it stands for.
struct FigureFamily {
  const char* name;
  std::vector<std::string> members;
  /// Whether a machine has a member, by index; nullptr: it has them all.
  bool (*exists)(const ArrayParameters& array, std::size_t member) = nullptr;
};
const std::vector<FigureFamily>& figure_families();

}  // namespace arrayflex
