#include "arrayflex/pin/array/skew_buffer.h"

#include <string>

#include "arrayflex/pin/observe/trace.h"

namespace arrayflex::pin {

template <class T>
ShiftChain<T>::ShiftChain(const sc_core::sc_module_name& name, int length, int width_bits,
                          RegisterPool<T>& pool, NetWatchList& watch_list)
    : sc_module(name), width_bits_(width_bits), out_net_("out_net", slot_, watch_list) {
  out.bind(out_net_);
  registers_.reserve(static_cast<std::size_t>(length));
  for (int stage = 0; stage < length; ++stage) {
    registers_.push_back(pool.create(("reg_" + std::to_string(stage)).c_str()));
  }
}

template <class T>
ShiftChain<T>::~ShiftChain() {
  // The kernel's registries search from the end.
  while (!registers_.empty()) registers_.pop_back();
}

template <class T>
void ShiftChain<T>::trace(sc_core::sc_trace_file* file) const {
  for (const auto& reg : registers_) trace_pin(file, *reg, width_bits_);
  trace_named(file, out_net_.read(), out.name(), width_bits_);
}

template <class T>
void ShiftChain<T>::resolve_pins() {
  in_ = &in.read();
  enable_ = &enable.read();
  depth_ = &depth.read();
}

template class ShiftChain<Operand>;
template class ShiftChain<Sum>;

}  // namespace arrayflex::pin
