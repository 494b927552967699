// Waveforms as a value change dump (VCD, IEEE 1364), as text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "arrayflex/formats/text_sink.h"
#include "arrayflex/pin/observe/signal_list.h"

namespace arrayflex::pin {

/// Writes one file of two-valued signals. There is no date in it: equal runs give equal files.
class VcdWriter {
 public:
  /// timescale: of all times, "1 fs". Scopes are the parts of the modules' names.
  VcdWriter(TextSink sink, const std::string& timescale, const std::vector<TracedSignal>& signals);

  /// Writes all values, in the order of the signals, as those from `time` on; the first thing to be
  /// written.
  void snapshot(std::uint64_t time, const std::vector<std::uint64_t>& values);
  /// Writes a new value. Times must not fall.
  void change(std::uint64_t time, std::size_t signal, std::uint64_t value);
  /// Notes that nothing changed until `time`.
  void end(std::uint64_t time);

 private:
  void write_header(const std::string& timescale, const std::vector<TracedSignal>& signals);
  void move_to(std::uint64_t time);
  void write_value(std::size_t signal, std::uint64_t value);

  struct Variable {
    std::string id;
    bool is_bit;
  };
  TextSink sink_;
  std::vector<Variable> variables_;
  std::string text_;
  std::uint64_t time_ = 0;
};

}  // namespace arrayflex::pin
