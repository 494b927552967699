// CycleArray at a clock edge and after it.
//
// Work is left out where the state says that zeros stay zeros, e.g. in rows that the operands have
// not reached yet.
#include <algorithm>

#include "arrayflex/pin/cycle/cycle_array.h"

namespace arrayflex::pin {
namespace {

// Shifts `value` into the first `used` registers.
template <class T>
void shift_in(T* registers, std::size_t used, T value) {
  std::copy_backward(registers, registers + used - 1, registers + used);
  registers[0] = value;
}

}  // namespace

void CycleArray::latch_edge() {
  EdgeCounts counts;
  if (recording_) take_net_toggles();
  latch(counts);
  if (!recording_) return;
  probe_.add_register_toggles(counts);
  probe_.add_weight_clock(counts, count_weights);
  if (count_pipeline) probe_.add_pipeline_clock(counts);
}

// The order matters: each step reads what registers hold before the edge.
void CycleArray::latch(EdgeCounts& counts) {
  if (pipeline_enable) latch_buffers(counts);
  latch_psums(counts);
  latch_operands(counts);
  latch_weights(counts);
}

const Sum* CycleArray::last_row_sums() const {
  const std::size_t r = state_.rows - 1;
  const auto& values = state_.is_bottom[r] ? state_.registers.psum : state_.csa_sum.now;
  return values.data() + r * state_.stride;
}

void CycleArray::latch_buffers(EdgeCounts& counts) {
  for (std::size_t r = 0; r < state_.rows; ++r) {
    const auto used = static_cast<std::size_t>(*pins_.skew_depth[r]);
    if (used == 0) continue;
    Operand* const chain = state_.registers.skew.data() + state_.skew_begin(r);
    const Operand in = *pins_.west[r];
    if (recording_) {
      counts.clocked_of(RegisterClass::skew_reg) += static_cast<std::int64_t>(used);
      counts.toggles_of(RegisterClass::skew_reg) +=
          hamming(in, chain[0]) + hamming(chain, chain + 1, used - 1);
    }
    shift_in(chain, used, in);
  }
  const std::uint64_t mask = low_bits(state_.widths.acc);
  const Sum* const sums = last_row_sums();
  for (std::size_t c = 0; c < state_.cols; ++c) {
    const auto used = static_cast<std::size_t>(*pins_.deskew_depth[c]);
    if (used == 0) continue;
    Sum* const chain = state_.registers.deskew.data() + state_.deskew_begin(c);
    if (recording_) {
      counts.clocked_of(RegisterClass::deskew_reg) += static_cast<std::int64_t>(used);
      counts.toggles_of(RegisterClass::deskew_reg) +=
          count_bits(static_cast<std::uint64_t>(sums[c] ^ chain[0]) & mask) +
          kernel_.hamming(chain, chain + 1, used - 1, mask);
    }
    shift_in(chain, used, sums[c]);
  }
}

bool CycleArray::psum_row_stays_zero(std::size_t r) const {
  const bool above_zero = design_ == Design::arrayflex || r == 0 || status_[r - 1].psum_zero;
  return status_[r].psum_zero && status_[r].nets_zero && above_zero;
}

std::int64_t CycleArray::latch_psum_row(std::size_t r) {
  const std::size_t begin = r * state_.stride;
  const Sum* const zeros = state_.zero_row.data();
  RowSums row{state_.stride, zeros, zeros, state_.registers.psum.data() + begin};
  if (design_ == Design::conventional) {
    row.addend_1 = state_.product.now.data() + begin;
    if (r > 0) row.addend_2 = row.psum - state_.stride;
  } else if (state_.is_bottom[r]) {
    row.addend_1 = state_.csa_sum.now.data() + begin;
    row.addend_2 = state_.csa_carry.now.data() + begin;
  }
  const RowToggles toggles = kernel_.latch_sums(row, state_.widths, recording_);
  status_[r].psum_zero = toggles.all_zero;
  if (recording_ && probe_.has_map()) {
    map_row(r, row.psum, psum_before_.data() + begin, state_.widths.acc, 1);
  }
  return toggles.psum;
}

// From south to north, since a conventional PE adds to what its northern neighbour has held.
void CycleArray::latch_psums(EdgeCounts& counts) {
  for (std::size_t r = state_.rows; r-- > 0;) {
    RowStatus& status = status_[r];
    status.psum_toggles = 0;
    if (!*pins_.psum_enable[r]) continue;
    counts.clocked_of(RegisterClass::psum_reg) += cols_;
    if (psum_row_stays_zero(r)) continue;
    status.psum_toggles = latch_psum_row(r);
    counts.toggles_of(RegisterClass::psum_reg) += status.psum_toggles;
  }
}

std::int64_t CycleArray::latch_operand_row(std::size_t r) {
  const Operand* const from = state_.operand.now.data() + r * state_.stride;
  Operand* const to = state_.registers.operand.data() + r * state_.stride;
  if (recording_ && probe_.has_map()) {
    for (const std::size_t c : enabled_columns_) {
      probe_.map_data()[r * state_.cols + c] += hamming(from[c], to[c]);
    }
  }
  std::int64_t toggles = 0;
  if (enabled_columns_.size() == state_.cols - 1) {
    if (recording_) toggles = hamming(from, to, state_.cols - 1);
    std::copy_n(from, state_.cols - 1, to);
  } else {
    for (const std::size_t c : enabled_columns_) {
      toggles += hamming(from[c], to[c]);
      to[c] = from[c];
    }
  }
  status_[r].operand_reg_zero = all_zero(to, state_.cols);
  return toggles;
}

void CycleArray::latch_operands(EdgeCounts& counts) {
  enabled_columns_.clear();
  for (std::size_t c = 0; c + 1 < state_.cols; ++c) {
    if (*pins_.operand_enable[c]) enabled_columns_.push_back(c);
  }
  if (enabled_columns_.empty()) return;
  counts.clocked_of(RegisterClass::operand_reg) +=
      rows_ * static_cast<std::int64_t>(enabled_columns_.size());
  for (std::size_t r = 0; r < state_.rows; ++r) {
    if (status_[r].operand_zero && status_[r].operand_reg_zero) continue;
    counts.toggles_of(RegisterClass::operand_reg) += latch_operand_row(r);
  }
}

void CycleArray::reset_registers() {
  const auto clear = [](auto& values) { std::fill(values.begin(), values.end(), 0); };
  for (auto& bank : state_.registers.weight) clear(bank);
  clear(state_.registers.operand);
  clear(state_.registers.psum);
  clear(state_.registers.skew);
  clear(state_.registers.deskew);
  for (RowStatus& status : status_) {
    status.operand_reg_zero = status.psum_zero = status.weight_zero = true;
    status.weight_latched = true;
  }
}

void CycleArray::read_mode_pins() {
  for (std::size_t r = 0; r < pins_.bottom.size(); ++r) state_.is_bottom[r] = *pins_.bottom[r];
  groups_.clear();
  std::size_t begin = 0;
  for (std::size_t c = 0; c < state_.cols; ++c) {
    const bool ends =
        c + 1 == state_.cols || pins_.operand_boundary.empty() || *pins_.operand_boundary[c];
    if (!ends) continue;
    groups_.push_back({begin, c + 1});
    begin = c + 1;
  }
}

void CycleArray::settle_operands(std::size_t r) {
  const int depth = *pins_.skew_depth[r];
  const std::size_t skew_begin = state_.skew_begin(r);
  const Operand first =
      depth == 0 ? *pins_.west[r]
                 : state_.registers.skew[skew_begin + static_cast<std::size_t>(depth) - 1];
  state_.skew_out[r] = first;
  RowStatus& status = status_[r];
  const bool is_zero = first == 0 && status.operand_reg_zero;
  if (is_zero && status.operand_zero) return;
  status.operand_zero = is_zero;

  Operand* const row = state_.operand.now.data() + r * state_.stride;
  const Operand* const registers = state_.registers.operand.data() + r * state_.stride;
  Operand* const before = recording_ ? state_.operand.before.data() + r * state_.stride : nullptr;
  if (recording_ && !status.operand_settled) {
    std::copy_n(row, state_.cols, before);
    status.operand_settled = true;
  }
  row[0] = first;
  if (groups_.size() == state_.cols) {
    std::copy_n(registers, state_.cols - 1, row + 1);
  } else {
    for (const ColumnGroup& group : groups_) {
      const Operand value = group.begin == 0 ? first : registers[group.begin - 1];
      std::fill(row + group.begin, row + group.end, value);
    }
  }
  if (!recording_) return;
  status.toggles.operand = hamming(row, before, state_.cols);
  status.toggles.west_operand = hamming(row[0], before[0]);
}

void CycleArray::settle_row(std::size_t r) {
  RowStatus& status = status_[r];
  status.toggles.psum = status.psum_toggles;
  const bool is_arrayflex = design_ == Design::arrayflex;
  const bool sum_above = r > 0 && state_.is_bottom[r - 1];
  const bool input_zero =
      !is_arrayflex || r == 0 || (sum_above ? status_[r - 1].psum_zero : status_[r - 1].nets_zero);
  if (status.operand_zero && status.nets_zero && input_zero) return;

  const std::size_t begin = r * state_.stride;
  const std::size_t above = begin - state_.stride;  // not used in row 0
  const auto net = [&](StateNet<Sum>& values) {
    return RowNet{values.now.data() + begin, recording_ ? values.before.data() + begin : nullptr};
  };
  RowNets row;
  row.columns = state_.stride;
  row.operand = state_.operand.now.data() + begin;
  const auto& weights = state_.two_weights ? state_.weight.now : state_.registers.weight[0];
  row.weight = weights.data() + begin;
  row.product = net(state_.product);
  row.again = recording_ && status.nets_settled;
  if (is_arrayflex) {
    row.csa_sum = net(state_.csa_sum);
    row.csa_carry = net(state_.csa_carry);
    row.sum_in = state_.zero_row.data();
    if (sum_above) {
      row.sum_in = state_.registers.psum.data() + above;
    } else if (r > 0) {
      row.sum_in = state_.csa_sum.now.data() + above;
      row.carry_in = state_.csa_carry.now.data() + above;
    }
    status.toggles.sums = kernel_.settle_arrayflex(row, state_.widths, recording_);
  } else {
    status.toggles.sums = kernel_.settle_conventional(row, state_.widths, recording_);
  }
  status.nets_zero = status.toggles.sums.all_zero;
  status.nets_settled = recording_;
}

void CycleArray::settle_south() {
  const Sum* const sums = last_row_sums();
  for (std::size_t c = 0; c < state_.cols; ++c) {
    const auto depth = static_cast<std::size_t>(*pins_.deskew_depth[c]);
    state_.south[c] =
        depth == 0 ? sums[c] : state_.registers.deskew[state_.deskew_begin(c) + depth - 1];
  }
}

void CycleArray::settle_nets() {
  read_mode_pins();
  for (std::size_t r = 0; r < state_.rows; ++r) {
    settle_operands(r);
    if (state_.two_weights) settle_weights(r);
    settle_row(r);
  }
  settle_south();
  watch_list_.notify_changes();
}

}  // namespace arrayflex::pin
