// The weight registers of CycleArray, one or two per PE, and the mux in front of the multiplier.
#include <algorithm>

#include "arrayflex/pin/cycle/cycle_array.h"

namespace arrayflex::pin {

std::int64_t CycleArray::load_weights(std::size_t r, std::size_t bank, ColumnGroup columns,
                                      const Operand* from) {
  Operand* const to = state_.registers.weight[bank].data() + r * state_.stride;
  const std::size_t count = columns.end - columns.begin;
  std::int64_t toggles = 0;
  if (recording_) {
    toggles = hamming(from + columns.begin, to + columns.begin, count);
    if (probe_.has_map()) map_row(r, columns, from, to);
  }
  std::copy_n(from + columns.begin, count, to + columns.begin);
  return toggles;
}

void CycleArray::latch_weights(EdgeCounts& counts) {
  if (!state_.two_weights && !*weight_enable) return;
  for (std::size_t c = 0; c < state_.cols; ++c) north_row_[c] = *pins_.north[c];
  if (!state_.two_weights) {
    latch_only_weights(counts);
    return;
  }
  // From south to north, since a register takes what its northern neighbour has held.
  for (std::size_t r = state_.rows; r-- > 0;) {
    latch_bank(r, 0, counts);
    latch_bank(r, 1, counts);
  }
}

void CycleArray::latch_only_weights(EdgeCounts& counts) {
  const ColumnGroup all{0, state_.cols};
  counts.clocked_of(RegisterClass::weight_reg) += std::int64_t{rows_} * cols_;
  std::int64_t& toggles = counts.toggles_of(RegisterClass::weight_reg);
  for (std::size_t r = state_.rows - 1; r > 0; --r) {
    if (status_[r].weight_zero && status_[r - 1].weight_zero) continue;
    toggles += load_weights(r, 0, all, state_.registers.weight[0].data() + (r - 1) * state_.stride);
    status_[r].weight_zero = status_[r - 1].weight_zero;
  }
  toggles += load_weights(0, 0, all, north_row_.data());
  status_[0].weight_zero = all_zero(north_row_.data(), state_.cols);
}

// The columns of a row whose registers are clocked are a few runs of neighbours.
void CycleArray::latch_bank(std::size_t r, std::size_t bank, EdgeCounts& counts) {
  const bool* const enables = wave_->row(bank == 0 ? kLoadEnable0 : kLoadEnable1, r);
  const bool* const end = enables + state_.cols;
  const Operand* const from =
      r == 0 ? north_row_.data() : state_.registers.weight[bank].data() + (r - 1) * state_.stride;
  for (const bool* on = std::find(enables, end, true); on != end; on = std::find(on, end, true)) {
    const bool* const off = std::find(on, end, false);
    counts.clocked_of(RegisterClass::weight_reg) += off - on;
    counts.toggles_of(RegisterClass::weight_reg) += load_weights(
        r, bank, {static_cast<std::size_t>(on - enables), static_cast<std::size_t>(off - enables)},
        from);
    status_[r].weight_latched = true;
    on = off;
  }
}

void CycleArray::settle_weights(std::size_t r) {
  const bool* const select = wave_->row(kWeightSelect, r);
  std::uint8_t* const selected = selected_.data() + r * state_.cols;
  RowStatus& status = status_[r];
  if (!status.weight_latched && std::equal(select, select + state_.cols, selected)) return;
  status.weight_latched = false;
  std::copy_n(select, state_.cols, selected);

  const std::size_t begin = r * state_.stride;
  Operand* const row = state_.weight.now.data() + begin;
  Operand* const before = recording_ ? state_.weight.before.data() + begin : nullptr;
  if (recording_ && !status.weight_settled) {
    std::copy_n(row, state_.cols, before);
    status.weight_settled = true;
  }
  const Operand* const bank0 = state_.registers.weight[0].data() + begin;
  const Operand* const bank1 = state_.registers.weight[1].data() + begin;
  for (std::size_t c = 0; c < state_.cols; ++c) row[c] = selected[c] != 0 ? bank0[c] : bank1[c];
  if (recording_) status.toggles.weight = hamming(row, before, state_.cols);
}

}  // namespace arrayflex::pin
