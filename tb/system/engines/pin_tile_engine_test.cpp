// The pin-level array as the platform drives it, with tiles that overlap: weights and rows come at
// any time, edges and counters are those of the definition.
#include "arrayflex/platform/arrays/pin_tile_engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "arrayflex/core/latency.h"
#include "harness/simulation.h"
#include "system/engines/cases.h"

namespace arrayflex::testing {
namespace {

using platform::BufferedTile;
using platform::CycleGrid;
using platform::PinTileEngine;

struct BufferedData {
  arrayflex::Tile place;
  std::vector<std::int32_t> weights, a;
  std::vector<std::int64_t> partial;
  BufferedTile tile;
};

std::vector<BufferedData> buffered_tiles(const EngineCase& c) {
  const DenseOperands operands = c.operands();
  const TilePlan plan(c.shape, c.rows, c.cols);
  std::vector<BufferedData> tiles(static_cast<std::size_t>(plan.count()));
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    BufferedData& data = tiles[i];
    const arrayflex::Tile& place = data.place = plan.tile(static_cast<std::int64_t>(i));
    data.weights.resize(static_cast<std::size_t>(place.n_count * place.m_count));
    data.a.resize(static_cast<std::size_t>(c.shape.t * place.n_count));
    data.partial.resize(static_cast<std::size_t>(c.shape.t * place.m_count));
    operands.read_b(place.n0, place.n_count, place.m0, place.m_count, data.weights.data(),
                    place.m_count);
    operands.read_a(0, c.shape.t, place.n0, place.n_count, data.a.data(), place.n_count);
    data.tile.weights = data.weights.data();
    data.tile.a = data.a.data();
    data.tile.partial = data.partial.data();
    data.tile.t_count = c.shape.t;
    data.tile.n_count = static_cast<int>(place.n_count);
    data.tile.m_count = static_cast<int>(place.m_count);
  }
  return tiles;
}

// When operands come, and what follows from it, in edges.
struct Schedule {
  std::vector<sc_core::sc_time> weights_ready, rows_ready;
  std::vector<std::int64_t> load, stream, end;
  oracle::Stalls stalls;
};

Schedule random_schedule(const EngineCase& c, std::size_t tiles, const CycleGrid& grid,
                         std::mt19937_64& random) {
  const std::int64_t p = tile_period_cycles(c.config(), c.k, c.shape.t);
  // At an edge or anywhere in the cycle before it.
  const auto time_at = [&](std::int64_t edge) {
    if (edge == 0 || random() % 3 == 0) return grid.time_of(edge);
    const sc_core::sc_time cycle = grid.time_of(edge) - grid.time_of(edge - 1);
    return grid.time_of(edge) - cycle * (static_cast<double>(1 + random() % 97) / 100);
  };
  const auto offset = [&] {
    const std::uint64_t limit = random() % 2 == 0 ? 3 : 60;
    return random() % 3 == 0 ? 0 : static_cast<std::int64_t>(random() % limit);
  };
  Schedule s;
  for (std::size_t i = 0; i < tiles; ++i) {
    const std::int64_t before = i == 0 ? 0 : s.stream[i - 1];
    const std::int64_t weights = before + offset();
    s.load.push_back(std::max(before, weights));
    const std::int64_t earliest = std::max(i == 0 ? 0 : before + p, s.load[i] + c.rows);
    const std::int64_t rows = std::max<std::int64_t>(0, earliest - 2 + offset());
    s.stream.push_back(std::max(earliest, rows));
    s.end.push_back(s.stream[i] + stream_cycles(c.rows, c.cols, c.k, c.shape.t));
    s.weights_ready.push_back(time_at(weights));
    s.rows_ready.push_back(time_at(rows));
    s.stalls.load.push_back(i == 0 ? 0 : s.load[i] - before);
    s.stalls.stream.push_back(i == 0 ? 0 : s.stream[i] - before - p);
  }
  return s;
}

void expect_equals_oracle(const EngineCase& c, const oracle::Stalls& stalls,
                          const std::vector<BufferedData>& tiles, const PinTileEngine& engine) {
  const DenseOperands operands = c.operands();
  const oracle::OracleResult expected =
      oracle::run(c.config(), c.design, c.k, c.shape, operands.a(), operands.b(), stalls);
  DenseResult x(c.shape, c.acc_width_bits);
  for (const BufferedData& data : tiles) {
    x.accumulate(0, c.shape.t, data.place.m0, data.place.m_count, data.partial.data(),
                 data.place.m_count);
  }
  EXPECT_EQ(x.values(), expected.x) << c;
  EXPECT_EQ(engine.cycles(), expected.cycles) << c;
  EXPECT_EQ(engine.activity(), expected.activity) << c;
}

// One process loads and streams tiles, another one takes their sums.
void run_product(PinTileEngine& engine, const EngineCase& c, std::mt19937_64& random) {
  std::vector<BufferedData> tiles = buffered_tiles(c);
  const CycleGrid grid(sc_core::sc_time_stamp(), *c.config().period_ps(c.design, c.k));
  const Schedule s = random_schedule(c, tiles.size(), grid, random);
  engine.begin_gemm(c.k, grid);
  bool finished = false;
  sc_core::sc_event all_finished;
  sc_core::sc_spawn([&] {
    for (std::size_t i = 0; i < tiles.size(); ++i) {
      EXPECT_EQ(engine.finish_tile(), grid.time_of(s.end[i])) << "tile " << i << " of " << c;
    }
    engine.end_gemm();
    finished = true;
    all_finished.notify();
  });
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    EXPECT_EQ(engine.load_tile(tiles[i].tile, s.weights_ready[i]), grid.time_of(s.load[i]))
        << "tile " << i << " of " << c;
    EXPECT_EQ(engine.stream_tile(tiles[i].tile, s.rows_ready[i], i + 1 == tiles.size()),
              grid.time_of(s.stream[i]))
        << "tile " << i << " of " << c;
  }
  while (!finished) sc_core::wait(all_finished);
  expect_equals_oracle(c, s.stalls, tiles, engine);
  sc_core::wait(100, sc_core::SC_NS);
}

TEST(PinTileEngine, OverlapsTilesWhoseOperandsComeAtAnyTime) {
  std::vector<EngineCase> cases;
  for (const Overlap overlap : {Overlap::load, Overlap::full}) {
    for (EngineCase c : random_overlap_cases(test_seed(), overlap, 30, 6)) {
      c.design = Design::arrayflex;
      cases.push_back(c);
    }
  }
  struct Parent : sc_core::sc_module {
    Parent(const sc_core::sc_module_name& name, const EngineCase& c)
        : sc_module(name), engine(c.config()) {}
    PinTileEngine engine;
  };
  std::vector<std::unique_ptr<Parent>> systems;
  for (const EngineCase& c : cases) {
    systems.push_back(std::make_unique<Parent>(sc_core::sc_gen_unique_name("system"), c));
  }
  harness::run_in_thread([&] {
    std::mt19937_64 random(test_seed());
    for (std::size_t i = 0; i < cases.size() && !HasFailure(); ++i) {
      for (int repeat = 0; repeat < 4; ++repeat) {
        run_product(systems[i]->engine, cases[i], random);
      }
    }
  });
}

}  // namespace
}  // namespace arrayflex::testing
