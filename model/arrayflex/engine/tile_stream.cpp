#include "arrayflex/engine/tile_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/latency.h"
#include "arrayflex/core/operands.h"

namespace arrayflex {
namespace {

// Drops the upper `shift` bits.
std::int32_t sign_extended(std::int32_t value, int shift) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(value) << shift) >> shift;
}

void copy_extended(const std::int32_t* from, std::int64_t count, int width, std::int32_t* to) {
  const int shift = 32 - width;
  if (shift == 0) {
    if (from != to) std::copy_n(from, count, to);
    return;
  }
  for (std::int64_t i = 0; i < count; ++i) {
    to[i] = sign_extended(from[i], shift);
  }
}

void require(bool condition, const char* item, std::int64_t value, const std::string& allowed) {
  if (!condition) {
    throw InputError(item, value, allowed);
  }
}

}  // namespace

std::vector<std::string> available_kernels() {
  std::vector<std::string> names;
  for (const TileKernel& kernel : tile_kernels()) {
    names.push_back(kernel.name);
  }
  return names;
}

TileStream::TileStream(const ArrayConfig& config, Design design, int k, RecordOptions record,
                       std::int64_t block_rows, std::pmr::memory_resource* memory)
    : config_(config),
      design_(design),
      k_(design == Design::conventional ? 1 : k),
      record_(std::move(record)),
      kernel_(&tile_kernel(record_.kernel)),
      operand_mask_(~std::uint32_t{0} >> (32 - config.data_width_bits())),
      block_rows_(std::clamp<std::int64_t>(block_rows, 1, kMostBlockRows)),
      operand_stride_(block_rows_ + 1 + block_rows_ % 2),
      weights_(make_work_array<std::int32_t>(pe_count(), memory)),
      old_weights_(make_work_array<std::int32_t>(pe_count(), memory)),
      spare_weights_(make_work_array<std::int32_t>(has_banks() ? pe_count() : 0, memory)),
      row_steps_(static_cast<std::size_t>(config.rows() - 1), 0),
      operands_(static_cast<std::size_t>(operand_stride_ * config.rows()), 0, memory),
      operand_toggles_(static_cast<std::size_t>(config.rows()), 0) {
  config_.require_collapse_factor(k_);
  std::fill_n(weights_.get(), pe_count(), 0);
  if (has_banks()) std::fill_n(old_weights_.get(), pe_count(), 0);
  if (record_.pe_map) {
    pe_toggles_ = PeToggleMap(config.rows(), config.cols());
  }
}

std::size_t TileStream::pe_count() const {
  return static_cast<std::size_t>(config_.rows()) * static_cast<std::size_t>(config_.cols());
}

void TileStream::load(const std::int32_t* weights, int n_count, int m_count,
                      std::int64_t row_stride) {
  require(!tile_open_, "load()", tiles_, "the tile before must be finished first");
  set_weights(weights, n_count, m_count, row_stride);
  tile_open_ = true;
  if (record_.activity && has_banks()) {
    count_bank_toggles();
  } else if (record_.activity) {
    count_weight_toggles();
  }
}

void TileStream::load_uncounted(const std::int32_t* weights, int n_count, int m_count,
                                std::int64_t row_stride) {
  require(!tile_open_, "load_uncounted()", tiles_, "the tile before must be finished first");
  set_weights(weights, n_count, m_count, row_stride);
  t_before_ = 0;
}

void TileStream::clear_weights() {
  require(!tile_open_, "clear_weights()", tiles_, "the tile before must be finished first");
  if (n_count_ > 0) {  // else nothing was loaded yet
    std::fill_n(weights_.get(), pe_count(), 0);
    if (has_banks()) std::fill_n(old_weights_.get(), pe_count(), 0);
  }
  row_steps_.assign(static_cast<std::size_t>(config_.rows() - 1), 0);
  n_count_ = 0;
  t_before_ = 0;
  at_reset_ = true;
}

void TileStream::set_row_before(std::int64_t t_count, const std::int32_t* row_before, int n_count) {
  require(tile_open_ && t_count_ == 0, "set_row_before()", t_count_, "load() must come first");
  require(t_count >= 1, "t_count", t_count, "a tile has 1 row of A or more");
  require(n_count >= 1 && n_count <= config_.rows(), "n_count", n_count,
          fmt::format("a tile of B has 1..{} rows", config_.rows()));
  used_rows_ = std::max(used_rows_, n_count);
  set_column_before(row_before, n_count);
  t_before_ = t_count;
}

void TileStream::resume(std::int64_t t0, const std::int32_t* row_before, bool opens_product) {
  require(!tile_open_ && n_count_ > 0, "resume()", t_count_, "load_uncounted() must come first");
  require(t0 >= 1, "t0", t0, "the first row has no row before it");
  clear_idle_rows();
  used_rows_ = n_count_;
  set_column_before(row_before, n_count_);
  t_count_ = t0;
  tile_open_ = true;
  opens_product_ = opens_product;
}

void TileStream::stall(std::int64_t cycles) {
  require(tile_open_ && t_count_ == 0 && !opens_product_, "stall()", t_count_,
          "load() must come first, of a tile that is not the first of its product");
  require(cycles >= 0, "stall cycles", cycles, "0 or more are needed");
  stall_ = cycles;
}

void TileStream::suspend() {
  require(tile_open_, "suspend()", t_count_, "the tile must not have ended");
  tile_open_ = false;
  t_before_ = 0;
  if (record_.activity) {
    add_operand_toggles();
    add_net_toggles();
  }
}

void TileStream::set_weights(const std::int32_t* weights, int n_count, int m_count,
                             std::int64_t row_stride) {
  require(n_count >= 1 && n_count <= config_.rows(), "n_count", n_count,
          fmt::format("a tile of B has 1..{} rows", config_.rows()));
  require(m_count >= 1 && m_count <= config_.cols(), "m_count", m_count,
          fmt::format("a tile of B has 1..{} columns", config_.cols()));
  if (has_banks()) std::swap(spare_weights_, old_weights_);
  std::swap(weights_, old_weights_);
  std::swap(row_steps_, old_row_steps_);
  row_steps_.clear();
  for (int r = 0; r < n_count; ++r) {
    std::int32_t* row = weights_.get() + pe_index(r, 0);
    copy_extended(weights + r * row_stride, m_count, config_.data_width_bits(), row);
    std::fill(row + m_count, row + config_.cols(), 0);
  }
  std::fill(weights_.get() + pe_index(n_count, 0), weights_.get() + pe_count(), 0);
  n_count_ = n_count;
  m_count_ = m_count;
  t_count_ = 0;
  stall_ = 0;
  opens_product_ = std::exchange(at_reset_, false);
  std::fill(operand_toggles_.begin(), operand_toggles_.end(), 0);
  net_toggles_ = TileToggles();
  net_toggles_.south_psum.assign(static_cast<std::size_t>(config_.cols()), 0);
  if (record_.pe_map) {
    net_toggles_.per_pe.assign(pe_count(), 0);
  }
}

void TileStream::stream(const std::int32_t* a, std::int64_t t_count, std::int64_t row_stride,
                        std::int64_t* partial, std::int64_t partial_stride) {
  require(tile_open_, "stream()", tiles_, "load() must come first");
  for (std::int64_t t0 = 0; t0 < t_count; t0 += block_rows_) {
    const std::int64_t count = std::min(block_rows_, t_count - t0);
    const bool meets = t_count_ == 0 && begin_stream();
    copy_operands(a + t0 * row_stride, count, row_stride);
    run_block(count, meets, partial + t0 * partial_stride, partial_stride);
    t_count_ = checked_add(t_count_, count, "number of rows of A");
  }
}

void TileStream::finish_tile() {
  require(tile_open_ && t_count_ > 0, "finish_tile()", t_count_,
          "at least one row of A must be streamed first");
  const CountedCycles counted = opens_product_ ? first_tile_cycles(config_, k_, t_count_)
                                               : next_tile_cycles(config_, k_, t_count_, stall_);
  tile_open_ = false;
  t_before_ = t_count_;
  cycles_ = checked_add(cycles_, counted.cycles, "number of cycles");
  ++tiles_;
  if (record_.activity) {
    add_clock_bits(config_, design_, k_, counted, activity_);
    add_operand_toggles();
    add_net_toggles();
  }
}

// Column 0 of the operands: the row of A before the next block.
void TileStream::set_column_before(const std::int32_t* row, int n_count) {
  const int shift = 32 - config_.data_width_bits();
  for (int r = 0; r < used_rows_; ++r) {
    operands_[static_cast<std::size_t>(r * operand_stride_)] =
        r < n_count ? sign_extended(row[r], shift) : 0;
  }
}

// Rows beyond the tile's stay zero.
void TileStream::clear_idle_rows() {
  if (used_rows_ > n_count_) {
    std::fill(operands_.begin() + n_count_ * operand_stride_,
              operands_.begin() + used_rows_ * operand_stride_, 0);
  }
}

// Before a tile's first row of A either the array is empty or, true, the last row of the tile
// before still stands in column 0, in rows beyond this tile's, too.
bool TileStream::begin_stream() {
  const bool meets = !opens_product_ && t_before_ > 0 && tiles_meet(config_, k_, t_before_, stall_);
  if (!meets) {
    clear_idle_rows();
    used_rows_ = n_count_;
    set_column_before(nullptr, 0);
    return false;
  }
  for (int r = n_count_; r < used_rows_; ++r) {
    const auto row = operands_.begin() + r * operand_stride_;
    std::fill(row + 1, row + operand_stride_, 0);
  }
  used_rows_ = std::max(used_rows_, n_count_);
  return true;
}

// Columns 1..count of operands_; column 0 holds the row of A before them.
void TileStream::copy_operands(const std::int32_t* a, std::int64_t count, std::int64_t row_stride) {
  const int shift = 32 - config_.data_width_bits();
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int32_t* row = a + i * row_stride;
    std::int32_t* to = operands_.data() + 1 + i;
    for (int r = 0; r < n_count_; ++r) {
      to[r * operand_stride_] = sign_extended(row[r], shift);
    }
  }
  if (count % 2 != 0) {  // the kernel takes an even number of them
    for (int r = 0; r < n_count_; ++r) {
      operands_[static_cast<std::size_t>(r * operand_stride_ + count + 1)] = 0;
    }
  }
}

// meets: the block is the first of a tile that meets the one before it.
void TileStream::run_block(std::int64_t count, bool meets, std::int64_t* partial,
                           std::int64_t partial_stride) {
  TileKernelBlock block;
  block.design = design_;
  block.data_width_bits = config_.data_width_bits();
  block.acc_width_bits = config_.acc_width_bits();
  block.rows = config_.rows();
  block.cols = config_.cols();
  block.active_cols = m_count_;
  block.k = k_;
  block.weights = weights_.get();
  if (t_count_ > 0) block.weights_before = weights_.get();
  if (meets) block.weights_before = old_weights_.get();
  block.a = operands_.data();
  block.a_stride = operand_stride_;
  block.row_count = count;
  block.partial = partial;
  block.partial_stride = partial_stride;
  if (record_.activity) {
    count_operand_toggles(count);
    kernel_->count(block, net_toggles_);
  } else {
    kernel_->multiply(block);
  }
  for (int r = 0; r < used_rows_; ++r) {
    std::int32_t* row = operands_.data() + r * operand_stride_;
    row[0] = row[count];
  }
  used_rows_ = n_count_;
}

}  // namespace arrayflex
