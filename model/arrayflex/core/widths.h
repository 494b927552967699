// Operand and accumulator widths: which go together, and what belongs to each pair.
#pragma once

#include <string>
#include <vector>

namespace arrayflex {

/// Operands are signed integers of data_bits, sums of acc_bits; both fill a C integer type.
struct WidthPair {
  int data_bits;
  int acc_bits;
};

/// All supported pairs, the paper's first. Kernels are compiled for each: engine/tile_kernel.cpp
/// dispatches by this table.
inline constexpr WidthPair kWidthPairs[] = {{32, 64}, {16, 64}, {8, 32}};
inline constexpr WidthPair kDefaultWidths = kWidthPairs[0];

namespace detail {

constexpr bool widths_are_types() {
  for (const WidthPair& pair : kWidthPairs) {
    const bool has_data = pair.data_bits == 8 || pair.data_bits == 16 || pair.data_bits == 32;
    const bool has_acc = pair.acc_bits == 32 || pair.acc_bits == 64;
    if (!has_data || !has_acc || 2 * pair.data_bits > pair.acc_bits) return false;
  }
  return true;
}

}  // namespace detail

static_assert(detail::widths_are_types(),
              "kernels, .npy files and Python have int8, int16 and int32 operands, int32 and int64 "
              "sums, and a sum holds a product");

constexpr bool is_width_pair(int data_bits, int acc_bits) {
  for (const WidthPair& pair : kWidthPairs) {
    if (pair.data_bits == data_bits && pair.acc_bits == acc_bits) return true;
  }
  return false;
}

/// The accumulator width of an operand width; the default's for a width that is not supported: the
/// check of the pair then names it.
constexpr int acc_width_of(int data_bits) {
  for (const WidthPair& pair : kWidthPairs) {
    if (pair.data_bits == data_bits) return pair.acc_bits;
  }
  return kDefaultWidths.acc_bits;
}

/// The operand width where only the accumulator's was given, or neither: the first pair's that has
/// it, else the default's.
constexpr int data_width_of(int acc_bits) {
  for (const WidthPair& pair : kWidthPairs) {
    if (pair.acc_bits == acc_bits) return pair.data_bits;
  }
  return kDefaultWidths.data_bits;
}

/// Supported operand widths, ascending.
std::vector<int> operand_widths();

/// For messages: "32/64, 16/64 and 8/32", and "8, 16 or 32".
std::string width_pairs_text();
std::string operand_widths_text();

/// A signed integer type of .npy files, little-endian: "|i1", "<i2", "<i4" or "<i8".
std::string npy_type(int bits);

}  // namespace arrayflex
