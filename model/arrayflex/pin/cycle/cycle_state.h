// The state of a whole array as a structure of arrays.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/pin/array/types.h"

namespace arrayflex::pin {

/// Memory that vectors of any instruction set load without crossing a cache line.
template <class T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};

  CacheLineAllocator() = default;
  template <class U>
  CacheLineAllocator(const CacheLineAllocator<U>&) {}  // NOLINT: as allocators convert

  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), kAlignment));
  }
  void deallocate(T* memory, std::size_t) { ::operator delete(memory, kAlignment); }
  friend bool operator==(const CacheLineAllocator&, const CacheLineAllocator&) { return true; }
  friend bool operator!=(const CacheLineAllocator&, const CacheLineAllocator&) { return false; }
};
template <class T>
using StateVector = std::vector<T, CacheLineAllocator<T>>;

/// A combinational net of every PE: its settled values, and those of the cycle before.
template <class T>
struct StateNet {
  /// `before` is left out unless toggles are counted.
  StateNet(std::size_t size, bool counts) : now(size), before(counts ? size : 0) {}
  StateVector<T> now, before;
};

/// Values of the registers of an array. PE (r, c) is element r*stride + c. The chains of the skew
/// buffers lie one after the other, and those of the de-skew buffers, each from its input on.
struct CycleRegisters {
  CycleRegisters(std::size_t rows, std::size_t cols, std::size_t stride, bool two_weights)
      : weight{StateVector<Operand>(rows * stride),
               StateVector<Operand>(two_weights ? rows * stride : 0)},
        operand(rows * stride),
        psum(rows * stride),
        skew(rows * (rows - 1) / 2),
        deskew(cols * (cols - 1) / 2) {}

  std::array<StateVector<Operand>, 2> weight;  ///< by bank; the second may be empty
  StateVector<Operand> operand;  ///< east of the PE; the last column has none, its elements stay 0
  StateVector<Sum> psum;
  StateVector<Operand> skew;
  StateVector<Sum> deskew;
};

/// Whether all values are 0. All of them are looked at: without a way out the loop is a few vector
/// instructions.
inline bool all_zero(const Operand* values, std::size_t count) {
  Operand any = 0;
  for (std::size_t i = 0; i < count; ++i) any |= values[i];
  return any == 0;
}

/// Registers and settled nets of an array. Rows are padded to `stride` columns, in which everything
/// stays 0. Vectors keep their memory for good: references to elements stay valid.
struct CycleState {
  CycleState(const ArrayConfig& config, Design of_design, std::size_t lanes, bool counts)
      : design(of_design),
        widths{config.data_width_bits(), config.acc_width_bits()},
        rows(static_cast<std::size_t>(config.rows())),
        cols(static_cast<std::size_t>(config.cols())),
        stride((cols + lanes - 1) / lanes * lanes),
        two_weights(config.overlap() != Overlap::none),
        registers(rows, cols, stride, two_weights),
        operand(rows * stride, counts),
        weight(two_weights ? rows * stride : 0, counts),
        product(rows * stride, counts),
        csa_sum(of_design == Design::arrayflex ? rows * stride : 0, counts),
        csa_carry(of_design == Design::arrayflex ? rows * stride : 0, counts),
        skew_out(rows),
        south(cols),
        is_bottom(rows, 1),
        zero_row(stride) {}

  std::size_t skew_begin(std::size_t r) const { return r * (r - 1) / 2; }  ///< r registers
  std::size_t deskew_begin(std::size_t c) const {                          ///< C-1-c registers
    return c * (cols - 1) - c * (c - 1) / 2;
  }
  std::size_t deskew_length(std::size_t c) const { return cols - 1 - c; }

  const Design design;
  const PinWidths widths;
  const std::size_t rows, cols, stride;
  const bool two_weights;  ///< weight registers per PE: two, or one

  CycleRegisters registers;
  StateNet<Operand> operand;  ///< the multiplier's a input
  StateNet<Operand> weight;   ///< the weight mux's output; empty with one weight register
  StateNet<Sum> product;
  StateNet<Sum> csa_sum, csa_carry;     ///< ArrayFlex only, else empty
  StateVector<Operand> skew_out;        ///< per row: what enters the array
  StateVector<Sum> south;               ///< per column: behind the de-skew buffer
  std::vector<std::uint8_t> is_bottom;  ///< per row: the carry-save pair is added here
  const StateVector<Sum> zero_row;
};

}  // namespace arrayflex::pin
