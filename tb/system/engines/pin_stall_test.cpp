// Overlapping tiles whose weights or rows come late: the pin level in both levels of detail against
// the oracle.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "arrayflex/core/latency.h"
#include "arrayflex/pin/array_system.h"
#include "harness/simulation.h"
#include "system/engines/cases.h"

namespace arrayflex::testing {
namespace {

using Milestone = pin::ArraySystem::Milestone;

constexpr int kPeriodPs = 500;

ArrayConfig config_of(const EngineCase& c) {
  ArrayParameters p = c.config().parameters();
  p.clocks.mode_ps = {{c.k, kPeriodPs}};
  p.clocks.conventional_ps = kPeriodPs;
  return ArrayConfig(p);
}

// The tiles of a product, with their operands.
class TiledProduct {
 public:
  explicit TiledProduct(const EngineCase& c)
      : shape_(c.shape),
        operands_(c.operands()),
        plan_(c.shape, c.rows, c.cols),
        result_(c.shape, c.acc_width_bits) {
    for (std::int64_t i = 0; i < plan_.count(); ++i) add_tile(plan_.tile(i));
  }

  std::int64_t count() const { return plan_.count(); }
  const pin::StreamedTile& tile(std::int64_t i) const {
    return tiles_[static_cast<std::size_t>(i)].tile;
  }
  const std::vector<std::int64_t>& x() const { return result_.values(); }

 private:
  struct TileData {
    arrayflex::Tile place;
    std::vector<std::int32_t> weights, a;
    pin::StreamedTile tile;
  };

  void add_tile(const arrayflex::Tile& place) {
    TileData data;
    data.place = place;
    data.weights.resize(static_cast<std::size_t>(place.n_count * place.m_count));
    data.a.resize(static_cast<std::size_t>(shape_.t * place.n_count));
    operands_.read_b(place.n0, place.n_count, place.m0, place.m_count, data.weights.data(),
                     place.m_count);
    operands_.read_a(0, shape_.t, place.n0, place.n_count, data.a.data(), place.n_count);
    tiles_.push_back(std::move(data));
    const std::size_t number = tiles_.size() - 1;
    TileData& added = tiles_.back();
    added.tile = {added.weights.data(),
                  shape_.t,
                  static_cast<int>(place.n_count),
                  static_cast<int>(place.m_count),
                  [this, number](std::int64_t t) {
                    return tiles_[number].a.data() + t * tiles_[number].place.n_count;
                  },
                  [this, number](std::int64_t t, const pin::Sum* row) {
                    const arrayflex::Tile& at = tiles_[number].place;
                    result_.accumulate(t, 1, at.m0, at.m_count, row, at.m_count);
                  }};
  }

  GemmShape shape_;
  DenseOperands operands_;
  TilePlan plan_;
  DenseResult result_;
  std::vector<TileData> tiles_;
};

std::int64_t interval(const EngineCase& c) {
  return tile_period_cycles(c.config(), c.design == Design::conventional ? 1 : c.k, c.shape.t);
}

// Stalls of all lengths around the cycles in which the pipeline empties and the clock stops.
oracle::Stalls random_stalls(const EngineCase& c, std::int64_t tiles, std::mt19937_64& random) {
  const std::int64_t p = interval(c);
  oracle::Stalls stalls;
  stalls.stream = stalls.load = {0};
  for (std::int64_t i = 1; i < tiles; ++i) {
    const std::int64_t stream =
        random() % 3 == 0 ? 0 : static_cast<std::int64_t>(random() % (random() % 2 == 0 ? 4 : 40));
    const std::int64_t latest = p + stream - c.rows;  // for the load to end in time
    const std::int64_t load =
        random() % 2 == 0
            ? latest
            : static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(latest + 1));
    stalls.stream.push_back(stream);
    stalls.load.push_back(load);
  }
  return stalls;
}

void wait_cycles(std::int64_t cycles, int early_ps) {
  const std::int64_t ps = cycles * kPeriodPs - early_ps;
  if (ps > 0) sc_core::wait(static_cast<double>(ps), sc_core::SC_PS);
}

// Requests loads and streams when their operands are there: at the very edge, or within the clock
// cycle before.
void start_tiles(pin::ArraySystem& system, const EngineCase& c, const TiledProduct& product,
                 const oracle::Stalls& stalls, bool early) {
  for (std::int64_t i = 0; i < product.count(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const std::int64_t load = i == 0 ? 0 : stalls.load[at];
    const std::int64_t stream = i == 0 ? c.rows : interval(c) + stalls.stream[at];
    if (i > 0) system.wait_for(Milestone::streams, i - 1);
    const sc_core::sc_time begin = sc_core::sc_time_stamp();
    const bool clock_runs = early && load > 0 && load <= c.shape.t;
    wait_cycles(load, clock_runs ? 200 : 0);
    system.request_load(product.tile(i));
    const sc_core::sc_time at_stream =
        begin + sc_core::sc_time(static_cast<double>(stream * kPeriodPs), sc_core::SC_PS);
    if (i == 0 || stalls.stream[at] > 0) {
      sc_core::wait(at_stream - sc_core::sc_time_stamp());
    }
    system.request_stream(product.tile(i), i + 1 == product.count());
  }
}

Outcome run_with_stalls(pin::ArraySystem& system, const EngineCase& c, const oracle::Stalls& stalls,
                        bool early) {
  TiledProduct product(c);
  Outcome outcome;
  system.begin_gemm(c.k);
  start_tiles(system, c, product, stalls, early);
  for (std::int64_t i = 0; i < product.count(); ++i) system.wait_for(Milestone::done, i);
  system.end_gemm();
  outcome.gemm = {system.cycles(), product.count(), system.activity(), system.pe_toggles()};
  sc_core::wait(20 * kPeriodPs, sc_core::SC_PS);
  outcome.x = product.x();
  return outcome;
}

void expect_equals_oracle(const EngineCase& c, const oracle::Stalls& stalls,
                          const Outcome& outcome) {
  const DenseOperands operands = c.operands();
  const oracle::OracleResult expected =
      oracle::run(config_of(c), c.design, c.k, c.shape, operands.a(), operands.b(), stalls);
  expect_equal(c, outcome, expected);
}

class OverlapStalls : public ::testing::TestWithParam<pin::Detail> {};

TEST_P(OverlapStalls, CountAsTheOracleCounts) {
  std::vector<EngineCase> cases;
  for (const Overlap overlap : {Overlap::load, Overlap::full}) {
    for (const EngineCase& c : random_overlap_cases(test_seed(), overlap, 60, 7)) {
      cases.push_back(c);
    }
  }
  std::vector<std::unique_ptr<pin::ArraySystem>> systems;
  for (const EngineCase& c : cases) {
    systems.push_back(std::make_unique<pin::ArraySystem>(sc_core::sc_gen_unique_name("array"),
                                                         config_of(c), c.design,
                                                         RecordOptions{true, true}, GetParam()));
  }
  harness::run_in_thread([&] {
    std::mt19937_64 random(test_seed());
    for (std::size_t i = 0; i < cases.size() && !HasFailure(); ++i) {
      const EngineCase& c = cases[i];
      for (int repeat = 0; repeat < 3; ++repeat) {
        const TilePlan plan(c.shape, c.rows, c.cols);
        const oracle::Stalls stalls = random_stalls(c, plan.count(), random);
        expect_equals_oracle(c, stalls, run_with_stalls(*systems[i], c, stalls, repeat == 1));
      }
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Detail, OverlapStalls,
                         ::testing::Values(pin::Detail::signals, pin::Detail::state),
                         [](const auto& test) {
                           return test.param == pin::Detail::signals ? "signals" : "state";
                         });

}  // namespace
}  // namespace arrayflex::testing
