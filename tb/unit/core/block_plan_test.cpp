// Plans of a product against a brute force: caches that record every element.
#include "arrayflex/core/block_plan.h"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>
#include <tuple>

#include "arrayflex/core/error.h"
#include "arrayflex/engine/tile_stream.h"
#include "unit/error_of.h"

namespace arrayflex {
namespace {

using ::testing::HasSubstr;
using Element = std::pair<std::int64_t, std::int64_t>;

ArrayConfig array_of(int rows, int cols, Overlap overlap = Overlap::none) {
  ArrayParameters p;
  p.rows = rows;
  p.cols = cols;
  p.modes = {1};
  p.overlap = overlap;
  return ArrayConfig(p);
}

// Rows of A, rows of B and columns of B that a tile works on.
struct Ranges {
  std::int64_t t0, t1, n0, n1, m0, m1;
};

// The loops as they are said to be, written once more.
std::vector<Ranges> tiles_in_order(const ArrayConfig& config, const GemmShape& s,
                                   const BlockPlan& plan) {
  std::vector<Ranges> tiles;
  const auto for_t = [&](const auto& body) {
    for (std::int64_t t = 0; t < s.t; t += plan.block_rows) {
      body(t, std::min(s.t, t + plan.block_rows));
    }
  };
  const auto for_m = [&](const auto& body) {
    for (std::int64_t m = 0; m < s.m; m += config.cols()) {
      body(m, std::min<std::int64_t>(s.m, m + config.cols()));
    }
  };
  const auto add = [&](std::int64_t t0, std::int64_t t1, std::int64_t m0, std::int64_t m1) {
    for (std::int64_t n = 0; n < s.n; n += config.rows()) {
      tiles.push_back({t0, t1, n, std::min<std::int64_t>(s.n, n + config.rows()), m0, m1});
    }
  };
  if (plan.order == LoopOrder::rows) {
    for_t([&](auto t0, auto t1) { for_m([&](auto m0, auto m1) { add(t0, t1, m0, m1); }); });
  } else {
    for_m([&](auto m0, auto m1) { for_t([&](auto t0, auto t1) { add(t0, t1, m0, m1); }); });
  }
  return tiles;
}

// A buffer that records its elements. A piece of a matrix comes for a tile where it is not there
// (or always, where nothing is kept), `banks` tiles ahead, and goes after its last tile.
struct Cache {
  std::int64_t loads = 0, reads = 0, most = 0;

  using Piece = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>;

  void run(const std::vector<Piece>& pieces, bool keeps, std::size_t banks) {
    std::map<Piece, std::size_t> last_use;
    for (std::size_t i = 0; i < pieces.size(); ++i) last_use[pieces[i]] = i;
    std::multiset<Element> there;
    const auto each = [](const Piece& piece, const auto& visit) {
      const auto& [i0, i1, j0, j1] = piece;
      for (std::int64_t i = i0; i < i1; ++i) {
        for (std::int64_t j = j0; j < j1; ++j) visit(Element{i, j});
      }
    };
    std::set<Piece> kept;
    const auto come = [&](std::size_t i) {
      if (keeps && !kept.insert(pieces[i]).second) return;
      each(pieces[i], [&](Element e) { there.insert(e), ++loads; });
      most = std::max(most, static_cast<std::int64_t>(there.size()));
    };
    for (std::size_t i = 0; i < std::min(banks, pieces.size()); ++i) come(i);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      each(pieces[i], [&](Element e) {
        EXPECT_TRUE(there.count(e) > 0);
        ++reads;
      });
      if (!keeps || last_use[pieces[i]] == i) {
        each(pieces[i], [&](Element e) { there.erase(there.find(e)); });
      }
      if (i + banks < pieces.size()) come(i + banks);
    }
  }
};

struct BruteForce {
  Cache a, b;
  std::int64_t sums_written = 0, sums_read = 0, results = 0, most_sums = 0;
};

BruteForce brute_force(const ArrayConfig& config, const GemmShape& shape, const BlockPlan& plan,
                       int banks) {
  BruteForce force;
  std::vector<Cache::Piece> of_a, of_b;
  std::map<Element, int> times_formed;
  std::vector<std::int64_t> rows_of_blocks;
  for (const Ranges& r : tiles_in_order(config, shape, plan)) {
    of_a.emplace_back(r.t0, r.t1, r.n0, r.n1);
    of_b.emplace_back(r.n0, r.n1, r.m0, r.m1);
    if (r.n0 == 0) rows_of_blocks.push_back(r.t1 - r.t0);
    for (std::int64_t t = r.t0; t < r.t1; ++t) {
      for (std::int64_t m = r.m0; m < r.m1; ++m) {
        if (times_formed[{t, m}]++ > 0) ++force.sums_read;  // to be added to
        ++force.sums_written;
        if (r.n1 == shape.n) ++force.sums_read, ++force.results;
      }
    }
  }
  for (std::size_t i = 0; i < rows_of_blocks.size(); ++i) {
    std::int64_t rows = 0;
    for (std::size_t j = i;
         j < std::min(rows_of_blocks.size(), i + static_cast<std::size_t>(banks)); ++j) {
      rows += rows_of_blocks[j];
    }
    force.most_sums = std::max(force.most_sums, rows * config.cols());
  }
  force.a.run(of_a, plan.keeps_a, static_cast<std::size_t>(banks));
  force.b.run(of_b, plan.keeps_b, static_cast<std::size_t>(banks));
  return force;
}

// What is on chip is there in places of T_b rows, the last, shorter block's included.
BruteForce brute_force_of_places(const ArrayConfig& config, const GemmShape& s,
                                 const BlockPlan& plan, int banks) {
  const std::int64_t blocks = (s.t + plan.block_rows - 1) / plan.block_rows;
  return brute_force(config, {blocks * plan.block_rows, s.n, s.m}, plan, banks);
}

class RandomPlans : public ::testing::Test {
 protected:
  std::int64_t draw(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
  }
  GemmShape draw_shape() { return {draw(1, 12), draw(1, 12), draw(1, 12)}; }
  ArrayConfig draw_array() {
    return array_of(static_cast<int>(draw(1, 5)), static_cast<int>(draw(1, 5)));
  }

  std::mt19937_64 random_{20261125};
};

TEST_F(RandomPlans, TrafficNeedsAndAccessesAreThoseOfTheBruteForce) {
  for (int i = 0; i < 2000; ++i) {
    const ArrayConfig config = draw_array();
    const GemmShape s = draw_shape();
    const int banks = static_cast<int>(draw(1, 2));
    const BlockPlan plan{draw(0, 1) == 0 ? LoopOrder::rows : LoopOrder::columns, draw(1, s.t),
                         draw(0, 1) == 1, draw(0, 1) == 1};
    const PlannedProduct product(config, s, plan, banks);
    const BruteForce force = brute_force(config, s, plan, banks);
    SCOPED_TRACE(::testing::Message()
                 << name_of(plan.order) << " T_b " << plan.block_rows << " keeps " << plan.keeps_a
                 << plan.keeps_b << " banks " << banks << " of " << s.t << "x" << s.n << "x" << s.m
                 << " on " << config.rows() << "x" << config.cols());
    EXPECT_EQ(product.traffic().a, 4 * force.a.loads);
    EXPECT_EQ(product.traffic().b, 4 * force.b.loads);
    EXPECT_EQ(product.traffic().x, 8 * force.results);
    const BruteForce places = brute_force_of_places(config, s, plan, banks);
    EXPECT_GE(product.needs().operand_bytes, 4 * force.a.most);
    EXPECT_GE(product.needs().weight_bytes, 4 * force.b.most);
    EXPECT_EQ(product.needs().accumulator_bytes, 8 * places.most_sums);
    const AllBufferAccesses accesses = product.accesses();
    EXPECT_EQ(accesses[0].writes, force.a.loads);
    EXPECT_EQ(accesses[0].reads, force.a.reads);
    EXPECT_EQ(accesses[1].writes, force.b.loads);
    EXPECT_EQ(accesses[1].reads, force.b.reads);
    EXPECT_EQ(accesses[2].writes, force.sums_written);
    EXPECT_EQ(accesses[2].reads, force.sums_read);
    EXPECT_EQ(accesses[2].bytes(), 8 * (force.sums_written + force.sums_read));
    ASSERT_FALSE(HasFailure());
  }
}

TEST_F(RandomPlans, TilesComeInTheOrderOfTheLoops) {
  for (int i = 0; i < 300; ++i) {
    const ArrayConfig config = draw_array();
    const GemmShape s = draw_shape();
    const BlockPlan plan{draw(0, 1) == 0 ? LoopOrder::rows : LoopOrder::columns, draw(1, s.t),
                         draw(0, 1) == 1, draw(0, 1) == 1};
    const PlannedProduct product(config, s, plan);
    const std::vector<Ranges> want = tiles_in_order(config, s, plan);
    ASSERT_EQ(product.count(), static_cast<std::int64_t>(want.size()));
    std::int64_t a = 0, b = 0, blocks = 0;
    for (std::int64_t j = 0; j < product.count(); ++j) {
      const PlannedTile tile = product.tile(j);
      const Ranges& r = want[static_cast<std::size_t>(j)];
      EXPECT_EQ(tile.t0, r.t0);
      EXPECT_EQ(tile.t_count, r.t1 - r.t0);
      EXPECT_EQ(tile.tile.n0, r.n0);
      EXPECT_EQ(tile.tile.n_count, r.n1 - r.n0);
      EXPECT_EQ(tile.tile.m0, r.m0);
      EXPECT_EQ(tile.tile.m_count, r.m1 - r.m0);
      EXPECT_EQ(tile.opens_block, r.n0 == 0);
      EXPECT_EQ(tile.closes_block, r.n1 == s.n);
      EXPECT_EQ(tile.block, blocks);
      if (tile.closes_block) ++blocks;
      if (tile.fetches_a) a += 4 * tile.t_count * tile.tile.n_count;
      if (tile.fetches_b) b += 4 * tile.tile.n_count * tile.tile.m_count;
    }
    EXPECT_EQ(a, product.traffic().a);
    EXPECT_EQ(b, product.traffic().b);
    ASSERT_FALSE(HasFailure());
  }
}

// Of all loop orders, all T_b and everything that may be kept, as the brute force sees it, none
// that the buffers hold moves less.
TEST_F(RandomPlans, NoOtherPlanThatFitsMovesLess) {
  int refused = 0;
  for (int i = 0; i < 400; ++i) {
    const ArrayConfig config = draw_array();
    const GemmShape s{draw(1, 8), draw(1, 10), draw(1, 10)};
    BufferParameters buffers;
    buffers.banks = static_cast<int>(draw(1, 2));
    buffers.operand_bytes = 4 * draw(1, 60);
    buffers.weight_bytes = 4 * draw(1, 60);
    buffers.accumulator_bytes = 8 * draw(1, 60);
    std::optional<std::int64_t> least;
    for (const LoopOrder order : {LoopOrder::rows, LoopOrder::columns}) {
      for (std::int64_t rows = 1; rows <= s.t; ++rows) {
        for (int keeps = 0; keeps < 4; ++keeps) {
          const BlockPlan plan{order, rows, (keeps & 1) != 0, (keeps & 2) != 0};
          const BruteForce force = brute_force(config, s, plan, buffers.banks);
          const BruteForce places = brute_force_of_places(config, s, plan, buffers.banks);
          if (4 * places.a.most > *buffers.operand_bytes ||
              4 * places.b.most > *buffers.weight_bytes ||
              8 * places.most_sums > *buffers.accumulator_bytes) {
            continue;
          }
          const std::int64_t moved = 4 * (force.a.loads + force.b.loads) + 8 * force.results;
          least = least ? std::min(*least, moved) : moved;
        }
      }
    }
    if (!least) {
      EXPECT_THROW(plan_of_least_traffic(config, s, buffers), InputError);
      ++refused;
      continue;
    }
    const BlockPlan plan = plan_of_least_traffic(config, s, buffers);
    EXPECT_EQ(PlannedProduct(config, s, plan, buffers.banks).traffic().total(), *least)
        << name_of(plan.order) << " " << plan.block_rows << " " << plan.keeps_a << plan.keeps_b
        << " of " << s.t << "x" << s.n << "x" << s.m << " on " << config.rows() << "x"
        << config.cols() << " banks " << buffers.banks;
  }
  EXPECT_GT(refused, 5);
  EXPECT_LT(refused, 300);
}

TEST_F(RandomPlans, TrafficIsCompulsoryAtLeastAndFallsWithTheBuffers) {
  for (int i = 0; i < 200; ++i) {
    const ArrayConfig config = draw_array();
    const GemmShape s{draw(1, 300), draw(1, 40), draw(1, 40)};
    const std::int64_t compulsory = 4 * (s.t * s.n + s.n * s.m) + 8 * s.t * s.m;
    const std::int64_t other[] = {draw(300, 3000), draw(300, 3000)};
    for (int which = 0; which < 3; ++which) {
      std::int64_t before = 0;
      for (std::int64_t bytes = 1024; bytes < 200000; bytes = bytes * 5 / 4) {
        BufferParameters buffers;
        buffers.operand_bytes = which == 0 ? bytes : other[0];
        buffers.weight_bytes = which == 1 ? bytes : other[1];
        buffers.accumulator_bytes = which == 2 ? bytes : 2 * other[0];
        const BlockPlan plan = plan_of_least_traffic(config, s, buffers);
        const std::int64_t moved = PlannedProduct(config, s, plan).traffic().total();
        EXPECT_GE(moved, compulsory);
        if (before > 0) {
          EXPECT_LE(moved, before);
        }
        before = moved;
      }
    }
    BufferParameters ample{1 << 30, 1 << 30, 1 << 30};
    EXPECT_EQ(PlannedProduct(config, s, plan_of_least_traffic(config, s, ample)).traffic().total(),
              compulsory);
  }
}

// Cycles in closed form against those that the fast engine counts tile by tile.
TEST_F(RandomPlans, CyclesAreThoseOfTheTiles) {
  for (int i = 0; i < 200; ++i) {
    const ArrayConfig config = draw_array();
    const GemmShape s = draw_shape();
    const BlockPlan plan{draw(0, 1) == 0 ? LoopOrder::rows : LoopOrder::columns, draw(1, s.t),
                         false, false};
    const int k = static_cast<int>(draw(1, std::min(config.rows(), config.cols())));
    const PlannedProduct product(config, s, plan);
    TileStream stream(config, Design::arrayflex, k);
    const std::vector<std::int32_t> zeros(400, 0);
    std::vector<std::int64_t> sums(400);
    for (std::int64_t j = 0; j < product.count(); ++j) {
      const PlannedTile planned = product.tile(j);
      const int n = static_cast<int>(planned.tile.n_count);
      const int m = static_cast<int>(planned.tile.m_count);
      stream.load(zeros.data(), n, m, m);
      stream.stream(zeros.data(), planned.t_count, n, sums.data(), m);
      stream.finish_tile();
    }
    const CountedCycles cycles = product.cycles(k);
    EXPECT_EQ(cycles.cycles, stream.cycles());
    EXPECT_EQ(cycles.tiles, stream.tiles());
    ActivityCounters clocks;
    add_clock_bits(config, Design::arrayflex, k, cycles, clocks);
    EXPECT_EQ(clocks.clocked_bits, stream.activity().clocked_bits);
    EXPECT_EQ(clocks.gated_bits, stream.activity().gated_bits);
  }
}

// b_i = b_(i-1) + P of the tile before, end = b + S, as docs/architecture.md has it.
TEST_F(RandomPlans, CyclesOfOverlappingTilesOfDifferentLengths) {
  for (const Overlap overlap : {Overlap::none, Overlap::load, Overlap::full}) {
    for (int i = 0; i < 200; ++i) {
      const ArrayConfig config =
          array_of(static_cast<int>(draw(1, 5)), static_cast<int>(draw(1, 5)), overlap);
      const GemmShape s = draw_shape();
      const BlockPlan plan{draw(0, 1) == 0 ? LoopOrder::rows : LoopOrder::columns, draw(1, s.t),
                           false, false};
      const PlannedProduct product(config, s, plan);
      std::int64_t begin = config.rows(), end = 0;
      std::set<std::int64_t> clocked;
      for (std::int64_t j = 0; j < product.count(); ++j) {
        const std::int64_t t = product.tile(j).t_count;
        const std::int64_t stream = stream_cycles(config.rows(), config.cols(), 1, t);
        for (std::int64_t c = begin; c <= begin + stream; ++c) clocked.insert(c);
        end = begin + stream;
        begin += tile_period_cycles(config, 1, t);
      }
      EXPECT_EQ(product.cycles(1).cycles, end);
      EXPECT_EQ(product.cycles(1).pipeline_clocked, static_cast<std::int64_t>(clocked.size()));
      EXPECT_EQ(product.cycles(1).tiles, product.count());
    }
  }
}

// 128x128, 32-bit operands, 64-bit sums: T = 1000, N = 300, M = 200.
TEST(BlockPlan, WorkedExample) {
  const ArrayConfig config = array_of(128, 128);
  const GemmShape shape{1000, 300, 200};
  BufferParameters buffers;
  buffers.accumulator_bytes = 2 * 250 * 128 * 8;
  buffers.operand_bytes = 250 * 300 * 4;
  buffers.weight_bytes = 2 * 128 * 128 * 4;
  const BlockPlan plan = plan_of_least_traffic(config, shape, buffers);
  EXPECT_EQ(plan, (BlockPlan{LoopOrder::rows, 250, true, false}));
  const PlannedProduct product(config, shape, plan);
  EXPECT_EQ(product.count(), 4 * 2 * 3);
  EXPECT_EQ(product.traffic().a, 1000 * 300 * 4);
  EXPECT_EQ(product.traffic().b, 4 * 300 * 200 * 4);
  EXPECT_EQ(product.traffic().x, 1000 * 200 * 8);
}

TEST(BlockPlan, WithoutSizesTheTilesAreThoseOfTheTilePlan) {
  const ArrayConfig config = array_of(3, 4);
  const GemmShape shape{7, 10, 9};
  const BlockPlan plan = plan_of_least_traffic(config, shape, {});
  EXPECT_EQ(plan, (BlockPlan{LoopOrder::rows, 7, false, false}));
  const PlannedProduct product(config, shape, plan);
  const TilePlan tiles(shape, 3, 4);
  ASSERT_EQ(product.count(), tiles.count());
  for (std::int64_t i = 0; i < tiles.count(); ++i) {
    const Tile want = tiles.tile(i);
    const PlannedTile got = product.tile(i);
    EXPECT_EQ(got.tile.row_block, want.row_block);
    EXPECT_EQ(got.tile.col_block, want.col_block);
    EXPECT_EQ(got.tile.n_count, want.n_count);
    EXPECT_EQ(got.tile.m_count, want.m_count);
    EXPECT_TRUE(got.fetches_a && got.fetches_b);
  }
}

TEST(BlockPlan, WhatDoesNotFitIsRefusedWithTheBytesThatItNeeds) {
  const ArrayConfig config = array_of(4, 4);
  const GemmShape shape{7, 10, 9};
  const auto error = [&](BufferParameters buffers) {
    return error_of<InputError>([&] { plan_of_least_traffic(config, shape, buffers); });
  };
  // Two banks of one row of A, 4 of its columns; of 4x4 weights; of 4 sums.
  BufferParameters buffers{32, 128, 64};
  EXPECT_EQ(plan_of_least_traffic(config, shape, buffers).block_rows, 1);
  EXPECT_THAT(error({31, 128, 64}), HasSubstr("operand buffer = 31: a product of T = 7, N = 10, "
                                              "M = 9 needs 32 bytes or more"));
  EXPECT_THAT(error({32, 127, 64}), HasSubstr("weight buffer = 127: "));
  EXPECT_THAT(error({32, 128, 63}), HasSubstr("accumulators = 63: "));
  EXPECT_THAT(error({32, 128, 0}), HasSubstr("allowed are 1.."));
  EXPECT_THAT(error({32, 128, 64, 3}), HasSubstr("buffer banks = 3: allowed are 1 and 2"));
}

}  // namespace
}  // namespace arrayflex
