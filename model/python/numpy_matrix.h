// numpy matrices as the engines read and write them: in place, without a copy.
#pragma once

#include <pybind11/numpy.h>

#include <cstdint>
#include <string>

#include "arrayflex/core/config.h"
#include "arrayflex/core/operands.h"

namespace arrayflex::python {

/// Integer types of numpy, in the machine's byte order.
enum class ElementType { i8, i16, i32, i64, u8, u16, u32, u64 };

/// A view on a two-dimensional numpy array of integers, with any strides. Holds no reference: the
/// array must outlive it.
class MatrixView {
 public:
  /// Throws InputError naming the array `name` unless it is two-dimensional, not empty and of an
  /// integer type in the machine's byte order.
  MatrixView(const pybind11::array& matrix, const std::string& name);

  std::int64_t rows() const { return rows_; }
  std::int64_t cols() const { return cols_; }

  /// Throws InputError naming the first element outside the operand range of config. Needs no
  /// Python interpreter lock.
  void require_operand_range(const ArrayConfig& config) const;

  /// Writes element [r0+i][c0+j] to dst[i*row_stride + j]. Needs no interpreter lock.
  void read(std::int64_t r0, std::int64_t row_count, std::int64_t c0, std::int64_t col_count,
            std::int32_t* dst, std::int64_t row_stride) const;

 private:
  std::string name_;
  const char* data_;
  std::int64_t rows_ = 0, cols_ = 0;
  std::int64_t row_bytes_ = 0, col_bytes_ = 0;  // strides, may be negative
  ElementType type_ = ElementType::i32;
};

/// The operands of one product, read from numpy arrays.
class NumpyOperands final : public OperandSource {
 public:
  NumpyOperands(const MatrixView& a, const MatrixView& b) : a_(a), b_(b) {}
  void read_a(std::int64_t t0, std::int64_t t_count, std::int64_t n0, std::int64_t n_count,
              std::int32_t* dst, std::int64_t row_stride) const override {
    a_.read(t0, t_count, n0, n_count, dst, row_stride);
  }
  void read_b(std::int64_t n0, std::int64_t n_count, std::int64_t m0, std::int64_t m_count,
              std::int32_t* dst, std::int64_t row_stride) const override {
    b_.read(n0, n_count, m0, m_count, dst, row_stride);
  }

 private:
  MatrixView a_, b_;
};

/// Adds partial sums up in the memory of a numpy array, dense, T x M; Sum is an unsigned integer of
/// the accumulator's width, which wraps as the accumulator does.
template <class Sum>
class NumpyResult final : public ResultSink {
 public:
  NumpyResult(Sum* sums, std::int64_t cols) : sums_(sums), cols_(cols) {}
  void accumulate(std::int64_t t0, std::int64_t t_count, std::int64_t m0, std::int64_t m_count,
                  const std::int64_t* partial, std::int64_t row_stride) override {
    for (std::int64_t i = 0; i < t_count; ++i) {
      Sum* to = sums_ + (t0 + i) * cols_ + m0;
      const std::int64_t* from = partial + i * row_stride;
      for (std::int64_t j = 0; j < m_count; ++j) {
        to[j] = static_cast<Sum>(to[j] + static_cast<Sum>(from[j]));
      }
    }
  }

 private:
  Sum* sums_;
  std::int64_t cols_;
};

}  // namespace arrayflex::python
