// The inner loops of the fast engine, behind one call so that they can be replaced by faster ones.
// Internal to the library.
#pragma once

#include <cstdint>
#include <vector>

#include "arrayflex/core/config.h"

namespace arrayflex {

/// Toggles of one tile's nets per PE, row-major rows x cols. Classes that follow from these and
/// from the operands (operand, registers beside the PEs, muxes) are not counted here.
struct PeNetToggles {
  PeNetToggles(int rows, int cols);
  void clear();

  std::vector<std::int64_t> product;
  std::vector<std::int64_t> csa_sum;    ///< zero in the conventional array
  std::vector<std::int64_t> csa_carry;  ///< zero in the conventional array
  std::vector<std::int64_t> psum;       ///< the sum registered at bottom PEs, zero elsewhere
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
  /// (row_count + 1) x R, zero-padded, sign-extended from Wd bits. The first row precedes the
  /// block: toggles are counted against it, but it gives no result.
  const std::int32_t* a = nullptr;
  std::int64_t row_count = 0;
  std::int64_t* partial = nullptr;  ///< row_count x active_cols out; may be null
  std::int64_t partial_stride = 0;  ///< elements between rows of partial
};

/// Adds the block's toggles to `toggles`, where not null, and writes its partial sums.
void run_tile_kernel(const TileKernelBlock& block, PeNetToggles* toggles);

}  // namespace arrayflex
