// The inner loops of CycleArray: portable SIMD (Highway), the instruction set chosen at run time.
// Internal to the library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "arrayflex/pin/array/types.h"

namespace arrayflex::pin {

/// A net of one row of PEs: its settled values, and those that it had in the cycle before.
struct RowNet {
  Sum* now = nullptr;
  Sum* before = nullptr;  ///< not looked at unless toggles are counted
};

/// One row of PEs whose nets are to settle. All arrays have `columns` elements.
struct RowNets {
  std::size_t columns = 0;  ///< a multiple of CycleKernel::lanes
  const Operand* operand = nullptr;
  const Operand* weight = nullptr;
  const Sum* sum_in = nullptr;    ///< ArrayFlex only
  const Sum* carry_in = nullptr;  ///< ArrayFlex only; nullptr stands for zeros
  RowNet product;
  RowNet csa_sum, csa_carry;  ///< ArrayFlex only
  /// The row settles again in the same cycle: `before` holds the last cycle's values already.
  bool again = false;
};

/// One row of partial sum registers: psum becomes the sum of the addends.
struct RowSums {
  std::size_t columns = 0;  ///< a multiple of CycleKernel::lanes
  const Sum* addend_1 = nullptr;
  const Sum* addend_2 = nullptr;
  Sum* psum = nullptr;
};

/// Bits that differ from the cycle before, and whether all the new values are 0.
struct RowToggles {
  std::int64_t product = 0, csa_sum = 0, csa_carry = 0;
  std::int64_t psum = 0;
  bool all_zero = false;
};

/// One instruction set. `count` asks for the toggles; without, they are 0.
struct CycleKernel {
  std::size_t lanes = 1;
  RowToggles (*settle_arrayflex)(const RowNets& row, const PinWidths& widths, bool count);
  RowToggles (*settle_conventional)(const RowNets& row, const PinWidths& widths, bool count);
  RowToggles (*latch_sums)(const RowSums& row, const PinWidths& widths, bool count);
  /// Sum over i < count of the number of masked bits in which a[i] and b[i] differ.
  std::int64_t (*hamming)(const Sum* a, const Sum* b, std::size_t count, std::uint64_t mask);
  std::int64_t (*hamming_operands)(const Operand* a, const Operand* b, std::size_t count,
                                   std::uint64_t mask);
};

/// The kernel for that instruction set, named as in RecordOptions. Throws InputError likewise.
const CycleKernel& cycle_kernel(const std::string& name = {});

}  // namespace arrayflex::pin
