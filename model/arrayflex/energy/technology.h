// Technology files: delays, energies, leakage and areas, each number with its unit and source.
//
// docs/energy.md says what each number means and how the shipped files were made.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "arrayflex/core/activity.h"
#include "arrayflex/core/config.h"
#include "arrayflex/core/latency.h"

namespace arrayflex {

inline constexpr std::size_t kSwitchingPartCount = 5;
const char* name_of(SwitchingPart part);
const std::array<SwitchingPart, kSwitchingPartCount>& all_switching_parts();

/// Where one number comes from. Units are fixed by the member that holds it.
struct Quantity {
  double value = 0;
  std::string source;  ///< full text of the provenance; empty for a number that is not in the file
};

/// Energy in fJ that a part spends per counted toggle of a net class: energy of a part is the sum
/// over the classes. A part may depend on several classes (glitches of the product reach the
/// adder).
using ToggleEnergies =
    std::array<std::array<Quantity, kNetClassCount>, kSwitchingPartCount>;  // [part][class]

/// Changes by a second weight register per PE, in every mode: arrays whose tiles overlap.
struct OverlapTechnology {
  /// Of the classes weight_reg and weight, in place of DesignTechnology::toggle_fj.
  ToggleEnergies toggle_fj;
  Quantity pe_leakage_nw;                              ///< one PE, besides what it had
  std::array<Quantity, kSwitchingPartCount> area_um2;  ///< likewise
};

/// Numbers of one design at one operand width.
struct DesignTechnology {
  std::map<int, ToggleEnergies> toggle_fj;  ///< by collapse factor; {1} for the conventional array
  std::array<Quantity, kRegisterClassCount> clocked_bit_fj;  ///< per bit-cycle with the clock on
  std::array<Quantity, kRegisterClassCount> gated_bit_fj;    ///< per bit-cycle with the clock gated
  Quantity clock_tree_fj;            ///< above the leaf clock gates, per clocked bit-cycle
  Quantity pe_leakage_nw;            ///< one PE
  Quantity register_bit_leakage_nw;  ///< one bit of a skew or de-skew register
  std::array<Quantity, kSwitchingPartCount> area_um2;  ///< one PE, by part
  Quantity register_bit_area_um2;                      ///< one bit of a skew or de-skew register
  std::optional<OverlapTechnology> overlap;            ///< empty where the file gives none

  /// Toggle energies in mode k. Between two given collapse factors each number is interpolated
  /// linearly; beyond the last and before the first one it stays. Where tiles overlap, weight_reg
  /// and weight have the energies of `overlap`, which must be there. Throws InputError for k < 1.
  ToggleEnergies toggle_energies(int k, Overlap tile_overlap = Overlap::none) const;
};

/// Numbers of one operand width.
struct WidthTechnology {
  std::optional<std::array<Quantity, 5>> delays_ps;  ///< ff, mul, add, csa, mux
  /// Energy with gate delays over energy without, by part of ArrayFlex at k = 1: already part of
  /// the toggle energies, given for studies. Empty source where the file gives none.
  std::array<Quantity, kSwitchingPartCount> glitch_factor;
  DesignTechnology arrayflex;
  DesignTechnology conventional;

  const DesignTechnology& design(Design d) const {
    return d == Design::arrayflex ? arrayflex : conventional;
  }
  /// Empty where the file gives none. With two weight registers per PE the multiplier's delay
  /// includes that of the weight mux in front of it, which is `mux`.
  std::optional<PeDelays> delays(Overlap overlap = Overlap::none) const;
};

/// One technology file (JSON).
///
/// Keys: name; source, the origin of the file; description, notes (object of texts) optional;
/// clock_frequency_ghz or clock_period_ps (objects with keys "conventional", "1", "2", ...), given
/// clocks, which win over computed ones; sources, an object of texts that numbers refer to;
/// widths, an object with keys "8", "16", "32"; memory. A number is an object {value, unit, source}
/// with source a key of `sources`, value >= 0 and the unit that belongs to the key. A width holds
/// delays {ff, mul, add, csa, mux} and glitch_factor {part: number} (both optional), arrayflex and
/// conventional; a design holds energy_per_toggle
/// {k: {part: {class: number}}}, clocked_bit, gated_bit {register class: number}, clock_tree,
/// leakage {pe, register_bit}, area {part: number, register_bit} and, optional, overlap: what two
/// weight registers per PE change, energy_per_toggle {part: {class: number}} for the classes
/// weight_reg and weight, leakage {pe} and area {registers, muxes}, both on top. Parts and classes
/// that are left out of energy_per_toggle spend nothing. Instead of sources, widths and memory a
/// file may hold numbers_from {technology, energy_factor, leakage_factor, source}: the numbers of a
/// shipped technology but its delays, energies and leakage multiplied by the factors.
struct Technology {
  std::string name;
  std::string description;
  std::string source;
  std::vector<std::string> notes;
  ClockPeriods clocks;                    ///< given in the file; empty where it gives none
  std::map<int, WidthTechnology> widths;  ///< by operand width in bits
  std::optional<Quantity> buffer_pj_per_byte;
  std::optional<Quantity> dram_pj_per_byte;

  /// Numbers of an operand width; throws InputError naming the widths there are.
  const WidthTechnology& width(int data_width_bits) const;

  /// Throws InputError unless there are numbers for this width and, where tiles overlap, for two
  /// weight registers per PE.
  void require_numbers(int data_width_bits, Overlap overlap) const;

  /// Clock periods of an operand width: the given ones of `modes` and the conventional array; those
  /// not given are computed from the width's delays by T_clock(k), plus d_mux where tiles overlap.
  /// Modes with neither are left out.
  ClockPeriods clock_periods(int data_width_bits, const std::vector<int>& modes,
                             Overlap overlap = Overlap::none) const;

  /// Whether one of clock_periods() is given, not computed: it does not know of the weight mux.
  bool has_given_period(const std::vector<int>& modes) const;
};

/// Names of the technology files shipped in the library.
std::vector<std::string> shipped_technologies();

/// A shipped technology; throws InputError listing the known names when there is none of that name.
Technology shipped_technology(const std::string& name);

/// A shipped technology, or a file when `name_or_path` is no shipped name. Throws InputError.
Technology load_technology(const std::string& name_or_path);

/// Parses a technology file; throws InputError naming `source_name`, the key, its value and what is
/// allowed: a key that is unknown or missing, a negative number, a wrong unit, an unknown source.
Technology parse_technology(const std::string& json_text, const std::string& source_name);

/// One line of the table that describes a technology.
struct TechnologyRow {
  std::string item;  ///< path of the number, for example "32 bit / arrayflex / leakage / pe"
  double value = 0;
  std::string unit;
  std::string source;
};

/// Every number of the file, given and computed clock periods included, in a fixed order.
std::vector<TechnologyRow> technology_rows(const Technology& technology);

/// The rows as aligned text under name, description, source and notes; control characters of the
/// file's texts are replaced.
std::string to_text(const Technology& technology);

}  // namespace arrayflex
