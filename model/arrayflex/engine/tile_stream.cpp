#include "arrayflex/engine/tile_stream.h"

#include <fmt/format.h>

#include <algorithm>

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
      row_steps_(static_cast<std::size_t>(config.rows() - 1), 0),
      operands_(static_cast<std::size_t>(operand_stride_ * config.rows()), 0, memory),
      operand_toggles_(static_cast<std::size_t>(config.rows()), 0) {
  config_.require_collapse_factor(k_);
  std::fill_n(weights_.get(), pe_count(), 0);
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
  if (record_.activity) {
    count_weight_toggles();
  }
}

void TileStream::load_uncounted(const std::int32_t* weights, int n_count, int m_count,
                                std::int64_t row_stride) {
  require(!tile_open_, "load_uncounted()", tiles_, "the tile before must be finished first");
  set_weights(weights, n_count, m_count, row_stride);
}

void TileStream::clear_weights() {
  require(!tile_open_, "clear_weights()", tiles_, "the tile before must be finished first");
  if (n_count_ > 0) std::fill_n(weights_.get(), pe_count(), 0);  // else nothing was loaded yet
  row_steps_.assign(static_cast<std::size_t>(config_.rows() - 1), 0);
  n_count_ = 0;
}

void TileStream::resume(std::int64_t t0, const std::int32_t* row_before) {
  require(!tile_open_ && n_count_ > 0, "resume()", t_count_, "load_uncounted() must come first");
  require(t0 >= 1, "t0", t0, "the first row has no row before it");
  const int shift = 32 - config_.data_width_bits();
  for (int r = 0; r < n_count_; ++r) {
    operands_[static_cast<std::size_t>(r * operand_stride_)] = sign_extended(row_before[r], shift);
  }
  t_count_ = t0;
  tile_open_ = true;
}

void TileStream::suspend() {
  require(tile_open_ && !drained_, "suspend()", t_count_, "the tile must not have ended");
  tile_open_ = false;
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
  drained_ = false;
  clear_operands();
  std::fill(operand_toggles_.begin(), operand_toggles_.end(), 0);
  net_toggles_ = TileToggles();
  net_toggles_.south_psum.assign(static_cast<std::size_t>(config_.cols()), 0);
  if (record_.pe_map) {
    net_toggles_.per_pe.assign(pe_count(), 0);
  }
}

void TileStream::stream(const std::int32_t* a, std::int64_t t_count, std::int64_t row_stride,
                        std::int64_t* partial, std::int64_t partial_stride, bool last) {
  require(tile_open_ && !drained_, "stream()", tiles_, "load() must come first");
  for (std::int64_t t0 = 0; t0 < t_count; t0 += block_rows_) {
    const std::int64_t count = std::min(block_rows_, t_count - t0);
    copy_operands(a + t0 * row_stride, count, row_stride);
    run_block(count, last && t0 + count == t_count, partial + t0 * partial_stride, partial_stride);
    t_count_ = checked_add(t_count_, count, "number of rows of A");
  }
}

void TileStream::finish_tile() {
  require(tile_open_ && t_count_ > 0, "finish_tile()", t_count_,
          "at least one row of A must be streamed first");
  if (!drained_) {
    run_block(0, true, nullptr, 0);
  }
  tile_open_ = false;
  cycles_ = checked_add(cycles_, tile_cycles(config_.rows(), config_.cols(), k_, t_count_),
                        "number of cycles");
  ++tiles_;
  if (record_.activity) {
    add_tile_clock_bits(config_, design_, k_, t_count_, activity_);
    add_operand_toggles();
    add_net_toggles();
  }
}

// The array is empty before a tile's first row of A; rows beyond the tile's stay zero.
void TileStream::clear_operands() {
  for (int r = 0; r < n_count_; ++r) {
    operands_[static_cast<std::size_t>(r * operand_stride_)] = 0;
  }
  if (used_rows_ > n_count_) {
    std::fill(operands_.begin() + n_count_ * operand_stride_,
              operands_.begin() + used_rows_ * operand_stride_, 0);
  }
  used_rows_ = n_count_;
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

void TileStream::run_block(std::int64_t count, bool last, std::int64_t* partial,
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
  block.a = operands_.data();
  block.a_stride = operand_stride_;
  block.row_count = count;
  block.first = t_count_ == 0;
  block.partial = partial;
  block.partial_stride = partial_stride;
  if (record_.activity) count_operand_toggles(count, last);
  if (count > 0 && record_.activity) {
    kernel_->count(block, net_toggles_);
  } else if (count > 0) {
    kernel_->multiply(block);
  }
  for (int r = 0; r < n_count_; ++r) {
    std::int32_t* row = operands_.data() + r * operand_stride_;
    row[0] = row[count];
  }
  drained_ = last;
}

}  // namespace arrayflex
