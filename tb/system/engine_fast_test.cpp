// The fast engine against the oracle: results, cycles, every counter and the per-PE map.
#include <gtest/gtest.h>

#include <limits>

#include "arrayflex/core/error.h"
#include "engine_cases.h"

namespace arrayflex::testing {
namespace {

TEST(FastEngine, EqualsOracleOnAllSmallShapes) {
  const std::vector<EngineCase> cases = exhaustive_small_cases();
  ASSERT_EQ(cases.size(), 46u * 3 * 3 * 12);  // (arrays, k or conventional) x widths x T x (N, M)
  for (const EngineCase& c : cases) {
    expect_equals_oracle(c, run_fast(c));
    ASSERT_FALSE(HasFailure());
  }
}

TEST(FastEngine, EqualsOracleOnRandomShapes) {
  for (const EngineCase& c : random_cases(test_seed(), 400, 24)) {
    expect_equals_oracle(c, run_fast(c));
    ASSERT_FALSE(HasFailure());
  }
}

// Longer than the blocks in which the engine streams A: the seams must not show.
TEST(FastEngine, EqualsOracleAcrossBlocksOfRows) {
  const std::uint64_t seed = test_seed();
  for (const std::int64_t t : {255, 256, 257, 511, 512, 513, 600}) {
    for (const int k : {1, 2, 3}) {
      EngineCase c{3, 4, k, 16, 64, {t, 5, 6}};
      c.seed = seed + static_cast<std::uint64_t>(t);
      expect_equals_oracle(c, run_fast(c));
      ASSERT_FALSE(HasFailure());
    }
  }
}

// -2^31 * -2^31 summed until 64 bits wrap, and the same at 8/32 bits.
TEST(FastEngine, WrapsAroundAsTheAccumulatorDoes) {
  for (const EngineCase& width :
       {EngineCase{4, 2, 2, 32, 64, {}}, EngineCase{4, 2, 2, 8, 32, {}}}) {
    EngineCase c = width;
    // 2 products of 2^62 reach 2^63; at 8 bits 2^17 products of 2^14 reach 2^31.
    c.shape = {2, c.data_width_bits == 32 ? 2 : 131072, 1};
    const auto smallest = static_cast<std::int32_t>(c.config().operand_min());
    const DenseOperands operands(
        c.config(), c.shape,
        std::vector<std::int32_t>(static_cast<std::size_t>(2 * c.shape.n), smallest),
        std::vector<std::int32_t>(static_cast<std::size_t>(c.shape.n), smallest));
    DenseResult result(c.shape, c.acc_width_bits);
    FastEngine(c.config()).run(c.shape, c.k, operands, result);
    const std::int64_t wrapped = c.acc_width_bits == 64 ? std::numeric_limits<std::int64_t>::min()
                                                        : std::numeric_limits<std::int32_t>::min();
    EXPECT_EQ(result.values(), (std::vector<std::int64_t>{wrapped, wrapped}));
  }
}

TEST(FastEngine, ResultsAndCyclesDoNotNeedActivity) {
  for (const EngineCase& c : random_cases(test_seed() + 1, 50, 12)) {
    const Outcome with = run_fast(c);
    DenseResult result(c.shape, c.acc_width_bits);
    const GemmResult without =
        FastEngine(c.config(), c.design, {false, false}).run(c.shape, c.k, c.operands(), result);
    EXPECT_EQ(result.values(), with.x) << c;
    EXPECT_EQ(without.cycles, with.gemm.cycles) << c;
    EXPECT_EQ(without.activity, ActivityCounters{}) << c;
  }
}

TEST(TileStream, NamesWrongUse) {
  TileStream stream(ArrayConfig{}, Design::arrayflex, 1);
  std::int32_t one = 1;
  std::int64_t x = 0;
  EXPECT_THROW(stream.stream(&one, 1, 1, &x, 1), InputError);
  EXPECT_THROW(stream.finish_tile(), InputError);
  EXPECT_THROW(stream.load(&one, 129, 1, 1), InputError);
  EXPECT_THROW(stream.load(&one, 1, 0, 1), InputError);
  stream.load(&one, 1, 1, 1);
  EXPECT_THROW(stream.load(&one, 1, 1, 1), InputError);
  EXPECT_THROW(stream.finish_tile(), InputError);
  EXPECT_THROW(TileStream(ArrayConfig{}, Design::arrayflex, 0), InputError);
  EXPECT_THROW(TileStream(ArrayConfig{}, Design::arrayflex, 129), InputError);
}

}  // namespace
}  // namespace arrayflex::testing
