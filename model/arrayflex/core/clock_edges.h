// Clock edges as whole steps of time, without drift.
#pragma once

#include <cmath>
#include <cstdint>

namespace arrayflex {

/// The edges of a clock that starts at step 0: edge n is at fraction + n * period, rounded once to
/// whole steps (femtoseconds, or whatever resolves time); edge 0 is at 0. A period need not be a
/// whole number of steps; the fraction, within half a step, carries the rounding of one clock's
/// edge into the next clock, so that roundings do not add up over many products.
class ClockEdges {
 public:
  ClockEdges() = default;
  explicit ClockEdges(long double period_steps, long double fraction_steps = 0)
      : period_steps_(period_steps), fraction_steps_(fraction_steps) {
    constexpr long double kMostWholeSteps = 1e15L;  // so that products with it stay exact
    if (fraction_steps == 0 && period_steps >= 1 && period_steps < kMostWholeSteps &&
        period_steps == std::floor(period_steps)) {
      whole_period_ = static_cast<std::int64_t>(period_steps);
    }
  }

  /// Steps from edge 0 to edge n >= 0.
  std::int64_t time_of(std::int64_t n) const {
    if (n == 0) return 0;
    return static_cast<std::int64_t>(std::round(exact_time_of(n)));
  }

  /// Of so many cycles, from any moment on: whole steps, rounded down, so that transfers that fill
  /// whole cycles end with a cycle, not behind it.
  std::int64_t duration_of(std::int64_t cycles) const {
    return static_cast<std::int64_t>(static_cast<long double>(cycles) * period_steps_);
  }

  /// By how much edge n was rounded: its exact time minus time_of(n), in steps.
  long double fraction_of(std::int64_t n) const {
    return n == 0 ? fraction_steps_ : exact_time_of(n) - std::round(exact_time_of(n));
  }

  /// Whether no edge is rounded.
  bool are_whole() const { return whole_period_ > 0; }

  /// The first edge at or after a time; 0 for times before edge 0.
  std::int64_t edge_at_or_after(std::int64_t time) const {
    if (time <= 0) return 0;
    if (whole_period_ > 0) return (time - 1) / whole_period_ + 1;
    auto n = static_cast<std::int64_t>(std::floor(static_cast<long double>(time) / period_steps_));
    n = n > 0 ? n - 1 : 0;
    while (time_of(n) < time) ++n;
    return n;
  }

 private:
  long double exact_time_of(std::int64_t n) const {
    return fraction_steps_ + static_cast<long double>(n) * period_steps_;
  }

  long double period_steps_ = 1;
  long double fraction_steps_ = 0;
  std::int64_t whole_period_ =
      0;  ///< the period where it is whole and there is no fraction, else 0
};

}  // namespace arrayflex
