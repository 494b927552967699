// The clock generator: no drift at any resolution, no short pulse, stops and starts.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <string>
#include <vector>

#include "arrayflex/core/error.h"
#include "arrayflex/pin/system/clock_generator.h"
#include "harness/simulation.h"

namespace arrayflex::pin {
namespace {

constexpr double kPeriod1Ps = 1000.0 / 1.8;
constexpr double kPeriod4Ps = 1000.0 / 1.4;

struct ClockBench : sc_core::sc_module {
  SC_HAS_PROCESS(ClockBench);
  explicit ClockBench(const sc_core::sc_module_name& name) : sc_module(name) {
    generator.run(run);
    generator.clk(clk);
    SC_METHOD(watch);
    sensitive << clk;
    dont_initialize();
  }
  void watch() {
    const std::uint64_t now = sc_core::sc_time_stamp().value();
    if (edges > 0) shortest_pulse = std::min(shortest_pulse, now - last_edge);
    last_edge = now;
    ++edges;
    if (!clk) return;
    ++rises;
    if (keep_rises) rise_times.push_back(now);
  }
  void wait_rises(std::int64_t count) {
    const std::int64_t target = rises + count;
    while (rises < target) sc_core::wait(clk.posedge_event());
  }

  sc_core::sc_signal<bool> run{"run"};
  sc_core::sc_signal<bool> clk{"clk"};
  ClockGenerator generator{"generator"};
  std::int64_t edges = 0, rises = 0;
  std::uint64_t last_edge = 0, shortest_pulse = ~std::uint64_t{0};
  bool keep_rises = false;
  std::vector<std::uint64_t> rise_times;
};

struct Resolution {
  const char* name;
  double value;
  sc_core::sc_time_unit unit;
  double units_per_ps;
};
void PrintTo(const Resolution& resolution, std::ostream* out) { *out << resolution.name; }

class PinClockResolution : public testing::TestWithParam<Resolution> {};

TEST_P(PinClockResolution, DoesNotDrift) {
  sc_core::sc_set_time_resolution(GetParam().value, GetParam().unit);
  ClockBench bench("bench");
  harness::run_in_thread([&] {
    bench.generator.set_period_ps(kPeriod1Ps);
    bench.run = true;
    const std::int64_t cycles = 1000000;
    bench.wait_rises(cycles + 1);
    const long double exact = static_cast<long double>(kPeriod1Ps) * cycles *
                              static_cast<long double>(GetParam().units_per_ps);
    const auto now = static_cast<long double>(sc_core::sc_time_stamp().value());
    EXPECT_LE(std::fabs(now - exact), 1.0L);
    // A change of mode in the middle of a job carries the rounding over.
    EXPECT_TRUE(bench.generator.can_change_period());
    bench.generator.set_period_ps(kPeriod4Ps);
    bench.wait_rises(12345);
    const long double exact_end = exact + static_cast<long double>(kPeriod4Ps) * 12345 *
                                              static_cast<long double>(GetParam().units_per_ps);
    EXPECT_LE(std::fabs(static_cast<long double>(sc_core::sc_time_stamp().value()) - exact_end),
              1.0L);
  });
}

INSTANTIATE_TEST_SUITE_P(Resolutions, PinClockResolution,
                         testing::Values(Resolution{"fs", 1, sc_core::SC_FS, 1000},
                                         Resolution{"ps", 1, sc_core::SC_PS, 1},
                                         Resolution{"tenPs", 10, sc_core::SC_PS, 0.1}),
                         [](const auto& instance) { return std::string(instance.param.name); });

TEST(PinClock, RoundsEachEdgeFromTheExactTime) {
  ClockBench bench("bench");
  bench.keep_rises = true;
  harness::run_in_thread([&] {
    bench.generator.set_period_ps(2.6);
    bench.run = true;
    bench.wait_rises(6);
    EXPECT_EQ(bench.rise_times, (std::vector<std::uint64_t>{0, 3, 5, 8, 10, 13}));
  });
}

TEST(PinClock, ChangesItsPeriodWithoutAShortPulse) {
  ClockBench bench("bench");
  harness::run_in_thread([&] {
    for (int i = 0; i < 50; ++i) {
      bench.generator.set_period_ps(i % 2 == 0 ? 500 : 900);
      bench.run = true;
      bench.wait_rises(3);
    }
    EXPECT_GE(bench.shortest_pulse, 250U);
    EXPECT_EQ(bench.generator.period_ps(), 900);
    sc_core::wait(100, sc_core::SC_PS);
    EXPECT_FALSE(bench.generator.can_change_period());
    EXPECT_THROW(bench.generator.set_period_ps(500), std::logic_error);
    EXPECT_EQ(bench.generator.period_ps(), 900) << "a refused period changes nothing";
  });
}

TEST(PinClock, CompletesItsCycleThenStopsAndStartsAtOnce) {
  ClockBench bench("bench");
  bench.keep_rises = true;
  harness::run_in_thread([&] {
    bench.generator.set_period_ps(1000);
    bench.run = true;
    bench.wait_rises(2);
    sc_core::wait(100, sc_core::SC_PS);
    bench.run = false;
    sc_core::wait(50, sc_core::SC_NS);
    EXPECT_FALSE(bench.generator.running());
    EXPECT_FALSE(bench.clk.read());
    bench.run = true;
    bench.wait_rises(1);
    EXPECT_EQ(bench.rise_times, (std::vector<std::uint64_t>{0, 1000, 51100}));
    EXPECT_GE(bench.shortest_pulse, 500U);
  });
}

TEST(PinClock, ARequestWithinACycleWaitsForItsEnd) {
  ClockBench bench("bench");
  bench.keep_rises = true;
  harness::run_in_thread([&] {
    bench.generator.set_period_ps(1000);
    bench.run = true;
    for (const int high_or_low_ps : {200, 700}) {
      bench.wait_rises(1);
      bench.run = false;
      sc_core::wait(high_or_low_ps, sc_core::SC_PS);
      bench.run = true;
    }
    bench.wait_rises(1);
    EXPECT_EQ(bench.rise_times, (std::vector<std::uint64_t>{0, 1000, 2000}));
    EXPECT_EQ(bench.shortest_pulse, 500U);
  });
}

TEST(PinClock, MakesUpForTheRoundingOfAHandover) {
  ClockBench bench("bench");
  harness::run_in_thread([&] {
    // 100 bursts of one cycle of 2.4 ps, each continued from its rounded end.
    bench.generator.set_period_ps(2.4);
    for (int i = 0; i < 100; ++i) {
      bench.run = true;
      bench.wait_rises(2);
      bench.generator.mark_handover();
      bench.run = false;
      sc_core::wait(20, sc_core::SC_PS);
      EXPECT_FALSE(bench.generator.running());
    }
    EXPECT_NEAR(static_cast<double>(sc_core::sc_time_stamp().value()), 100 * 22.4, 1.0);
  });
}

TEST(PinClock, RefusesAPeriodTheResolutionCannotShow) {
  ClockBench bench("bench");
  harness::run_in_thread([&] {
    try {
      bench.generator.set_period_ps(1.5);
      ADD_FAILURE() << "no error";
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("1.5 ps"), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("1 ps"), std::string::npos) << error.what();
    }
  });
}

}  // namespace
}  // namespace arrayflex::pin
