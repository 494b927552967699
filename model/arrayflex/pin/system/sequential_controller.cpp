#include "arrayflex/pin/system/sequential_controller.h"

namespace arrayflex::pin {

void SequentialController::request_tile(std::int64_t t_count) {
  tile_requested_ = true;
  requested_t_ = t_count;
  wake();
}

void SequentialController::advance() {
  drain_ = false;
  if (phase_ == kIdle) return;
  count_cycle();
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

void SequentialController::start_requested() {
  if (!tile_requested_ || phase_ != kIdle) return;
  tile_requested_ = false;
  leave_reset();
  phase_ = kLoad;
  phase_cycle_ = 0;
  stream_cycles_ = stream_cycles(requested_t_);
}

void SequentialController::go_idle() {
  phase_ = kIdle;
  phase_cycle_ = 0;
  drain_ = false;
}

void SequentialController::publish() {
  const bool pipeline_on = phase_ == kStream || drain_;
  clock_request = phase_ != kIdle || drain_ || tile_requested_;
  publish_reset();
  phase = static_cast<int>(phase_);
  phase_cycle = phase_cycle_;
  drain = drain_;
  weight_enable = phase_ == kLoad;
  enable_pipeline(pipeline_on);
  count_weights = phase_ != kIdle;
  count_pipeline = pipeline_on || (phase_ == kLoad && phase_cycle_ > 0);
  const bool row_ready = drain_ || (phase_ == kStream && phase_cycle_ >= first_row_cycle());
  output_valid = row_ready;
  if (row_ready) output_row = drain_ ? drain_row_ : phase_cycle_ - first_row_cycle();
}

}  // namespace arrayflex::pin
