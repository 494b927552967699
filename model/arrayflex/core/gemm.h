// Layer shapes, lowering of convolutions to matrix products, and the tile plan.
//
// Symbols: X = A*B with A of T x N (streamed), B of N x M (stationary weights), X of T x M.
#pragma once

#include <cstdint>
#include <string>

namespace arrayflex {

/// Largest accepted T, N, M, repeat count and convolution parameter.
inline constexpr std::int64_t kMaxLayerDim = 2147483647;

/// Shape of one matrix product; each dimension 1..kMaxLayerDim.
struct GemmShape {
  std::int64_t t = 1;  ///< rows of A and X: output pixels of a convolution
  std::int64_t n = 1;  ///< columns of A, rows of B: reduction length
  std::int64_t m = 1;  ///< columns of B and X: output channels

  friend bool operator==(const GemmShape& a, const GemmShape& b) {
    return a.t == b.t && a.n == b.n && a.m == b.m;
  }
};

/// Throws InputError unless every dimension is 1..kMaxLayerDim.
void validate(const GemmShape& shape);

/// Multiply-accumulates of one product, T*N*M. Throws OverflowError beyond 2^63-1.
std::int64_t macs(const GemmShape& shape);

/// One layer: `repeat` products of the same shape (groups of a convolution, attention heads).
struct Layer {
  std::string name;
  GemmShape gemm;
  std::int64_t repeat = 1;  ///< 1..kMaxLayerDim
};

/// Throws InputError naming the layer when its shape or repeat count is out of range.
void validate(const Layer& layer);

/// A two-dimensional convolution, sizes in elements. Output size per axis is
/// floor((in + pad_before + pad_after - dilation*(kernel-1) - 1) / stride) + 1.
struct ConvolutionShape {
  std::int64_t batch = 1;
  std::int64_t in_h = 1, in_w = 1, in_channels = 1, out_channels = 1;
  std::int64_t kernel_h = 1, kernel_w = 1;
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t pad_top = 0, pad_bottom = 0, pad_left = 0, pad_right = 0;
  std::int64_t dilation_h = 1, dilation_w = 1;
  std::int64_t groups = 1;  ///< divides in_channels and out_channels

  /// Throw InputError for invalid parameters, also when the kernel exceeds the padded input.
  std::int64_t out_h() const;
  std::int64_t out_w() const;
};

/// T = batch*out_h*out_w, N = kernel_h*kernel_w*in_channels/groups, M = out_channels/groups, one
/// product per group (repeat = groups). Throws InputError.
Layer lower_convolution(const std::string& name, const ConvolutionShape& conv);

/// One tile of B: rows [n0, n0+n_count) and columns [m0, m0+m_count), zero-padded to R x C.
struct Tile {
  std::int64_t row_block = 0, col_block = 0;
  std::int64_t n0 = 0, n_count = 0;
  std::int64_t m0 = 0, m_count = 0;
};

/// The order in which a product's tiles run: outer loop over column blocks of B, inner loop over
/// row blocks. An edge tile costs as much as a full one.
class TilePlan {
 public:
  /// Throws InputError for an invalid shape; rows, cols >= 1.
  TilePlan(const GemmShape& shape, int rows, int cols);

  std::int64_t row_blocks() const { return row_blocks_; }  ///< ceil(N/R)
  std::int64_t col_blocks() const { return col_blocks_; }  ///< ceil(M/C)
  std::int64_t count() const { return row_blocks_ * col_blocks_; }
  /// The tile that runs at position index, 0 <= index < count().
  Tile tile(std::int64_t index) const;

 private:
  GemmShape shape_;
  std::int64_t rows_, cols_, row_blocks_, col_blocks_;
};

}  // namespace arrayflex
