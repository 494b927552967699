// Where the engines read operands and leave results: block-wise, so that no engine needs a whole
// matrix in memory.
#pragma once

#include <cstdint>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/core/gemm.h"

namespace arrayflex {

/// The operands of one product. Implementations must allow concurrent calls; each value lies within
/// the array's operand range (engines keep only the low Wd bits, sign-extended).
class OperandSource {
 public:
  virtual ~OperandSource() = default;
  /// Writes A[t0+i][n0+j] to dst[i*row_stride + j] for i < t_count, j < n_count; 0 <= t0,
  /// t0+t_count <= T, 0 <= n0, n0+n_count <= N, row_stride >= n_count (in elements).
  virtual void read_a(std::int64_t t0, std::int64_t t_count, std::int64_t n0, std::int64_t n_count,
                      std::int32_t* dst, std::int64_t row_stride) const = 0;
  /// Writes B[n0+i][m0+j] to dst[i*row_stride + j] for i < n_count, j < m_count.
  virtual void read_b(std::int64_t n0, std::int64_t n_count, std::int64_t m0, std::int64_t m_count,
                      std::int32_t* dst, std::int64_t row_stride) const = 0;
};

/// Takes the partial sums of each tile: the accumulator bank below the array.
class ResultSink {
 public:
  virtual ~ResultSink() = default;
  /// X[t0+i][m0+j] += partial[i*row_stride + j] modulo 2^Wa. Called once per tile and block of
  /// rows; calls for different elements may come concurrently.
  virtual void accumulate(std::int64_t t0, std::int64_t t_count, std::int64_t m0,
                          std::int64_t m_count, const std::int64_t* partial,
                          std::int64_t row_stride) = 0;
};

/// Operands held in memory, row-major.
class DenseOperands final : public OperandSource {
 public:
  /// a is T x N, b is N x M. Throws InputError when a size does not fit the shape or a value lies
  /// outside the operand range of config.
  DenseOperands(const ArrayConfig& config, const GemmShape& shape, std::vector<std::int32_t> a,
                std::vector<std::int32_t> b);
  void read_a(std::int64_t t0, std::int64_t t_count, std::int64_t n0, std::int64_t n_count,
              std::int32_t* dst, std::int64_t row_stride) const override;
  void read_b(std::int64_t n0, std::int64_t n_count, std::int64_t m0, std::int64_t m_count,
              std::int32_t* dst, std::int64_t row_stride) const override;
  const GemmShape& shape() const { return shape_; }
  const std::vector<std::int32_t>& a() const { return a_; }
  const std::vector<std::int32_t>& b() const { return b_; }

 private:
  GemmShape shape_;
  std::vector<std::int32_t> a_, b_;
};

/// A result held in memory, row-major T x M, each value sign-extended from acc_width_bits.
class DenseResult final : public ResultSink {
 public:
  DenseResult(const GemmShape& shape, int acc_width_bits);
  void accumulate(std::int64_t t0, std::int64_t t_count, std::int64_t m0, std::int64_t m_count,
                  const std::int64_t* partial, std::int64_t row_stride) override;
  const std::vector<std::int64_t>& values() const { return x_; }

 private:
  GemmShape shape_;
  int acc_width_bits_;
  std::vector<std::int64_t> x_;
};

/// A result nobody needs: activity and cycles do not depend on it.
class DiscardResult final : public ResultSink {
 public:
  void accumulate(std::int64_t, std::int64_t, std::int64_t, std::int64_t, const std::int64_t*,
                  std::int64_t) override {}
};

/// The low `bits` bits of value, read as a two's complement number.
inline std::int64_t sign_extend(std::uint64_t value, int bits) {
  const int shift = 64 - bits;
  return static_cast<std::int64_t>(value << shift) >> shift;
}

}  // namespace arrayflex
