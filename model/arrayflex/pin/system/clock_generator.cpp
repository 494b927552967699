#include "arrayflex/pin/system/clock_generator.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>
#include <string>

#include "arrayflex/core/error.h"

namespace arrayflex::pin {
namespace {

std::uint64_t now_units() { return sc_core::sc_time_stamp().value(); }

}  // namespace

ClockGenerator::ClockGenerator(const sc_core::sc_module_name& name) : sc_module(name) {
  SC_METHOD(tick);
  sensitive << run.pos() << timer_;
  dont_initialize();
}

long double ClockGenerator::to_units(double period_ps) {
  // The resolution is a power of ten; its seconds as a double are not exact, its exponent is.
  const double resolution_s = sc_core::sc_get_time_resolution().to_seconds();
  const long exponent = std::lround(std::log10(resolution_s)) + 12;
  const long double scale = std::pow(10.0L, std::labs(exponent));
  return exponent <= 0 ? period_ps * scale : period_ps / scale;
}

void ClockGenerator::require_representable(double period_ps, const std::string& what) {
  if (to_units(period_ps) >= 2.0L) return;
  throw InputError(what, fmt::format("{} ps", period_ps),
                   fmt::format("at least two units of the simulation's time resolution, {}",
                               sc_core::sc_get_time_resolution().to_string()));
}

void ClockGenerator::set_period_ps(double period_ps) {
  require_representable(period_ps, "clock period");
  if (!can_change_period()) throw std::logic_error("the clock period changes only while idle");
  const long double rounding = rounding_of_rise();
  period_ps_ = period_ps;
  period_units_ = to_units(period_ps);
  if (running()) go_on_from_rise(rounding);
}

// Of the latest rising edge: its exact time minus when it came.
long double ClockGenerator::rounding_of_rise() const {
  const long double exact = anchor_fraction_ + static_cast<long double>(cycle_) * period_units_;
  return exact - static_cast<long double>(last_rise_ - anchor_);
}

void ClockGenerator::go_on_from_rise(long double rounding) {
  anchor_ = last_rise_;
  anchor_fraction_ = rounding;
  cycle_ = 0;
  schedule(edge_time(1));
}

bool ClockGenerator::can_change_period() const {
  return level_ == Level::stopped || (level_ == Level::high && last_rise_ == now_units());
}

void ClockGenerator::stop_early() {
  if (level_ == Level::stopped || run.read() || last_rise_ == now_units()) return;
  stops_early_ = true;
  timer_.cancel();
  timer_.notify(sc_core::SC_ZERO_TIME);
}

void ClockGenerator::mark_handover() { handover_ = rounding_of_rise(); }

void ClockGenerator::set_rounding(long double units) {
  handover_ = units;
  if (level_ == Level::high && last_rise_ == now_units()) go_on_from_rise(units);
}

std::uint64_t ClockGenerator::edge_time(std::int64_t half_cycles) const {
  const long double offset =
      anchor_fraction_ + static_cast<long double>(half_cycles) * period_units_ / 2;
  return anchor_ + static_cast<std::uint64_t>(std::llround(offset));
}

void ClockGenerator::schedule(std::uint64_t due) {
  due_ = due;
  timer_.cancel();
  timer_.notify(sc_core::sc_time::from_value(due - now_units()));
}

void ClockGenerator::rise() {
  level_ = Level::high;
  last_rise_ = now_units();
  clk.write(true);
  schedule(edge_time(2 * cycle_ + 1));
  cycle_boundary_.notify(sc_core::SC_ZERO_TIME);
}

void ClockGenerator::tick() {
  if (level_ == Level::stopped) {
    if (!run.read() || period_units_ == 0) return;
    anchor_ = now_units();
    anchor_fraction_ = handover_;
    cycle_ = 0;
    rise();
    return;
  }
  if (stops_early_) {
    stops_early_ = false;
    stop();
    return;
  }
  if (now_units() != due_) return;  // woken by `run`, which matters at the end of the cycle
  if (level_ == Level::high) {
    level_ = Level::low;
    clk.write(false);
    schedule(edge_time(2 * cycle_ + 2));
  } else if (run.read()) {
    ++cycle_;
    rise();
  } else {
    stop();
  }
}

void ClockGenerator::stop() {
  level_ = Level::stopped;
  clk.write(false);
  cycle_boundary_.notify(sc_core::SC_ZERO_TIME);
}

}  // namespace arrayflex::pin
