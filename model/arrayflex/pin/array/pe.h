// The processing element.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <systemc>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/pin/array/bypass_mux.h"
#include "arrayflex/pin/array/net.h"
#include "arrayflex/pin/array/net_storage.h"
#include "arrayflex/pin/array/register.h"
#include "arrayflex/pin/array/types.h"

namespace arrayflex::pin {

/// A weight register with its pins: the only one of a PE, or one of two banks. Their names:
/// weight_in, weight_enable, weight_out and weight_reg; with two banks weight_in_0, load_enable_0,
/// weight_out_0, weight_bank0 and so on.
struct WeightBank {
  struct Names {
    const char *in, *enable, *out, *reg;
  };
  WeightBank(const Names& names, RegisterPool<Operand>& pool);

  sc_core::sc_in<Operand> in;   ///< north, load phase: the same bank of the neighbour
  sc_core::sc_in<bool> enable;  ///< clock enable
  sc_core::sc_export<sc_core::sc_signal_in_if<Operand>> out;  ///< south: the register
  PooledRegister<Operand> reg;

  RegisterPins<Operand> pins() { return {reg.get(), &in.read(), &enable.read()}; }
};

/// One PE of ArrayFlex (multiplier, 3:2 compressor, carry-propagate adder, three bypass muxes) or
/// of the conventional array (multiplier and adder). With two weight registers a weight mux in
/// front of the multiplier selects one of them. It has no process of its own: at a clock edge the
/// array latches the registers of all PEs, then settles their nets from north-west to south-east.
class ProcessingElement final : public sc_core::sc_module {
 public:
  struct Structure {
    Design design = Design::arrayflex;
    PinWidths widths;
    bool has_operand_register = true;  ///< false in the last column
    int weight_banks = 1;              ///< weight registers, 1 or 2
  };
  /// Where a PE keeps what it owns.
  struct Context {
    NetStorage& nets;
    std::size_t index;  ///< the PE's place in nets
    NetWatchList& watch_list;
    RegisterPools& registers;
    const sc_core::sc_signal_in_if<Sum>& ground;  ///< a constant 0
  };
  ProcessingElement(const sc_core::sc_module_name& name, const Structure& structure,
                    const Context& context);

  template <class T>
  using In = sc_core::sc_in<T>;
  template <class T>
  using Out = sc_core::sc_export<sc_core::sc_signal_in_if<T>>;

  In<Operand> operand_in{"operand_in"};  ///< west
  In<Sum> sum_in{"sum_in"};              ///< north: S of the carry-save pair, or the partial sum
  std::optional<In<Sum>> carry_in;       ///< north: Cy; ArrayFlex only

  std::optional<In<bool>> weight_select;   ///< on: bank 0, else bank 1; of two only
  In<bool> psum_enable{"psum_enable"};     ///< clock enable of psum_reg
  std::optional<In<bool>> operand_enable;  ///< clock enable of operand_reg; not in the last column
  std::optional<In<bool>> bottom;          ///< bottom PE of a row group; ArrayFlex only
  std::optional<In<bool>> operand_boundary;  ///< a column group ends here; as operand_mux

  std::optional<Out<Operand>> operand_out;  ///< east; not in the last column
  Out<Sum> sum_out{"sum_out"};              ///< south
  std::optional<Out<Sum>> carry_out;        ///< south; ArrayFlex only

  /// 0, or 1 with two weight registers; throws std::out_of_range.
  WeightBank& weight_bank(int bank) { return *weight_banks_.at(static_cast<std::size_t>(bank)); }
  const Register<Operand>& weight_reg(int bank = 0) const {
    return *weight_banks_.at(static_cast<std::size_t>(bank))->reg;
  }
  const Register<Sum>& psum_reg() const { return *psum_reg_; }
  /// The register east of the multiplier, nullptr in the last column.
  const Register<Operand>* operand_reg() const { return operand_reg_.get(); }

  const Net<Operand>& operand() const { return operand_; }
  /// The weight mux's output; nullptr with one weight register.
  const Net<Operand>* weight() const { return weight_ ? &*weight_ : nullptr; }
  const Net<Sum>& product() const { return product_; }
  const Net<Sum>& adder() const { return adder_; }
  /// ArrayFlex only, else nullptr.
  const Net<Sum>* csa_sum() const { return csa_sum_ ? &*csa_sum_ : nullptr; }
  const Net<Sum>* csa_carry() const { return csa_carry_ ? &*csa_carry_ : nullptr; }
  const BypassMux<Operand>* operand_mux() const { return operand_mux_.get(); }
  const BypassMux<Sum>* sum_mux() const { return sum_mux_.get(); }
  const BypassMux<Sum>* carry_mux() const { return carry_mux_.get(); }

  const char* kind() const override { return "processing_element"; }

  /// Adds the PE's registers and nets, at their widths, to a trace file. Names are hierarchical.
  void trace(sc_core::sc_trace_file* file) const override;

  /// The parts of a PE that the array's processes need, resolved through the ports' binding.
  struct Pins {
    RegisterPins<Operand> weight;  ///< bank 0
    RegisterPins<Sum> psum;
    RegisterPins<Operand> operand;  ///< reg is nullptr in the last column
    const Operand* operand_in = nullptr;
    const Sum* sum_in = nullptr;
    const Sum* carry_in = nullptr;
    const bool* bottom = nullptr;
    BypassMux<Sum>::Pins sum_mux;
    BypassMux<Sum>::Pins carry_mux;
    BypassMux<Operand>::Pins operand_mux;  ///< out is nullptr in the last column
  };
  /// More of them where there are two weight registers. Apart, since every byte of Pins is read in
  /// every cycle.
  struct SecondBankPins {
    RegisterPins<Operand> weight;  ///< bank 1
    const bool* select = nullptr;  ///< of the weight mux: on: bank 0
  };
  /// Call them once the ports are bound (end of elaboration); the second with two weight registers.
  Pins pins();
  SecondBankPins second_bank_pins();

 private:
  void build_weight_registers(const Context& context);
  void build_arrayflex_parts(const Context& context);
  void build_conventional_parts();

  Structure structure_;
  std::vector<std::unique_ptr<WeightBank>> weight_banks_;
  PooledRegister<Sum> psum_reg_;
  PooledRegister<Operand> operand_reg_;
  Net<Operand> operand_;
  std::optional<Net<Operand>> weight_;
  Net<Sum> product_;
  Net<Sum> adder_;
  std::optional<Net<Sum>> csa_sum_;
  std::optional<Net<Sum>> csa_carry_;
  std::unique_ptr<BypassMux<Operand>> operand_mux_;
  std::unique_ptr<BypassMux<Sum>> sum_mux_;
  std::unique_ptr<BypassMux<Sum>> carry_mux_;
};

/// Value modulo 2^(64-shift), sign-extended; shift = 64 - Wa.
inline Sum wrap(std::uint64_t value, int shift) {
  return static_cast<Sum>(value << shift) >> shift;
}

/// Settles the weight mux of a PE with two weight registers and returns its output.
inline Operand settle_weight(const ProcessingElement::Pins& pe,
                             const ProcessingElement::SecondBankPins& second, NetStorage& nets,
                             std::size_t index) {
  return nets.weight[index] = (*second.select ? pe.weight : second.weight).reg->q();
}

/// Settles the nets of one ArrayFlex PE from its input pins and its weight.
inline void settle_arrayflex(const ProcessingElement::Pins& pe, Operand weight, NetStorage& nets,
                             std::size_t index, int shift) {
  const Operand a = *pe.operand_in;
  const Sum product = Sum{a} * Sum{weight};
  nets.operand[index] = a;
  nets.product[index] = product;
  const Sum s = *pe.sum_in;
  const Sum cy = *pe.carry_in;
  const Sum csa_sum = s ^ cy ^ product;
  const Sum majority = (s & cy) | (product & (s ^ cy));
  const Sum csa_carry = wrap(static_cast<std::uint64_t>(majority) << 1, shift);
  nets.csa_sum[index] = csa_sum;
  nets.csa_carry[index] = csa_carry;
  // Operand isolation: the adder of a PE that is not at the bottom sees zeros.
  const auto total = static_cast<std::uint64_t>(csa_sum) + static_cast<std::uint64_t>(csa_carry);
  nets.adder[index] = *pe.bottom ? wrap(total, shift) : 0;
  pe.sum_mux.settle();
  pe.carry_mux.settle();
  if (pe.operand_mux.out != nullptr) pe.operand_mux.settle();
}

/// Settles the nets of one PE of the conventional array.
inline void settle_conventional(const ProcessingElement::Pins& pe, Operand weight, NetStorage& nets,
                                std::size_t index, int shift) {
  const Operand a = *pe.operand_in;
  const Sum product = Sum{a} * Sum{weight};
  nets.operand[index] = a;
  nets.product[index] = product;
  nets.adder[index] =
      wrap(static_cast<std::uint64_t>(*pe.sum_in) + static_cast<std::uint64_t>(product), shift);
}

}  // namespace arrayflex::pin
