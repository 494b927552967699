// Skew (west) and de-skew (south) buffers: shift chains of which a mode uses a part.
#pragma once

#include <memory>
#include <systemc>
#include <vector>

#include "arrayflex/pin/array/net.h"
#include "arrayflex/pin/array/register.h"
#include "arrayflex/pin/array/types.h"

namespace arrayflex::pin {

/// A chain of `length` registers. The first `depth` of them, counted from `in`, are in use: they
/// are clocked while `enable` is on, and `out` is the last of them (`in` itself where depth is 0).
/// The others are gated.
template <class T>
class ShiftChain final : public sc_core::sc_module {
 public:
  ShiftChain(const sc_core::sc_module_name& name, int length, int width_bits, RegisterPool<T>& pool,
             NetWatchList& watch_list);
  ~ShiftChain() override;

  sc_core::sc_in<T> in{"in"};
  sc_core::sc_in<bool> enable{"enable"};
  sc_core::sc_in<int> depth{"depth"};
  sc_core::sc_export<sc_core::sc_signal_in_if<T>> out{"out"};

  int length() const { return static_cast<int>(registers_.size()); }
  /// Register 0 is the one next to `in`; 0 <= stage < length().
  const Register<T>& reg(int stage) const {
    return *registers_.at(static_cast<std::size_t>(stage));
  }

  const char* kind() const override { return "shift_chain"; }
  void trace(sc_core::sc_trace_file* file) const override;

  /// Resolves the ports; call it once they are bound (end of elaboration).
  void resolve_pins();

  /// Settles `out`.
  void settle() {
    const int used = *depth_;
    slot_ = used == 0 ? *in_ : registers_[static_cast<std::size_t>(used) - 1]->q();
  }

  /// Calls visit(register, value at D) for each register that a clock edge would clock now.
  template <class Visit>
  [[gnu::always_inline]] void visit_clocked_registers(const Visit& visit) {
    if (!*enable_) return;
    const int used = *depth_;
    const T* d = in_;
    for (int stage = 0; stage < used; ++stage) {
      Register<T>& reg = *registers_[static_cast<std::size_t>(stage)];
      visit(reg, *d);
      d = &reg.q();
    }
  }

  void reset() {
    for (auto& reg : registers_) reg->load(T{});
  }

 private:
  int width_bits_;
  T slot_{};
  Net<T> out_net_;
  std::vector<PooledRegister<T>> registers_;
  const T* in_ = nullptr;
  const bool* enable_ = nullptr;
  const int* depth_ = nullptr;
};

extern template class ShiftChain<Operand>;
extern template class ShiftChain<Sum>;

}  // namespace arrayflex::pin
