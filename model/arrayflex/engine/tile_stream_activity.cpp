// Counts of TileStream itself, from operands and weights, and their sum with those that the kernel
// counts.
#include <algorithm>

#include "arrayflex/core/checked.h"
#include "arrayflex/engine/tile_stream.h"

namespace arrayflex {
namespace {

constexpr const char* kTogglesWhat = "number of toggles";

}  // namespace

// As the kernel counts: twice the bits that rise, so that a product's blocks add up to its toggles.
// Along a sequence rises - falls = ones of the last value - ones of the first.
void TileStream::count_operand_toggles(std::int64_t count) {
  const auto ones = [this](std::int32_t value) {
    return __builtin_popcount(static_cast<std::uint32_t>(value) & operand_mask_);
  };
  for (int r = 0; r < used_rows_; ++r) {
    const std::int32_t* values = operands_.data() + r * operand_stride_;
    operand_toggles_[static_cast<std::size_t>(r)] +=
        kernel_->hamming(values, values + 1, count, operand_mask_) + ones(values[count]) -
        ones(values[0]);
  }
}

// Toggles from each row of weights to the next, if not known.
void TileStream::fill_row_steps(const std::int32_t* weights,
                                std::vector<std::int64_t>& steps) const {
  const std::int64_t cols = config_.cols();
  const auto rows = static_cast<std::size_t>(config_.rows());
  for (std::size_t r = steps.size(); r + 1 < rows; ++r) {
    const std::int32_t* row = weights + static_cast<std::int64_t>(r) * cols;
    steps.push_back(kernel_->hamming(row, row + cols, cols, operand_mask_));
  }
}

// While a tile loads, the register of row r goes through W'[r], W'[r-1], ..., W'[0], W[R-1], ...,
// W[r]: a window of R steps over the sequence W'[R-1], ..., W'[0], W[R-1], ..., W[0]. The step from
// W'[r+1] to W'[r] is seen by the rows from r+1 on, the one from W[r+1] to W[r] by those up to r.
// At most 2*R*R*C*Wd = 2^42 toggles: plain sums do not overflow.
void TileStream::count_weight_toggles() {
  fill_row_steps(old_weights_.get(), old_row_steps_);
  fill_row_steps(weights_.get(), row_steps_);
  const std::int64_t rows = config_.rows();
  const std::int32_t* last_row = weights_.get() + pe_index(config_.rows() - 1, 0);
  std::int64_t toggles =
      rows * kernel_->hamming(old_weights_.get(), last_row, config_.cols(), operand_mask_);
  for (std::int64_t r = 0; r + 1 < rows; ++r) {
    toggles += (rows - 1 - r) * old_row_steps_[static_cast<std::size_t>(r)];
    toggles += (r + 1) * row_steps_[static_cast<std::size_t>(r)];
  }
  activity_.add_toggles(NetClass::weight_reg, toggles);
  if (record_.pe_map) add_weight_map();
}

// Two registers per PE: that of row r in the tile's bank goes through W''[r], what the tile before
// the last left, W[R-1], ..., W[r]; the weight mux turns from the last tile's weights to these.
void TileStream::count_bank_toggles() {
  fill_row_steps(weights_.get(), row_steps_);
  const std::int64_t cols = config_.cols();
  const std::int32_t* last_row = weights_.get() + pe_index(config_.rows() - 1, 0);
  std::int64_t toggles = 0;
  for (int r = 0; r < config_.rows(); ++r) {
    toggles +=
        kernel_->hamming(spare_weights_.get() + pe_index(r, 0), last_row, cols, operand_mask_);
    if (r + 1 < config_.rows()) toggles += (r + 1) * row_steps_[static_cast<std::size_t>(r)];
  }
  activity_.add_toggles(NetClass::weight_reg, toggles);
  activity_.add_toggles(NetClass::weight,
                        kernel_->hamming(old_weights_.get(), weights_.get(),
                                         static_cast<std::int64_t>(pe_count()), operand_mask_));
  if (record_.pe_map) add_bank_map();
}

void TileStream::add_bank_map() {
  const int last = config_.rows() - 1;
  const auto distance = [this](const std::int32_t* a, const std::int32_t* b) {
    return __builtin_popcount(static_cast<std::uint32_t>(*a ^ *b) & operand_mask_);
  };
  for (int c = 0; c < config_.cols(); ++c) {
    std::int64_t shifted = 0;  // toggles from W[R-1] to W[r]
    for (int r = last; r >= 0; --r) {
      const std::int32_t* w = weights_.get() + pe_index(r, c);
      if (r < last) shifted += distance(w, w + config_.cols());
      pe_toggles_.at(r, c) +=
          shifted +
          distance(spare_weights_.get() + pe_index(r, c), weights_.get() + pe_index(last, c)) +
          distance(old_weights_.get() + pe_index(r, c), w);
    }
  }
}

void TileStream::add_weight_map() {
  const int rows = config_.rows();
  const int cols = config_.cols();
  const auto sequence = [&](int i) {
    const bool old = i < rows;
    const int row = old ? rows - 1 - i : 2 * rows - 1 - i;
    return (old ? old_weights_ : weights_).get() + static_cast<std::int64_t>(row) * cols;
  };
  for (int step = 0; step < 2 * rows - 1; ++step) {
    const std::int32_t* before = sequence(step);
    const std::int32_t* now = sequence(step + 1);
    // Rows whose window holds this step.
    const int first_row = std::max(0, rows - 1 - step);
    const int last_row = std::min(rows - 1, 2 * rows - 2 - step);
    for (int c = 0; c < cols; ++c) {
      const std::int64_t toggles = kernel_->hamming(before + c, now + c, 1, operand_mask_);
      for (int r = first_row; toggles != 0 && r <= last_row; ++r) {
        pe_toggles_.at(r, c) += toggles;
      }
    }
  }
}

void TileStream::add_operand_toggles() {
  const int cols = config_.cols();
  std::int64_t total = 0;
  for (int r = 0; r < config_.rows(); ++r) {
    const std::int64_t toggles = operand_toggles_[static_cast<std::size_t>(r)];
    total = checked_add(total, toggles, kTogglesWhat);
    activity_.add_toggles(NetClass::skew_reg, checked_mul(toggles, r / k_, kTogglesWhat));
    for (int c = 0; record_.pe_map && c < cols; ++c) {
      const bool has_register = (c + 1) % k_ == 0 && c + 1 < cols;
      const bool has_mux = design_ == Design::arrayflex && c + 1 < cols;
      const std::int64_t nets = 1 + (has_register ? 1 : 0) + (has_mux ? 1 : 0);
      pe_toggles_.at(r, c) = checked_add(pe_toggles_.at(r, c), toggles * nets, kTogglesWhat);
    }
  }
  activity_.add_toggles(NetClass::operand, checked_mul(total, cols, kTogglesWhat));
  activity_.add_toggles(NetClass::operand_reg, checked_mul(total, (cols - 1) / k_, kTogglesWhat));
  if (design_ == Design::arrayflex) {
    activity_.add_toggles(NetClass::bypass_mux, checked_mul(total, cols - 1, kTogglesWhat));
  }
}

void TileStream::add_net_toggles() {
  const TileToggles& t = net_toggles_;
  activity_.add_toggles(NetClass::product, t.product);
  activity_.add_toggles(NetClass::csa_sum, t.csa_sum_bottom + t.csa_sum_inner);
  activity_.add_toggles(NetClass::csa_carry, t.csa_carry_bottom + t.csa_carry_inner);
  activity_.add_toggles(NetClass::psum_reg, t.psum);
  if (design_ == Design::arrayflex) {
    activity_.add_toggles(NetClass::bypass_mux, t.psum + t.csa_sum_inner + t.csa_carry_inner);
  }
  const std::int64_t col_groups = ceil_div(config_.cols(), k_);
  for (int c = 0; c < m_count_; ++c) {
    const std::int64_t registers = col_groups - 1 - c / k_;
    activity_.add_toggles(
        NetClass::deskew_reg,
        checked_mul(t.south_psum[static_cast<std::size_t>(c)], registers, kTogglesWhat));
  }
  for (std::size_t pe = 0; pe < t.per_pe.size(); ++pe) {
    pe_toggles_.toggles[pe] = checked_add(pe_toggles_.toggles[pe], t.per_pe[pe], kTogglesWhat);
  }
}

}  // namespace arrayflex
