// Rows of A and X, block by block.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "arrayflex/core/gemm.h"
#include "arrayflex/core/operands.h"
#include "arrayflex/pin/array/types.h"

namespace arrayflex::pin {

/// Rows that are held at a time.
inline constexpr std::int64_t kBlockRows = 256;

/// Reads A in blocks of rows.
class BlockReader {
 public:
  BlockReader(const OperandSource& source, std::int64_t t_count, const arrayflex::Tile& place)
      : source_(source),
        t_count_(t_count),
        place_(place),
        rows_(static_cast<std::size_t>(std::min(kBlockRows, t_count) * place.n_count)) {}

  const std::int32_t* row(std::int64_t t) {
    const std::int64_t offset = t % kBlockRows;
    if (offset == 0) {
      source_.read_a(t, std::min(kBlockRows, t_count_ - t), place_.n0, place_.n_count, rows_.data(),
                     place_.n_count);
    }
    return rows_.data() + offset * place_.n_count;
  }

 private:
  const OperandSource& source_;
  std::int64_t t_count_;
  const arrayflex::Tile& place_;
  std::vector<std::int32_t> rows_;
};

/// Hands X on in blocks of rows.
class BlockWriter {
 public:
  BlockWriter(ResultSink& sink, std::int64_t t_count, const arrayflex::Tile& place)
      : sink_(sink),
        t_count_(t_count),
        place_(place),
        rows_(static_cast<std::size_t>(std::min(kBlockRows, t_count) * place.m_count)) {}

  void row(std::int64_t t, const Sum* values) {
    const std::int64_t offset = t % kBlockRows;
    std::copy_n(values, place_.m_count, rows_.data() + offset * place_.m_count);
    if (offset + 1 == kBlockRows || t + 1 == t_count_) {
      sink_.accumulate(t - offset, offset + 1, place_.m0, place_.m_count, rows_.data(),
                       place_.m_count);
    }
  }

 private:
  ResultSink& sink_;
  std::int64_t t_count_;
  const arrayflex::Tile& place_;
  std::vector<Sum> rows_;
};

}  // namespace arrayflex::pin
