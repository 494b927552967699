// Where a run puts a product in memory: for the accelerator that fetches it, and for the closed
// form that says how long that takes.
#pragma once

#include <cstdint>

#include "arrayflex/core/bursts.h"
#include "arrayflex/core/gemm.h"
#include "arrayflex/platform/job_descriptor.h"

namespace arrayflex::study {

/// A matrix in memory, row-major, rows without gaps.
struct PlacedMatrix {
  std::uint64_t first = 0;  ///< address
  std::uint64_t bytes = 0;
  std::uint64_t cols = 1;
  std::uint64_t element_bytes = 1;

  /// Whether these bytes are whole elements of it.
  bool holds(std::uint64_t offset, std::uint64_t count) const;
  platform::MatrixLocation location() const { return {first, cols * element_bytes}; }
};

/// Descriptor, A, B and X one after the other, each at a multiple of 4096, and of `rounded_bytes`.
struct ProductLayout {
  // Not 0: there a chain of jobs would end.
  static constexpr std::uint64_t kAlignment = 4096, kDescriptorAddress = kAlignment;

  PlacedMatrix a, b, x;
};

/// Length of bursts that take more than was asked for; 0: none do.
std::uint64_t rounded_bytes(std::uint64_t burst_bytes, BurstAlignment alignment);

/// Element sizes in bytes; no burst of rounded_bytes() holds parts of two matrices. Throws
/// InputError when the product needs more than 2^64 bytes.
ProductLayout layout_of(const GemmShape& shape, int operand_bytes, int sum_bytes,
                        std::uint64_t rounded_bytes);

}  // namespace arrayflex::study
