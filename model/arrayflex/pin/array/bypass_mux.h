// A bypass multiplexer of a processing element.
#pragma once

#include <systemc>

#include "arrayflex/pin/array/net.h"
#include "arrayflex/pin/array/types.h"

namespace arrayflex::pin {

/// Two-way multiplexer: `out` is `registered` where `select` is on (a pipeline stage ends here),
/// and `bypassed` otherwise (the value passes through in the same cycle).
template <class T>
class BypassMux final : public sc_core::sc_module {
 public:
  /// slot is the place of `out` in the array's net storage.
  BypassMux(const sc_core::sc_module_name& name, T& slot, NetWatchList& watch_list);

  sc_core::sc_in<T> registered{"registered"};
  sc_core::sc_in<T> bypassed{"bypassed"};
  sc_core::sc_in<bool> select{"select"};
  sc_core::sc_export<sc_core::sc_signal_in_if<T>> out{"out"};

  const char* kind() const override { return "bypass_mux"; }

  /// The pins, resolved through the ports' binding.
  struct Pins {
    const T* registered = nullptr;
    const T* bypassed = nullptr;
    const bool* select = nullptr;
    T* out = nullptr;

    void settle() const { *out = *select ? *registered : *bypassed; }
  };
  /// Call it once the ports are bound (end of elaboration).
  Pins pins();

 private:
  T& slot_;
  Net<T> out_net_;
};

extern template class BypassMux<Operand>;
extern template class BypassMux<Sum>;

}  // namespace arrayflex::pin
