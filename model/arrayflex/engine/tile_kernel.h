// The inner loops of the fast engine: portable SIMD (Highway), the instruction set chosen at run
// time. Internal to the library.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "arrayflex/core/config.h"

namespace arrayflex {

/// Toggles of a tile's nets, from what precedes the tile on. Classes that follow from these and
/// from the operands (operand, the registers beside the PEs, the muxes) are not counted here.
/// "Inner" PEs are those of a row group that are not its bottom.
struct TileToggles {
  std::int64_t product = 0;
  std::int64_t csa_sum_bottom = 0, csa_sum_inner = 0;      ///< zero in the conventional array
  std::int64_t csa_carry_bottom = 0, csa_carry_inner = 0;  ///< zero in the conventional array
  std::int64_t psum = 0;
  std::vector<std::int64_t> south_psum;  ///< psum of the last row, per column

  /// Per PE, row-major R x C: product, compressor, psum and (in ArrayFlex) the sum and carry muxes.
  /// Empty unless wanted.
  std::vector<std::int64_t> per_pe;
};

/// A block of consecutive rows of A on their way through one tile.
struct TileKernelBlock {
  Design design = Design::arrayflex;
  int data_width_bits = 32;
  int acc_width_bits = 64;
  int rows = 0;         ///< R
  int cols = 0;         ///< C
  int active_cols = 0;  ///< columns from here on hold zero weights: all their nets stay 0
  int k = 1;            ///< 1 for the conventional array
  const std::int32_t* weights = nullptr;  ///< R x C, zero-padded, sign-extended from Wd bits
  /// Those that the row of A before the block met: `weights`, or the tile's before it where two
  /// tiles meet. nullptr: nothing precedes the block, the array is empty, a[..][0] not looked at.
  const std::int32_t* weights_before = nullptr;
  /// Operands by row of the array, sign-extended from Wd bits: a[r*a_stride + i], i = 0 for the row
  /// of A that precedes the block, i = 1..row_count for the block; where row_count is odd, a zero
  /// follows.
  const std::int32_t* a = nullptr;
  std::int64_t a_stride = 0;
  std::int64_t row_count = 0;
  std::int64_t* partial = nullptr;  ///< row_count x active_cols out
  std::int64_t partial_stride = 0;  ///< elements between rows of partial
};

/// One compiled instruction set.
struct TileKernel {
  std::string name;  ///< "scalar", "SSE4", "AVX2", "AVX-512", "AVX-512-VPOPCNT", ...
  /// Adds the block's toggles and writes its partial sums. A product's nets start and end at 0, so
  /// the kernel counts rising bits twice: the blocks from one empty array to the next add up to the
  /// toggles between, the array running empty included; a block alone gives twice its rises.
  void (*count)(const TileKernelBlock& block, TileToggles& toggles);
  /// Writes the partial sums only.
  void (*multiply)(const TileKernelBlock& block);
  /// Sum over i < count of the number of bits in which a[i] and b[i] differ.
  std::int64_t (*hamming)(const std::int32_t* a, const std::int32_t* b, std::int64_t count,
                          std::uint32_t mask);
};

/// The kernels that were compiled and that this processor can run, the best first.
const std::vector<TileKernel>& tile_kernels();

/// The kernel of that name, or the best one for an empty name. Throws InputError naming those that
/// can run here.
const TileKernel& tile_kernel(const std::string& name = {});

}  // namespace arrayflex
