#include "arrayflex/pin/system/overlap_feeder.h"

#include <algorithm>

#include "arrayflex/pin/system/controller.h"

namespace arrayflex::pin {

OverlapFeeder::OverlapFeeder(const sc_core::sc_module_name& name, const ArrayConfig& config)
    : sc_module(name),
      rows_(config.rows()),
      cols_(config.cols()),
      delays_columns_(config.overlap() == Overlap::full),
      operand_shift_(32 - config.data_width_bits()),
      delay_line_(delays_columns_ ? static_cast<std::size_t>(config.cols()) : 1) {
  const auto cols = static_cast<std::size_t>(cols_);
  west.init(static_cast<std::size_t>(rows_));
  north.init(cols);
  for (DelayedRow& row : delay_line_) row.values.resize(cols);
  SC_METHOD(shift);
  sensitive << clk.pos();
  dont_initialize();
  SC_METHOD(drive);
  sensitive << shifted_ << weight_enable << load_tile << load_cycle << phase << stream_tile
            << phase_cycle;
  dont_initialize();
}

void OverlapFeeder::release() {
  weights_.clear();
  rows_of_a_.clear();
  for (DelayedRow& row : delay_line_) {
    std::fill(row.values.begin(), row.values.end(), 0);
    row.is_zero = true;
  }
  read_tile_ = read_t_ = -1;
  read_values_ = nullptr;
  failure_ = nullptr;
}

// The edges are driven one delta cycle later, with the controller's outputs of the new cycle.
void OverlapFeeder::shift() {
  newest_ = (newest_ + 1) % delay_line_.size();
  shifted_.notify(sc_core::SC_ZERO_TIME);
}

void OverlapFeeder::drive() {
  take_weights();
  drive_north();
  drive_west();
}

void OverlapFeeder::take_weights() {
  DelayedRow& row = delayed(0);
  const Weights* const weights = weight_enable ? weights_.find(load_tile) : nullptr;
  const std::int64_t number = rows_ - 1 - load_cycle.read();
  const bool is_zero = weights == nullptr || number >= weights->n_count;
  if (is_zero && row.is_zero) return;
  std::fill(row.values.begin(), row.values.end(), 0);
  row.is_zero = is_zero;
  if (is_zero) return;
  const std::int32_t* const values = weights->values + number * weights->m_count;
  for (int c = 0; c < weights->m_count; ++c) {
    row.values[static_cast<std::size_t>(c)] = operand(values[c]);
  }
}

void OverlapFeeder::drive_north() {
  const bool is_zero = std::all_of(delay_line_.begin(), delay_line_.end(),
                                   [](const DelayedRow& row) { return row.is_zero; });
  if (is_zero && north_is_zero_) return;
  north_is_zero_ = is_zero;
  const auto k = static_cast<std::size_t>(mode.read());
  for (std::size_t c = 0; c < north.size(); ++c) {
    north[c].write(delayed(delays_columns_ ? c / k : 0).values[c]);
  }
}

void OverlapFeeder::drive_west() {
  const Rows* const rows = (phase.read() & kStream) != 0 ? rows_of_a_.find(stream_tile) : nullptr;
  const std::int32_t* const values =
      rows != nullptr && phase_cycle.read() < rows->t_count ? operand_row(*rows) : nullptr;
  if (values == nullptr && west_is_zero_) return;
  west_is_zero_ = values == nullptr;
  const std::size_t used = values == nullptr ? 0 : static_cast<std::size_t>(rows->n_count);
  for (std::size_t r = 0; r < west.size(); ++r) west[r].write(r < used ? operand(values[r]) : 0);
}

const std::int32_t* OverlapFeeder::operand_row(const Rows& rows) {
  const std::int64_t t = phase_cycle;
  if (read_tile_ == stream_tile && read_t_ == t) return read_values_;
  try {
    read_values_ = rows.read_row(t);
    read_tile_ = stream_tile;
    read_t_ = t;
    return read_values_;
  } catch (...) {
    failure_ = std::current_exception();
    failed_.notify(sc_core::SC_ZERO_TIME);
    return nullptr;
  }
}

}  // namespace arrayflex::pin
