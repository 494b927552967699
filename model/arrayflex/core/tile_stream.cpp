#include "arrayflex/core/tile_stream.h"

#include <fmt/format.h>

#include <algorithm>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/latency.h"
#include "arrayflex/core/operands.h"

namespace arrayflex {
namespace {

// Rows of A handed to the kernel at a time: large enough to amortise a PE's set-up, small enough
// for the column state to stay in the first-level cache.
constexpr std::int64_t kBlockRows = 256;

std::int64_t popcount(std::uint64_t bits) { return __builtin_popcountll(bits); }

void require(bool condition, const char* item, std::int64_t value, const std::string& allowed) {
  if (!condition) {
    throw InputError(item, value, allowed);
  }
}

}  // namespace

TileStream::TileStream(const ArrayConfig& config, Design design, int k, RecordOptions record)
    : config_(config),
      design_(design),
      k_(design == Design::conventional ? 1 : k),
      record_(record),
      weights_(pe_count(), 0),
      old_weights_(pe_count(), 0),
      rows_of_a_(static_cast<std::size_t>(kBlockRows + 1) *
                 static_cast<std::size_t>(config.rows())),
      operand_toggles_(static_cast<std::size_t>(config.rows()), 0),
      net_toggles_(config.rows(), config.cols()) {
  config_.require_collapse_factor(k_);
  if (record.pe_map) {
    pe_toggles_ = PeToggleMap(config.rows(), config.cols());
  }
}

std::size_t TileStream::pe_count() const {
  return static_cast<std::size_t>(config_.rows()) * static_cast<std::size_t>(config_.cols());
}

void TileStream::load(const std::int32_t* weights, int n_count, int m_count,
                      std::int64_t row_stride) {
  require(!tile_open_, "load()", tiles_, "the tile before must be finished first");
  require(n_count >= 1 && n_count <= config_.rows(), "n_count", n_count,
          fmt::format("a tile of B has 1..{} rows", config_.rows()));
  require(m_count >= 1 && m_count <= config_.cols(), "m_count", m_count,
          fmt::format("a tile of B has 1..{} columns", config_.cols()));
  n_count_ = n_count;
  m_count_ = m_count;
  t_count_ = 0;
  tile_open_ = true;
  std::swap(weights_, old_weights_);
  std::fill(weights_.begin(), weights_.end(), 0);
  for (int r = 0; r < n_count; ++r) {
    for (int c = 0; c < m_count; ++c) {
      weights_[pe_index(r, c)] = operand(weights[r * row_stride + c]);
    }
  }
  std::fill(rows_of_a_.begin(), rows_of_a_.end(), 0);  // the array is empty: its operands are 0
  std::fill(operand_toggles_.begin(), operand_toggles_.end(), 0);
  net_toggles_.clear();
  if (record_.activity) {
    count_weight_toggles();
  }
}

void TileStream::stream(const std::int32_t* a, std::int64_t t_count, std::int64_t row_stride,
                        std::int64_t* partial, std::int64_t partial_stride) {
  require(tile_open_, "stream()", tiles_, "load() must come first");
  const int rows = config_.rows();
  for (std::int64_t t0 = 0; t0 < t_count; t0 += kBlockRows) {
    const std::int64_t count = std::min(kBlockRows, t_count - t0);
    for (std::int64_t i = 0; i < count; ++i) {
      std::int32_t* row = rows_of_a_.data() + (i + 1) * rows;
      for (int r = 0; r < n_count_; ++r) {
        row[r] = operand(a[(t0 + i) * row_stride + r]);
      }
    }
    run_block(count, partial + t0 * partial_stride, partial_stride);
  }
  t_count_ = checked_add(t_count_, t_count, "number of rows of A");
}

void TileStream::finish_tile() {
  require(tile_open_ && t_count_ > 0, "finish_tile()", t_count_,
          "at least one row of A must be streamed first");
  tile_open_ = false;
  // The zeros that follow the last row of A empty the array.
  std::fill_n(rows_of_a_.begin() + config_.rows(), config_.rows(), 0);
  run_block(1, nullptr, 0);
  cycles_ = checked_add(cycles_, tile_cycles(config_.rows(), config_.cols(), k_, t_count_),
                        "number of cycles");
  ++tiles_;
  if (record_.activity) {
    add_tile_clock_bits(config_, design_, k_, t_count_, activity_);
    add_operand_toggles();
    add_net_toggles();
  }
}

std::int32_t TileStream::operand(std::int32_t value) const {
  return static_cast<std::int32_t>(
      sign_extend(static_cast<std::uint32_t>(value), config_.data_width_bits()));
}

// Runs rows 1..count of rows_of_a_ through the kernel; row 0 is the one before them.
void TileStream::run_block(std::int64_t count, std::int64_t* partial, std::int64_t partial_stride) {
  const int rows = config_.rows();
  if (record_.activity) {
    count_operand_toggles(count);
  } else if (partial == nullptr) {
    return;
  }
  TileKernelBlock block;
  block.design = design_;
  block.data_width_bits = config_.data_width_bits();
  block.acc_width_bits = config_.acc_width_bits();
  block.rows = rows;
  block.cols = config_.cols();
  block.active_cols = m_count_;
  block.k = k_;
  block.weights = weights_.data();
  block.a = rows_of_a_.data();
  block.row_count = count;
  block.partial = partial;
  block.partial_stride = partial_stride;
  run_tile_kernel(block, record_.activity ? &net_toggles_ : nullptr);
  std::copy_n(rows_of_a_.begin() + count * rows, rows, rows_of_a_.begin());
}

void TileStream::count_operand_toggles(std::int64_t count) {
  const int rows = config_.rows();
  const std::uint32_t mask = ~std::uint32_t{0} >> (32 - config_.data_width_bits());
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int32_t* before = rows_of_a_.data() + i * rows;
    const std::int32_t* now = before + rows;
    for (int r = 0; r < n_count_; ++r) {
      const auto changed = static_cast<std::uint32_t>(before[r] ^ now[r]);
      operand_toggles_[static_cast<std::size_t>(r)] += popcount(changed & mask);
    }
  }
}

// While a tile loads, the register of row r goes through W'[r], W'[r-1], ..., W'[0], W[R-1], ...,
// W[r]: a window of R steps over the sequence W'[R-1], ..., W'[0], W[R-1], ..., W[0].
void TileStream::count_weight_toggles() {
  const int rows = config_.rows();
  const int cols = config_.cols();
  const std::uint32_t mask = ~std::uint32_t{0} >> (32 - config_.data_width_bits());
  const auto sequence = [&](int i) {
    const bool old = i < rows;
    const int row = old ? rows - 1 - i : 2 * rows - 1 - i;
    return (old ? old_weights_ : weights_).data() + static_cast<std::int64_t>(row) * cols;
  };
  for (int step = 0; step < 2 * rows - 1; ++step) {
    const std::int32_t* before = sequence(step);
    const std::int32_t* now = sequence(step + 1);
    // Rows whose window holds this step.
    const int first_row = std::max(0, rows - 1 - step);
    const int last_row = std::min(rows - 1, 2 * rows - 2 - step);
    std::int64_t step_toggles = 0;
    for (int c = 0; c < cols; ++c) {
      const std::int64_t toggles = popcount(static_cast<std::uint32_t>(before[c] ^ now[c]) & mask);
      step_toggles += toggles;
      for (int r = first_row; record_.pe_map && toggles != 0 && r <= last_row; ++r) {
        pe_toggles_.at(r, c) += toggles;
      }
    }
    activity_.add_toggles(NetClass::weight_reg, step_toggles * (last_row - first_row + 1));
  }
}

// Operand nets and registers of a row all see the same sequence, whatever their delay.
void TileStream::add_operand_toggles() {
  const int cols = config_.cols();
  const char* what = "number of toggles";
  for (int r = 0; r < config_.rows(); ++r) {
    const std::int64_t toggles = operand_toggles_[static_cast<std::size_t>(r)];
    activity_.add_toggles(NetClass::operand, checked_mul(toggles, cols, what));
    activity_.add_toggles(NetClass::operand_reg, checked_mul(toggles, (cols - 1) / k_, what));
    activity_.add_toggles(NetClass::skew_reg, checked_mul(toggles, r / k_, what));
    if (design_ == Design::arrayflex) {
      activity_.add_toggles(NetClass::bypass_mux, checked_mul(toggles, cols - 1, what));
    }
    for (int c = 0; record_.pe_map && c < cols; ++c) {
      const bool has_register = (c + 1) % k_ == 0 && c + 1 < cols;
      const bool has_mux = design_ == Design::arrayflex && c + 1 < cols;
      const std::int64_t nets = 1 + (has_register ? 1 : 0) + (has_mux ? 1 : 0);
      pe_toggles_.at(r, c) = checked_add(pe_toggles_.at(r, c), toggles * nets, what);
    }
  }
}

void TileStream::add_net_toggles() {
  const int rows = config_.rows();
  const std::int64_t col_groups = ceil_div(config_.cols(), k_);
  for (int r = 0; r < rows; ++r) {
    const bool bottom = (r + 1) % k_ == 0 || r + 1 == rows;
    for (int c = 0; c < m_count_; ++c) {
      const std::size_t pe = pe_index(r, c);
      const std::int64_t psum = net_toggles_.psum[pe];
      const std::int64_t sum = net_toggles_.csa_sum[pe];
      const std::int64_t carry = net_toggles_.csa_carry[pe];
      std::int64_t mux = 0;
      if (design_ == Design::arrayflex) {
        mux = bottom ? psum : sum + carry;
      }
      activity_.add_toggles(NetClass::product, net_toggles_.product[pe]);
      activity_.add_toggles(NetClass::csa_sum, sum);
      activity_.add_toggles(NetClass::csa_carry, carry);
      activity_.add_toggles(NetClass::psum_reg, psum);
      activity_.add_toggles(NetClass::bypass_mux, mux);
      if (r + 1 == rows) {
        activity_.add_toggles(NetClass::deskew_reg, psum * (col_groups - 1 - c / k_));
      }
      if (record_.pe_map) {
        pe_toggles_.at(r, c) =
            checked_add(pe_toggles_.at(r, c), net_toggles_.product[pe] + sum + carry + psum + mux,
                        "number of toggles");
      }
    }
  }
}

}  // namespace arrayflex
