// Synthetic operands: the documented recipe, its statistics, and that blocks are pure functions of
// seed, stream and position.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "workloads/synthetic_operands.h"

namespace arrayflex::workloads {
namespace {

using Values = std::vector<std::int32_t>;

constexpr std::uint64_t kSeed = 42;

ArrayConfig array_of_width(int data_width_bits) {
  ArrayParameters parameters;
  parameters.data_width_bits = data_width_bits;
  parameters.acc_width_bits = acc_width_of(data_width_bits);
  return ArrayConfig(parameters);
}

/// The ArrayFlex paper's layer 20 of ResNet-34.
const GemmShape kShape{196, 2304, 256};

SyntheticOperands operands(int data_width_bits, const SyntheticRecipe& recipe = {},
                           std::uint64_t seed = kSeed,
                           std::uint64_t stream = operand_stream("layer3.2.conv1", 0)) {
  return SyntheticOperands(array_of_width(data_width_bits), kShape, recipe, seed, stream);
}

Values read_a(const SyntheticOperands& source, std::int64_t t0, std::int64_t t_count,
              std::int64_t n0, std::int64_t n_count) {
  Values values(static_cast<std::size_t>(t_count * n_count));
  source.read_a(t0, t_count, n0, n_count, values.data(), n_count);
  return values;
}

Values read_b(const SyntheticOperands& source, std::int64_t n0, std::int64_t n_count,
              std::int64_t m0, std::int64_t m_count) {
  Values values(static_cast<std::size_t>(n_count * m_count));
  source.read_b(n0, n_count, m0, m_count, values.data(), m_count);
  return values;
}

Values all_a(const SyntheticOperands& source) { return read_a(source, 0, kShape.t, 0, kShape.n); }
Values all_b(const SyntheticOperands& source) { return read_b(source, 0, kShape.n, 0, kShape.m); }

// Computed from the recipe in the header with another program and unbounded integers.
TEST(SyntheticOperands, HaveTheGoldenValuesOfTheRecipe) {
  EXPECT_EQ(operand_stream("layer3.2.conv1", 0), 0x0fc99845fdc2d909U);
  EXPECT_EQ(operand_stream("layer3.2.conv1", 1), 0x37270fa8e83b8478U);
  EXPECT_EQ(operand_stream("", 0), 0xc3817c016ba4ff30U);

  SyntheticRecipe sparse_weights;
  sparse_weights.activation_zero_share = 0.25;
  sparse_weights.activation_spread = 0.5;
  sparse_weights.weight_spread = 0.0625;
  struct Golden {
    int data_width_bits;
    SyntheticRecipe recipe;
    Values a, b;
  };
  const std::vector<Golden> goldens{
      {32,
       {},
       {581549815, 0, 1020541930, 0, 0, 671885489, 0, 0, 0},
       {411023980, -403569773, -378738732, -343353472, 820197952, -50018126, -128259546, 900385422,
        -38466102}},
      {16,
       {},
       {8873, 0, 15572, 0, 0, 10252, 0, 0, 0},
       {6272, -6158, -5779, -5239, 12515, -763, -1957, 13738, -587}},
      {8, {}, {34, 0, 60, 0, 0, 40, 0, 0, 0}, {24, -24, -22, -20, 49, -3, -8, 53, -2}},
      {8, sparse_weights, {69, 0, 121, 75, 0, 79, 4, 9, 0}, {6, -6, -6, -5, 12, -1, -2, 13, -1}},
  };
  for (const Golden& golden : goldens) {
    const SyntheticOperands source = operands(golden.data_width_bits, golden.recipe);
    Values a, b;
    for (const std::int64_t t : {0, 1, 195}) {
      for (const std::int64_t n : {0, 1, 2303}) a.push_back(read_a(source, t, 1, n, 1).front());
    }
    for (const std::int64_t n : {0, 1, 2303}) {
      for (const std::int64_t m : {0, 1, 255}) b.push_back(read_b(source, n, 1, m, 1).front());
    }
    EXPECT_EQ(a, golden.a) << golden.data_width_bits;
    EXPECT_EQ(b, golden.b) << golden.data_width_bits;
  }
}

TEST(SyntheticOperands, AreTheSameInBlocksAndOneByOne) {
  const SyntheticOperands source = operands(16);
  const std::int64_t rows = 7, cols = 13, stride = 20;
  constexpr std::int32_t kUntouched = 0x55555555;
  for (const auto& [row0, col0] : {std::pair<std::int64_t, std::int64_t>{0, 0}, {100, 200}}) {
    Values a(static_cast<std::size_t>(rows * stride), kUntouched), b = a;
    source.read_a(row0, rows, col0, cols, a.data(), stride);
    source.read_b(row0, rows, col0, cols, b.data(), stride);
    for (std::int64_t i = 0; i < rows; ++i) {
      for (std::int64_t j = 0; j < stride; ++j) {
        const auto index = static_cast<std::size_t>(i * stride + j);
        if (j < cols) {
          EXPECT_EQ(a[index], read_a(source, row0 + i, 1, col0 + j, 1).front());
          EXPECT_EQ(b[index], read_b(source, row0 + i, 1, col0 + j, 1).front());
        } else {
          EXPECT_EQ(a[index], kUntouched);
          EXPECT_EQ(b[index], kUntouched);
        }
      }
    }
  }
}

TEST(SyntheticOperands, DependOnSeedLayerInstanceMatrixAndNothingElse) {
  const Values a = all_a(operands(32));
  EXPECT_EQ(a, all_a(operands(32)));
  EXPECT_EQ(all_b(operands(32)), all_b(operands(32)));

  // Weights are continuous at 32 bits, so unrelated matrices share next to no value in place.
  const Values b = all_b(operands(32));
  const auto share_of_equals = [](const Values& x, const Values& y) {
    std::size_t equal = 0;
    for (std::size_t i = 0; i < x.size(); ++i) equal += x[i] == y[i] ? 1U : 0U;
    return static_cast<double>(equal) / static_cast<double>(x.size());
  };
  const std::vector<Values> others{
      all_b(operands(32, {}, kSeed + 1)),
      all_b(operands(32, {}, kSeed, operand_stream("layer3.2.conv1", 1))),
      all_b(operands(32, {}, kSeed, operand_stream("layer3.2.conv2", 0))),
  };
  for (const Values& other : others) EXPECT_LT(share_of_equals(b, other), 1e-3);

  // Where both matrices hold non-zero values they differ too.
  SyntheticRecipe no_zeros;
  no_zeros.activation_zero_share = 0;
  const SyntheticOperands dense = operands(32, no_zeros);
  Values magnitudes = read_b(dense, 0, 196, 0, 256);
  for (std::int32_t& value : magnitudes) value = std::abs(value);
  EXPECT_LT(share_of_equals(read_a(dense, 0, 196, 0, 256), magnitudes), 1e-3);
  // Neighbouring rows and columns are no copies of each other.
  EXPECT_LT(share_of_equals(read_b(dense, 0, 1000, 0, 255), read_b(dense, 1, 1000, 0, 255)), 1e-3);
  EXPECT_LT(share_of_equals(read_b(dense, 0, 1000, 0, 255), read_b(dense, 0, 1000, 1, 255)), 1e-3);
}

struct Moments {
  double zero_share = 0, mean = 0, deviation = 0, kurtosis = 0;
};

Moments moments(const Values& values) {
  const auto count = static_cast<double>(values.size());
  Moments result;
  double second = 0, fourth = 0;
  for (const std::int32_t value : values) {
    result.zero_share += value == 0 ? 1 / count : 0;
    result.mean += value / count;
  }
  for (const std::int32_t value : values) {
    const double square = (value - result.mean) * (value - result.mean);
    second += square / count;
    fourth += square * square / count;
  }
  result.deviation = std::sqrt(second);
  result.kurtosis = fourth / (second * second);
  return result;
}

TEST(SyntheticOperands, WeightsAreABellOfTheStatedSpread) {
  for (const int width : operand_widths()) {
    for (const double spread : {0.05, 0.125, 0.25}) {
      SyntheticRecipe recipe;
      recipe.weight_spread = spread;
      const Moments found = moments(all_b(operands(width, recipe)));
      const double full_scale = std::ldexp(1.0, width - 1) - 1;
      // 589,824 values: the standard error of the mean is 0.0013 deviations, that of the deviation
      // below 0.001; rounding adds a variance of 1/12.
      const double expected = std::sqrt(spread * spread * full_scale * full_scale + 1.0 / 12);
      EXPECT_NEAR(found.mean / expected, 0, 0.007) << width << " bits, spread " << spread;
      EXPECT_NEAR(found.deviation / expected, 1, 0.005) << width << " bits, spread " << spread;
      // Irwin-Hall, n = 4: 3 - 6/5/4 = 2.7.
      EXPECT_NEAR(found.kurtosis, 2.7, 0.03) << width << " bits, spread " << spread;
    }
  }
}

TEST(SyntheticOperands, ActivationsHaveTheStatedShareOfZerosAndAHalfBell) {
  for (const int width : operand_widths()) {
    for (const double zeros : {0.0, 0.3, 0.5, 0.9, 1.0}) {
      SyntheticRecipe recipe;
      recipe.activation_zero_share = zeros;
      recipe.activation_spread = 0.2;
      const Values values = all_a(operands(width, recipe));
      EXPECT_GE(*std::min_element(values.begin(), values.end()), 0);
      // 451,584 values: five standard errors of a share are 0.0037.
      EXPECT_NEAR(moments(values).zero_share, zeros, zeros == 0 || zeros == 1 ? 1e-9 : 0.0037);

      // Zeros hit small and large values alike: the others keep the half-bell's root mean square,
      // but for the values that round to 1 instead of 0.
      double squares = 0, count = 0;
      for (const std::int32_t value : values) {
        squares += static_cast<double>(value) * value;
        count += value != 0 ? 1 : 0;
      }
      if (count == 0) continue;
      const double full_scale = std::ldexp(1.0, width - 1) - 1;
      EXPECT_NEAR(std::sqrt(squares / count) / (0.2 * full_scale), 1, 0.015)
          << width << " bits, zeros " << zeros;
    }
  }
}

TEST(SyntheticOperands, StayWithinTheirWidthAndUseIt) {
  for (const int width : operand_widths()) {
    for (const int magnitude_bits : {0, 1, 4, 7}) {
      for (const double spread : {0.25, 1.0}) {
        SyntheticRecipe recipe;
        recipe.magnitude_bits = magnitude_bits;
        recipe.activation_spread = spread;
        recipe.weight_spread = spread;
        const SyntheticOperands source = operands(width, recipe);
        const int bits = magnitude_bits == 0 ? width - 1 : magnitude_bits;
        const auto full_scale = static_cast<std::int32_t>((std::int64_t{1} << bits) - 1);
        const Values a = all_a(source), b = all_b(source);
        const auto [least_a, most_a] = std::minmax_element(a.begin(), a.end());
        const auto [least_b, most_b] = std::minmax_element(b.begin(), b.end());
        const std::string where = std::to_string(width) + " bits, " + std::to_string(bits) +
                                  " of magnitude, spread " + std::to_string(spread);
        EXPECT_EQ(*least_a, 0) << where;
        EXPECT_LE(*most_a, full_scale) << where;
        EXPECT_GE(*least_b, -full_scale) << where;
        EXPECT_LE(*most_b, full_scale) << where;
        // 0.25 * 3.46 of full scale is the end of the bell; with 1.0 it is cut at full scale.
        const double reach = spread == 1.0 ? 1.0 : 0.75;
        EXPECT_GE(*most_a, reach * full_scale - 1) << where;
        EXPECT_GE(*most_b, reach * full_scale - 1) << where;
        EXPECT_LE(*least_b, 1 - reach * full_scale) << where;
      }
    }
  }
}

TEST(SyntheticOperands, HaveRandomLowBitsAtFullWidth) {
  const Values b = all_b(operands(32));
  for (int bit = 0; bit < 24; ++bit) {
    std::size_t ones = 0;
    for (const std::int32_t value : b) ones += (static_cast<std::uint32_t>(value) >> bit) & 1U;
    // 589,824 values: five standard errors are 0.0033.
    EXPECT_NEAR(static_cast<double>(ones) / static_cast<double>(b.size()), 0.5, 0.0033) << bit;
  }
}

TEST(SyntheticOperands, RejectBadKnobs) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  struct Bad {
    int data_width_bits;
    SyntheticRecipe recipe;
    const char* message;
  };
  const std::vector<Bad> bads{
      {32, {-0.1, 0.2, 0.2, 0}, "activation_zero_share = -0.1: allowed are 0..1"},
      {32, {1.5, 0.2, 0.2, 0}, "activation_zero_share = 1.5: allowed are 0..1"},
      {32, {nan, 0.2, 0.2, 0}, "activation_zero_share = nan: allowed are 0..1"},
      {32, {0.5, 0.0, 0.2, 0}, "activation_spread = 0"},
      {32, {0.5, 1.01, 0.2, 0}, "activation_spread = 1.01: allowed are 0.0001..1"},
      {32, {0.5, 0.2, -1.0, 0}, "weight_spread = -1"},
      {32, {0.5, 0.2, nan, 0}, "weight_spread = nan: allowed are 0.0001..1"},
      {32, {0.5, 0.2, 0.2, -1}, "magnitude_bits = -1: allowed are 1..31"},
      {32, {0.5, 0.2, 0.2, 32}, "magnitude_bits = 32: allowed are 1..31"},
      {8, {0.5, 0.2, 0.2, 8}, "magnitude_bits = 8: allowed are 1..7"},
  };
  for (const Bad& bad : bads) {
    EXPECT_THAT([&] { operands(bad.data_width_bits, bad.recipe); },
                testing::ThrowsMessage<InputError>(testing::HasSubstr(bad.message)));
  }
  EXPECT_NO_THROW(operands(8, {1.0, 0.0001, 1.0, 7}));
  EXPECT_THROW(SyntheticOperands(array_of_width(8), GemmShape{0, 1, 1}, {}, 1, 1), InputError);
}

TEST(SyntheticOperands, RejectBlocksOutsideTheMatrix) {
  const SyntheticOperands source = operands(8);
  Values buffer(64);
  const auto message = [](const char* text) {
    return testing::ThrowsMessage<InputError>(testing::HasSubstr(text));
  };
  EXPECT_THAT([&] { source.read_a(195, 2, 0, 1, buffer.data(), 1); }, message("196 x 2304"));
  EXPECT_THAT([&] { source.read_a(0, 1, 2300, 5, buffer.data(), 5); }, message("block of A"));
  EXPECT_THAT([&] { source.read_a(-1, 1, 0, 1, buffer.data(), 1); }, message("-1+1"));
  EXPECT_THAT([&] { source.read_b(2304, 1, 0, 1, buffer.data(), 1); }, message("block of B"));
  EXPECT_THAT([&] { source.read_b(0, 1, 250, 7, buffer.data(), 7); }, message("2304 x 256"));
  EXPECT_THAT([&] { source.read_b(0, 2, 0, 4, buffer.data(), 3); }, message("row_stride = 3"));
  EXPECT_NO_THROW(source.read_b(2303, 1, 250, 6, buffer.data(), 6));
}

}  // namespace
}  // namespace arrayflex::workloads
