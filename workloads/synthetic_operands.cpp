#include "workloads/synthetic_operands.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace arrayflex::workloads {
namespace {

constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;
constexpr std::uint64_t kSecondHash = 0xd6e8feb86659fd93;
constexpr std::uint64_t kMatrixA = 1, kMatrixB = 2;
// The bell's largest value: d runs over the odd numbers -kBellMax..kBellMax.
constexpr std::int64_t kBellMax = 262141LL * (1 << 14) - 1;
// Its standard deviation: 2^15 * 65536 * sqrt(4/12).
constexpr double kBellDeviation = 1239850262.25;

constexpr std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

constexpr std::uint64_t second_hash(std::uint64_t h) { return (h ^ (h >> 32)) * kSecondHash; }

constexpr std::int64_t bell(std::uint64_t h, std::uint64_t g) {
  constexpr std::uint64_t kEvenDigits = 0x0000ffff0000ffff;
  const std::uint64_t pairs = (h & kEvenDigits) + ((h >> 16) & kEvenDigits);
  const std::uint64_t sum = (pairs + (pairs >> 32)) & 0xffffffff;
  const std::uint64_t refined = (sum << 14) + ((g >> 18) & 0x3fff);
  return static_cast<std::int64_t>(2 * refined) - kBellMax;
}

constexpr std::uint64_t quantise(std::uint64_t size, std::uint64_t scale, int shift,
                                 std::uint64_t full_scale) {
  const std::uint64_t value = (size * scale + (std::uint64_t{1} << (shift - 1))) >> shift;
  return value < full_scale ? value : full_scale;
}

void require_share(const char* name, double value, double least) {
  if (!(value >= least && value <= 1)) {  // also not a number
    throw InputError(name, fmt::format("{}", value), fmt::format("allowed are {}..1", least));
  }
}

void require_block(const char* matrix, std::int64_t row0, std::int64_t row_count, std::int64_t rows,
                   std::int64_t col0, std::int64_t col_count, std::int64_t cols,
                   std::int64_t row_stride) {
  const auto within = [](std::int64_t first, std::int64_t count, std::int64_t size) {
    return first >= 0 && count >= 0 && first <= size && count <= size - first;
  };
  if (!within(row0, row_count, rows) || !within(col0, col_count, cols)) {
    throw InputError(fmt::format("block of {}", matrix),
                     fmt::format("{}+{} x {}+{}", row0, row_count, col0, col_count),
                     fmt::format("it must lie within the {} x {} matrix", rows, cols));
  }
  if (row_stride < col_count) {
    throw InputError("row_stride", row_stride,
                     fmt::format("it must be at least the block's width, {}", col_count));
  }
}

constexpr std::uint64_t row_key(std::uint64_t matrix_key, std::int64_t row) {
  return mix(matrix_key + (static_cast<std::uint64_t>(row) + 1) * kGolden);
}

}  // namespace

void validate(const SyntheticRecipe& recipe, const ArrayConfig& config) {
  require_share("activation_zero_share", recipe.activation_zero_share, 0);
  require_share("activation_spread", recipe.activation_spread, kLeastSpread);
  require_share("weight_spread", recipe.weight_spread, kLeastSpread);
  const int most = config.data_width_bits() - 1;
  if (recipe.magnitude_bits < 0 || recipe.magnitude_bits > most) {
    throw InputError("magnitude_bits", recipe.magnitude_bits,
                     fmt::format("allowed are 1..{} for operands of {} bits, or 0 for all of them",
                                 most, config.data_width_bits()));
  }
}

std::vector<std::pair<std::string, double>> recipe_entries(const SyntheticRecipe& r,
                                                           const ArrayConfig& config) {
  return {
      {"activation_zero_share", r.activation_zero_share},
      {"activation_spread", r.activation_spread},
      {"weight_spread", r.weight_spread},
      {"magnitude_bits", r.magnitude_bits == 0 ? config.data_width_bits() - 1 : r.magnitude_bits}};
}

std::uint64_t operand_stream(std::string_view layer_name, std::int64_t instance) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : layer_name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return mix(hash + (static_cast<std::uint64_t>(instance) + 1) * kGolden);
}

SyntheticOperands::SyntheticOperands(const ArrayConfig& config, const GemmShape& shape,
                                     const SyntheticRecipe& recipe, std::uint64_t seed,
                                     std::uint64_t stream)
    : shape_(shape) {
  arrayflex::validate(shape);
  validate(recipe, config);
  const int bits =
      recipe.magnitude_bits == 0 ? config.data_width_bits() - 1 : recipe.magnitude_bits;
  full_scale_ = (std::uint64_t{1} << bits) - 1;
  shift_ = 60 - bits;  // keeps scale below 2^30 and size * scale, with size < 2^32, below 2^62
  const auto scale = [&](double spread) {
    const double factor = spread * static_cast<double>(full_scale_) / kBellDeviation;
    return static_cast<std::uint64_t>(std::llround(std::ldexp(factor, shift_)));
  };
  scale_a_ = scale(recipe.activation_spread);
  scale_b_ = scale(recipe.weight_spread);
  zero_threshold_ =
      static_cast<std::uint64_t>(std::llround(std::ldexp(recipe.activation_zero_share, 32)));
  const std::uint64_t key = mix(mix(seed + kGolden) + stream);
  key_a_ = mix(key + kMatrixA);
  key_b_ = mix(key + kMatrixB);
}

void SyntheticOperands::read_a(std::int64_t t0, std::int64_t t_count, std::int64_t n0,
                               std::int64_t n_count, std::int32_t* dst,
                               std::int64_t row_stride) const {
  require_block("A", t0, t_count, shape_.t, n0, n_count, shape_.n, row_stride);
  for (std::int64_t i = 0; i < t_count; ++i) {
    std::uint64_t state = row_key(key_a_, t0 + i) + static_cast<std::uint64_t>(n0) * kGolden;
    std::int32_t* const row = dst + i * row_stride;
    for (std::int64_t j = 0; j < n_count; ++j) {
      state += kGolden;
      const std::uint64_t h = mix(state);
      const std::uint64_t g = second_hash(h);
      const std::int64_t d = bell(h, g);
      const std::int64_t sign = d >> 63;
      const auto size = static_cast<std::uint64_t>((d ^ sign) - sign);
      const std::uint64_t magnitude = quantise(size, scale_a_, shift_, full_scale_);
      const std::uint64_t value = magnitude + (magnitude == 0);
      const std::uint64_t kept = ((g >> 32) - zero_threshold_) >> 63;  // 1: below the threshold
      row[j] = static_cast<std::int32_t>(value & (kept - 1));
    }
  }
}

void SyntheticOperands::read_b(std::int64_t n0, std::int64_t n_count, std::int64_t m0,
                               std::int64_t m_count, std::int32_t* dst,
                               std::int64_t row_stride) const {
  require_block("B", n0, n_count, shape_.n, m0, m_count, shape_.m, row_stride);
  for (std::int64_t i = 0; i < n_count; ++i) {
    std::uint64_t state = row_key(key_b_, n0 + i) + static_cast<std::uint64_t>(m0) * kGolden;
    std::int32_t* const row = dst + i * row_stride;
    for (std::int64_t j = 0; j < m_count; ++j) {
      state += kGolden;
      const std::uint64_t h = mix(state);
      const std::int64_t d = bell(h, second_hash(h));
      const std::int64_t sign = d >> 63;
      const auto size = static_cast<std::uint64_t>((d ^ sign) - sign);
      const auto magnitude =
          static_cast<std::int64_t>(quantise(size, scale_b_, shift_, full_scale_));
      row[j] = static_cast<std::int32_t>((magnitude ^ sign) - sign);
    }
  }
}

}  // namespace arrayflex::workloads
