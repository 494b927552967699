// Helpers to trace pins at their true width and under their hierarchical name.
#pragma once

#include <string>
#include <systemc>

namespace arrayflex::pin {

/// Traces a value; the low width_bits bits are recorded.
template <class T>
void trace_named(sc_core::sc_trace_file* file, const T& value, const std::string& name,
                 int width_bits) {
  sc_core::sc_trace(file, value, name, width_bits);
}

/// Traces a net, register or signal.
template <class Channel>
void trace_pin(sc_core::sc_trace_file* file, const Channel& channel, int width_bits) {
  trace_named(file, channel.read(), channel.name(), width_bits);
}

/// Traces a one-bit signal.
template <class Channel>
void trace_bit(sc_core::sc_trace_file* file, const Channel& channel) {
  sc_core::sc_trace(file, channel.read(), channel.name());
}

}  // namespace arrayflex::pin
