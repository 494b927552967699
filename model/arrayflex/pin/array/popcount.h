// Functions compiled once per instruction set that counts bits well, chosen at run time.
//
// Not by Highway, as the kernels of the fast and cycle engines are (engine/tile_kernel,
// pin/cycle/cycle_kernel): the pin engine walks over pins and registers one by one, which no vector
// speeds up, and wants one scalar instruction, popcnt. Nor does it call their kernels where it
// compares whole arrays: it is held against them, so it counts with code of its own.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__)
#define ARRAYFLEX_HAS_POPCNT_TARGETS 1
#else
#define ARRAYFLEX_HAS_POPCNT_TARGETS 0
#endif

#include <cstdint>

namespace arrayflex::pin {

/// Bits set in value. Compiles to one instruction where the caller's target has it.
[[gnu::always_inline]] inline std::int64_t count_bits(std::uint64_t value) {
  return __builtin_popcountll(value);
}

}  // namespace arrayflex::pin
