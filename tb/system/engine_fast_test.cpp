// The fast engine against the oracle: results, cycles, every counter and the per-PE map.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "arrayflex/core/error.h"
#include "engine_cases.h"

namespace arrayflex::testing {
namespace {

// Every instruction set that was compiled and that this processor can run.
class FastEngine : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Kernel, FastEngine, ::testing::ValuesIn(available_kernels()),
                         [](const auto& kernel) {
                           std::string name = kernel.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST_P(FastEngine, EqualsOracleOnAllSmallShapes) {
  const std::vector<EngineCase> cases = exhaustive_small_cases();
  ASSERT_EQ(cases.size(), 46u * 3 * 3 * 12);  // (arrays, k or conventional) x widths x T x (N, M)
  for (const EngineCase& c : cases) {
    expect_equals_oracle(c, run_fast(c, GetParam()));
    ASSERT_FALSE(HasFailure());
  }
}

TEST_P(FastEngine, EqualsOracleOnRandomShapes) {
  for (const EngineCase& c : random_cases(test_seed(), 400, 24)) {
    expect_equals_oracle(c, run_fast(c, GetParam()));
    ASSERT_FALSE(HasFailure());
  }
}

// Longer than the blocks in which the engine streams A: the seams must not show.
TEST_P(FastEngine, EqualsOracleAcrossBlocksOfRows) {
  const std::uint64_t seed = test_seed();
  for (const std::int64_t t : {255, 256, 257, 511, 512, 513, 600}) {
    for (const int k : {1, 2, 3}) {
      EngineCase c{3, 20, k, 16, 64, {t, 5, 27}};
      c.seed = seed + static_cast<std::uint64_t>(t);
      expect_equals_oracle(c, run_fast(c, GetParam()));
      ASSERT_FALSE(HasFailure());
    }
  }
}

// -2^31 * -2^31 summed until 64 bits wrap, and the same at 8/32 bits.
TEST_P(FastEngine, WrapsAroundAsTheAccumulatorDoes) {
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
    arrayflex::FastEngine(c.config(), Design::arrayflex, {false, false, GetParam()})
        .run(c.shape, c.k, operands, result);
    const std::int64_t wrapped = c.acc_width_bits == 64 ? std::numeric_limits<std::int64_t>::min()
                                                        : std::numeric_limits<std::int32_t>::min();
    EXPECT_EQ(result.values(), (std::vector<std::int64_t>{wrapped, wrapped}));
  }
}

TEST_P(FastEngine, ResultsAndCyclesDoNotNeedActivity) {
  for (const EngineCase& c : random_cases(test_seed() + 1, 50, 12)) {
    const Outcome with = run_fast(c);
    DenseResult result(c.shape, c.acc_width_bits);
    const GemmResult without =
        arrayflex::FastEngine(c.config(), c.design, {false, false, GetParam()})
            .run(c.shape, c.k, c.operands(), result);
    EXPECT_EQ(result.values(), with.x) << c;
    EXPECT_EQ(without.cycles, with.gemm.cycles) << c;
    EXPECT_EQ(without.activity, ActivityCounters{}) << c;
  }
}

// The per-PE map costs time, so counting without it takes another path.
TEST_P(FastEngine, CountsTheSameWithoutTheMap) {
  for (const EngineCase& c : random_cases(test_seed() + 2, 100, 24)) {
    DenseResult result(c.shape, c.acc_width_bits);
    const GemmResult without =
        arrayflex::FastEngine(c.config(), c.design, {true, false, GetParam()})
            .run(c.shape, c.k, c.operands(), result);
    EXPECT_EQ(without.activity, run_fast(c, GetParam()).gemm.activity) << c;
    EXPECT_TRUE(without.pe_toggles.empty());
  }
}

// Threads share out column blocks and ranges of rows; nothing may show where they meet.
TEST(FastEngineThreads, AnyNumberGivesTheSame) {
  const std::uint64_t seed = test_seed();
  const GemmShape shapes[] = {{2000, 11, 9}, {513, 30, 5}, {1, 40, 40}, {700, 8, 70}};
  for (const GemmShape& shape : shapes) {
    for (const Design design : {Design::arrayflex, Design::conventional}) {
      EngineCase c{8, 8, 3, 32, 64, shape};
      c.design = design;
      c.seed = seed;
      const Outcome single = run_fast(c);
      for (const int threads : {2, 3, 8}) {
        DenseResult result(shape, c.acc_width_bits);
        const GemmResult gemm = arrayflex::FastEngine(c.config(), design, {true, true}, threads)
                                    .run(shape, c.k, c.operands(), result);
        EXPECT_EQ(result.values(), single.x) << c << " threads=" << threads;
        EXPECT_EQ(gemm.cycles, single.gemm.cycles) << c << " threads=" << threads;
        EXPECT_EQ(gemm.tiles, single.gemm.tiles) << c << " threads=" << threads;
        EXPECT_EQ(gemm.activity, single.gemm.activity) << c << " threads=" << threads;
        EXPECT_EQ(gemm.pe_toggles.toggles, single.gemm.pe_toggles.toggles) << c;
      }
    }
  }
  EXPECT_THROW(arrayflex::FastEngine(ArrayConfig{}, Design::arrayflex, {}, 0), InputError);
}

TEST(Kernel, UnknownNamesAreRefused) {
  EXPECT_THROW(TileStream(ArrayConfig{}, Design::arrayflex, 1, {true, false, "MMX"}), InputError);
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
