// The parts of CycleArray as modules: views on its state.
#pragma once

#include <systemc>

#include "arrayflex/pin/array/net.h"
#include "arrayflex/pin/array/types.h"
#include "arrayflex/pin/cycle/cycle_state.h"

namespace arrayflex::pin {

/// One PE. It holds nothing of its own: every value is read from the array's state when asked for.
class PeView final : public sc_core::sc_module {
 public:
  PeView(const sc_core::sc_module_name& name, const CycleState& state, std::size_t r, std::size_t c)
      : sc_module(name), state_(state), r_(r), c_(c) {}

  /// Bank 1 with two weight registers only.
  Operand weight_reg(std::size_t bank = 0) const { return state_.registers.weight[bank][index()]; }
  Sum psum_reg() const { return state_.registers.psum[index()]; }
  bool has_operand_register() const { return c_ + 1 < state_.cols; }
  /// The register east of the multiplier; 0 in the last column, which has none.
  Operand operand_reg() const { return state_.registers.operand[index()]; }

  Operand operand() const { return state_.operand.now[index()]; }
  /// The weight mux's output; with one weight register, that.
  Operand weight() const { return state_.two_weights ? state_.weight.now[index()] : weight_reg(); }
  Sum product() const { return state_.product.now[index()]; }
  /// psum_reg's input; 0 where the adder is isolated.
  Sum adder() const;
  bool bottom() const { return state_.is_bottom[r_] != 0; }

  /// ArrayFlex only, else 0.
  Sum csa_sum() const { return is_arrayflex() ? state_.csa_sum.now[index()] : 0; }
  Sum csa_carry() const { return is_arrayflex() ? state_.csa_carry.now[index()] : 0; }
  /// Outputs of the bypass muxes; 0 where there is none.
  Operand operand_mux() const;
  Sum sum_mux() const;
  Sum carry_mux() const;

  const char* kind() const override { return "pe_view"; }

  /// Adds the PE's registers and nets to a trace file, at their widths and under the names that
  /// ProcessingElement gives them. Left out is all that the array keeps no memory for: the adder,
  /// and the muxes, whose outputs are the eastern neighbour's operand, and psum_reg and 0 at a
  /// bottom PE, csa_sum and csa_carry at any other.
  void trace(sc_core::sc_trace_file* file) const override;

 private:
  bool is_arrayflex() const { return state_.design == Design::arrayflex; }
  std::size_t index() const { return r_ * state_.stride + c_; }

  const CycleState& state_;
  const std::size_t r_, c_;
};

/// A skew or de-skew buffer.
template <class T>
class ChainView final : public sc_core::sc_module {
 public:
  /// registers: the first of `length`, next to the input; out: the value behind the last one in
  /// use.
  ChainView(const sc_core::sc_module_name& name, const T* registers, std::size_t length,
            const T& out_slot, int width_bits, NetWatchList& watch_list);

  int length() const { return static_cast<int>(length_); }
  /// Register 0 is the one next to the input; throws std::out_of_range unless 0 <= stage <
  /// length(). The reference stays valid.
  const T& reg(int stage) const;
  const Net<T>& out() const { return out_net_; }

  const char* kind() const override { return "chain_view"; }
  void trace(sc_core::sc_trace_file* file) const override;

 private:
  const T* registers_;
  std::size_t length_;
  int width_bits_;
  Net<T> out_net_;
};

extern template class ChainView<Operand>;
extern template class ChainView<Sum>;

}  // namespace arrayflex::pin
