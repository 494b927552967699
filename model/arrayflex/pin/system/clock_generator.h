// The clock of one array: its period depends on the mode, it runs while somebody needs it.
#pragma once

#include <cstdint>
#include <systemc>

namespace arrayflex::pin {

/// Toggles `clk` while `run` is on. The n-th rising edge comes at round(anchor + n*period) in units
/// of the host's time resolution, so the clock never drifts, whatever resolution the host chose; it
/// sets none itself. Once started it completes its cycle: no pulse is ever shorter than half the
/// period, to the rounding of one unit. The first rising edge comes at the instant `run` goes on.
class ClockGenerator final : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(ClockGenerator);
  explicit ClockGenerator(const sc_core::sc_module_name& name);

  sc_core::sc_in<bool> run{"run"};
  sc_core::sc_out<bool> clk{"clk"};

  /// Changes the period. The clock must be stopped or at the start of a cycle
  /// (can_change_period()): then the cycle that starts already has the new period. Throws
  /// std::logic_error otherwise, and InputError unless the period is at least two units of the
  /// host's time resolution.
  void set_period_ps(double period_ps);
  /// The same check of a period, without setting it; `what` names the period in the message.
  static void require_representable(double period_ps, const std::string& what);
  double period_ps() const { return period_ps_; }

  bool running() const { return level_ != Level::stopped; }
  /// Stopped, or a rising edge has come at this very instant.
  bool can_change_period() const;
  /// Stops at once instead of at the end of the running cycle, if it would stop there (`run` is
  /// low): no register is clocked by that edge, and who starts the next product need not wait for
  /// it. cycle_boundary() tells.
  void stop_early();
  /// Notified in the delta cycle after each rising edge and when the clock stops.
  const sc_core::sc_event& cycle_boundary() const { return cycle_boundary_; }

  /// Remembers by how much the latest rising edge was rounded. If the clock stops, its next start
  /// makes up for it, so that roundings do not add up over many products. Call it at a rising edge
  /// that others continue from.
  void mark_handover();
  /// For a caller that knows the rounding, in units: the exact time of this edge minus now. Of the
  /// rising edge of this instant, or of the next start, where the clock has stopped.
  void set_rounding(long double units);

  const char* kind() const override { return "clock_generator"; }

 private:
  enum class Level { stopped, high, low };

  void tick();
  void rise();
  void stop();
  long double rounding_of_rise() const;
  void go_on_from_rise(long double rounding);
  /// Time of `half_cycles` half cycles after the anchor, in units of the resolution.
  std::uint64_t edge_time(std::int64_t half_cycles) const;
  void schedule(std::uint64_t due);
  static long double to_units(double period_ps);

  double period_ps_ = 0;
  long double period_units_ = 0;
  Level level_ = Level::stopped;
  // The anchor is a whole number of units and a fraction, lest large times cost precision.
  std::uint64_t anchor_ = 0;
  long double anchor_fraction_ = 0;
  std::int64_t cycle_ = 0;  // since the anchor
  std::uint64_t last_rise_ = 0;
  std::uint64_t due_ = 0;
  long double handover_ = 0;
  bool stops_early_ = false;
  sc_core::sc_event timer_{"timer"};
  sc_core::sc_event cycle_boundary_{"cycle_boundary"};
};

}  // namespace arrayflex::pin
