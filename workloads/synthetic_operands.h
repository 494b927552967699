// Synthetic operands: reproducible, realistic in what drives switching activity (sign, magnitude,
// zeros), and O(1) in memory. Every element is a pure function of (seed, stream, matrix, row,
// column), so any block can be read at any time, in any order and concurrently.
//
// The recipe, all arithmetic modulo 2^64 unless said otherwise. mix() is the finaliser of
// splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014):
//   mix(z): z = (z ^ z>>30) * 0xbf58476d1ce4e5b9; z = (z ^ z>>27) * 0x94d049bb133111eb; z ^ z>>31
//   golden  = 0x9e3779b97f4a7c15
//   key     = mix(mix(mix(seed + golden) + stream) + matrix), matrix = 1 for A, 2 for B
//   row key = mix(key + (row + 1) * golden)
//   h       = mix(row key + (column + 1) * golden)             one 64-bit hash per element
//   g       = (h ^ h>>32) * 0xd6e8feb86659fd93                 more bits of the same hash
// row and column are t, n for A and n, m for B.
//  1. A bell: the sum s of h's four 16-bit digits (Irwin-Hall, n = 4, close to a normal
//     distribution, ends at 3.46 standard deviations), refined by 14 more bits so that
//     the low bits of a wide operand are random too:
//     d = 2 * (s * 2^14 + bits 18..31 of g) - (262141 * 2^14 - 1), symmetric about 0.
//  2. Quantised: magnitude = floor(|d| * scale / 2^shift + 1/2), at most
//     full_scale = 2^magnitude_bits - 1. scale and shift are integers fixed once, such that the
//     standard deviation of the bell is `spread * full_scale`.
//  3. B[n][m] = +-magnitude with the sign of d: symmetric, never -2^(Wd-1).
//  4. A[t][n] = 0 where bits 32..63 of g, a number 0..2^32-1, are below
//     activation_zero_share * 2^32; else max(1, magnitude): the half-bell, and the share of exact
//     zeros is the stated one whatever the width.
// Only the thresholds come from floating point (one multiplication or division at a time, rounded
// to integers), the rest is integer arithmetic: the same bits with any compiler on any platform.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/core/error.h"
#include "arrayflex/core/gemm.h"
#include "arrayflex/core/operands.h"

namespace arrayflex::workloads {

/// Smallest standard deviation, as a share of full scale.
inline constexpr double kLeastSpread = 0.0001;

/// The knobs of the synthetic operands.
struct SyntheticRecipe {
  /// Share of exact zeros among the activations, 0..1. About one half after a ReLU.
  double activation_zero_share = 0.5;
  /// Standard deviation of the bell whose positive half the non-zero activations are, as a share of
  /// full scale, kLeastSpread..1. Beyond about 0.29 values are clamped to full scale.
  double activation_spread = 0.25;
  /// Standard deviation of the weights as a share of full scale, kLeastSpread..1; clamped likewise.
  double weight_spread = 0.25;
  /// Bits of the largest magnitude, the sign not counted, 1..Wd-1: full scale is
  /// 2^magnitude_bits - 1. 0 stands for Wd-1, the full width. Smaller values model narrow numbers
  /// in a wide operand, e.g. 7 for int8 data in a 32-bit array.
  int magnitude_bits = 0;
};

/// Throws InputError naming the first knob that is out of bounds for the array.
void validate(const SyntheticRecipe& recipe, const ArrayConfig& config);

/// The knobs as RunReport::operand_recipe has them, 0 magnitude bits as what they stand for.
std::vector<std::pair<std::string, double>> recipe_entries(const SyntheticRecipe& recipe,
                                                           const ArrayConfig& config);

/// Identifies the operands of one product by the layer's name and the instance 0..repeat-1 within
/// the layer: mix(64-bit FNV-1a of the name + (instance + 1) * golden). A layer thus has the same
/// operands whichever other layers run.
std::uint64_t operand_stream(std::string_view layer_name, std::int64_t instance);

/// The operands of one product.
class SyntheticOperands final : public OperandSource {
 public:
  /// Throws InputError for an invalid shape or recipe.
  SyntheticOperands(const ArrayConfig& config, const GemmShape& shape,
                    const SyntheticRecipe& recipe, std::uint64_t seed, std::uint64_t stream);

  /// Throw InputError when the block leaves the matrix or row_stride is below its width.
  void read_a(std::int64_t t0, std::int64_t t_count, std::int64_t n0, std::int64_t n_count,
              std::int32_t* dst, std::int64_t row_stride) const override;
  void read_b(std::int64_t n0, std::int64_t n_count, std::int64_t m0, std::int64_t m_count,
              std::int32_t* dst, std::int64_t row_stride) const override;

  const GemmShape& shape() const { return shape_; }

 private:
  GemmShape shape_;
  std::uint64_t key_a_ = 0, key_b_ = 0;
  std::uint64_t scale_a_ = 0, scale_b_ = 0;
  std::uint64_t zero_threshold_ = 0;  ///< 0..2^32
  std::uint64_t full_scale_ = 0;
  int shift_ = 0;
};

}  // namespace arrayflex::workloads
