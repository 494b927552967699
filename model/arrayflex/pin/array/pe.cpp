#include "arrayflex/pin/array/pe.h"

#include <string>

#include "arrayflex/pin/observe/trace.h"

namespace arrayflex::pin {

namespace {

constexpr WeightBank::Names kOnlyWeight{"weight_in", "weight_enable", "weight_out", "weight_reg"};
constexpr WeightBank::Names kWeightBanks[] = {
    {"weight_in_0", "load_enable_0", "weight_out_0", "weight_bank0"},
    {"weight_in_1", "load_enable_1", "weight_out_1", "weight_bank1"}};

}  // namespace

WeightBank::WeightBank(const Names& names, RegisterPool<Operand>& pool)
    : in(names.in), enable(names.enable), out(names.out), reg(pool.create(names.reg)) {
  out.bind(*reg);
}

ProcessingElement::ProcessingElement(const sc_core::sc_module_name& name,
                                     const Structure& structure, const Context& context)
    : sc_module(name),
      structure_(structure),
      psum_reg_(context.registers.psum.create("psum_reg")),
      operand_("operand", context.nets.operand[context.index], context.watch_list),
      product_("product", context.nets.product[context.index], context.watch_list),
      adder_("adder", context.nets.adder[context.index], context.watch_list) {
  if (structure.has_operand_register) {
    operand_enable.emplace("operand_enable");
    operand_reg_ = context.registers.operand.create("operand_reg");
    operand_out.emplace("operand_out");
  }
  build_weight_registers(context);
  if (structure.design == Design::arrayflex) {
    build_arrayflex_parts(context);
  } else {
    build_conventional_parts();
  }
}

void ProcessingElement::build_weight_registers(const Context& context) {
  RegisterPool<Operand>& pool = context.registers.weight;
  if (structure_.weight_banks == 1) {
    weight_banks_.push_back(std::make_unique<WeightBank>(kOnlyWeight, pool));
    return;
  }
  for (const WeightBank::Names& names : kWeightBanks) {
    weight_banks_.push_back(std::make_unique<WeightBank>(names, pool));
  }
  weight_select.emplace("weight_select");
  weight_.emplace("weight", context.nets.weight[context.index], context.watch_list);
}

void ProcessingElement::build_arrayflex_parts(const Context& context) {
  NetStorage& nets = context.nets;
  NetWatchList& watch_list = context.watch_list;
  const std::size_t index = context.index;
  carry_in.emplace("carry_in");
  bottom.emplace("bottom");
  carry_out.emplace("carry_out");
  csa_sum_.emplace("csa_sum", nets.csa_sum[index], watch_list);
  csa_carry_.emplace("csa_carry", nets.csa_carry[index], watch_list);

  sum_mux_ = std::make_unique<BypassMux<Sum>>("sum_mux", nets.sum_mux[index], watch_list);
  sum_mux_->registered(*psum_reg_);
  sum_mux_->bypassed(*csa_sum_);
  sum_mux_->select(*bottom);
  sum_out.bind(sum_mux_->out);

  carry_mux_ = std::make_unique<BypassMux<Sum>>("carry_mux", nets.carry_mux[index], watch_list);
  carry_mux_->registered(context.ground);  // a bottom PE sends (psum_reg, 0) down
  carry_mux_->bypassed(*csa_carry_);
  carry_mux_->select(*bottom);
  carry_out->bind(carry_mux_->out);

  if (!structure_.has_operand_register) return;
  operand_boundary.emplace("operand_boundary");
  operand_mux_ =
      std::make_unique<BypassMux<Operand>>("operand_mux", nets.operand_mux[index], watch_list);
  operand_mux_->registered(*operand_reg_);
  operand_mux_->bypassed(operand_in);
  operand_mux_->select(*operand_boundary);
  operand_out->bind(operand_mux_->out);
}

void ProcessingElement::build_conventional_parts() {
  sum_out.bind(*psum_reg_);
  if (operand_out) operand_out->bind(*operand_reg_);
}

ProcessingElement::Pins ProcessingElement::pins() {
  Pins pins;
  pins.weight = weight_bank(0).pins();
  pins.psum = {psum_reg_.get(), &adder_.read(), &psum_enable.read()};
  pins.operand_in = &operand_in.read();
  pins.sum_in = &sum_in.read();
  if (operand_reg_) pins.operand = {operand_reg_.get(), pins.operand_in, &operand_enable->read()};
  if (structure_.design == Design::arrayflex) {
    pins.carry_in = &carry_in->read();
    pins.bottom = &bottom->read();
    pins.sum_mux = sum_mux_->pins();
    pins.carry_mux = carry_mux_->pins();
    if (operand_mux_) pins.operand_mux = operand_mux_->pins();
  }
  return pins;
}

ProcessingElement::SecondBankPins ProcessingElement::second_bank_pins() {
  return {weight_bank(1).pins(), &weight_select->read()};
}

void ProcessingElement::trace(sc_core::sc_trace_file* file) const {
  const int data = structure_.widths.data;
  const int acc = structure_.widths.acc;
  trace_pin(file, operand_, data);
  for (const auto& bank : weight_banks_) trace_pin(file, *bank->reg, data);
  if (weight_) trace_pin(file, *weight_, data);
  trace_pin(file, product_, 2 * data);
  trace_pin(file, adder_, acc);
  trace_pin(file, *psum_reg_, acc);
  if (operand_reg_) trace_pin(file, *operand_reg_, data);
  if (csa_sum_) trace_pin(file, *csa_sum_, acc);
  if (csa_carry_) trace_pin(file, *csa_carry_, acc);
  if (operand_mux_) trace_named(file, operand_mux_->out->read(), operand_mux_->out.name(), data);
  if (sum_mux_) trace_named(file, sum_mux_->out->read(), sum_mux_->out.name(), acc);
  if (carry_mux_) trace_named(file, carry_mux_->out->read(), carry_mux_->out.name(), acc);
}

}  // namespace arrayflex::pin
