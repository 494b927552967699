#include "arrayflex/core/group_packing.h"

#include <algorithm>
#include <utility>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/latency.h"

namespace arrayflex {
namespace {

// What of the block [first, first + count) lies in a group of `size` rows or columns.
struct Share {
  std::int64_t begin = 0, count = 0;  // within the group
  std::int64_t at = 0;                // in the block

  Share(std::int64_t group, std::int64_t size, std::int64_t first, std::int64_t block_count) {
    const std::int64_t group_first = group * size;
    const std::int64_t from = std::max(first, group_first);
    begin = from - group_first;
    count = std::min(first + block_count, group_first + size) - from;
    at = from - first;
  }
};

}  // namespace

std::int64_t groups_per_tile(const Layer& layer, int rows, int cols) {
  const std::int64_t fitting = std::min(rows / layer.gemm.n, cols / layer.gemm.m);
  return std::max<std::int64_t>(1, std::min(fitting, layer.repeat));
}

std::int64_t packed_product_count(const Layer& layer, std::int64_t groups_per_tile) {
  return ceil_div(layer.repeat, groups_per_tile);
}

std::vector<PackedProducts> packed_products(const Layer& layer, std::int64_t groups_per_tile) {
  const auto products = [&](std::int64_t count, std::int64_t groups, std::int64_t first_group) {
    const GemmShape& group = layer.gemm;
    return PackedProducts{
        {group.t, groups * group.n, groups * group.m}, count, groups, first_group};
  };
  const std::int64_t whole = layer.repeat / groups_per_tile;
  const std::int64_t left = layer.repeat % groups_per_tile;
  std::vector<PackedProducts> all{products(whole, groups_per_tile, 0)};
  if (left > 0) all.push_back(products(1, left, whole * groups_per_tile));
  return all;
}

std::int64_t layer_cycles(const ArrayConfig& config, const Layer& layer, int k,
                          std::int64_t groups_per_tile) {
  validate(layer);
  return checked_mul(gemm_cycles(config, layer.gemm, k),
                     packed_product_count(layer, groups_per_tile), "number of cycles");
}

PackedOperands::PackedOperands(const GemmShape& group,
                               std::vector<std::shared_ptr<const OperandSource>> groups)
    : group_(group), groups_(std::move(groups)) {}

void PackedOperands::read_a(std::int64_t t0, std::int64_t t_count, std::int64_t n0,
                            std::int64_t n_count, std::int32_t* dst,
                            std::int64_t row_stride) const {
  if (n_count == 0) return;
  const std::int64_t last = (n0 + n_count - 1) / group_.n;
  for (std::int64_t group = n0 / group_.n; group <= last; ++group) {
    const Share cols(group, group_.n, n0, n_count);
    groups_[static_cast<std::size_t>(group)]->read_a(t0, t_count, cols.begin, cols.count,
                                                     dst + cols.at, row_stride);
  }
}

void PackedOperands::read_b(std::int64_t n0, std::int64_t n_count, std::int64_t m0,
                            std::int64_t m_count, std::int32_t* dst,
                            std::int64_t row_stride) const {
  for (std::int64_t i = 0; i < n_count; ++i) std::fill_n(dst + i * row_stride, m_count, 0);
  if (n_count == 0 || m_count == 0) return;
  const std::int64_t first = std::max(n0 / group_.n, m0 / group_.m);
  const std::int64_t last = std::min((n0 + n_count - 1) / group_.n, (m0 + m_count - 1) / group_.m);
  for (std::int64_t group = first; group <= last; ++group) {
    const Share rows(group, group_.n, n0, n_count);
    const Share cols(group, group_.m, m0, m_count);
    groups_[static_cast<std::size_t>(group)]->read_b(rows.begin, rows.count, cols.begin, cols.count,
                                                     dst + rows.at * row_stride + cols.at,
                                                     row_stride);
  }
}

}  // namespace arrayflex
