// Clock edges as simulated times, without drift.
#pragma once

#include <cmath>
#include <cstdint>
#include <systemc>

#include "arrayflex/core/clock_edges.h"

namespace arrayflex::platform {

/// The edges of a clock that starts at `anchor`: edge n is anchor + fraction + n * period, rounded
/// once to the host's time resolution. A period need not be a whole number of resolution steps; the
/// fraction, within half a step, carries the rounding of one grid's edge into the next grid, so
/// that roundings do not add up over many products.
class CycleGrid {
 public:
  CycleGrid() = default;
  CycleGrid(const sc_core::sc_time& anchor, double period_ps, long double fraction_steps = 0)
      : anchor_(anchor), edges_(to_steps(period_ps), fraction_steps) {}

  const sc_core::sc_time& anchor() const { return anchor_; }

  /// Time of edge n >= 0; edge 0 is the anchor.
  sc_core::sc_time time_of(std::int64_t n) const {
    return anchor_ + sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(edges_.time_of(n)));
  }

  /// By how much edge n was rounded: its exact time minus time_of(n), in steps.
  long double fraction_of(std::int64_t n) const { return edges_.fraction_of(n); }

  /// The first edge at or after a time; 0 for times before the anchor.
  std::int64_t edge_at_or_after(const sc_core::sc_time& time) const {
    if (time <= anchor_) return 0;
    return edges_.edge_at_or_after(static_cast<std::int64_t>((time - anchor_).value()));
  }

  /// Of so many cycles, from any moment on: whole steps, rounded down.
  sc_core::sc_time duration_of(std::int64_t cycles) const {
    return sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(edges_.duration_of(cycles)));
  }

  /// Femtoseconds in one step of the host's time resolution (at least one, by IEEE 1666).
  static long double femtoseconds_per_step() {
    return std::round(sc_core::sc_get_time_resolution().to_seconds() * 1e15L);
  }

 private:
  static long double to_steps(double period_ps) {
    // One of the two factors is a power of ten, the other one: no rounding of the common cases.
    const long double per_step = femtoseconds_per_step();
    const auto period = static_cast<long double>(period_ps);
    return per_step <= 1000 ? period * (1000 / per_step) : period / (per_step / 1000);
  }

  sc_core::sc_time anchor_;
  ClockEdges edges_;
};

}  // namespace arrayflex::platform
