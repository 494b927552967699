#include "arrayflex/pin/system/overlap_controller.h"

#include <algorithm>

namespace arrayflex::pin {

OverlapController::OverlapController(const sc_core::sc_module_name& name, const ArrayConfig& config,
                                     Design design)
    : Controller(name, config, design, sc_core::sc_time::from_value(1)),
      overlap_(config.overlap()) {
  for (auto& control : weight_controls) control.init(static_cast<std::size_t>(rows_));
}

// Requests
// -----------------------------------------------------------------------------------------

void OverlapController::request_load() {
  ++loads_requested_;
  wake();
}

void OverlapController::request_stream(std::int64_t t_count, bool is_last) {
  streams_requested_.push_back({t_count, is_last});
  wake();
}

void OverlapController::end_product() {
  product_ended_ = true;
  wake();
}

void OverlapController::forget_requests() {
  loads_requested_ = 0;
  streams_requested_.clear();
}

void OverlapController::go_idle() {
  now_ = 0;
  loads_ = false;
  load_tile_ = stream_tile_ = -1;
  load_begin_ = 0;
  latest_ = {};
  in_flight_.clear();
  stream_ended_ = product_ended_ = false;
  group_selects_.assign(static_cast<std::size_t>(rows_), false);
}

// The timeline
// -------------------------------------------------------------------------------------

std::int64_t OverlapController::interval() const {
  const std::int64_t stream =
      overlap_ == Overlap::full ? latest_.t_count : stream_cycles(latest_.t_count);
  return std::max<std::int64_t>(rows_, stream);
}

bool OverlapController::can_load() const {
  return loads_requested_ > 0 && !loads_ && load_tile_ == stream_tile_;
}

bool OverlapController::can_stream() const {
  const bool is_loaded = load_tile_ > stream_tile_ && !loads_;
  return !streams_requested_.empty() && is_loaded &&
         (!has_streamed() || stream_cycle() >= interval());
}

// Whether the requests so far need nothing but clock cycles.
bool OverlapController::may_go_on() const {
  const bool load = loads_requested_ > 0 && load_tile_ == stream_tile_;
  const bool stream = !streams_requested_.empty() && (load || load_tile_ > stream_tile_);
  return load || stream;
}

bool OverlapController::pipeline_on() const {
  return has_streamed() && stream_cycle() <= stream_cycles(latest_.t_count);
}

// Some column still loads.
bool OverlapController::wave_on() const {
  const std::int64_t delay = overlap_ == Overlap::full ? col_groups() - 1 : 0;
  return load_tile_ >= 0 && now_ - load_begin_ < rows_ + delay;
}

// Up to P cycles of a tile, and all in which the pipeline is clocked; of the last tile S cycles,
// since its drain costs no latency.
bool OverlapController::counts() const {
  if (!has_streamed()) return loads_;
  const std::int64_t stream = stream_cycles(latest_.t_count);
  const bool is_last = latest_.is_last || product_ended_;
  return stream_cycle() < (is_last ? stream : std::max(interval(), stream + 1));
}

void OverlapController::advance() {
  if (counts()) count_cycle();
  ++now_;
  stream_ended_ = has_streamed() && is_draining(latest_);
  if (now_ - load_begin_ == rows_) loads_ = false;
  while (!in_flight_.empty() &&
         now_ - in_flight_.front().begin > stream_cycles(in_flight_.front().t_count)) {
    in_flight_.pop_front();
  }
  // The selection moves south by a row group per cycle.
  if (overlap_ == Overlap::full) {
    for (std::size_t g = group_selects_.size() - 1; g > 0; --g) {
      group_selects_[g] = group_selects_[g - 1];
    }
  }
}

// A tile may load in the very cycle in which the one before begins to stream.
void OverlapController::start_requested() {
  if (can_stream()) begin_stream();
  if (can_load()) begin_load();
}

void OverlapController::begin_load() {
  --loads_requested_;
  leave_reset();
  loads_ = true;
  load_begin_ = now_;
  ++load_tile_;
  tile_begun_.notify(sc_core::SC_ZERO_TIME);
}

void OverlapController::begin_stream() {
  const StreamRequest request = streams_requested_.front();
  streams_requested_.pop_front();
  ++stream_tile_;
  latest_ = {stream_tile_, request.t_count, now_, request.is_last};
  in_flight_.push_back(latest_);
  const bool select = stream_tile_ % 2 == 0;
  if (overlap_ == Overlap::full) {
    group_selects_[0] = select;
  } else {
    group_selects_.assign(group_selects_.size(), select);
  }
  tile_begun_.notify(sc_core::SC_ZERO_TIME);
}

// Outputs
// ------------------------------------------------------------------------------------------

void OverlapController::publish() {
  publish_reset();
  publish_clock();
  publish_phases();
  publish_weight_controls();
  publish_output();
  enable_pipeline(pipeline_on());
}

void OverlapController::publish_clock() {
  const bool to_be_counted = has_streamed() && counts();
  clock_request = loads_ || wave_on() || pipeline_on() || to_be_counted || may_go_on();
  const bool is_first_cycle = !has_streamed() && now_ == load_begin_;
  const bool drains = has_streamed() && is_draining(latest_);
  count_weights = counts();
  count_pipeline = (counts() && !is_first_cycle) || drains;
}

void OverlapController::publish_phases() {
  const bool streams = pipeline_on() && !is_draining(latest_);
  phase = (streams ? kStream : kIdle) | (loads_ ? kLoad : kIdle);
  phase_cycle = streams ? stream_cycle() : 0;
  stream_tile = std::max<std::int64_t>(stream_tile_, 0);
  weight_enable = loads_;
  load_cycle = loads_ ? now_ - load_begin_ : 0;
  load_tile = std::max<std::int64_t>(load_tile_, 0);
}

void OverlapController::publish_weight_controls() {
  const std::int64_t l = loads_ ? now_ - load_begin_ : -1;
  const bool bank1 = load_tile_ % 2 == 1;
  for (int r = 0; r < rows_; ++r) {
    const auto row = static_cast<std::size_t>(r);
    weight_controls[kLoadEnable0][row] = l >= r && !bank1;
    weight_controls[kLoadEnable1][row] = l >= r && bank1;
    weight_controls[kWeightSelect][row] = group_selects_[static_cast<std::size_t>(r / k_)];
  }
}

void OverlapController::publish_output() {
  drain = stream_ended_;
  output_valid = false;
  if (in_flight_.empty()) return;
  // Only the oldest tile can have a row at the south edge: the next one is T cycles behind or more.
  const Flight& flight = in_flight_.front();
  const std::int64_t row = now_ - flight.begin - first_row_cycle();
  if (row < 0) return;
  output_valid = true;
  output_row = row;
  output_tile = flight.tile;
}

}  // namespace arrayflex::pin
