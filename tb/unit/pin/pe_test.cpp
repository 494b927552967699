// The parts of the array on their own: processing element, bypass mux, shift chain.
#include "arrayflex/pin/array/pe.h"

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "arrayflex/pin/array/skew_buffer.h"
#include "harness/simulation.h"

namespace arrayflex::pin {
namespace {

using sc_core::sc_signal;

// One PE between plain signals; settle() stands for the array's process.
struct PeBench {
  explicit PeBench(Design of_design, PinWidths widths = {32, 64}, int weight_banks = 1)
      : design(of_design),
        shift(64 - widths.acc),
        nets(design, 1, weight_banks),
        pe("pe", {design, widths, true, weight_banks}, {nets, 0, watch_list, registers, ground}) {
    pe.operand_in(operand_in);
    for (int bank = 0; bank < weight_banks; ++bank) {
      pe.weight_bank(bank).in(weight_in);
      pe.weight_bank(bank).enable(bank == 0 ? enable : enable_1);
    }
    if (pe.weight_select) (*pe.weight_select)(select);
    pe.sum_in(sum_in);
    pe.psum_enable(enable);
    (*pe.operand_enable)(enable);
    if (design == Design::arrayflex) {
      (*pe.carry_in)(carry_in);
      (*pe.bottom)(bottom);
      (*pe.operand_boundary)(boundary);
    }
  }

  void drive(Operand a, Operand w, Sum s, Sum cy) {
    operand_in = a;
    sum_in = s;
    carry_in = cy;
    pins().weight.reg->load(w);
    sc_core::wait(sc_core::SC_ZERO_TIME);
    settle();
  }
  void settle() {
    const Operand weight = pe.weight() == nullptr
                               ? pins().weight.reg->q()
                               : settle_weight(pins(), pe.second_bank_pins(), nets, 0);
    if (design == Design::arrayflex) {
      settle_arrayflex(pins(), weight, nets, 0, shift);
    } else {
      settle_conventional(pins(), weight, nets, 0, shift);
    }
    watch_list.notify_changes();
  }
  const ProcessingElement::Pins& pins() {
    if (!resolved) resolved = pe.pins();
    return *resolved;
  }

  const Design design;
  int shift;
  NetStorage nets;
  NetWatchList watch_list;
  RegisterPools registers{2, 2, 2};
  sc_signal<Sum> ground{"ground"};
  sc_signal<Operand> operand_in{"operand_in"}, weight_in{"weight_in"};
  sc_signal<Sum> sum_in{"sum_in"}, carry_in{"carry_in"};
  sc_signal<bool> enable{"enable"}, bottom{"bottom"}, boundary{"boundary"};
  sc_signal<bool> enable_1{"enable_1"}, select{"select"};
  ProcessingElement pe;
  std::optional<ProcessingElement::Pins> resolved;
};

TEST(PinPe, CompressorOfASumThatCarriesAcross) {
  PeBench bench(Design::arrayflex);
  harness::run_in_thread([&] {
    bench.drive(3, 5, 0b0110, 0b1010);  // p = 0b1111
    EXPECT_EQ(bench.pe.product(), 15);
    EXPECT_EQ(*bench.pe.csa_sum(), 0b0110 ^ 0b1010 ^ 0b1111);
    EXPECT_EQ(*bench.pe.csa_carry(), 0b1110 << 1);
    EXPECT_EQ(*bench.pe.csa_sum() + *bench.pe.csa_carry(), 6 + 10 + 15);
  });
}

TEST(PinPe, AdderIsIsolatedAboveTheBottomOfARowGroup) {
  PeBench bench(Design::arrayflex);
  harness::run_in_thread([&] {
    bench.bottom = false;
    bench.drive(-7, 9, 100, 0);
    EXPECT_EQ(bench.pe.adder(), 0);
    EXPECT_EQ(bench.pe.sum_out->read(), *bench.pe.csa_sum());
    EXPECT_EQ((*bench.pe.carry_out)->read(), *bench.pe.csa_carry());
    bench.bottom = true;
    bench.drive(-7, 9, 100, 0);
    EXPECT_EQ(bench.pe.adder(), 100 - 63);
    EXPECT_EQ(bench.pe.sum_out->read(), 0) << "psum_reg has not been clocked yet";
    EXPECT_EQ((*bench.pe.carry_out)->read(), 0);
    bench.pins().psum.reg->load(bench.pe.adder());
    sc_core::wait(sc_core::SC_ZERO_TIME);
    bench.settle();
    EXPECT_EQ(bench.pe.sum_out->read(), 37);
  });
}

TEST(PinPe, OperandMuxChoosesBetweenRegisterAndBypass) {
  PeBench bench(Design::arrayflex);
  harness::run_in_thread([&] {
    bench.pins().operand.reg->load(11);
    bench.boundary = true;
    bench.drive(22, 1, 0, 0);
    EXPECT_EQ((*bench.pe.operand_out)->read(), 11);
    bench.boundary = false;
    bench.drive(22, 1, 0, 0);
    EXPECT_EQ((*bench.pe.operand_out)->read(), 22);
    EXPECT_STREQ(bench.pe.operand_mux()->name(), "pe.operand_mux");
  });
}

TEST(PinPe, SumsWrapModuloTheAccumulatorWidth) {
  PeBench bench(Design::arrayflex, {8, 32});
  harness::run_in_thread([&] {
    const Sum max = std::numeric_limits<std::int32_t>::max();
    bench.bottom = true;
    bench.drive(-128, -128, max, 0);
    EXPECT_EQ(bench.pe.product(), 16384);
    EXPECT_EQ(bench.pe.adder(), max + 16384 - (Sum{1} << 32));
    bench.drive(1, 1, max, 0);  // majority = 1, no wrap in the carry
    EXPECT_EQ(*bench.pe.csa_carry(), 2);
    bench.drive(0, 0, std::numeric_limits<std::int32_t>::min(),
                std::numeric_limits<std::int32_t>::min());
    EXPECT_EQ(*bench.pe.csa_carry(), 0) << "the carry out of the top bit is dropped";
  });
}

TEST(PinPe, ConventionalPeAddsWithoutCompressor) {
  PeBench bench(Design::conventional);
  harness::run_in_thread([&] {
    const auto min = std::numeric_limits<std::int32_t>::min();
    bench.drive(min, min, -1, 0);
    EXPECT_EQ(bench.pe.product(), Sum{1} << 62);
    EXPECT_EQ(bench.pe.adder(), (Sum{1} << 62) - 1);
    EXPECT_EQ(bench.pe.csa_sum(), nullptr);
    EXPECT_EQ(bench.pe.sum_mux(), nullptr);
    bench.drive(min, min, std::numeric_limits<Sum>::max(), 0);
    EXPECT_LT(bench.pe.adder(), 0) << "wraps modulo 2^64";
  });
}

TEST(PinPe, WeightMuxFeedsTheMultiplierFromTheSelectedBank) {
  PeBench bench(Design::arrayflex, {16, 64}, 2);
  harness::run_in_thread([&] {
    bench.drive(7, 5, 0, 0);  // loads bank 0; before the first tile bank 1 is selected
    EXPECT_EQ(*bench.pe.weight(), 0);
    EXPECT_EQ(bench.pe.product(), 0);
    bench.pe.second_bank_pins().weight.reg->load(-3);
    bench.select = true;
    bench.drive(7, 5, 0, 0);
    EXPECT_EQ(*bench.pe.weight(), 5);
    EXPECT_EQ(bench.pe.product(), 35);
    bench.select = false;
    bench.drive(7, 5, 0, 0);
    EXPECT_EQ(*bench.pe.weight(), -3);
    EXPECT_EQ(bench.pe.product(), -21);
    EXPECT_EQ(bench.pe.weight_reg(0).read(), 5);
    EXPECT_EQ(bench.pe.weight_reg(1).read(), -3);
  });
}

TEST(PinPe, WeightRegistersHaveEnablesOfTheirOwn) {
  PeBench bench(Design::conventional, {8, 32}, 2);
  harness::run_in_thread([&] {
    const RegisterPins<Operand> banks[] = {bench.pins().weight, bench.pe.second_bank_pins().weight};
    EXPECT_STREQ(banks[0].reg->name(), "pe.weight_bank0");
    EXPECT_STREQ(banks[1].reg->name(), "pe.weight_bank1");
    EXPECT_NE(banks[0].enable, banks[1].enable);
    EXPECT_STREQ(bench.pe.weight_bank(1).enable.name(), "pe.load_enable_1");
    EXPECT_THROW(bench.pe.weight_bank(2), std::out_of_range);
  });
}

TEST(PinNet, NotifiesWhoeverWaitsForAChange) {
  PeBench bench(Design::arrayflex);
  int changes = 0;
  sc_core::sc_spawn_options options;
  options.spawn_method();
  options.dont_initialize();
  options.set_sensitivity(&bench.pe.product().value_changed_event());
  sc_core::sc_spawn([&] { ++changes; }, "watcher", &options);
  harness::run_in_thread([&] {
    for (const Operand a : {3, 3, 4}) {
      bench.drive(a, 2, 0, 0);
      sc_core::wait(1, sc_core::SC_NS);
    }
    EXPECT_EQ(changes, 2) << "the second drive changes nothing";
  });
}

TEST(PinShiftChain, DelaysByItsDepthAndGatesTheRest) {
  NetWatchList watch_list;
  RegisterPools pools(4, 4);
  sc_signal<Operand> in{"in"};
  sc_signal<bool> enable{"enable"};
  sc_signal<int> depth{"depth"};
  ShiftChain<Operand> chain("chain", 3, 32, pools.skew, watch_list);
  chain.in(in);
  chain.enable(enable);
  chain.depth(depth);
  harness::run_in_thread([&] {
    chain.resolve_pins();
    enable = true;
    depth = 2;
    int clocked = 0;
    std::vector<Operand> out;
    for (int cycle = 0; cycle < 5; ++cycle) {
      in = cycle + 1;
      sc_core::wait(sc_core::SC_ZERO_TIME);
      chain.settle();
      out.push_back(chain.out->read());
      chain.visit_clocked_registers([&](Register<Operand>& reg, Operand d) {
        ++clocked;
        reg.load(d);
      });
    }
    sc_core::wait(sc_core::SC_ZERO_TIME);
    EXPECT_EQ(out, (std::vector<Operand>{0, 0, 1, 2, 3}));
    EXPECT_EQ(clocked, 10);
    EXPECT_EQ(chain.reg(0).read(), 5);
    EXPECT_EQ(chain.reg(2).read(), 0) << "not in use";
    depth = 0;
    sc_core::wait(sc_core::SC_ZERO_TIME);
    chain.settle();
    EXPECT_EQ(chain.out->read(), 5) << "passes through";
    enable = false;
    depth = 3;
    sc_core::wait(sc_core::SC_ZERO_TIME);
    chain.visit_clocked_registers([](auto&, Operand) { FAIL() << "clocked though gated"; });
  });
}

}  // namespace
}  // namespace arrayflex::pin
