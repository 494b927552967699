// Payload types of the pin level.
//
// Every signal carries its value sign-extended to the payload type, whatever the configured width:
// a reader sees the number, and a trace or a toggle count masks it to the pin's width.
#pragma once

#include <cstdint>

namespace arrayflex::pin {

/// Operands and weights, Wd bits.
using Operand = std::int32_t;
/// Partial sums and the carry-save pair, Wa bits; products, 2*Wd bits.
using Sum = std::int64_t;

/// Widths of the pins, in bits.
struct PinWidths {
  int data = 32;  ///< Wd
  int acc = 64;   ///< Wa
};

/// The low `bits` bits set, 1 <= bits <= 64.
constexpr std::uint64_t low_bits(int bits) { return ~std::uint64_t{0} >> (64 - bits); }

}  // namespace arrayflex::pin
