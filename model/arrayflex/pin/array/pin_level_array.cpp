#include "arrayflex/pin/array/pin_level_array.h"

#include <stdexcept>
#include <string>

namespace arrayflex::pin {

PinLevelArray::PinLevelArray(const sc_core::sc_module_name& name, const ArrayConfig& config,
                             Design design)
    : sc_module(name),
      rows_(config.rows()),
      cols_(config.cols()),
      design_(design),
      overlap_(config.overlap()),
      wrap_shift_(64 - config.acc_width_bits()) {
  const auto rows = static_cast<std::size_t>(rows_);
  const auto cols = static_cast<std::size_t>(cols_);
  if (overlap_ == Overlap::none) {
    weight_enable.emplace("weight_enable");
  } else {
    for (auto& control : weight_controls) control.init(rows);
    wave_.emplace(rows, cols, overlap_ == Overlap::full);
  }
  psum_enable.init(rows);
  operand_enable.init(cols - 1);
  if (design == Design::arrayflex) {
    bottom.init(rows);
    operand_boundary.init(cols - 1);
  }
  skew_depth.init(rows);
  deskew_depth.init(cols);
  west.init(rows);
  north.init(cols);
  south.init(cols);

  SC_METHOD(clock_edge);
  sensitive << clk.pos();
  dont_initialize();
  SC_METHOD(apply_reset);
  sensitive << reset.pos();
  dont_initialize();
  SC_METHOD(forward_settle);
  sensitive << edge_done_;
  for (auto& control : weight_controls) {
    for (auto& input : control) sensitive << input;
  }
  dont_initialize();
  SC_METHOD(settle);
  sensitive << settle_request_;
  for (auto& input : west) sensitive << input;
  for (auto& input : bottom) sensitive << input;
  for (auto& input : operand_boundary) sensitive << input;
  for (auto& input : skew_depth) sensitive << input;
  for (auto& input : deskew_depth) sensitive << input;
  dont_initialize();
}

void PinLevelArray::require_pe(int r, int c) const {
  if (r < 0 || r >= rows_ || c < 0 || c >= cols_) {
    throw std::out_of_range("pe(" + std::to_string(r) + ", " + std::to_string(c) + ")");
  }
}

std::size_t PinLevelArray::group_cols() const {
  if (design_ == Design::conventional) return 1;
  std::size_t c = 0;
  while (c < operand_boundary.size() && !operand_boundary[c]) ++c;
  return c + 1;
}

const bool& PinLevelArray::weight_control(WeightControl control, int r, int c) const {
  require_pe(r, c);
  return wave_.value().row(control, static_cast<std::size_t>(r))[c];
}

void PinLevelArray::drive_wave() {
  const std::size_t group = group_cols();
  for (const WeightControl control : {kLoadEnable0, kLoadEnable1, kWeightSelect}) {
    const auto& pins = weight_controls[static_cast<std::size_t>(control)];
    for (std::size_t r = 0; r < pins.size(); ++r) wave_->drive(control, r, group, pins[r]);
  }
}

void PinLevelArray::clock_edge() {
  if (!reset) {
    latch_edge();
    if (wave_) wave_->advance(group_cols());
  }
  edge_done_.notify(sc_core::SC_ZERO_TIME);
}

void PinLevelArray::apply_reset() {
  reset_registers();
  if (wave_) wave_->reset();
  edge_done_.notify(sc_core::SC_ZERO_TIME);
}

// The edge's inputs need two delta cycles: the controller's outputs change with the registers, the
// operands that depend on them one later. Waiting for them settles the nets once instead of twice.
void PinLevelArray::forward_settle() { settle_request_.notify(sc_core::SC_ZERO_TIME); }

void PinLevelArray::settle() {
  if (wave_) drive_wave();
  settle_nets();
  settled_.notify(sc_core::SC_ZERO_TIME);
}

}  // namespace arrayflex::pin
