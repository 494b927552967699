// Records waveforms of pin-level arrays.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

#include "arrayflex/pin/array_system.h"
#include "arrayflex/pin/observe/signal_list.h"
#include "arrayflex/pin/observe/vcd_writer.h"

namespace arrayflex::pin {

/// From the values that hold at `from` to the changes at `to`, both included.
struct TimeWindow {
  sc_core::sc_time from;
  std::optional<sc_core::sc_time> to;  ///< empty: until the end
};

/// Writes a VCD of array systems: one value of each signal and instant, the settled one. Its
/// process wakes up one step of the time resolution after anything happened in an array, so it sees
/// the end of that instant; it changes nothing in what it watches, and outside of its window it
/// sleeps. Where no recorder is constructed, nothing is registered and nothing is spent.
///
/// Construct it after the systems, which must have been built with Detail::signals.
class WaveformRecorder final : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(WaveformRecorder);
  /// `signals` belong to the systems; the sink takes the file's text while the simulation runs.
  WaveformRecorder(const sc_core::sc_module_name& name,
                   const std::vector<const ArraySystem*>& systems,
                   const std::vector<TracedSignal>& signals, const TimeWindow& window,
                   TextSink sink);

  /// Ends the recording; the sink is not called any more. Throws what the sink threw: recording
  /// ended there, and the simulation went on.
  void finish();
  /// Throws what the sink threw so far.
  void rethrow_error() const {
    if (error_) std::rethrow_exception(error_);
  }
  /// Whether the window has begun.
  bool has_values() const { return has_values_; }

  const char* kind() const override { return "waveform_recorder"; }

 private:
  void on_activity();
  void sample();
  void record(std::uint64_t time);

  std::vector<TracedSignal> signals_;
  TimeWindow window_;
  VcdWriter writer_;
  std::vector<std::uint64_t> values_;
  bool has_values_ = false;
  bool is_over_ = false;
  std::optional<sc_core::sc_time> pending_;  // an instant whose end is still to be looked at
  std::exception_ptr error_;
  sc_core::sc_event window_begins_{"window_begins"};
  sc_core::sc_event instant_over_{"instant_over"};
};

}  // namespace arrayflex::pin
