#include "arrayflex/study/engines/product_layout.h"

#include <fmt/format.h>

#include <algorithm>

#include "arrayflex/core/error.h"

namespace arrayflex::study {
namespace {

PlacedMatrix place_matrix(std::uint64_t& cursor, std::int64_t rows, std::int64_t cols,
                          int element_bytes, std::uint64_t alignment) {
  PlacedMatrix matrix;
  matrix.cols = static_cast<std::uint64_t>(cols);
  matrix.element_bytes = static_cast<std::uint64_t>(element_bytes);
  std::uint64_t end = 0;
  if (__builtin_add_overflow(cursor, alignment - 1, &matrix.first)) matrix.first = 0;
  matrix.first -= matrix.first % alignment;
  if (matrix.first < cursor ||
      __builtin_mul_overflow(matrix.cols * matrix.element_bytes, static_cast<std::uint64_t>(rows),
                             &matrix.bytes) ||
      __builtin_add_overflow(matrix.first, matrix.bytes, &end)) {
    throw InputError("operands", fmt::format("a matrix of {} x {} elements", rows, cols),
                     "A, B and X together must fit the accelerator's 64-bit addresses");
  }
  cursor = end;
  return matrix;
}

}  // namespace

bool PlacedMatrix::holds(std::uint64_t offset, std::uint64_t count) const {
  return offset >= first && offset - first < bytes && count <= bytes - (offset - first) &&
         (offset - first) % element_bytes == 0 && count % element_bytes == 0;
}

std::uint64_t rounded_bytes(std::uint64_t burst_bytes, BurstAlignment alignment) {
  return alignment == BurstAlignment::whole ? burst_bytes : 0;
}

ProductLayout layout_of(const GemmShape& shape, int operand_bytes, int sum_bytes,
                        std::uint64_t rounded_bytes) {
  std::uint64_t cursor = ProductLayout::kDescriptorAddress + platform::kDescriptorBytes;
  const std::uint64_t alignment = std::max(ProductLayout::kAlignment, rounded_bytes);
  ProductLayout layout;
  layout.a = place_matrix(cursor, shape.t, shape.n, operand_bytes, alignment);
  layout.b = place_matrix(cursor, shape.n, shape.m, operand_bytes, alignment);
  layout.x = place_matrix(cursor, shape.t, shape.m, sum_bytes, alignment);
  return layout;
}

}  // namespace arrayflex::study
