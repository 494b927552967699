// How CycleArray counts: the nets' toggles are found when they settle and taken at the edge that
// ends the cycle; registers count as they latch.
#include <algorithm>
#include <stdexcept>

#include "arrayflex/pin/cycle/cycle_array.h"

namespace arrayflex::pin {

void CycleArray::begin_recording() {
  probe_.restart();
  recording_ = probe_.counts();
  if (!recording_) return;
  const auto clear = [](auto& values) { std::fill(values.begin(), values.end(), 0); };
  clear(state_.operand.before);
  clear(state_.weight.before);
  clear(state_.product.before);
  clear(state_.csa_sum.before);
  clear(state_.csa_carry.before);
  clear(psum_before_);
  for (std::size_t r = 0; r < state_.rows; ++r) {
    RowStatus& status = status_[r];
    status.operand_settled = status.nets_settled = true;
    status.weight_settled = state_.two_weights;
    status.toggles = toggles_from_zero(r);
    if (state_.two_weights) {
      status.toggles.weight =
          hamming(state_.weight.now.data() + r * state_.stride, zero_operands_.data(), state_.cols);
    }
    status.psum_toggles = status.toggles.psum;
  }
}

CycleArray::NetToggles CycleArray::toggles_from_zero(std::size_t r) const {
  NetToggles toggles;
  const std::size_t begin = r * state_.stride;
  const Sum* const zeros = state_.zero_row.data();
  const std::uint64_t acc_mask = low_bits(state_.widths.acc);
  const auto ones = [&](const StateVector<Sum>& values, std::uint64_t mask) {
    return values.empty() ? 0 : kernel_.hamming(values.data() + begin, zeros, state_.cols, mask);
  };
  const Operand* const operands = state_.operand.now.data() + begin;
  toggles.operand = hamming(operands, zero_operands_.data(), state_.cols);
  toggles.west_operand = hamming(operands[0], 0);
  toggles.sums.product = ones(state_.product.now, low_bits(2 * state_.widths.data));
  toggles.sums.csa_sum = ones(state_.csa_sum.now, acc_mask);
  toggles.sums.csa_carry = ones(state_.csa_carry.now, acc_mask);
  toggles.psum = ones(state_.registers.psum, acc_mask);
  return toggles;
}

void CycleArray::NetTotals::add(const NetToggles& row, bool is_bottom) {
  operand += row.operand;
  weight += row.weight;
  product += row.sums.product;
  csa_sum += row.sums.csa_sum;
  csa_carry += row.sums.csa_carry;
  // An operand mux drives the eastern neighbour's operand.
  bypass_mux += row.operand - row.west_operand;
  bypass_mux += is_bottom ? row.psum : row.sums.csa_sum + row.sums.csa_carry;
}

void CycleArray::add_net_totals(const NetTotals& totals) {
  probe_.add_net_toggles(NetClass::operand, totals.operand);
  probe_.add_net_toggles(NetClass::weight, totals.weight);
  probe_.add_net_toggles(NetClass::product, totals.product);
  if (design_ == Design::conventional) return;
  probe_.add_net_toggles(NetClass::csa_sum, totals.csa_sum);
  probe_.add_net_toggles(NetClass::csa_carry, totals.csa_carry);
  probe_.add_net_toggles(NetClass::bypass_mux, totals.bypass_mux);
}

void CycleArray::map_row(std::size_t r, const Sum* a, const Sum* b, int width, std::int64_t times) {
  std::int64_t* const map = probe_.map_data() + r * state_.cols;
  const std::uint64_t mask = low_bits(width);
  for (std::size_t c = 0; c < state_.cols; ++c) {
    map[c] += times * count_bits(static_cast<std::uint64_t>(a[c] ^ b[c]) & mask);
  }
}

void CycleArray::map_row(std::size_t r, ColumnGroup columns, const Operand* a, const Operand* b) {
  std::int64_t* const map = probe_.map_data() + r * state_.cols;
  for (std::size_t c = columns.begin; c < columns.end; ++c) {
    map[c] += hamming(a[c], b[c]);
  }
}

void CycleArray::map_net_toggles(std::size_t r, const RowValues& other) {
  const std::size_t begin = r * state_.stride;
  const int acc = state_.widths.acc;
  const bool is_arrayflex = design_ == Design::arrayflex;
  const ColumnGroup all{0, state_.cols};
  if (other.weight != nullptr) map_row(r, all, state_.weight.now.data() + begin, other.weight);
  if (other.operand != nullptr) {
    const Operand* const operands = state_.operand.now.data() + begin;
    map_row(r, all, operands, other.operand);
    std::int64_t* const map = probe_.map_data() + r * state_.cols;
    for (std::size_t c = 1; c < state_.cols && is_arrayflex; ++c) {
      map[c - 1] += hamming(operands[c], other.operand[c]);  // the western neighbour's mux
    }
  }
  if (other.product != nullptr) {
    map_row(r, state_.product.now.data() + begin, other.product, 2 * state_.widths.data, 1);
  }
  if (!is_arrayflex) return;
  const bool is_bottom = state_.is_bottom[r] != 0;
  if (other.product != nullptr) {
    const std::int64_t times = is_bottom ? 1 : 2;  // the compressor's outputs, and the muxes'
    map_row(r, state_.csa_sum.now.data() + begin, other.csa_sum, acc, times);
    map_row(r, state_.csa_carry.now.data() + begin, other.csa_carry, acc, times);
  }
  if (is_bottom) map_row(r, state_.registers.psum.data() + begin, other.psum, acc, 1);
}

void CycleArray::map_cycle(std::size_t r) {
  const std::size_t begin = r * state_.stride;
  RowValues before;
  if (status_[r].operand_settled) before.operand = state_.operand.before.data() + begin;
  if (status_[r].weight_settled) before.weight = state_.weight.before.data() + begin;
  if (status_[r].nets_settled) {
    before.product = state_.product.before.data() + begin;
    before.csa_sum = state_.csa_sum.before.data() + begin;
    before.csa_carry = state_.csa_carry.before.data() + begin;
  }
  before.psum = psum_before_.data() + begin;
  map_net_toggles(r, before);
}

void CycleArray::take_net_toggles() {
  NetTotals totals;
  for (std::size_t r = 0; r < state_.rows; ++r) {
    RowStatus& status = status_[r];
    totals.add(status.toggles, state_.is_bottom[r] != 0);
    if (probe_.has_map()) map_cycle(r);
    status.toggles = {};
    status.operand_settled = status.weight_settled = status.nets_settled = false;
  }
  if (probe_.has_map()) psum_before_ = state_.registers.psum;
  add_net_totals(totals);
}

// The edge is yet to come: afterwards the registers hold again what they held.
bool CycleArray::count_drain_edge(EdgeCounts& counts) {
  const CycleRegisters registers = state_.registers;
  const std::vector<RowStatus> status = status_;
  latch(counts);
  const bool is_empty = clocked_registers_are_zero();
  state_.registers = registers;
  status_ = status;
  return is_empty;
}

bool CycleArray::clocked_registers_are_zero() const {
  const CycleRegisters& registers = state_.registers;
  std::uint64_t any = 0;
  const auto look = [&any](const auto& values, std::size_t begin, std::size_t count) {
    for (std::size_t i = begin; i < begin + count; ++i)
      any |= static_cast<std::uint64_t>(values[i]);
  };
  const auto look_at_weights = [&](std::size_t r) {
    for (std::size_t c = 0; c < state_.cols; ++c) {
      const std::size_t at = r * state_.stride + c;
      if (!state_.two_weights) {
        if (*weight_enable) look(registers.weight[0], at, 1);
        continue;
      }
      if (wave_->row(kLoadEnable0, r)[c]) look(registers.weight[0], at, 1);
      if (wave_->row(kLoadEnable1, r)[c]) look(registers.weight[1], at, 1);
    }
  };
  for (std::size_t r = 0; r < state_.rows; ++r) {
    const std::size_t begin = r * state_.stride;
    if (*pins_.psum_enable[r]) look(registers.psum, begin, state_.cols);
    for (const std::size_t c : enabled_columns_) look(registers.operand, begin + c, 1);
    look_at_weights(r);
    look(registers.skew, state_.skew_begin(r), static_cast<std::size_t>(*pins_.skew_depth[r]));
  }
  for (std::size_t c = 0; c < state_.cols; ++c) {
    look(registers.deskew, state_.deskew_begin(c),
         static_cast<std::size_t>(*pins_.deskew_depth[c]));
  }
  return any == 0;
}

void CycleArray::end_recording() {
  if (!recording_) return;
  take_net_toggles();
  if (!pipeline_enable) {
    recording_ = false;
    return;
  }
  EdgeCounts counts;
  const bool is_empty = count_drain_edge(counts);
  recording_ = false;
  if (!is_empty) throw std::logic_error("the array is not empty after the stream phase");
  const Sum* const zeros = state_.zero_row.data();
  NetTotals totals;
  for (std::size_t r = 0; r < state_.rows; ++r) {
    totals.add(toggles_from_zero(r), state_.is_bottom[r] != 0);
    if (!probe_.has_map()) continue;
    RowValues drained{zero_operands_.data(), nullptr, zeros, zeros, zeros, zeros};
    map_net_toggles(r, drained);
  }
  add_net_totals(totals);
  probe_.add_register_toggles(counts);
  probe_.add_pipeline_clock(counts);
}

}  // namespace arrayflex::pin
