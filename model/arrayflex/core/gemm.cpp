#include "arrayflex/core/gemm.h"

#include <fmt/format.h>

#include <algorithm>

#include "arrayflex/core/checked.h"

namespace arrayflex {
namespace {

void require_range(const std::string& item, std::int64_t value, std::int64_t least) {
  if (value < least || value > kMaxLayerDim) {
    throw InputError(item, value, fmt::format("allowed are {}..{}", least, kMaxLayerDim));
  }
}

// Sizes stay below 2^31 each, so none of these sums and products leaves 64 bits.
std::int64_t output_size(const char* axis, std::int64_t in, std::int64_t kernel,
                         std::int64_t stride, std::int64_t pad, std::int64_t dilation) {
  const std::int64_t reach = dilation * (kernel - 1) + 1;
  if (in + pad < reach) {
    throw InputError(fmt::format("kernel_{0} with dilation_{0}", axis), reach,
                     fmt::format("it may cover at most the padded input size, in_{} + padding = {}",
                                 axis, in + pad));
  }
  return (in + pad - reach) / stride + 1;
}

void validate_convolution(const ConvolutionShape& c) {
  require_range("batch", c.batch, 1);
  require_range("in_h", c.in_h, 1);
  require_range("in_w", c.in_w, 1);
  require_range("in_channels", c.in_channels, 1);
  require_range("out_channels", c.out_channels, 1);
  require_range("kernel_h", c.kernel_h, 1);
  require_range("kernel_w", c.kernel_w, 1);
  require_range("stride_h", c.stride_h, 1);
  require_range("stride_w", c.stride_w, 1);
  require_range("pad_top", c.pad_top, 0);
  require_range("pad_bottom", c.pad_bottom, 0);
  require_range("pad_left", c.pad_left, 0);
  require_range("pad_right", c.pad_right, 0);
  require_range("dilation_h", c.dilation_h, 1);
  require_range("dilation_w", c.dilation_w, 1);
  require_range("groups", c.groups, 1);
  if (c.in_channels % c.groups != 0 || c.out_channels % c.groups != 0) {
    throw InputError("groups", c.groups,
                     fmt::format("it must divide in_channels = {} and out_channels = {}",
                                 c.in_channels, c.out_channels));
  }
}

}  // namespace

void validate(const GemmShape& shape) {
  require_range("T", shape.t, 1);
  require_range("N", shape.n, 1);
  require_range("M", shape.m, 1);
}

std::int64_t macs(const GemmShape& shape) {
  return checked_mul(checked_mul(shape.t, shape.n, "number of MACs"), shape.m, "number of MACs");
}

void validate(const Layer& layer) {
  try {
    validate(layer.gemm);
    require_range("repeat", layer.repeat, 1);
  } catch (const InputError& error) {
    throw InputError(fmt::format("layer \"{}\": {}", layer.name, error.what()));
  }
}

std::int64_t ConvolutionShape::out_h() const {
  validate_convolution(*this);
  return output_size("h", in_h, kernel_h, stride_h, pad_top + pad_bottom, dilation_h);
}

std::int64_t ConvolutionShape::out_w() const {
  validate_convolution(*this);
  return output_size("w", in_w, kernel_w, stride_w, pad_left + pad_right, dilation_w);
}

Layer lower_convolution(const std::string& name, const ConvolutionShape& conv) {
  Layer layer;
  layer.name = name;
  const char* t = "T of a convolution";
  const char* n = "N of a convolution";
  layer.gemm.t = checked_mul(checked_mul(conv.out_h(), conv.out_w(), t), conv.batch, t);
  layer.gemm.n =
      checked_mul(checked_mul(conv.kernel_h, conv.kernel_w, n), conv.in_channels / conv.groups, n);
  layer.gemm.m = conv.out_channels / conv.groups;
  layer.repeat = conv.groups;
  validate(layer);
  return layer;
}

TilePlan::TilePlan(const GemmShape& shape, int rows, int cols)
    : shape_(shape), rows_(rows), cols_(cols) {
  validate(shape);
  row_blocks_ = ceil_div(shape.n, rows_);
  col_blocks_ = ceil_div(shape.m, cols_);
}

Tile TilePlan::tile(std::int64_t index) const {
  Tile tile;
  tile.col_block = index / row_blocks_;
  tile.row_block = index % row_blocks_;
  tile.n0 = tile.row_block * rows_;
  tile.n_count = std::min(rows_, shape_.n - tile.n0);
  tile.m0 = tile.col_block * cols_;
  tile.m_count = std::min(cols_, shape_.m - tile.m0);
  return tile;
}

}  // namespace arrayflex
