#include "arrayflex/core/operands.h"

#include <fmt/format.h>

#include <algorithm>

#include "arrayflex/core/checked.h"

namespace arrayflex {
namespace {

void copy_block(const std::vector<std::int32_t>& matrix, std::int64_t matrix_cols,
                std::int64_t row0, std::int64_t row_count, std::int64_t col0,
                std::int64_t col_count, std::int32_t* dst, std::int64_t row_stride) {
  for (std::int64_t i = 0; i < row_count; ++i) {
    const std::int32_t* row = matrix.data() + (row0 + i) * matrix_cols + col0;
    std::copy(row, row + col_count, dst + i * row_stride);
  }
}

void require_operands(const ArrayConfig& config, const char* name, std::int64_t rows,
                      std::int64_t cols, const std::vector<std::int32_t>& values) {
  const std::int64_t expected = checked_mul(rows, cols, "number of matrix elements");
  if (static_cast<std::int64_t>(values.size()) != expected) {
    throw InputError(fmt::format("number of elements of {}", name),
                     static_cast<std::int64_t>(values.size()),
                     fmt::format("{} x {} = {} are needed", rows, cols, expected));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] < config.operand_min() || values[i] > config.operand_max()) {
      const auto index = static_cast<std::int64_t>(i);
      throw InputError(fmt::format("{}[{}][{}]", name, index / cols, index % cols), values[i],
                       fmt::format("{}-bit operands are {}..{}", config.data_width_bits(),
                                   config.operand_min(), config.operand_max()));
    }
  }
}

}  // namespace

DenseOperands::DenseOperands(const ArrayConfig& config, const GemmShape& shape,
                             std::vector<std::int32_t> a, std::vector<std::int32_t> b)
    : shape_(shape), a_(std::move(a)), b_(std::move(b)) {
  validate(shape);
  require_operands(config, "A", shape.t, shape.n, a_);
  require_operands(config, "B", shape.n, shape.m, b_);
}

void DenseOperands::read_a(std::int64_t t0, std::int64_t t_count, std::int64_t n0,
                           std::int64_t n_count, std::int32_t* dst, std::int64_t row_stride) const {
  copy_block(a_, shape_.n, t0, t_count, n0, n_count, dst, row_stride);
}

void DenseOperands::read_b(std::int64_t n0, std::int64_t n_count, std::int64_t m0,
                           std::int64_t m_count, std::int32_t* dst, std::int64_t row_stride) const {
  copy_block(b_, shape_.m, n0, n_count, m0, m_count, dst, row_stride);
}

DenseResult::DenseResult(const GemmShape& shape, int acc_width_bits)
    : shape_(shape),
      acc_width_bits_(acc_width_bits),
      x_(static_cast<std::size_t>(checked_mul(shape.t, shape.m, "number of result elements")), 0) {}

void DenseResult::accumulate(std::int64_t t0, std::int64_t t_count, std::int64_t m0,
                             std::int64_t m_count, const std::int64_t* partial,
                             std::int64_t row_stride) {
  for (std::int64_t i = 0; i < t_count; ++i) {
    std::int64_t* row = x_.data() + (t0 + i) * shape_.m + m0;
    for (std::int64_t j = 0; j < m_count; ++j) {
      const auto sum = static_cast<std::uint64_t>(row[j]) +
                       static_cast<std::uint64_t>(partial[i * row_stride + j]);
      row[j] = sign_extend(sum, acc_width_bits_);
    }
  }
}

}  // namespace arrayflex
