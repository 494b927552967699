// The pin level as a whole: results, cycles, time and activity of products.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "arrayflex/core/error.h"
#include "arrayflex/core/latency.h"
#include "arrayflex/pin/array_system.h"
#include "harness/simulation.h"

namespace arrayflex::pin {
namespace {

constexpr unsigned kSeed = 20221125;

ArrayConfig config_of(int rows, int cols, int data_width = 32, int acc_width = 64) {
  ArrayParameters parameters;
  parameters.rows = rows;
  parameters.cols = cols;
  parameters.data_width_bits = data_width;
  parameters.acc_width_bits = acc_width;
  parameters.modes = {1};
  for (int k = 1; k <= 8; ++k) parameters.clocks.mode_ps[k] = 500.0 + 50.0 * k;
  return ArrayConfig(parameters);
}

struct Product {
  Product(const ArrayConfig& config, const GemmShape& of_shape, std::mt19937& random)
      : shape(of_shape),
        a(draw(config, shape.t * shape.n, random)),
        b(draw(config, shape.n * shape.m, random)),
        operands(config, shape, a, b) {}

  // Extremes among the values.
  static std::vector<std::int32_t> draw(const ArrayConfig& config, std::int64_t count,
                                        std::mt19937& random) {
    std::uniform_int_distribution<std::int64_t> value(config.operand_min(), config.operand_max());
    std::vector<std::int32_t> values(static_cast<std::size_t>(count));
    for (auto& v : values) {
      const unsigned choice = random() % 8;
      v = static_cast<std::int32_t>(choice == 0   ? config.operand_min()
                                    : choice == 1 ? 0
                                                  : value(random));
    }
    return values;
  }

  // A plain triple loop.
  std::vector<std::int64_t> expected(int acc_width) const {
    std::vector<std::int64_t> x;
    for (std::int64_t t = 0; t < shape.t; ++t) {
      for (std::int64_t m = 0; m < shape.m; ++m) {
        std::uint64_t sum = 0;
        for (std::int64_t n = 0; n < shape.n; ++n) {
          sum += static_cast<std::uint64_t>(
              std::int64_t{a[static_cast<std::size_t>(t * shape.n + n)]} *
              b[static_cast<std::size_t>(n * shape.m + m)]);
        }
        x.push_back(sign_extend(sum, acc_width));
      }
    }
    return x;
  }

  GemmShape shape;
  std::vector<std::int32_t> a, b;
  DenseOperands operands;
};

void expect_same_activity(const ActivityCounters& got, const ActivityCounters& want) {
  for (const NetClass c : all_net_classes()) EXPECT_EQ(got[c], want[c]) << name_of(c);
  for (const RegisterClass c : all_register_classes()) {
    const auto i = static_cast<std::size_t>(c);
    EXPECT_EQ(got.clocked_bits[i], want.clocked_bits[i]) << name_of(c);
    EXPECT_EQ(got.gated_bits[i], want.gated_bits[i]) << name_of(c);
  }
}

// Runs a product on the array and compares everything with the triple loop, the closed form and the
// fast engine.
void check_product(ArraySystem& system, const Product& product, int k, bool pe_map) {
  const ArrayConfig& config = system.config();
  DenseResult actual(product.shape, config.acc_width_bits());
  DenseResult unused(product.shape, config.acc_width_bits());
  RecordOptions record;
  record.pe_map = pe_map;
  const GemmResult want =
      FastEngine(config, system.design(), record).run(product.shape, k, product.operands, unused);
  const sc_core::sc_time begin = sc_core::sc_time_stamp();
  const GemmResult got = system.run(product.shape, k, product.operands, actual);
  EXPECT_EQ(actual.values(), product.expected(config.acc_width_bits()));
  const int effective_k = system.design() == Design::conventional ? 1 : k;
  EXPECT_EQ(got.cycles, gemm_cycles(config, product.shape, effective_k));
  EXPECT_EQ(got.tiles, want.tiles);
  expect_same_activity(got.activity, want.activity);
  EXPECT_EQ(got.pe_toggles.toggles, want.pe_toggles.toggles);
  const double period_ps = *config.period_ps(system.design(), effective_k);
  EXPECT_NEAR((sc_core::sc_time_stamp() - begin).to_seconds() * 1e12,
              static_cast<double>(got.cycles) * period_ps, 1.0);
}

TEST(PinSystem, RandomProductsInSeveralArraysOfOneSimulation) {
  RecordProperty("seed", static_cast<int>(kSeed));
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  std::mt19937 random(kSeed);
  std::vector<std::unique_ptr<ArraySystem>> systems;
  for (int i = 0; i < 24; ++i) {
    const WidthPair& width = kWidthPairs[static_cast<std::size_t>(i) % std::size(kWidthPairs)];
    const int rows = 1 + static_cast<int>(random() % 8), cols = 1 + static_cast<int>(random() % 8);
    RecordOptions record;
    record.pe_map = i % 2 == 0;
    systems.push_back(std::make_unique<ArraySystem>(
        sc_core::sc_gen_unique_name("system"),
        config_of(rows, cols, width.data_bits, width.acc_bits),
        i % 4 == 3 ? Design::conventional : Design::arrayflex, record));
  }
  harness::run_in_thread([&] {
    for (std::size_t i = 0; i < systems.size(); ++i) {
      const ArrayConfig& config = systems[i]->config();
      for (int k = 1; k <= std::min(config.rows(), config.cols()); ++k) {
        const GemmShape shape{1 + static_cast<std::int64_t>(random() % 6),
                              1 + static_cast<std::int64_t>(random() % 20),
                              1 + static_cast<std::int64_t>(random() % 20)};
        SCOPED_TRACE(std::to_string(config.rows()) + "x" + std::to_string(config.cols()) +
                     ", k = " + std::to_string(k) + ", " + name_of(systems[i]->design()));
        check_product(*systems[i], Product(config, shape, random), k, i % 2 == 0);
      }
    }
  });
}

TEST(PinSystem, RowBlocksLongerThanTheBuffer) {
  ArraySystem system("system", config_of(3, 2));
  std::mt19937 random(kSeed);
  harness::run_in_thread([&] {
    check_product(system, Product(system.config(), {600, 4, 3}, random), 2, false);
  });
}

TEST(PinSystem, TwoArraysAtATime) {
  ArraySystem first("first", config_of(3, 5)), second("second", config_of(4, 2));
  const auto body = [](ArraySystem& system) {
    std::mt19937 random(kSeed);
    for (int k = 1; k <= 2; ++k) {
      check_product(system, Product(system.config(), {7, 9, 11}, random), k, false);
    }
  };
  harness::run_in_threads({[&] { body(first); }, [&] { body(second); }});
}

// A product of two row blocks, tile by tile, with an arbitrary wait after each call.
ActivityCounters run_with_stalls(ArraySystem& system, const Product& product, double stall_ps) {
  std::vector<std::int64_t> x(static_cast<std::size_t>(product.shape.t * product.shape.m));
  const int half = static_cast<int>(product.shape.n / 2);
  std::vector<std::int32_t> left, right;
  for (std::size_t i = 0; i < product.a.size(); ++i) {
    (static_cast<int>(i) % (2 * half) < half ? left : right).push_back(product.a[i]);
  }
  const auto stall = [&] {
    if (stall_ps > 0) sc_core::wait(stall_ps, sc_core::SC_PS);
  };
  system.begin_gemm(2);
  stall();
  const int m = static_cast<int>(product.shape.m);
  system.run_tile({product.b.data(), left.data(), x.data(), product.shape.t, half, m, false});
  stall();
  system.run_tile(
      {product.b.data() + half * m, right.data(), x.data(), product.shape.t, half, m, true});
  stall();
  system.end_gemm();
  EXPECT_EQ(x, product.expected(64));
  EXPECT_EQ(system.cycles(), 2 * tile_cycles(4, 4, 2, product.shape.t));
  return system.activity();
}

TEST(PinSystem, StallsChangeNoCount) {
  ArraySystem system("system", config_of(4, 4));
  std::mt19937 random(kSeed);
  const Product product(system.config(), {5, 8, 4}, random);
  DenseResult unused(product.shape, 64);
  const ActivityCounters want =
      FastEngine(system.config()).run(product.shape, 2, product.operands, unused).activity;
  harness::run_in_thread([&] {
    // Without a stall, within the drain cycle, at its end (600 ps), after it, after the clock
    // stops.
    for (const double stall_ps : {0.0, 100.0, 599.0, 600.0, 601.0, 1100.0, 1200.0, 5000.0}) {
      SCOPED_TRACE(stall_ps);
      expect_same_activity(run_with_stalls(system, product, stall_ps), want);
    }
  });
}

TEST(PinSystem, CountsAreCompleteWhenTheProductEndsAtTheDrainEdge) {
  ArraySystem system("system", config_of(4, 4));
  std::mt19937 random(kSeed);
  const Product product(system.config(), {5, 4, 4}, random);
  DenseResult unused(product.shape, 64);
  const ActivityCounters want =
      FastEngine(system.config()).run(product.shape, 2, product.operands, unused).activity;
  harness::run_in_thread([&] {
    std::vector<std::int64_t> x(20);
    system.begin_gemm(2);
    system.run_tile({product.b.data(), product.a.data(), x.data(), 5, 4, 4, false});
    sc_core::wait(system.signals().clk.posedge_event());
    system.end_gemm();  // in the delta cycle in which the registers latch
    expect_same_activity(system.activity(), want);
  });
}

TEST(PinSystem, AbortKeepsWhatWasCounted) {
  ArraySystem system("system", config_of(4, 4));
  std::mt19937 random(kSeed);
  const Product product(system.config(), {50, 4, 4}, random);
  harness::run_in_threads({[&] {
                             DiscardResult unused;
                             EXPECT_THROW(system.run(product.shape, 1, product.operands, unused),
                                          std::runtime_error);
                           },
                           [&] {
                             sc_core::wait(15100, sc_core::SC_PS);
                             system.abort();
                             const ActivityCounters counted = system.activity();
                             EXPECT_GT(counted.total_toggles(), 0);
                             sc_core::wait(10, sc_core::SC_NS);
                             EXPECT_EQ(system.activity(), counted);
                           }});
}

TEST(PinSystem, ActivityCanBeSwitchedOff) {
  RecordOptions record;
  record.activity = false;
  ArraySystem system("system", config_of(4, 4), Design::arrayflex, record);
  std::mt19937 random(kSeed);
  const Product product(system.config(), {5, 8, 4}, random);
  harness::run_in_thread([&] {
    DenseResult x(product.shape, 64);
    EXPECT_EQ(system.run(product.shape, 4, product.operands, x).activity, ActivityCounters{});
    EXPECT_EQ(x.values(), product.expected(64));
  });
}

TEST(PinSystem, SimulatedTimeDoesNotDriftOverAJobOfManyProducts) {
  ArrayParameters parameters;  // the paper's clocks: no whole number of picoseconds
  parameters.rows = parameters.cols = 4;
  ArraySystem system("system", ArrayConfig(parameters));
  std::mt19937 random(kSeed);
  const Product product(system.config(), {3, 4, 4}, random);
  harness::run_in_thread([&] {
    long double exact_ps = 0;
    for (int i = 0; i < 3000; ++i) {
      const int k = 1 << (random() % 3);
      DiscardResult unused;
      const GemmResult result = system.run(product.shape, k, product.operands, unused);
      exact_ps += static_cast<long double>(*system.config().period_ps(Design::arrayflex, k)) *
                  static_cast<long double>(result.cycles);
      if (i % 3 == 0) {  // the clock stops and starts again
        sc_core::wait(10, sc_core::SC_NS);
        exact_ps += 10000;
      }
      const auto now = static_cast<long double>(sc_core::sc_time_stamp().value());
      ASSERT_LE(std::fabs(now - exact_ps), 1.0L) << "product " << i;
    }
  });
}

class PinAbort : public testing::TestWithParam<double> {};

// The tile below: 4 load cycles, 2 + 5 - 1 stream cycles and a drain cycle of 600 ps each.
TEST_P(PinAbort, LeavesACleanArray) {
  ArraySystem system("system", config_of(4, 4));
  std::mt19937 random(kSeed);
  const Product product(system.config(), {5, 4, 4}, random);
  bool aborted = false;
  harness::run_in_threads(
      {[&] {
         std::vector<std::int64_t> x(20);
         const Tile tile{product.b.data(), product.a.data(), x.data(), 5, 4, 4, false};
         system.begin_gemm(2);
         system.run_tile(tile);
         if (!aborted) sc_core::wait(20, sc_core::SC_NS);
         EXPECT_TRUE(aborted);
         EXPECT_LE(sc_core::sc_time_stamp().value(), 20000U + 6600U);
         const sc_core::sc_time now = sc_core::sc_time_stamp();
         system.run_tile(tile);  // of the abandoned product: returns at once
         EXPECT_EQ(sc_core::sc_time_stamp(), now);
         system.end_gemm();
         for (int i = 0; i < 10; ++i) sc_core::wait(sc_core::SC_ZERO_TIME);
         EXPECT_EQ(system.signals().phase.read(), kIdle);
         for (int r = 0; r < 4; ++r) {
           for (int c = 0; c < 4; ++c) {
             EXPECT_EQ(system.array().pe(r, c).weight_reg().read(), 0);
             EXPECT_EQ(system.array().pe(r, c).psum_reg().read(), 0);
           }
         }
         // A product right after it, perhaps within the clock cycle of the abort.
         DenseResult actual(product.shape, 64), unused(product.shape, 64);
         const GemmResult want =
             FastEngine(system.config()).run(product.shape, 4, product.operands, unused);
         const GemmResult got = system.run(product.shape, 4, product.operands, actual);
         EXPECT_EQ(actual.values(), product.expected(64));
         EXPECT_EQ(got.cycles, want.cycles);
         expect_same_activity(got.activity, want.activity);
       },
       [&] {
         sc_core::wait(GetParam(), sc_core::SC_PS);
         aborted = true;
         system.abort();
       }});
}

INSTANTIATE_TEST_SUITE_P(Times, PinAbort,
                         testing::Values(0.0, 1.0, 600.0, 1000.0, 2400.0, 2401.0, 3300.0, 4200.0,
                                         6599.0, 6600.0, 6700.0, 7200.0, 7300.0, 7800.0, 12000.0));

TEST(PinSystem, AnInterruptedRunThrows) {
  ArraySystem system("system", config_of(4, 4));
  std::mt19937 random(kSeed);
  const Product product(system.config(), {5, 40, 40}, random);
  harness::run_in_threads({[&] {
                             DiscardResult unused;
                             EXPECT_THROW(system.run(product.shape, 1, product.operands, unused),
                                          std::runtime_error);
                           },
                           [&] {
                             sc_core::wait(20, sc_core::SC_NS);
                             system.abort();
                           }});
}

class FailingOperands final : public OperandSource {
 public:
  void read_a(std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int32_t*,
              std::int64_t) const override {
    throw InputError("tensor", "broken", "readable");
  }
  void read_b(std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int32_t* dst,
              std::int64_t) const override {
    dst[0] = 1;
  }
};

class FailingResult final : public ResultSink {
 public:
  void accumulate(std::int64_t, std::int64_t, std::int64_t, std::int64_t, const std::int64_t*,
                  std::int64_t) override {
    throw InputError("disk", "full", "space");
  }
};

TEST(PinSystem, PassesOnWhatASourceOrSinkThrowsAndRunsAgain) {
  ArraySystem system("system", config_of(3, 3));
  std::mt19937 random(kSeed);
  const Product product(system.config(), {5, 3, 3}, random);
  harness::run_in_thread([&] {
    DiscardResult unused;
    FailingResult failing;
    EXPECT_THROW(system.run({1, 1, 1}, 1, FailingOperands{}, unused), InputError);
    check_product(system, product, 3, false);
    EXPECT_THROW(system.run(product.shape, 1, product.operands, failing), InputError);
    check_product(system, product, 1, false);
  });
}

TEST(PinSystem, RefusesBadCalls) {
  ArrayParameters parameters;
  parameters.rows = parameters.cols = 4;
  parameters.modes = {1};
  parameters.clocks.mode_ps = {{1, 500.0}, {2, 1.0}};
  ArraySystem system("system", ArrayConfig(parameters));
  harness::run_in_thread([&] {
    const std::int32_t one = 1;
    std::int64_t x = 0;
    const auto run = [&](std::int64_t t, int n, int m) {
      system.run_tile({&one, &one, &x, t, n, m, false});
    };
    EXPECT_THROW(run(1, 1, 1), std::logic_error) << "no product was begun";
    EXPECT_THROW(system.begin_gemm(0), InputError);
    EXPECT_THROW(system.begin_gemm(5), InputError);
    EXPECT_THROW(system.begin_gemm(3), InputError) << "no clock period";
    EXPECT_THROW(system.begin_gemm(2), InputError) << "1 ps at a resolution of 1 ps";
    system.begin_gemm(1);
    EXPECT_THROW(run(0, 1, 1), InputError);
    EXPECT_THROW(run(1, 0, 1), InputError);
    EXPECT_THROW(run(1, 5, 1), InputError);
    EXPECT_THROW(run(1, 1, 0), InputError);
    EXPECT_THROW(run(1, 1, 5), InputError);
    run(1, 1, 1);
    EXPECT_EQ(x, 1);
    system.end_gemm();
  });
}

TEST(PinSystem, AnIdleArrayLeavesNoEvents) {
  ArraySystem system("system", config_of(2, 2));
  std::mt19937 random(kSeed);
  const Product product(system.config(), {2, 2, 2}, random);
  harness::run_in_thread([&] {
    DiscardResult unused;
    system.run(product.shape, 1, product.operands, unused);
    sc_core::wait(5, sc_core::SC_NS);
    EXPECT_FALSE(sc_core::sc_pending_activity());
    EXPECT_FALSE(system.clock().running());
  });
}

}  // namespace
}  // namespace arrayflex::pin
