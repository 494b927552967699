// Switching activity: exact toggle and clock counts by net class.
//
// A toggle is one bit that differs between a net's settled values in two successive cycles (zero
// delay, no glitches). docs/architecture.md lists which nets belong to which class.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/core/latency.h"
#include "arrayflex/core/net_classes.h"

namespace arrayflex {

/// Exact counts of one product, layer or network. Every member stays within 0..2^63-1: adding
/// beyond throws OverflowError and leaves the object unchanged in the class that overflowed.
struct ActivityCounters {
  std::array<std::int64_t, kNetClassCount> toggles{};            ///< bit toggles
  std::array<std::int64_t, kRegisterClassCount> clocked_bits{};  ///< bit-cycles with the clock on
  std::array<std::int64_t, kRegisterClassCount> gated_bits{};    ///< bit-cycles held

  std::int64_t& operator[](NetClass c) { return toggles[index_of(c)]; }
  std::int64_t operator[](NetClass c) const { return toggles[index_of(c)]; }

  void add_toggles(NetClass c, std::int64_t count);
  void add_clocked(RegisterClass c, std::int64_t bit_cycles);
  void add_gated(RegisterClass c, std::int64_t bit_cycles);
  ActivityCounters& operator+=(const ActivityCounters& other);
  /// Sum over the net classes. Throws OverflowError.
  std::int64_t total_toggles() const;

  friend bool operator==(const ActivityCounters& a, const ActivityCounters& b) {
    return a.toggles == b.toggles && a.clocked_bits == b.clocked_bits &&
           a.gated_bits == b.gated_bits;
  }
  friend bool operator!=(const ActivityCounters& a, const ActivityCounters& b) { return !(a == b); }
};

/// Toggles per PE, all classes of the PE added up; the operand register is the one east of it. Skew
/// and de-skew registers belong to no PE. Row-major, rows x cols.
struct PeToggleMap {
  int rows = 0;
  int cols = 0;
  std::vector<std::int64_t> toggles;

  PeToggleMap() = default;
  PeToggleMap(int row_count, int col_count)
      : rows(row_count),
        cols(col_count),
        toggles(static_cast<std::size_t>(row_count) * static_cast<std::size_t>(col_count), 0) {}
  std::int64_t& at(int r, int c) { return toggles[index(r, c)]; }
  std::int64_t at(int r, int c) const { return toggles[index(r, c)]; }
  bool empty() const { return toggles.empty(); }
  /// Adds a map of the same array, PE by PE; an empty one stands for zeros. Throws OverflowError.
  PeToggleMap& operator+=(const PeToggleMap& other);

 private:
  std::size_t index(int r, int c) const {
    return static_cast<std::size_t>(r) * static_cast<std::size_t>(cols) +
           static_cast<std::size_t>(c);
  }
};

/// Adds the clocked and gated bit-cycles of tiles that take `counted` cycles (core/latency.h): L,
/// pipeline clocked in E. With U registers of a class in use and V not in use: pipeline classes
/// clocked = width*U*E, gated = width*(U*(L-E) + V*L). weight_reg, n tiles: clocked = n*Wd*C*Q, Q =
/// R*R, or R*(R+1)/2 with two weight registers per PE, gated = Wd*R*C*L*(1 or 2) - clocked. k is
/// ignored for the conventional array. Throws OverflowError.
void add_clock_bits(const ArrayConfig& config, Design design, int k, const CountedCycles& counted,
                    ActivityCounters& counters);

}  // namespace arrayflex
