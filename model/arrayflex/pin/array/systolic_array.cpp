#include "arrayflex/pin/array/systolic_array.h"

#include <string>

#include "arrayflex/pin/array/children.h"

namespace arrayflex::pin {

SystolicArray::SystolicArray(const sc_core::sc_module_name& name, const ArrayConfig& config,
                             Design design, const RecordOptions& record)
    : PinLevelArray(name, config, design),
      nets_(design, static_cast<std::size_t>(rows_) * static_cast<std::size_t>(cols_),
            weight_banks(config.overlap())),
      registers_(static_cast<std::size_t>(rows_), static_cast<std::size_t>(cols_),
                 static_cast<std::size_t>(weight_banks(config.overlap()))),
      probe_(config, design, record, nets_),
      ground_(std::make_unique<TieLow>("ground")) {
  build_buffers();
  build_pes();
}

SystolicArray::~SystolicArray() {
  ground_.reset();  // the early one: see destroy_in_reverse()
  destroy_in_reverse(pes_);
  destroy_in_reverse(deskew_);
  destroy_in_reverse(skew_);
}

void SystolicArray::build_buffers() {
  const PinWidths widths = probe_.widths();
  for (int r = 0; r < rows_; ++r) {
    skew_.push_back(std::make_unique<ShiftChain<Operand>>(
        numbered("skew", r).c_str(), r, widths.data, registers_.skew, watch_list_));
    const auto row = static_cast<std::size_t>(r);
    skew_.back()->in(west[row]);
    skew_.back()->enable(pipeline_enable);
    skew_.back()->depth(skew_depth[row]);
  }
  for (int c = 0; c < cols_; ++c) {
    const auto col = static_cast<std::size_t>(c);
    deskew_.push_back(std::make_unique<ShiftChain<Sum>>(
        numbered("deskew", c).c_str(), cols_ - 1 - c, widths.acc, registers_.deskew, watch_list_));
    deskew_.back()->enable(pipeline_enable);
    deskew_.back()->depth(deskew_depth[col]);
    south[col].bind(deskew_.back()->out);
  }
}

void SystolicArray::build_pes() {
  pes_.reserve(nets_.operand.size());
  for (int r = 0; r < rows_; ++r) {
    for (int c = 0; c < cols_; ++c) {
      const std::string pe_name = numbered(numbered("pe", r), c);
      const ProcessingElement::Structure structure{design_, probe_.widths(), c + 1 < cols_,
                                                   weight_banks(overlap_)};
      const ProcessingElement::Context context{nets_, index(r, c), watch_list_, registers_,
                                               ground_->out};
      pes_.push_back(std::make_unique<ProcessingElement>(pe_name.c_str(), structure, context));
      wire_pe(r, c);
    }
  }
  for (int c = 0; c < cols_; ++c) {
    deskew_[static_cast<std::size_t>(c)]->in(pe_at(rows_ - 1, c).sum_out);
  }
}

void SystolicArray::wire_pe(int r, int c) {
  ProcessingElement& pe = pe_at(r, c);
  wire_weights(r, c);
  pe.psum_enable(psum_enable[static_cast<std::size_t>(r)]);
  if (pe.operand_enable) (*pe.operand_enable)(operand_enable[static_cast<std::size_t>(c)]);
  if (c == 0) {
    pe.operand_in(skew_[static_cast<std::size_t>(r)]->out);
  } else {
    pe.operand_in(*pe_at(r, c - 1).operand_out);
  }
  if (r == 0) {
    pe.sum_in(ground_->out);
  } else {
    pe.sum_in(pe_at(r - 1, c).sum_out);
  }
  if (design_ == Design::arrayflex) wire_arrayflex_pe(r, c);
}

void SystolicArray::wire_weights(int r, int c) {
  for (int bank = 0; bank < weight_banks(overlap_); ++bank) {
    WeightBank& weights = pe_at(r, c).weight_bank(bank);
    if (r == 0) {
      weights.in(north[static_cast<std::size_t>(c)]);
    } else {
      weights.in(pe_at(r - 1, c).weight_bank(bank).out);
    }
  }
  if (overlap_ == Overlap::none) {
    pe_at(r, c).weight_bank(0).enable(*weight_enable);
  } else {
    wire_weight_controls(r, c);
  }
}

void SystolicArray::wire_weight_controls(int r, int c) {
  ProcessingElement& pe = pe_at(r, c);
  const auto row = static_cast<std::size_t>(r);
  const auto wire = [&](auto& port, WeightControl control) {
    if (overlap_ == Overlap::load) {
      port(weight_controls[static_cast<std::size_t>(control)][row]);
    } else {
      port(wave_taps_.emplace_back(wave_->row(control, row)[c]));
    }
  };
  wire(pe.weight_bank(0).enable, kLoadEnable0);
  wire(pe.weight_bank(1).enable, kLoadEnable1);
  wire(*pe.weight_select, kWeightSelect);
}

void SystolicArray::wire_arrayflex_pe(int r, int c) {
  ProcessingElement& pe = pe_at(r, c);
  (*pe.bottom)(bottom[static_cast<std::size_t>(r)]);
  if (pe.operand_boundary) (*pe.operand_boundary)(operand_boundary[static_cast<std::size_t>(c)]);
  if (r == 0) {
    (*pe.carry_in)(ground_->out);
  } else {
    (*pe.carry_in)(*pe_at(r - 1, c).carry_out);
  }
}

void SystolicArray::end_of_elaboration() {
  pins_.reserve(pes_.size());
  for (auto& pe : pes_) pins_.push_back(pe->pins());
  if (weight_banks(overlap_) > 1) {
    second_banks_.reserve(pes_.size());
    for (auto& pe : pes_) second_banks_.push_back(pe->second_bank_pins());
  }
  for (auto& chain : skew_) chain->resolve_pins();
  for (auto& chain : deskew_) chain->resolve_pins();
}

const ProcessingElement& SystolicArray::pe(int r, int c) const {
  require_pe(r, c);
  return *pes_[index(r, c)];
}

const ShiftChain<Operand>& SystolicArray::skew(int r) const {
  return *skew_.at(static_cast<std::size_t>(r));
}

const ShiftChain<Sum>& SystolicArray::deskew(int c) const {
  return *deskew_.at(static_cast<std::size_t>(c));
}

void SystolicArray::trace(sc_core::sc_trace_file* file) const {
  for (const auto& pe : pes_) pe->trace(file);
  for (const auto& chain : skew_) chain->trace(file);
  for (const auto& chain : deskew_) chain->trace(file);
}

}  // namespace arrayflex::pin
