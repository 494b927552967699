#include "arrayflex/core/tile_kernel.h"

#include <algorithm>

#include "arrayflex/core/operands.h"

namespace arrayflex {
namespace {

std::int64_t popcount(std::uint64_t bits) { return __builtin_popcountll(bits); }

std::uint64_t low_bits(int count) { return ~std::uint64_t{0} >> (64 - count); }

// Settled values of one PE's nets for one row of A.
struct PeNets {
  std::uint64_t product = 0;
  std::uint64_t csa_sum = 0;
  std::uint64_t csa_carry = 0;
  std::uint64_t psum = 0;
};

struct PeSums {
  std::int64_t product = 0;
  std::int64_t csa_sum = 0;
  std::int64_t csa_carry = 0;
  std::int64_t psum = 0;

  void add(const PeNets& before, const PeNets& now, std::uint64_t product_mask) {
    product += popcount((before.product ^ now.product) & product_mask);
    csa_sum += popcount(before.csa_sum ^ now.csa_sum);
    csa_carry += popcount(before.csa_carry ^ now.csa_carry);
    psum += popcount(before.psum ^ now.psum);
  }
};

// The carry-save pair on its way down one column, for every row of the block.
struct ColumnState {
  std::vector<std::uint64_t> sum;
  std::vector<std::uint64_t> carry;
};

// Passes the block through the PE at (r, c): one weight, all rows of A.
PeSums stream_pe(const TileKernelBlock& block, int r, int c, ColumnState& column) {
  const bool compresses = block.design == Design::arrayflex;
  const bool bottom = (r + 1) % block.k == 0 || r + 1 == block.rows;
  const std::uint64_t acc_mask = low_bits(block.acc_width_bits);
  const std::uint64_t product_mask = low_bits(2 * block.data_width_bits);
  const std::int64_t weight = block.weights[static_cast<std::int64_t>(r) * block.cols + c];
  PeSums sums;
  PeNets before;
  for (std::int64_t i = 0; i <= block.row_count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    PeNets now;
    now.product = static_cast<std::uint64_t>(block.a[i * block.rows + r] * weight);
    const std::uint64_t s = column.sum[at];
    const std::uint64_t cy = column.carry[at];
    const std::uint64_t p = now.product & acc_mask;
    if (compresses) {
      now.csa_sum = s ^ cy ^ p;
      now.csa_carry = (((s & cy) | (s & p) | (cy & p)) << 1) & acc_mask;
    }
    if (bottom) {
      now.psum = (s + cy + p) & acc_mask;
    }
    column.sum[at] = bottom ? now.psum : now.csa_sum;
    column.carry[at] = bottom ? 0 : now.csa_carry;
    if (i > 0) {
      sums.add(before, now, product_mask);
    }
    before = now;
  }
  return sums;
}

}  // namespace

PeNetToggles::PeNetToggles(int rows, int cols) {
  const std::size_t pes = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
  product.assign(pes, 0);
  csa_sum.assign(pes, 0);
  csa_carry.assign(pes, 0);
  psum.assign(pes, 0);
}

void PeNetToggles::clear() {
  for (auto* counts : {&product, &csa_sum, &csa_carry, &psum}) {
    std::fill(counts->begin(), counts->end(), 0);
  }
}

void run_tile_kernel(const TileKernelBlock& block, PeNetToggles* toggles) {
  ColumnState column;
  const auto values = static_cast<std::size_t>(block.row_count + 1);
  for (int c = 0; c < block.active_cols; ++c) {
    column.sum.assign(values, 0);
    column.carry.assign(values, 0);
    for (int r = 0; r < block.rows; ++r) {
      const PeSums sums = stream_pe(block, r, c, column);
      if (toggles != nullptr) {
        const auto pe = static_cast<std::size_t>(r) * static_cast<std::size_t>(block.cols) +
                        static_cast<std::size_t>(c);
        toggles->product[pe] += sums.product;
        toggles->csa_sum[pe] += sums.csa_sum;
        toggles->csa_carry[pe] += sums.csa_carry;
        toggles->psum[pe] += sums.psum;
      }
    }
    for (std::int64_t i = 0; block.partial != nullptr && i < block.row_count; ++i) {
      block.partial[i * block.partial_stride + c] =
          sign_extend(column.sum[static_cast<std::size_t>(i + 1)], block.acc_width_bits);
    }
  }
}

}  // namespace arrayflex
