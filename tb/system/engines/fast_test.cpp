// The fast engine against the oracle: results, cycles, every counter and the per-PE map.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "arrayflex/core/error.h"
#include "system/engines/cases.h"

namespace arrayflex::testing {
namespace {

// Every instruction set that was compiled and that this processor can run.
class FastEngine : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Kernel, FastEngine, ::testing::ValuesIn(available_kernels()),
                         kernel_test_name);

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

// The counters take eight rows of A at a time, then four, then two, and whole vectors of columns.
TEST_P(FastEngine, EqualsOracleForEveryRemainderOfRows) {
  const std::uint64_t seed = test_seed();
  for (const auto& [data, acc] : kWidthPairs) {
    for (std::int64_t t = 1; t <= 20; ++t) {
      for (const int k : {0, 1, 2, 3}) {  // 0: conventional
        EngineCase c{5, 19, std::max(k, 1), data, acc, {t, 5, 19}};
        c.design = k == 0 ? Design::conventional : Design::arrayflex;
        c.seed = seed + static_cast<std::uint64_t>(t);
        expect_equals_oracle(c, run_fast(c, GetParam()));
        ASSERT_FALSE(HasFailure());
      }
    }
  }
}

// Operands that alternate between 0 and -1 toggle every bit of the products in every cycle, the
// most that a counter can be asked to hold.
TEST_P(FastEngine, CountersHoldNetsThatAlwaysToggle) {
  const GemmShape shapes[] = {{247, 3, 19},  {248, 3, 19},  {249, 3, 19},  {255, 3, 19},
                              {256, 3, 19},  {257, 3, 19},  {2039, 3, 19}, {2040, 3, 19},
                              {2041, 3, 19}, {20000, 3, 9}, {16, 64, 19},  {7, 64, 19}};
  for (const EngineCase& width :
       {EngineCase{1, 19, 1, 32, 64, {}}, EngineCase{1, 19, 1, 16, 64, {}},
        EngineCase{1, 19, 1, 8, 32, {}}}) {
    for (const GemmShape& shape : shapes) {
      for (const int k : {0, 1, 3}) {  // 0: conventional
        EngineCase c = width;
        c.rows = static_cast<int>(shape.n);
        c.k = std::max(k, 1);
        c.design = k == 0 ? Design::conventional : Design::arrayflex;
        c.shape = shape;
        std::vector<std::int32_t> a(static_cast<std::size_t>(shape.t * shape.n));
        for (std::size_t i = 0; i < a.size(); ++i) {
          a[i] = static_cast<std::int64_t>(i) / shape.n % 2 == 0 ? -1 : 0;
        }
        const DenseOperands operands(
            c.config(), shape, std::move(a),
            std::vector<std::int32_t>(static_cast<std::size_t>(shape.n * shape.m), 1));
        DenseResult result(shape, c.acc_width_bits);
        const GemmResult gemm =
            arrayflex::FastEngine(c.config(), c.design, {true, false, GetParam()})
                .run(shape, c.k, operands, result);
        const oracle::OracleResult expected =
            oracle::run(c.config(), c.design, c.k, shape, operands.a(), operands.b());
        ASSERT_EQ(gemm.activity.toggles, expected.activity.toggles) << c;
        const std::int64_t changes = shape.t + shape.t % 2;  // back to 0 at the end
        ASSERT_EQ(gemm.activity[NetClass::product],
                  changes * 2 * c.data_width_bits * shape.n * shape.m)
            << c;
        ASSERT_EQ(result.values(), expected.x) << c;
      }
    }
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
  const GemmShape shapes[] = {{2000, 11, 9}, {4200, 8, 9}, {513, 30, 5}, {1, 40, 40}, {700, 8, 70}};
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

// Instances of a layer with operands and results of their own.
struct Instances {
  Instances(const EngineCase& first, std::int64_t count) {
    EngineCase c = first;
    for (std::int64_t i = 0; i < count; ++i, ++c.seed) {
      cases.push_back(c);
      operands.push_back(std::make_shared<DenseOperands>(c.operands()));
      results.emplace_back(c.shape, c.acc_width_bits);
    }
  }
  ProductBatch batch() {
    ProductBatch batch;
    batch.shape = cases.front().shape;
    batch.count = static_cast<std::int64_t>(cases.size());
    batch.operands = [this](std::int64_t i) { return operands.at(static_cast<std::size_t>(i)); };
    batch.result = [this](std::int64_t i) -> ResultSink& {
      return results.at(static_cast<std::size_t>(i));
    };
    return batch;
  }

  std::vector<EngineCase> cases;
  std::vector<std::shared_ptr<const DenseOperands>> operands;
  std::vector<DenseResult> results;
};

// Of the oracle: each instance from the reset state, added up.
void expect_sum_of_oracles(const Instances& instances, const GemmResult& sum) {
  GemmResult expected;
  PeToggleMap map(instances.cases.front().rows, instances.cases.front().cols);
  for (std::size_t i = 0; i < instances.cases.size(); ++i) {
    const EngineCase& c = instances.cases[i];
    const DenseOperands& operands = *instances.operands[i];
    const oracle::OracleResult one =
        oracle::run(c.config(), c.design, c.k, c.shape, operands.a(), operands.b());
    EXPECT_EQ(instances.results[i].values(), one.x) << c;
    expected.cycles += one.cycles;
    expected.tiles += one.tiles;
    expected.activity += one.activity;
    for (std::size_t pe = 0; pe < map.toggles.size(); ++pe) {
      map.toggles[pe] += one.pe_toggles.toggles[pe];
    }
  }
  EXPECT_EQ(sum.cycles, expected.cycles) << instances.cases.front();
  EXPECT_EQ(sum.tiles, expected.tiles) << instances.cases.front();
  EXPECT_EQ(sum.activity, expected.activity) << instances.cases.front();
  EXPECT_EQ(sum.pe_toggles.toggles, map.toggles) << instances.cases.front();
}

TEST(FastEngineBatch, IsTheSumOfItsInstances) {
  const std::uint64_t seed = test_seed();
  struct Batch {
    GemmShape shape;
    std::int64_t count;
  };
  // Many tiny products, a few with several tiles, one whose rows of A are shared out.
  for (const Batch& b : {Batch{{5, 9, 1}, 40}, Batch{{3, 11, 9}, 5}, Batch{{700, 6, 5}, 1}}) {
    for (const Design design : {Design::arrayflex, Design::conventional}) {
      for (const int threads : {1, 2, 3, 8}) {
        EngineCase c{4, 4, 3, 16, 64, b.shape};
        c.design = design;
        c.seed = seed;
        Instances instances(c, b.count);
        const arrayflex::FastEngine engine(c.config(), design, {true, true}, threads);
        expect_sum_of_oracles(instances, engine.run_batch(instances.batch(), c.k));
      }
    }
  }
}

TEST(FastEngineBatch, SingleTilesAddUpToTheBatch) {
  EngineCase c{4, 4, 2, 32, 64, {150, 9, 10}};
  c.seed = test_seed();
  const std::int64_t tile_count = 3 * 3 * 3;
  for (const Design design : {Design::arrayflex, Design::conventional}) {
    for (const int threads : {1, 2, 5}) {
      c.design = design;
      Instances instances(c, 3);
      const arrayflex::FastEngine engine(c.config(), design, {}, threads);
      std::vector<std::int64_t> tiles;  // backwards: they must not lean on the one run before
      for (std::int64_t tile = tile_count; tile-- > 0;) tiles.push_back(tile);
      const auto toggles = engine.run_tiles(instances.batch(), c.k, tiles);
      ASSERT_EQ(toggles.size(), tiles.size());
      ActivityCounters sum;
      for (const auto& tile : toggles) {
        for (const NetClass net : all_net_classes()) {
          sum.add_toggles(net, tile[static_cast<std::size_t>(net)]);
        }
      }
      Instances again(c, 3);
      EXPECT_EQ(sum.toggles, engine.run_batch(again.batch(), c.k).activity.toggles) << c;
      EXPECT_EQ(engine.run_tiles(again.batch(), c.k, {7}).front(), toggles[tile_count - 1 - 7]);
      EXPECT_TRUE(engine.run_tiles(again.batch(), c.k, {}).empty());
      EXPECT_THROW(engine.run_tiles(again.batch(), c.k, {tile_count}), InputError);
      EXPECT_THROW(engine.run_tiles(again.batch(), c.k, {-1}), InputError);
    }
  }
}

TEST(FastEngineBatch, ErrorsOfASourceArriveFromAnyThread) {
  Instances instances(EngineCase{4, 4, 1, 32, 64, {5, 4, 4}}, 50);
  ProductBatch batch = instances.batch();
  batch.operands = [&](std::int64_t i) {
    if (i == 31) throw InputError("instance 31 has no operands");
    return instances.operands.at(static_cast<std::size_t>(i));
  };
  for (const int threads : {1, 2}) {
    const arrayflex::FastEngine engine(instances.cases.front().config(), Design::arrayflex, {},
                                       threads);
    EXPECT_THROW(engine.run_batch(batch, 1), InputError);
    EXPECT_THROW(engine.run_batch(instances.batch(), 5), InputError);  // k
  }
  for (const std::int64_t count : {std::int64_t{0}, std::int64_t{-1}, kMaxLayerDim + 1}) {
    batch.count = count;
    EXPECT_THROW(arrayflex::FastEngine(ArrayConfig{}).run_batch(batch, 1), InputError);
  }
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
