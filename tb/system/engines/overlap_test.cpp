// Tiles that overlap: the fast engine against the oracle, and the oracle against the definition.
#include <gmock/gmock.h>

#include <numeric>
#include <random>

#include "arrayflex/core/error.h"
#include "arrayflex/core/latency.h"
#include "system/engines/cases.h"

namespace arrayflex::testing {
namespace {

constexpr Overlap kOverlaps[] = {Overlap::load, Overlap::full};

class OverlapKernel : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Kernel, OverlapKernel, ::testing::ValuesIn(available_kernels()),
                         kernel_test_name);

TEST_P(OverlapKernel, EqualsOracleOnRandomShapes) {
  int meeting = 0;
  for (const Overlap overlap : kOverlaps) {
    for (const EngineCase& c : random_overlap_cases(test_seed(), overlap, 200, 20)) {
      expect_equals_oracle(c, run_fast(c, GetParam()));
      ASSERT_FALSE(HasFailure());
      const int k = c.design == Design::conventional ? 1 : c.k;
      if (c.shape.n > c.rows && tiles_meet(c.config(), k, c.shape.t)) ++meeting;
    }
  }
  EXPECT_GT(meeting, 80);
}

// Longer than the blocks in which the engine streams A, so that seams of tiles and of blocks
// differ; columns of less than a vector beside whole ones.
TEST_P(OverlapKernel, EqualsOracleAcrossBlocksOfRows) {
  for (const std::int64_t t : {1, 2, 255, 256, 257, 513}) {
    for (const Overlap overlap : kOverlaps) {
      EngineCase c{3, 3, 3, 16, 64, {t, 8, 7}};
      c.overlap = overlap;
      c.seed = test_seed() + static_cast<std::uint64_t>(t);
      expect_equals_oracle(c, run_fast(c, GetParam()));
      c.cols = 20;
      c.k = 2;
      c.shape.m = 47;
      expect_equals_oracle(c, run_fast(c, GetParam()));
      ASSERT_FALSE(HasFailure());
    }
  }
}

TEST_P(OverlapKernel, EqualsOracleOnAllSmallShapes) {
  for (const Overlap overlap : kOverlaps) {
    const std::vector<EngineCase> cases = exhaustive_overlap_cases(overlap);
    ASSERT_EQ(cases.size(), 46u * 3 * 3 * 3 * 3);  // (arrays, k or conventional), T, N, M, widths
    for (const EngineCase& c : cases) {
      expect_equals_oracle(c, run_fast(c, GetParam()));
      ASSERT_FALSE(HasFailure());
    }
  }
}

TEST(Overlap, OneTileIsTheSameInAll) {
  EngineCase c{5, 4, 2, 8, 32, {7, 5, 4}};
  const Outcome none = run_fast(c);
  for (const Overlap overlap : kOverlaps) {
    c.overlap = overlap;
    const Outcome outcome = run_fast(c);
    EXPECT_EQ(outcome.x, none.x);
    EXPECT_EQ(outcome.gemm.cycles, none.gemm.cycles);
    for (const NetClass net : all_net_classes()) {
      if (net == NetClass::weight_reg || net == NetClass::weight) continue;  // two registers
      EXPECT_EQ(outcome.gemm.activity[net], none.gemm.activity[net]) << name_of(net);
    }
    EXPECT_GT(outcome.gemm.activity[NetClass::weight], 0);
    EXPECT_EQ(none.gemm.activity[NetClass::weight], 0);
  }
}

// The example of docs/architecture.md.
TEST(Overlap, WorkedExample) {
  EngineCase c{2, 2, 1, 8, 32, {3, 4, 2}};
  c.seed = 1;
  const std::int64_t cycles[] = {14, 12, 10};
  for (const Overlap overlap : all_overlaps()) {
    c.overlap = overlap;
    const Outcome outcome = run_fast(c);
    EXPECT_EQ(outcome.gemm.cycles, cycles[static_cast<std::size_t>(overlap)]);
    expect_equals_oracle(c, outcome);
  }
}

// Toggles of the weight mux, counted from the operands alone.
TEST(Overlap, WeightMuxTogglesByTheDistanceOfSuccessiveTiles) {
  for (const Overlap overlap : kOverlaps) {
    EngineCase c{2, 1, 1, 8, 32, {2, 4, 1}};
    c.overlap = overlap;
    const DenseOperands operands(c.config(), c.shape, std::vector<std::int32_t>(8, 1),
                                 {1, 3, 7, 0});
    DenseResult x(c.shape, 32);
    const GemmResult fast = FastEngine(c.config()).run(c.shape, 1, operands, x);
    // Row 0: 0, 1, 7; row 1: 0, 3, 0.
    EXPECT_EQ(fast.activity[NetClass::weight], (1 + 2) + (2 + 2));
    // Bank 0: row 0 takes 3 then 1, row 1 takes 3; bank 1: row 0 takes 0 then 7, row 1 takes 0.
    EXPECT_EQ(fast.activity[NetClass::weight_reg], (2 + 1 + 2) + (0 + 3 + 0));
  }
}

TEST(Overlap, AnyNumberOfThreadsGivesTheSame) {
  const GemmShape shapes[] = {
      {2000, 11, 9}, {4200, 8, 9}, {513, 30, 5}, {1, 40, 40}, {700, 17, 70}};
  for (const GemmShape& shape : shapes) {
    for (const Overlap overlap : kOverlaps) {
      for (const Design design : {Design::arrayflex, Design::conventional}) {
        EngineCase c{8, 8, 8, 32, 64, shape};
        c.design = design;
        c.seed = test_seed();
        c.overlap = overlap;
        const Outcome single = run_fast(c);
        for (const int threads : {2, 3, 4}) {
          DenseResult result(shape, c.acc_width_bits);
          const GemmResult gemm = FastEngine(c.config(), design, {true, true}, threads)
                                      .run(shape, c.k, c.operands(), result);
          EXPECT_EQ(result.values(), single.x) << c << " threads=" << threads;
          EXPECT_EQ(gemm.cycles, single.gemm.cycles) << c << " threads=" << threads;
          EXPECT_EQ(gemm.activity, single.gemm.activity) << c << " threads=" << threads;
          EXPECT_EQ(gemm.pe_toggles.toggles, single.gemm.pe_toggles.toggles) << c;
        }
      }
    }
  }
}

TEST(Overlap, SingleTilesAddUpToTheBatch) {
  for (const Overlap overlap : kOverlaps) {
    for (const GemmShape& shape :
         {GemmShape{450, 9, 10}, GemmShape{5, 13, 4}, GemmShape{2, 4, 13}}) {
      EngineCase c{4, 4, 4, 32, 64, shape};
      c.overlap = overlap;
      c.seed = test_seed();
      std::shared_ptr<const OperandSource> operands = std::make_shared<DenseOperands>(c.operands());
      DiscardResult discard;
      const ProductBatch batch{shape, 2, [&](std::int64_t) { return operands; },
                               [&](std::int64_t) -> ResultSink& { return discard; }};
      for (const int threads : {1, 2}) {
        const FastEngine engine(c.config(), c.design, {}, threads);
        const GemmResult all = engine.run_batch(batch, c.k);
        std::vector<std::int64_t> tiles(static_cast<std::size_t>(all.tiles));
        std::iota(tiles.rbegin(), tiles.rend(), 0);  // they must not lean on the one run before
        ActivityCounters sum;
        for (const auto& tile : engine.run_tiles(batch, c.k, tiles)) {
          for (const NetClass net : all_net_classes())
            sum.add_toggles(net, tile[static_cast<std::size_t>(net)]);
        }
        EXPECT_EQ(sum.toggles, all.activity.toggles) << c;
      }
    }
  }
}

// A product whose tiles are late, tile by tile, as an accelerator streams it.
Outcome run_stalled(const EngineCase& c, const std::vector<std::int64_t>& stalls) {
  const DenseOperands operands = c.operands();
  const TilePlan plan(c.shape, c.rows, c.cols);
  DenseResult result(c.shape, c.acc_width_bits);
  TileStream stream(c.config(), c.design, c.k, {true, true});
  std::vector<std::int32_t> weights(static_cast<std::size_t>(c.rows * c.cols));
  std::vector<std::int32_t> a(static_cast<std::size_t>(c.shape.t * c.rows));
  std::vector<std::int64_t> partial(static_cast<std::size_t>(c.shape.t * c.cols));
  for (std::int64_t i = 0; i < plan.count(); ++i) {
    const Tile tile = plan.tile(i);
    operands.read_b(tile.n0, tile.n_count, tile.m0, tile.m_count, weights.data(), c.cols);
    operands.read_a(0, c.shape.t, tile.n0, tile.n_count, a.data(), c.rows);
    stream.load(weights.data(), static_cast<int>(tile.n_count), static_cast<int>(tile.m_count),
                c.cols);
    if (i > 0) stream.stall(stalls[static_cast<std::size_t>(i)]);
    stream.stream(a.data(), c.shape.t, c.rows, partial.data(), c.cols);
    stream.finish_tile();
    result.accumulate(0, c.shape.t, tile.m0, tile.m_count, partial.data(), c.cols);
  }
  return {result.values(),
          {stream.cycles(), stream.tiles(), stream.activity(), stream.pe_toggles()}};
}

TEST(Overlap, StallsCountAsTheyHappen) {
  std::mt19937_64 random(test_seed());
  for (const Overlap overlap : all_overlaps()) {
    for (EngineCase c : random_overlap_cases(test_seed() + 7, overlap, 150, 9)) {
      const TilePlan plan(c.shape, c.rows, c.cols);
      oracle::Stalls stalls;
      for (std::int64_t i = 0; i < plan.count(); ++i) {
        // None, one cycle, within the drain, or beyond it.
        stalls.stream.push_back(
            static_cast<std::int64_t>(random() % 3 == 0 ? random() % 40 : random() % 2));
        stalls.load.push_back(static_cast<std::int64_t>(
            random() % (static_cast<std::uint64_t>(stalls.stream.back()) + 1)));
      }
      const DenseOperands operands = c.operands();
      const oracle::OracleResult expected =
          oracle::run(c.config(), c.design, c.k, c.shape, operands.a(), operands.b(), stalls);
      const Outcome outcome = run_stalled(c, stalls.stream);
      ASSERT_EQ(outcome.x, expected.x) << c;
      ASSERT_EQ(outcome.gemm.cycles, expected.cycles) << c;
      ASSERT_EQ(outcome.gemm.activity, expected.activity) << c;
      ASSERT_EQ(outcome.gemm.pe_toggles.toggles, expected.pe_toggles.toggles) << c;
    }
  }
}

TEST(Overlap, StallsNeedATileBefore) {
  TileStream stream(EngineCase{}.config(), Design::arrayflex, 1);
  const std::int32_t one = 1;
  std::int64_t x = 0;
  EXPECT_THROW(stream.stall(1), InputError);
  stream.load(&one, 1, 1, 1);
  EXPECT_THROW(stream.stall(1), InputError);
  stream.stream(&one, 1, 1, &x, 1);
  stream.finish_tile();
  stream.load(&one, 1, 1, 1);
  EXPECT_THROW(stream.stall(-1), InputError);
  stream.stall(0);
  stream.stream(&one, 1, 1, &x, 1);
  EXPECT_THROW(stream.stall(1), InputError);
}

}  // namespace
}  // namespace arrayflex::testing
