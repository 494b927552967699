// Energy: identities that hold exactly. Coefficients and counts are binary fractions, so that no
// sum rounds.
#include "arrayflex/energy/energy.h"

#include <gmock/gmock.h>

#include <cmath>
#include <string>

#include "arrayflex/core/error.h"
#include "arrayflex/core/latency.h"
#include "arrayflex/engine/fast_engine.h"
#include "unit/energy/made_up_technology.h"
#include "unit/error_of.h"

namespace arrayflex {
namespace {

using ::testing::HasSubstr;

ArrayConfig array(int rows, int cols) {
  ArrayParameters p;
  p.rows = rows;
  p.cols = cols;
  p.data_width_bits = 8;
  p.acc_width_bits = 32;
  p.modes = {1, 2};
  return ArrayConfig(p);
}

// Sums of these are exact in binary.
constexpr MadeUpSteps kSteps{0.25, 0.5, 0.125};

Technology technology() {
  Technology t;
  t.name = "test";
  fill_design(t.widths[8].arrayflex, 2, kSteps);
  fill_design(t.widths[8].conventional, 1, kSteps);
  t.widths[8].conventional.toggle_fj.erase(2);
  return t;
}

ActivityCounters counters(std::int64_t first) {
  ActivityCounters c;
  for (const NetClass net : net_classes_of(ArrayParameters())) c[net] = first += 1000;
  for (auto& count : c.clocked_bits) count = first += 3000;
  for (auto& count : c.gated_bits) count = first += 2000;
  return c;
}

constexpr double kTimeNs = 4096;

EnergyBreakdown energy(const ActivityCounters& c, const Technology& t, double time_ns = kTimeNs) {
  return energy_of(exact_activity(c), time_ns, array(4, 8), Design::arrayflex, 2, t);
}

TEST(Energy, ZeroActivityGivesExactlyClockAndLeakage) {
  const Technology t = technology();
  ActivityCounters c = counters(16);
  c.toggles.fill(0);
  const EnergyBreakdown e = energy(c, t);
  EXPECT_GT(e.component_pj(EnergyComponent::clock), 0);
  EXPECT_GT(e.component_pj(EnergyComponent::leakage), 0);
  EXPECT_EQ(e.total_pj(),
            e.component_pj(EnergyComponent::clock) + e.component_pj(EnergyComponent::leakage));
  // And without a clock, leakage alone: 32 PEs at 8 nW, 48 + 896 register bits at 0.5 nW.
  const EnergyBreakdown still = energy(ActivityCounters{}, t);
  EXPECT_EQ(still.total_pj(), still.leakage_pj);
  EXPECT_EQ(still.leakage_pj, (32 * 8.0 + (48 + 896) * 0.5) * kTimeNs * 1e-6);
}

TEST(Energy, CountsByHand) {
  ActivityCounters c;
  c[NetClass::product] = 1000;
  c.clocked_bits[2] = 500;  // psum_reg
  c.gated_bits[2] = 4000;
  const Technology t = technology();
  const EnergyBreakdown e = energy(c, t, 0);
  // Mode 2: part p, class j holds 4 + 0.25 * (10 * p + j + 1) fJ; product is class 3.
  for (std::size_t part = 0; part < kSwitchingPartCount; ++part) {
    const double expected_pj = 4 + 0.25 * (10 * static_cast<double>(part) + 4);
    EXPECT_DOUBLE_EQ(e.component_pj(static_cast<EnergyComponent>(part)), expected_pj);
  }
  EXPECT_DOUBLE_EQ(e.clocked_pj[2], 0.5 * (2 + 3 * 0.5));
  EXPECT_DOUBLE_EQ(e.gated_pj[2], 4 * (2 + 5 * 0.5 + 3 * 0.125));
  EXPECT_DOUBLE_EQ(e.clock_tree_pj, 0.5 * 0.75);
  EXPECT_DOUBLE_EQ(e.component_pj(EnergyComponent::clock),
                   e.clocked_pj[2] + e.gated_pj[2] + e.clock_tree_pj);
  EXPECT_EQ(e.leakage_pj, 0);
}

TEST(Energy, BreakdownAddsUpToTheTotalExactly) {
  const EnergyBreakdown e = energy(counters(7), technology());
  double sum = 0;
  for (const EnergyComponent component : all_energy_components()) {
    EXPECT_GT(e.component_pj(component), 0) << name_of(component);
    sum += e.component_pj(component);
  }
  EXPECT_EQ(e.total_pj(), sum);
  double by_class = e.component_pj(EnergyComponent::clock) + e.leakage_pj;
  for (const NetClass net_class : all_net_classes()) by_class += e.class_pj(net_class);
  EXPECT_NEAR(by_class / sum, 1, 1e-14);
}

TEST(Energy, DoublingACoefficientDoublesItsShareAlone) {
  const Technology t = technology();
  const ActivityCounters c = counters(11);
  const EnergyBreakdown before = energy(c, t);
  for (std::size_t part = 0; part < kSwitchingPartCount; ++part) {
    for (std::size_t j = 0; j < kNetClassCount; ++j) {
      Technology changed = t;
      changed.widths[8].arrayflex.toggle_fj[2][part][j].value *= 2;
      const EnergyBreakdown after = energy(c, changed);
      for (std::size_t p = 0; p < kSwitchingPartCount; ++p) {
        for (std::size_t i = 0; i < kNetClassCount; ++i) {
          const double factor = p == part && i == j ? 2 : 1;
          ASSERT_EQ(after.switching_pj[p][i], factor * before.switching_pj[p][i]);
        }
      }
      ASSERT_EQ(after.clocked_pj, before.clocked_pj);
      ASSERT_EQ(after.leakage_pj, before.leakage_pj);
    }
  }
  Technology changed = t;
  changed.widths[8].arrayflex.clock_tree_fj.value *= 2;
  changed.widths[8].arrayflex.gated_bit_fj[1].value *= 2;
  changed.widths[8].arrayflex.pe_leakage_nw.value *= 2;
  changed.widths[8].arrayflex.register_bit_leakage_nw.value *= 2;
  const EnergyBreakdown after = energy(c, changed);
  EXPECT_EQ(after.clock_tree_pj, 2 * before.clock_tree_pj);
  EXPECT_EQ(after.gated_pj[1], 2 * before.gated_pj[1]);
  EXPECT_EQ(after.gated_pj[0], before.gated_pj[0]);
  EXPECT_EQ(after.leakage_pj, 2 * before.leakage_pj);
  EXPECT_EQ(after.switching_pj, before.switching_pj);
}

TEST(Energy, AdditiveOverLayers) {
  const Technology t = technology();
  const ActivityCounters a = counters(64);
  const ActivityCounters b = counters(4096);
  ActivityCounters both = a;
  both += b;
  EnergyBreakdown sum = energy(a, t, 1024);
  sum += energy(b, t, 3072);
  const EnergyBreakdown whole = energy(both, t, 4096);
  EXPECT_DOUBLE_EQ(sum.total_pj(), whole.total_pj());
  for (const EnergyComponent component : all_energy_components()) {
    EXPECT_DOUBLE_EQ(sum.component_pj(component), whole.component_pj(component));
  }
}

TEST(Energy, ConventionalArrayHasItsOwnCoefficients) {
  const Technology t = technology();
  ActivityCounters c;
  c[NetClass::product] = 1000;
  const ArrayConfig config = array(4, 8);
  const EnergyActivity activity = exact_activity(c);
  const EnergyBreakdown flex = energy_of(activity, 0, config, Design::arrayflex, 1, t);
  const EnergyBreakdown conv = energy_of(activity, 0, config, Design::conventional, 1, t);
  EXPECT_DOUBLE_EQ(flex.component_pj(EnergyComponent::multiplier), 2 + 0.25 * 14);
  EXPECT_DOUBLE_EQ(conv.component_pj(EnergyComponent::multiplier), 1 + 0.25 * 14);
  // k does not matter to it.
  EXPECT_EQ(energy_of(activity, 0, config, Design::conventional, 2, t).total_pj(), conv.total_pj());
}

TEST(Energy, PowerAndEnergyDelayProduct) {
  EXPECT_EQ(power_mw(6, 3), 2.0);
  EXPECT_FALSE(power_mw(0, 0).has_value());
  EXPECT_EQ(energy_delay_product_pj_ns(6, 3), 18.0);
}

TEST(Energy, AreaAndOverhead) {
  const Technology t = technology();
  const ArrayConfig config = array(4, 8);
  const AreaBreakdown flex = area_of(config, Design::arrayflex, t);
  const double first = 2 + 5 * 0.5 + 5 * 0.125;
  EXPECT_DOUBLE_EQ(flex.pe_total_um2(), 5 * first + 15);
  // Skew 8 bits * 4*3/2, de-skew 32 bits * 8*7/2.
  EXPECT_EQ(skew_register_bits(config), 48);
  EXPECT_EQ(deskew_register_bits(config), 896);
  EXPECT_DOUBLE_EQ(flex.array_total_um2(), 32 * flex.pe_total_um2() + 944 * 2.0);
  EXPECT_DOUBLE_EQ(*pe_area_overhead(config, t), 5.0 / (5 * (first - 1) + 15));
}

// Streams a product through the fast engine to get counts that belong together.
struct EngineRun {
  GemmResult result;
  GemmShape shape;
};

EngineRun run(const ArrayConfig& config, Design design, int k, GemmShape shape) {
  std::vector<std::int32_t> a(static_cast<std::size_t>(shape.t * shape.n));
  std::vector<std::int32_t> b(static_cast<std::size_t>(shape.n * shape.m));
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<std::int32_t>(i * 37 % 251) - 125;
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<std::int32_t>(i * 91 % 241) - 120;
  const DenseOperands operands(config, shape, a, b);
  DiscardResult sink;
  return {FastEngine(config, design).run(shape, k, operands, sink), shape};
}

TEST(BusyAccounting, ChargesEveryCycleAlike) {
  const ArrayConfig config = array(4, 8);
  for (const int k : {1, 2}) {
    const EngineRun r = run(config, Design::arrayflex, k, {6, 8, 16});
    const ActivityCounters& c = r.result.activity;
    const EnergyActivity busy =
        busy_activity(c, config, Design::arrayflex, k, r.result.cycles, r.result.tiles, r.shape.t);
    const double cycles = static_cast<double>(r.result.cycles);
    const double factor = cycles / (static_cast<double>(r.result.tiles) * 6);
    EXPECT_GT(factor, 1);
    EXPECT_DOUBLE_EQ(busy.toggles[index_of(NetClass::product)],
                     static_cast<double>(c[NetClass::product]) * factor);
    EXPECT_EQ(busy.toggles[index_of(NetClass::weight_reg)],
              static_cast<double>(c[NetClass::weight_reg]));
    // Registers in use by the definition of the mode: psum at the bottom of each row group.
    const double psum_bits = 32.0 * (4.0 / k) * 8;
    const double operand_bits = 8.0 * 4 * (8.0 / k - 1);
    EXPECT_DOUBLE_EQ(busy.clocked_bits[index_of(RegisterClass::psum_reg)], psum_bits * cycles);
    EXPECT_DOUBLE_EQ(busy.clocked_bits[0], operand_bits * cycles);
    EXPECT_DOUBLE_EQ(busy.clocked_bits[1], static_cast<double>(c.clocked_bits[1]));
  }
}

TEST(BusyAccounting, Errors) {
  const ArrayConfig config = array(4, 8);
  const auto call = [&](std::int64_t cycles, std::int64_t tiles, std::int64_t t, int k) {
    return error_of<InputError>(
        [&] { busy_activity({}, config, Design::arrayflex, k, cycles, tiles, t); });
  };
  EXPECT_THAT(call(0, 1, 1, 1), HasSubstr("cycles = 0"));
  EXPECT_THAT(call(1, 0, 1, 1), HasSubstr("tiles = 0"));
  EXPECT_THAT(call(1, 1, -3, 1), HasSubstr("t = -3"));
  EXPECT_THAT(call(1, 1, 1, 9), HasSubstr("9"));
}

TEST(Energy, Errors) {
  const Technology t = technology();
  EXPECT_THAT(error_of<InputError>([&] { energy({}, t, -1); }), HasSubstr("time_ns = -1"));
  EXPECT_THAT(error_of<InputError>([&] { energy({}, t, std::nan("")); }),
              HasSubstr("time_ns = nan"));
  const ArrayConfig paper_width{ArrayParameters{}};
  EXPECT_THAT(error_of<InputError>([&] { energy_of({}, 1, paper_width, Design::arrayflex, 1, t); }),
              HasSubstr("data_width_bits = 32"));
}

}  // namespace
}  // namespace arrayflex
