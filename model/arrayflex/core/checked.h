// Exact 64-bit arithmetic that reports overflow instead of wrapping.
#pragma once

#include <cstdint>

#include "arrayflex/core/error.h"

namespace arrayflex {

/// a + b; throws OverflowError("<what> exceeds 2^63-1") when it does not fit.
inline std::int64_t checked_add(std::int64_t a, std::int64_t b, const char* what) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) {
    throw OverflowError(std::string(what) + " exceeds 2^63-1");
  }
  return sum;
}

/// a * b; throws OverflowError("<what> exceeds 2^63-1") when it does not fit.
inline std::int64_t checked_mul(std::int64_t a, std::int64_t b, const char* what) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) {
    throw OverflowError(std::string(what) + " exceeds 2^63-1");
  }
  return product;
}

/// ceil(a / b) for a >= 0, b > 0.
constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return a / b + (a % b != 0); }

}  // namespace arrayflex
