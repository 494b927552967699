// Geometry, operand widths, collapse factors and clocks of one array; validated once.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "arrayflex/core/widths.h"

namespace arrayflex {

/// The two hardware designs. The conventional array is not a mode of ArrayFlex: it has neither
/// compressors nor bypass muxes, and a clock of its own.
enum class Design { arrayflex, conventional };

/// "arrayflex" or "conventional".
const char* name_of(Design design);

/// How far the tiles of a product overlap, in both designs. docs/architecture.md defines the
/// timelines, "Overlapping tiles".
enum class Overlap {
  none,  ///< a tile loads, streams and ends before the next one loads: the paper
  load,  ///< a second weight register per PE: the next tile's weights load while a tile streams
  full,  ///< the next tile also streams as soon as the last row of A has entered: back to back
};

/// All of them, in order, for loops.
const std::array<Overlap, 3>& all_overlaps();

/// "none", "load" or "full".
const char* name_of(Overlap overlap);

/// The overlap of that name. Throws InputError naming the three.
Overlap parse_overlap(const std::string& name);

/// Weight registers of each PE: 1 without overlap, else 2.
int weight_banks(Overlap overlap);

/// Clock periods in picoseconds. A mode without an entry has no known clock: its cycles are
/// defined, its time is not.
struct ClockPeriods {
  std::map<int, double> mode_ps;          ///< ArrayFlex, by collapse factor k
  std::optional<double> conventional_ps;  ///< conventional array
};

/// The choices of a user, before validation. Defaults: the paper's array with the clocks of the
/// technology file `paper`.
struct ArrayParameters {
  ArrayParameters();

  int rows = 128;                                  ///< R, 1..kMaxArrayDim
  int cols = 128;                                  ///< C, 1..kMaxArrayDim
  int data_width_bits = kDefaultWidths.data_bits;  ///< Wd; with acc_width_bits one of kWidthPairs
  int acc_width_bits = kDefaultWidths.acc_bits;    ///< Wa
  std::vector<int> modes{1, 2, 4};  ///< collapse factors k, each 1..min(R,C), no duplicates
  ClockPeriods clocks;              ///< each 1e-3..1e9 ps
  Overlap overlap = Overlap::none;
};

/// Largest accepted number of rows or columns.
inline constexpr int kMaxArrayDim = 4096;

/// A validated, immutable array configuration.
class ArrayConfig {
 public:
  /// Throws InputError naming the first parameter that is out of bounds.
  explicit ArrayConfig(ArrayParameters parameters = {});

  int rows() const { return p_.rows; }
  int cols() const { return p_.cols; }
  int data_width_bits() const { return p_.data_width_bits; }
  int acc_width_bits() const { return p_.acc_width_bits; }
  /// Collapse factors, ascending.
  const std::vector<int>& modes() const { return p_.modes; }
  Overlap overlap() const { return p_.overlap; }
  const ArrayParameters& parameters() const { return p_; }

  /// Clock period in ps of a design in mode k (k is ignored for the conventional array); empty
  /// where none was given.
  std::optional<double> period_ps(Design design, int k) const;

  /// Throws InputError unless 1 <= k <= min(rows, cols). k need not be in modes().
  void require_collapse_factor(int k) const;

  /// Smallest and largest operand: -2^(Wd-1) and 2^(Wd-1)-1.
  std::int64_t operand_min() const { return -(std::int64_t{1} << (p_.data_width_bits - 1)); }
  std::int64_t operand_max() const { return -(operand_min() + 1); }

 private:
  ArrayParameters p_;
};

/// Reads parameters from JSON text. Keys: rows, cols, data_width_bits, acc_width_bits, modes,
/// overlap ("none", "load" or "full"), clock_period_ps or clock_frequency_ghz (objects with keys
/// "conventional", "1", "2", ...). A key that is left out keeps its value in `defaults`; an unknown
/// key, a wrong type or malformed JSON throws InputError naming `source`. Bounds are checked later,
/// by ArrayConfig.
ArrayParameters parse_array_parameters(const std::string& json_text, const std::string& source,
                                       ArrayParameters defaults = {});

/// The same from a file; throws InputError when it cannot be read.
ArrayParameters load_array_parameters(const std::string& path, ArrayParameters defaults = {});

}  // namespace arrayflex
