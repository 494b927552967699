#include "arrayflex/pin/waveform_recorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace arrayflex::pin {
namespace {

// The resolution in words of a VCD file: 1, 10 or 100 of a unit.
std::string timescale_text() {
  static constexpr const char* kUnits[] = {"s", "ms", "us", "ns", "ps", "fs"};
  long factor = 1;
  std::size_t unit = 0;
  for (double seconds = sc_core::sc_get_time_resolution().to_seconds(); seconds < 0.5;) {
    if (unit + 1 == std::size(kUnits)) break;
    seconds *= 1000;
    ++unit;
    factor = std::lround(seconds);
  }
  return fmt::format("{} {}", factor, kUnits[unit]);
}

}  // namespace

WaveformRecorder::WaveformRecorder(const sc_core::sc_module_name& name,
                                   const std::vector<const ArraySystem*>& systems,
                                   const std::vector<TracedSignal>& signals,
                                   const TimeWindow& window, TextSink sink)
    : sc_module(name),
      signals_(signals),
      window_(window),
      writer_(std::move(sink), timescale_text(), signals_),
      values_(signals_.size()) {
  if (window_.to && *window_.to < window_.from) {
    throw std::logic_error("a waveform window that ends before it begins");
  }
  SC_METHOD(on_activity);
  for (const ArraySystem* system : systems) {
    const ArraySystem::Signals& s = system->signals();
    // Nothing in an array changes in an instant in which none of these does.
    sensitive << s.clk << s.reset << s.mode << s.phase << s.clock_request
              << system->pin_level_array().settled();
  }
  sensitive << window_begins_;
  dont_initialize();
  SC_METHOD(sample);
  sensitive << instant_over_;
  dont_initialize();
  window_begins_.notify(window_.from);
}

void WaveformRecorder::on_activity() {
  const sc_core::sc_time& now = sc_core::sc_time_stamp();
  if (is_over_ || now < window_.from || (window_.to && now > *window_.to)) {
    next_trigger(window_begins_);  // sleep; beyond the window for good
    return;
  }
  if (pending_) return;
  pending_ = now;
  // Nothing moves within a step: what is seen then is how the instant ended.
  instant_over_.notify(sc_core::sc_time::from_value(1));
}

void WaveformRecorder::sample() {
  if (!pending_) return;
  const std::uint64_t time = pending_->value();
  pending_.reset();
  // An exception would reach the caller of sc_start() as something else.
  try {
    record(time);
  } catch (...) {
    error_ = std::current_exception();
    is_over_ = true;
  }
}

void WaveformRecorder::record(std::uint64_t time) {
  if (!has_values_) {
    for (std::size_t i = 0; i < signals_.size(); ++i) values_[i] = signals_[i].read();
    writer_.snapshot(time, values_);
    has_values_ = true;
    return;
  }
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    const std::uint64_t value = signals_[i].read();
    if (value == values_[i]) continue;
    values_[i] = value;
    writer_.change(time, i, value);
  }
}

void WaveformRecorder::finish() {
  sample();
  is_over_ = true;
  rethrow_error();
  if (!has_values_) return;
  const sc_core::sc_time& now = sc_core::sc_time_stamp();
  writer_.end((window_.to ? std::min(now, *window_.to) : now).value());
}

}  // namespace arrayflex::pin
