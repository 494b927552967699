#include "arrayflex/pin/system/controller.h"

namespace arrayflex::pin {

Controller::Controller(const sc_core::sc_module_name& name, const ArrayConfig& config,
                       Design design)
    : sc_module(name), rows_(config.rows()), cols_(config.cols()) {
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

void Controller::request_tile(std::int64_t t_count) {
  tile_requested_ = true;
  requested_t_ = t_count;
  request_.notify(sc_core::SC_ZERO_TIME);
}

void Controller::request_reset(int k) {
  reset_requested_ = true;
  requested_k_ = k;
  tile_requested_ = false;
  request_.notify(sc_core::SC_ZERO_TIME);
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
  const bool in_edge_instant = had_edge_ && last_edge_ == sc_core::sc_time_stamp();
  if (tile_requested_ && phase_ == kIdle && in_edge_instant) {
    tile_requested_ = false;
    in_reset_ = false;
    phase_ = kLoad;
    phase_cycle_ = 0;
    stream_cycles_ = requested_t_ + row_groups() + col_groups() - 2;
  }
  publish();
}

void Controller::advance() {
  drain_ = false;
  if (phase_ == kIdle) return;
  ++cycles_;
  ++phase_cycle_;
  if (phase_ == kLoad && phase_cycle_ == rows_) {
    phase_ = kStream;
    phase_cycle_ = 0;
  } else if (phase_ == kStream && phase_cycle_ == stream_cycles_) {
    phase_ = kIdle;
    phase_cycle_ = 0;
    drain_ = true;
    drain_row_ = stream_cycles_ - first_row_cycle();
  }
}

void Controller::enter_reset() {
  reset_requested_ = false;
  in_reset_ = true;
  phase_ = kIdle;
  phase_cycle_ = 0;
  drain_ = false;
  k_ = requested_k_;
  publish_mode();
  publish();
}

void Controller::publish() {
  const bool pipeline_on = phase_ == kStream || drain_;
  clock_request = phase_ != kIdle || drain_ || tile_requested_;
  reset = in_reset_;
  phase = static_cast<int>(phase_);
  phase_cycle = phase_cycle_;
  drain = drain_;
  weight_enable = phase_ == kLoad;
  if (pipeline_enable.read() != pipeline_on) publish_enables(pipeline_on);
  count_weights = phase_ != kIdle;
  count_pipeline = pipeline_on || (phase_ == kLoad && phase_cycle_ > 0);
  const bool row_ready = drain_ || (phase_ == kStream && phase_cycle_ >= first_row_cycle());
  output_valid = row_ready;
  if (row_ready) output_row = drain_ ? drain_row_ : phase_cycle_ - first_row_cycle();
}

void Controller::publish_enables(bool pipeline_on) {
  pipeline_enable = pipeline_on;
  for (int r = 0; r < rows_; ++r) {
    psum_enable[static_cast<std::size_t>(r)] = pipeline_on && is_bottom(r);
  }
  for (int c = 0; c + 1 < cols_; ++c) {
    operand_enable[static_cast<std::size_t>(c)] = pipeline_on && is_boundary(c);
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
