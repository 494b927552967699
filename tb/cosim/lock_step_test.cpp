// RTL, pin level and cycle level side by side in one simulation, on the same clock and stimulus:
// every register, net, enable and the state machine are the same in every clock cycle.
#include "lock_step.h"

#include <gtest/gtest.h>

#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "arrayflex/core/latency.h"
#include "arrayflex/engine/fast_engine.h"
#include "harness/simulation.h"
#include "lock_step_run.h"
#include "rtl_activity.h"
#include "stimulus.h"

namespace arrayflex::cosim {
namespace {

using pin::ArraySystem;
using pin::Detail;

// lock_step is told about the tiles unless it is nullptr.
Results run_all(ArraySystem& system, const std::vector<Product>& products, LockStep* lock_step) {
  Results results;
  for (std::size_t i = 0; i < products.size(); ++i) {
    system.begin_gemm(products[i].k);
    for (std::size_t tile = 0; tile < products[i].tiles.size(); ++tile) {
      if (lock_step != nullptr) lock_step->announce_tile(products[i].tiles[tile].t);
      results.push_back(products[i].tiles[tile].run(system));
      if (products[i].stalls_ps[tile] > 0) {
        sc_core::wait(products[i].stalls_ps[tile], sc_core::SC_PS);
      }
    }
    system.end_gemm();
    wait_until(start_of(i + 1));
  }
  return results;
}

// Of the products that are not aborted.
std::int64_t cycles_of(const std::vector<Product>& products, const ArrayConfig& config) {
  std::int64_t cycles = 0;
  for (const Product& product : products) {
    if (product.abort_after_ps) continue;
    for (const TileData& tile : product.tiles) {
      cycles += tile_cycles(config.rows(), config.cols(), product.k, tile.t);
    }
  }
  return cycles;
}

std::vector<std::optional<double>> aborts_of(const std::vector<Product>& products) {
  std::vector<std::optional<double>> after_ps;
  after_ps.reserve(products.size());
  for (const Product& product : products) after_ps.push_back(product.abort_after_ps);
  return after_ps;
}

// The model in both levels of detail and the RTL, through products with stalls and resets.
void run_lock_step(const RtlDescription& description) {
  const ArrayConfig config = description.config();
  ArraySystem signals("signals", config, description.design);
  ArraySystem state("state", config, description.design, {}, Detail::state);
  const std::unique_ptr<RtlModel> rtl = make_rtl_model(description);
  LockStep lock_step("lock_step", signals, *rtl);
  const std::uint64_t seed = test_seed();
  stop_at_mismatch(lock_step, seed);
  DetailComparison details(signals, state);
  lock_step.add_observer(details);
  const std::vector<Product> products = make_products(config, description.design, seed);
  Results from_signals, from_state;
  harness::run_in_threads({[&] { from_signals = run_all(signals, products, &lock_step); },
                           [&] { from_state = run_all(state, products, nullptr); },
                           [&] {
                             abort_some(aborts_of(products), {&signals, &state});
                           }});
  EXPECT_EQ(details.first_difference(), "");
  EXPECT_EQ(from_signals, from_state);
  EXPECT_GT(lock_step.compared_edges(), cycles_of(products, config));
  EXPECT_GE(lock_step.resets_in_mid_tile(), 3);
  std::cout << lock_step.compared_nets() << " nets compared after " << lock_step.compared_edges()
            << " clock edges, " << lock_step.resets_in_mid_tile() << " resets in mid-tile"
            << std::endl;
}

class LockStepWithRtl : public ::testing::TestWithParam<RtlDescription> {
 protected:
  const ArrayConfig config_ = GetParam().config();
  const Design design_ = GetParam().design;
};

TEST_P(LockStepWithRtl, EveryRegisterInEveryCycle) { run_lock_step(GetParam()); }

// The fast engine's counts, the pin level's, and those on the RTL's nets.
TEST_P(LockStepWithRtl, CountsTheSameActivity) {
  ArraySystem system("system", config_, design_);
  const std::unique_ptr<RtlModel> rtl = make_rtl_model(GetParam());
  LockStep lock_step("lock_step", system, *rtl);
  const std::uint64_t seed = test_seed();
  stop_at_mismatch(lock_step, seed);
  std::mt19937_64 random(seed);
  // Two blocks of rows and of columns; the last ones are edge tiles.
  const GemmShape shape{7, config_.rows() + (config_.rows() + 1) / 2,
                        config_.cols() + (config_.cols() + 1) / 2};
  harness::run_in_thread([&] {
    RtlActivity counted(pair_nets(system, *rtl), *rtl);
    lock_step.add_observer(counted);
    for (const int k : config_.modes()) {
      SCOPED_TRACE("k = " + std::to_string(k));
      const DenseOperands operands = random_operands(config_, shape, random);
      DiscardResult unused;
      const GemmResult want = FastEngine(config_, design_).run(shape, k, operands, unused);
      lock_step.announce_tile(shape.t);
      const GemmResult got = system.run(shape, k, operands, unused);
      sc_core::wait(5 * system.clock().period_ps(), sc_core::SC_PS);  // the drain cycle
      expect_same_activity(counted.counters(), want.activity);
      expect_same_activity(counted.counters(), got.activity);
      EXPECT_GT(counted.counters().total_toggles(), 0);
    }
    lock_step.clear_observers();
  });
}

INSTANTIATE_TEST_SUITE_P(Rtl, LockStepWithRtl,
                         ::testing::ValuesIn(reference_models({Overlap::none})), name_of_case);

// The form for fast simulation has no PEs: state machine and sums are compared.
TEST(LockStepWithLoops, EverySumInEveryCycle) { run_lock_step(model_named("loops_6x5")); }

// Runs one tile after the other against an RTL with a mistake in it.
Mismatch first_mismatch(const std::string& model_name, int k, bool abort_first_tile) {
  const RtlDescription description = model_named(model_name);
  const ArrayConfig config = description.config();
  ArraySystem system("system", config, description.design);
  const std::unique_ptr<RtlModel> rtl = make_rtl_model(description);
  LockStep lock_step("lock_step", system, *rtl);
  lock_step.on_mismatch([&] { system.abort(); });
  TileData tile;
  tile.t = 5;
  tile.n = config.rows();
  tile.m = config.cols();
  tile.weights.assign(static_cast<std::size_t>(tile.n * tile.m), 3);
  tile.a.assign(static_cast<std::size_t>(tile.t * tile.n), -7);
  harness::run_in_threads({[&] {
                             for (int i = 0; i < 2 && !lock_step.mismatch(); ++i) {
                               system.begin_gemm(k);
                               lock_step.announce_tile(tile.t);
                               tile.run(system);
                               system.end_gemm();
                               sc_core::wait(20, sc_core::SC_NS);
                             }
                           },
                           [&] {
                             if (!abort_first_tile) return;
                             while (system.cycles() < config.rows() + 3)
                               sc_core::wait(100, sc_core::SC_PS);
                             system.abort();
                           }});
  if (!lock_step.mismatch()) {
    ADD_FAILURE() << "nothing was found in " << model_name;
    return {};
  }
  std::cout << "found: " << *lock_step.mismatch() << std::endl;
  return *lock_step.mismatch();
}

// The bypass mux of the sums in PE (2, 1) takes the wrong input. In mode 2 row 2 is the top of its
// group: its compressor's output should pass, psum_reg (0) does. The first operands reach row group
// 1 in stream cycle 1, when row 1 holds 2 * -21: the compressor's sum is -42 ^ -21.
TEST(LockStepFinds, OneWrongBypassSelect) {
  const Mismatch found = first_mismatch("fault_bypass_select", 2, false);
  EXPECT_EQ(found.instance, "array.pe_2_1.sum_mux.out");
  EXPECT_EQ(found.cycle, 4 + 1);
  EXPECT_EQ(found.phase, "stream cycle 1, k = 2");
  EXPECT_EQ(found.expected, -42 ^ -21);
  EXPECT_EQ(found.actual, 0);
}

// Row 3 of mode 2 is delayed by two registers instead of one.
TEST(LockStepFinds, OneSkewRegisterTooMany) {
  const Mismatch found = first_mismatch("fault_skew_depth", 2, false);
  EXPECT_EQ(found.instance, "array.skew_3.out");
  EXPECT_EQ(found.cycle, 4 + 1);
  EXPECT_EQ(found.expected, -7);
  EXPECT_EQ(found.actual, 0);
}

// psum_reg keeps its value when a job is reset in the middle. Row 0 of mode 1 is the first that
// holds one.
TEST(LockStepFinds, ARegisterWithoutReset) {
  const Mismatch found = first_mismatch("fault_no_reset", 1, true);
  EXPECT_EQ(found.instance, "array.pe_0_0.psum_reg");
  EXPECT_EQ(found.cycle, -1);
  EXPECT_EQ(found.expected, 0);
  EXPECT_EQ(found.actual, -21);
}

// The carry is shifted by two. In mode 2 row 1 is the first that gets one: it adds -21 to row 0's
// -21, whose majority is -21.
TEST(LockStepFinds, AWrongShiftOfTheCarry) {
  const Mismatch found = first_mismatch("fault_carry_shift", 2, false);
  EXPECT_EQ(found.instance, "array.pe_1_0.csa_carry");
  EXPECT_EQ(found.cycle, 4);
  EXPECT_EQ(found.expected, -42);
  EXPECT_EQ(found.actual, -84);
}

// The 16 bits of the product are extended with zeros.
TEST(LockStepFinds, AMissingSignExtension) {
  const Mismatch found = first_mismatch("fault_sign_extension", 1, false);
  EXPECT_EQ(found.instance, "array.pe_0_0.csa_sum");
  EXPECT_EQ(found.cycle, 4);
  EXPECT_EQ(found.expected, -21);
  EXPECT_EQ(found.actual, 0xffff - 20);
}

// The load phase takes one cycle too many.
TEST(LockStepFinds, AStateMachineOneCycleLate) {
  const Mismatch found = first_mismatch("fault_late_stream", 1, false);
  EXPECT_EQ(found.instance, "controller.phase");
  EXPECT_EQ(found.cycle, 4);
  EXPECT_EQ(found.phase, "stream cycle 0, k = 1");
  EXPECT_EQ(found.expected, pin::kStream);
  EXPECT_EQ(found.actual, pin::kLoad);
}

// The first register that mode 2 does not use is clocked; no sum is wrong for it.
TEST(LockStepFinds, AClockThatIsNotGated) {
  const Mismatch found = first_mismatch("fault_clock_gate", 2, false);
  EXPECT_EQ(found.instance, "array.skew_1.reg_0");
  EXPECT_EQ(found.cycle, 4 + 1);
  EXPECT_EQ(found.expected, 0);
  EXPECT_EQ(found.actual, -7);
}

}  // namespace
}  // namespace arrayflex::cosim
