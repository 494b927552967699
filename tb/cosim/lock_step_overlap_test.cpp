// RTL, pin level and cycle level side by side where tiles overlap: every register, net and enable
// is the same in every clock cycle, with and without stalls; and mistakes in the RTL are found.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <set>

#include "arrayflex/core/operands.h"
#include "harness/simulation.h"
#include "lock_step.h"
#include "lock_step_run.h"
#include "rtl_activity.h"
#include "stimulus.h"

namespace arrayflex::cosim {
namespace {

using pin::ArraySystem;
using pin::Detail;
using Milestone = ArraySystem::Milestone;

// Tiles of one product; where a stall is not 0, the load or the stream is asked for that late.
struct OverlapProduct {
  struct Stalls {
    double load_periods = 0, stream_periods = 0;
  };
  int k = 1;
  std::vector<TileData> tiles;
  std::vector<Stalls> stalls;
  std::optional<double> abort_after_ps;  // since the product's begin

  std::vector<std::int64_t> t_counts() const {
    std::vector<std::int64_t> counts;
    for (const TileData& tile : tiles) counts.push_back(tile.t);
    return counts;
  }
};

// Never at an edge, nor just behind one.
double random_stall(std::mt19937_64& random) {
  return random() % 2 == 0 ? 0 : static_cast<double>(random() % 40) + 0.4;
}

// T below, at and above the rows, up to where streams take longer than loads and fillings.
OverlapProduct make_overlap_product(const ArrayConfig& config, int k, bool stalls,
                                    std::mt19937_64& random) {
  OverlapProduct product;
  product.k = k;
  const int rows = config.rows();
  const int t_limits[] = {std::max(1, rows - 1), rows, rows + 1, 2 * (rows + config.cols())};
  const int t_limit = t_limits[random() % 4];
  for (int i = 0; i < 5; ++i) {
    const int t = std::max(1, t_limit - static_cast<int>(random() % 3));
    TileData tile = any_tile(config, random);
    if (i < 3) tile = full_tile(config, t, random);
    product.tiles.push_back(std::move(tile));
    product.stalls.push_back(
        stalls ? OverlapProduct::Stalls{random_stall(random), random_stall(random)}
               : OverlapProduct::Stalls{});
  }
  return product;
}

// 24 products or more, every mode in turn; every other round with stalls, every third product
// reset at a random moment.
std::vector<OverlapProduct> make_overlap_products(const ArrayConfig& config,
                                                  std::mt19937_64& random) {
  std::vector<OverlapProduct> products;
  for (int round = 0; products.size() < 24; ++round) {
    for (const int k : config.modes()) {
      products.push_back(make_overlap_product(config, k, round % 2 == 1, random));
      if (products.size() % 3 == 0) {
        // No product takes fewer cycles than its five loads, and no period is shorter.
        const int limit =
            products.size() % 2 == 0 ? 5 * config.rows() : 6 * (config.rows() + config.cols());
        const auto cycles = random() % static_cast<unsigned>(limit);
        products.back().abort_after_ps = 499.5 * static_cast<double>(cycles + 1);
      }
    }
  }
  return products;
}

void stall(const ArraySystem& system, double periods) {
  if (periods > 0) sc_core::wait(periods * system.clock().period_ps(), sc_core::SC_PS);
}

// Asks for each tile while the one before still waits, or, with a stall, that much later.
Results run_product(ArraySystem& system, const OverlapProduct& product) {
  Results sums(product.tiles.size());
  std::vector<pin::StreamedTile> tiles(product.tiles.size());
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const TileData& data = product.tiles[i];
    tiles[i] = {data.weights.data(),
                data.t,
                data.n,
                data.m,
                [&data](std::int64_t t) { return data.a.data() + t * data.n; },
                [&data, &into = sums[i]](std::int64_t, const pin::Sum* row) {
                  into.insert(into.end(), row, row + data.m);
                }};
  }
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const OverlapProduct::Stalls& stalls = product.stalls[i];
    const auto before = static_cast<std::int64_t>(i) - 1;
    if (stalls.load_periods > 0 && i > 0) system.wait_for(Milestone::streams, before);
    stall(system, stalls.load_periods);
    system.request_load(tiles[i]);
    if (stalls.stream_periods > 0) system.wait_for(Milestone::loads, before + 1);
    stall(system, stalls.stream_periods);
    system.request_stream(tiles[i], i + 1 == tiles.size());
    if (i > 0) system.wait_for(Milestone::streams, before);
  }
  system.wait_for(Milestone::done, static_cast<std::int64_t>(tiles.size()) - 1);
  return sums;
}

Results expected_sums(const ArrayConfig& config, const OverlapProduct& product) {
  Results sums;
  const int shift = 64 - config.acc_width_bits();
  for (const TileData& tile : product.tiles) {
    std::vector<std::int64_t>& x = sums.emplace_back();
    for (int t = 0; t < tile.t; ++t) {
      for (int m = 0; m < tile.m; ++m) {
        std::uint64_t sum = 0;
        for (int n = 0; n < tile.n; ++n) {
          sum += static_cast<std::uint64_t>(
              std::int64_t{tile.a[static_cast<std::size_t>(t * tile.n + n)]} *
              tile.weights[static_cast<std::size_t>(n * tile.m + m)]);
        }
        x.push_back(static_cast<std::int64_t>(sum << shift) >> shift);
      }
    }
  }
  return sums;
}

// With `full` the last column empties as many cycles after the first as there are columns.
void wait_for_drain(const ArraySystem& system) {
  sc_core::wait((system.config().cols() + 5) * system.clock().period_ps(), sc_core::SC_PS);
}

class LockStepWithOverlap : public ::testing::TestWithParam<RtlDescription> {
 protected:
  const ArrayConfig config_ = GetParam().config();
  const Design design_ = GetParam().design;
};

// Everything but the weights is 0 when the last tile has drained.
void expect_all_zero(const std::vector<NetPair>& nets) {
  for (const NetPair& net : nets) {
    if (!net.net_class) continue;
    if (*net.net_class == NetClass::weight || *net.net_class == NetClass::weight_reg) continue;
    EXPECT_EQ(net.rtl.bits(), 0u) << net.name;
  }
}

TEST_P(LockStepWithOverlap, EveryRegisterInEveryCycle) {
  ArraySystem signals("signals", config_, design_);
  ArraySystem state("state", config_, design_, {}, Detail::state);
  const std::unique_ptr<RtlModel> rtl = make_rtl_model(GetParam());
  LockStep lock_step("lock_step", signals, *rtl);
  const std::uint64_t seed = test_seed();
  stop_at_mismatch(lock_step, seed);
  DetailComparison details(signals, state);
  lock_step.add_observer(details);
  std::mt19937_64 random(seed);
  const std::vector<OverlapProduct> products = make_overlap_products(config_, random);
  std::vector<std::optional<double>> aborts;
  aborts.reserve(products.size());
  for (const OverlapProduct& product : products) aborts.push_back(product.abort_after_ps);
  const auto run_all = [&](ArraySystem& system, bool leads) {
    for (std::size_t i = 0; i < products.size(); ++i) {
      system.begin_gemm(products[i].k);
      if (leads) lock_step.announce_tiles(products[i].t_counts());
      const Results sums = run_product(system, products[i]);
      if (!aborts[i]) {
        EXPECT_EQ(sums, expected_sums(config_, products[i]));
      }
      system.end_gemm();
      wait_until(start_of(i + 1));
      if (leads) expect_all_zero(pair_nets(system, *rtl));
    }
  };
  harness::run_in_threads({[&] { run_all(signals, true); }, [&] { run_all(state, false); },
                           [&] {
                             abort_some(aborts, {&signals, &state});
                           }});
  EXPECT_EQ(details.first_difference(), "");
  EXPECT_GT(lock_step.compared_edges(), 10 * static_cast<std::int64_t>(products.size()));
  EXPECT_GE(lock_step.resets_in_mid_tile(), 3);
  std::cout << lock_step.compared_nets() << " nets compared after " << lock_step.compared_edges()
            << " clock edges, " << lock_step.resets_in_mid_tile() << " resets in mid-product"
            << std::endl;
}

// All of T below, at and above the rows, and of one to three tiles each way, the last of them a
// whole one or of one row and column; fewer of them on larger arrays.
std::vector<GemmShape> small_shapes(const ArrayConfig& config) {
  const int rows = config.rows(), cols = config.cols();
  const bool is_small = rows * cols <= 24;
  std::vector<GemmShape> shapes;
  for (const std::int64_t t : std::set<std::int64_t>{1, 2, 3, rows, rows + 1}) {
    for (std::int64_t n = 1; n <= 3; ++n) {
      for (std::int64_t m = 1; m <= 3; ++m) {
        if (!is_small && (n + m + t) % 5 != 0) continue;
        const bool whole = (n + m + t) % 2 == 0;
        shapes.push_back(
            {t, whole ? n * rows : (n - 1) * rows + 1, whole ? m * cols : (m - 1) * cols + 1});
      }
    }
  }
  return shapes;
}

// On the RTL's nets and enables as at the pins and by the fast engine's counting; and every
// register in every cycle.
TEST_P(LockStepWithOverlap, CountsTheSameActivityOnAllSmallShapes) {
  ArraySystem system("system", config_, design_);
  const std::unique_ptr<RtlModel> rtl = make_rtl_model(GetParam());
  LockStep lock_step("lock_step", system, *rtl);
  const std::uint64_t seed = test_seed();
  stop_at_mismatch(lock_step, seed);
  std::mt19937_64 random(seed);
  harness::run_in_thread([&] {
    RtlActivity counted(pair_nets(system, *rtl), *rtl);
    lock_step.add_observer(counted);
    for (const int k : config_.modes()) {
      for (const GemmShape& shape : small_shapes(config_)) {
        SCOPED_TRACE(::testing::Message() << "k = " << k << ", T = " << shape.t
                                          << ", N = " << shape.n << ", M = " << shape.m);
        const DenseOperands operands = random_operands(config_, shape, random);
        DenseResult want_x(shape, config_.acc_width_bits()), got_x(shape, config_.acc_width_bits());
        const GemmResult want = FastEngine(config_, design_).run(shape, k, operands, want_x);
        lock_step.announce_tiles({shape.t});
        const GemmResult got = system.run(shape, k, operands, got_x);
        wait_for_drain(system);
        expect_same_activity(counted.counters(), want.activity);
        expect_same_activity(counted.counters(), got.activity);
        EXPECT_EQ(got.cycles, want.cycles);
        EXPECT_EQ(got_x.values(), want_x.values());
        if (HasFailure()) break;
      }
    }
    EXPECT_GT(counted.counters()[NetClass::weight], 0);
    lock_step.clear_observers();
  });
}

// With stalls toggles are counted as they happen, and weights that load meanwhile count.
TEST_P(LockStepWithOverlap, CountsTheSameActivityWithStalls) {
  ArraySystem system("system", config_, design_);
  const std::unique_ptr<RtlModel> rtl = make_rtl_model(GetParam());
  LockStep lock_step("lock_step", system, *rtl);
  const std::uint64_t seed = test_seed();
  stop_at_mismatch(lock_step, seed);
  std::mt19937_64 random(seed);
  harness::run_in_thread([&] {
    RtlActivity counted(pair_nets(system, *rtl), *rtl);
    lock_step.add_observer(counted);
    for (int round = 0; round < 12; ++round) {
      const int k = config_.modes()[random() % config_.modes().size()];
      const OverlapProduct product = make_overlap_product(config_, k, true, random);
      system.begin_gemm(k);
      lock_step.announce_tiles(product.t_counts());
      run_product(system, product);
      system.end_gemm();
      wait_for_drain(system);
      EXPECT_EQ(counted.counters().toggles, system.activity().toggles);
      EXPECT_EQ(counted.counters().clocked_bits, system.activity().clocked_bits);
    }
    lock_step.clear_observers();
  });
}

INSTANTIATE_TEST_SUITE_P(Rtl, LockStepWithOverlap,
                         ::testing::ValuesIn(reference_models({Overlap::load, Overlap::full})),
                         name_of_case);

// What is found in an RTL with a mistake in it: the first mismatch, and what its own counters say,
// which go on behind the mismatch, beside the model's.
struct Found {
  Mismatch mismatch;
  ActivityCounters rtl, model;
};

// Three tiles with weights of their own in each row, T = 5: they load from 0, 4 and 9 on and stream
// from 4, 9 and 14 on.
Found find(const std::string& model_name, int k) {
  const RtlDescription description = model_named(model_name);
  const ArrayConfig config = description.config();
  ArraySystem system("system", config, description.design);
  const std::unique_ptr<RtlModel> rtl = make_rtl_model(description);
  LockStep lock_step("lock_step", system, *rtl);
  OverlapProduct product;
  product.k = k;
  for (const int weight : {3, 85, 9}) {
    TileData tile{5, config.rows(), config.cols(), {}, {}};
    for (int i = 0; i < tile.n * tile.m; ++i) tile.weights.push_back(weight + i / tile.m);
    for (int i = 0; i < tile.t * tile.n; ++i) tile.a.push_back(2 * (i / tile.n) - 7);
    product.tiles.push_back(tile);
    product.stalls.emplace_back();
  }
  Found found;
  harness::run_in_thread([&] {
    RtlActivity counted(pair_nets(system, *rtl), *rtl);
    lock_step.add_observer(counted);
    system.begin_gemm(k);
    lock_step.announce_tiles(product.t_counts());
    run_product(system, product);
    system.end_gemm();
    wait_for_drain(system);
    found.rtl = counted.counters();
    found.model = system.activity();
    lock_step.clear_observers();
  });
  if (!lock_step.mismatch()) {
    ADD_FAILURE() << "nothing was found in " << model_name;
    return found;
  }
  found.mismatch = *lock_step.mismatch();
  std::cout << "found: " << found.mismatch << std::endl;
  return found;
}

std::int64_t clocked(const ActivityCounters& counters) {
  return counters.clocked_bits[index_of(RegisterClass::weight_reg)];
}

// Row 3 selects tile i one cycle late. In mode 2 it should be in cycle 4 + 1.
TEST(LockStepFindsWithOverlap, ASelectThatFlipsOneCycleLate) {
  const Found found = find("fault_late_select", 2);
  EXPECT_EQ(found.mismatch.instance, "array.pe_3_0.weight");
  EXPECT_EQ(found.mismatch.cycle, 4 + 1);
  EXPECT_EQ(found.mismatch.expected, 3 + 3);
  EXPECT_EQ(found.mismatch.actual, 0);
  EXPECT_NE(found.rtl[NetClass::product], found.model[NetClass::product]);
}

// All rows' banks are clocked from load cycle 0 on. That overwrites weights that are still in use:
// tile 2's load, in bank 0, begins in cycle 9, and row 2 works with tile 0 up to cycle 10 in
// mode 1.
TEST(LockStepFindsWithOverlap, ABankThatIsOverwrittenTooSoon) {
  const Found found = find("fault_bank_too_soon", 1);
  EXPECT_EQ(found.mismatch.instance, "array.pe_1_0.load_enable_0");
  EXPECT_EQ(found.mismatch.cycle, 0);
  EXPECT_EQ(clocked(found.rtl), 3 * 8 * 4 * (4 * 4));
  EXPECT_EQ(clocked(found.model), 3 * 8 * 4 * (4 * 5 / 2));
  EXPECT_NE(found.rtl[NetClass::product], found.model[NetClass::product]);
  EXPECT_GT(found.rtl[NetClass::weight], found.model[NetClass::weight]);
}

// Row 2 is clocked in one more cycle.
TEST(LockStepFindsWithOverlap, ARegisterThatIsClockedOneCycleMore) {
  const Found found = find("fault_one_clock_more", 2);
  EXPECT_EQ(found.mismatch.instance, "array.pe_2_0.load_enable_0");
  EXPECT_EQ(found.mismatch.cycle, 1);
  EXPECT_EQ(clocked(found.rtl), clocked(found.model) + 3 * 8 * 4);
}

}  // namespace
}  // namespace arrayflex::cosim
