// RtlModel around a module that Verilator made. For rtl_models.cpp only: everything else stays
// clear of Verilator's headers.
#pragma once

#include <verilated.h>
#include <verilated_sym_props.h>

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "rtl_model.h"

namespace arrayflex::cosim {

/// Places `width` bits of each value next to each other, value 0 in the low bits.
template <int kBits>
void pack(const std::vector<pin::Operand>& values, int width, sc_dt::sc_bv<kBits>& packed) {
  int bit = 0;
  for (const pin::Operand value : values) {
    for (int i = 0; i < width; ++i) packed[bit++] = (value >> i & 1) != 0;
  }
}
template <class Word, class = std::enable_if_t<std::is_unsigned_v<Word>>>
void pack(const std::vector<pin::Operand>& values, int width, Word& packed) {
  packed = 0;
  int bit = 0;
  for (const pin::Operand value : values) {
    packed |= static_cast<Word>(static_cast<std::uint32_t>(value) & pin::low_bits(width)) << bit;
    bit += width;
  }
}

template <class Module>
class VerilatedModel final : public RtlModel {
 public:
  explicit VerilatedModel(RtlDescription description)
      : RtlModel(std::move(description)), module_(sc_core::sc_gen_unique_name("rtl")) {
    module_.clk(clk);
    module_.rst(rst);
    module_.load_start(load_start);
    module_.start(start);
    module_.t_count(t_count);
    module_.west(west_);
    module_.north(north_);
    module_.load_ready(load_ready_);
    module_.ready(ready_);
    module_.phase(phase_);
    module_.phase_cycle(phase_cycle_);
    module_.load_cycle(load_cycle_);
    module_.output_valid(output_valid_);
    module_.output_row(output_row_);
    module_.south(south_);
    bind_mode(module_, 0);
  }
  ~VerilatedModel() override { module_.final(); }

  void drive_west(const std::vector<pin::Operand>& values) override { drive(west_, values); }
  void drive_north(const std::vector<pin::Operand>& values) override { drive(north_, values); }

  RtlNet net(const std::string& path, int element) const override {
    const VerilatedVar& var = find(path);
    const int index = var.udims() == 0 ? 0 : element - var.unpacked().low();
    if (index < 0 || index >= (var.udims() == 0 ? 1 : var.unpacked().elements())) {
      throw std::out_of_range(path + "[" + std::to_string(element) + "]");
    }
    const auto* data =
        static_cast<const char*>(var.datap()) + static_cast<std::size_t>(index) * var.entSize();
    // Verilator gives a single bit no range.
    const int width = var.dims() > var.udims() ? var.packed().elements() : 1;
    return {data, storage_of(var.vltype(), path), width};
  }

 private:
  template <class Port>
  using SignalOf = sc_core::sc_signal<typename std::remove_reference_t<Port>::data_type>;

  // The conventional array has no mode port.
  template <class M>
  auto bind_mode(M& module, int) -> decltype(module.mode, void()) {
    module.mode(mode);
  }
  template <class M>
  void bind_mode(M&, long) {}

  template <class Signal>
  void drive(Signal& signal, const std::vector<pin::Operand>& values) {
    auto packed = signal.read();
    pack(values, description().data_width_bits, packed);
    signal.write(packed);
  }

  const VerilatedVar& find(const std::string& path) const {
    const std::string full = std::string(module_.name()) + "." + description().top + "." + path;
    const std::size_t dot = full.rfind('.');
    const std::string scope = full.substr(0, dot);
    const VerilatedScope* found = Verilated::threadContextp()->scopeFind(scope.c_str());
    const VerilatedVar* var =
        found == nullptr ? nullptr : found->varFind(full.substr(dot + 1).c_str());
    if (var == nullptr) throw std::out_of_range("no net " + full + " in the RTL");
    return *var;
  }

  static RtlNet::Storage storage_of(VerilatedVarType type, const std::string& path) {
    switch (type) {
      case VLVT_UINT8:
        return RtlNet::Storage::bits8;
      case VLVT_UINT16:
        return RtlNet::Storage::bits16;
      case VLVT_UINT32:
        return RtlNet::Storage::bits32;
      case VLVT_UINT64:
        return RtlNet::Storage::bits64;
      case VLVT_WDATA:
        return RtlNet::Storage::words32;
      default:
        throw std::out_of_range(path + " is no vector of bits");
    }
  }

  Module module_;
  SignalOf<decltype(Module::west)> west_{"west"};
  SignalOf<decltype(Module::north)> north_{"north"};
  SignalOf<decltype(Module::load_ready)> load_ready_{"load_ready"};
  SignalOf<decltype(Module::ready)> ready_{"ready"};
  SignalOf<decltype(Module::phase)> phase_{"phase"};
  SignalOf<decltype(Module::phase_cycle)> phase_cycle_{"phase_cycle"};
  SignalOf<decltype(Module::load_cycle)> load_cycle_{"load_cycle"};
  SignalOf<decltype(Module::output_valid)> output_valid_{"output_valid"};
  SignalOf<decltype(Module::output_row)> output_row_{"output_row"};
  SignalOf<decltype(Module::south)> south_{"south"};
};

}  // namespace arrayflex::cosim
