#include "arrayflex/pin/system/controller.h"

namespace arrayflex::pin {

Controller::Controller(const sc_core::sc_module_name& name, const ArrayConfig& config,
                       Design design, const sc_core::sc_time& edge_instant)
    : sc_module(name), rows_(config.rows()), cols_(config.cols()), edge_instant_(edge_instant) {
  const auto rows = static_cast<std::size_t>(rows_);
  const auto cols = static_cast<std::size_t>(cols_);
  psum_enable.init(rows);
  operand_enable.init(cols - 1);
  if (design == Design::arrayflex) {
    bottom.init(rows);
    operand_boundary.init(cols - 1);
  }
  skew_depth.init(rows);
  deskew_depth.init(cols);
  SC_METHOD(step);
  sensitive << clk.pos() << request_;
  dont_initialize();
}

void Controller::request_reset(int k) {
  reset_requested_ = true;
  requested_k_ = k;
  forget_requests();
  wake();
}

void Controller::step() {
  const bool at_edge = clk.posedge();
  if (at_edge) {
    had_edge_ = true;
    last_edge_ = sc_core::sc_time_stamp();
  }
  if (reset_requested_) {
    enter_reset();
    return;
  }
  if (at_edge) advance();
  if (had_edge_ && sc_core::sc_time_stamp() - last_edge_ <= edge_instant_) start_requested();
  publish();
}

void Controller::enter_reset() {
  reset_requested_ = false;
  in_reset_ = true;
  go_idle();
  k_ = requested_k_;
  publish_mode();
  publish();
}

void Controller::enable_pipeline(bool on) {
  if (pipeline_enable.read() == on) return;
  pipeline_enable = on;
  for (int r = 0; r < rows_; ++r) {
    psum_enable[static_cast<std::size_t>(r)] = on && is_bottom(r);
  }
  for (int c = 0; c + 1 < cols_; ++c) {
    operand_enable[static_cast<std::size_t>(c)] = on && is_boundary(c);
  }
}

void Controller::publish_mode() {
  mode = k_;
  for (int r = 0; r < rows_; ++r) skew_depth[static_cast<std::size_t>(r)] = r / k_;
  for (int c = 0; c < cols_; ++c) {
    deskew_depth[static_cast<std::size_t>(c)] = col_groups() - 1 - c / k_;
  }
  for (std::size_t r = 0; r < bottom.size(); ++r) bottom[r] = is_bottom(static_cast<int>(r));
  for (std::size_t c = 0; c < operand_boundary.size(); ++c) {
    operand_boundary[c] = is_boundary(static_cast<int>(c));
  }
}

}  // namespace arrayflex::pin
