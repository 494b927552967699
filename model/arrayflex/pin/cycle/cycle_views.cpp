#include "arrayflex/pin/cycle/cycle_views.h"

#include <stdexcept>
#include <string>

#include "arrayflex/pin/array/pe.h"
#include "arrayflex/pin/observe/trace.h"

namespace arrayflex::pin {

Sum PeView::adder() const {
  if (is_arrayflex() && !bottom()) return 0;
  const Sum above =
      is_arrayflex() ? csa_carry() : (r_ == 0 ? 0 : state_.registers.psum[index() - state_.stride]);
  const Sum here = is_arrayflex() ? csa_sum() : product();
  return wrap(static_cast<std::uint64_t>(above) + static_cast<std::uint64_t>(here),
              64 - state_.widths.acc);
}

Operand PeView::operand_mux() const {
  return is_arrayflex() && has_operand_register() ? state_.operand.now[index() + 1] : 0;
}

Sum PeView::sum_mux() const {
  if (!is_arrayflex()) return 0;
  return bottom() ? psum_reg() : csa_sum();
}

Sum PeView::carry_mux() const { return bottom() ? 0 : csa_carry(); }

void PeView::trace(sc_core::sc_trace_file* file) const {
  const std::size_t i = index();
  const std::string prefix = std::string(name()) + ".";
  const int data = state_.widths.data;
  const int acc = state_.widths.acc;
  trace_named(file, state_.operand.now[i], prefix + "operand", data);
  if (state_.two_weights) {
    trace_named(file, state_.registers.weight[0][i], prefix + "weight_bank0", data);
    trace_named(file, state_.registers.weight[1][i], prefix + "weight_bank1", data);
    trace_named(file, state_.weight.now[i], prefix + "weight", data);
  } else {
    trace_named(file, state_.registers.weight[0][i], prefix + "weight_reg", data);
  }
  trace_named(file, state_.product.now[i], prefix + "product", 2 * data);
  trace_named(file, state_.registers.psum[i], prefix + "psum_reg", acc);
  if (has_operand_register()) {
    trace_named(file, state_.registers.operand[i], prefix + "operand_reg", data);
  }
  if (!is_arrayflex()) return;
  trace_named(file, state_.csa_sum.now[i], prefix + "csa_sum", acc);
  trace_named(file, state_.csa_carry.now[i], prefix + "csa_carry", acc);
}

template <class T>
ChainView<T>::ChainView(const sc_core::sc_module_name& name, const T* registers, std::size_t length,
                        const T& out_slot, int width_bits, NetWatchList& watch_list)
    : sc_module(name),
      registers_(registers),
      length_(length),
      width_bits_(width_bits),
      out_net_("out_net", out_slot, watch_list) {}

template <class T>
const T& ChainView<T>::reg(int stage) const {
  if (stage < 0 || stage >= length()) throw std::out_of_range("reg(" + std::to_string(stage) + ")");
  return registers_[stage];
}

template <class T>
void ChainView<T>::trace(sc_core::sc_trace_file* file) const {
  const std::string prefix = std::string(this->name()) + ".";
  for (int stage = 0; stage < length(); ++stage) {
    trace_named(file, registers_[stage], prefix + "reg_" + std::to_string(stage), width_bits_);
  }
  trace_named(file, out_net_.read(), prefix + "out", width_bits_);
}

template class ChainView<Operand>;
template class ChainView<Sum>;

}  // namespace arrayflex::pin
