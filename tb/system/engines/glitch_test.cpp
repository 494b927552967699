// The two implementations of the array on their own, side by side between random signals: operands
// that change again within the instant of an edge, enables in any combination, counts that start
// with nets other than 0.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <tuple>

#include "arrayflex/pin/array_system.h"
#include "harness/simulation.h"
#include "system/engines/array_comparison.h"
#include "system/engines/cases.h"

namespace arrayflex::testing {
namespace {

using Signals = pin::ArraySystem::Signals;

template <class Ports, class Channels>
void bind_all(Ports& ports, Channels& channels) {
  for (std::size_t i = 0; i < ports.size(); ++i) ports[i](channels[i]);
}

void bind(pin::PinLevelArray& array, Signals& signals) {
  array.clk(signals.clk);
  array.reset(signals.reset);
  if (array.weight_enable) (*array.weight_enable)(signals.weight_enable);
  for (std::size_t i = 0; signals.overlapping && i < array.weight_controls.size(); ++i) {
    bind_all(array.weight_controls[i], signals.overlapping->weight_controls[i]);
  }
  array.pipeline_enable(signals.pipeline_enable);
  array.count_weights(signals.count_weights);
  array.count_pipeline(signals.count_pipeline);
  bind_all(array.psum_enable, signals.psum_enable);
  bind_all(array.operand_enable, signals.operand_enable);
  bind_all(array.bottom, signals.bottom);
  bind_all(array.operand_boundary, signals.operand_boundary);
  bind_all(array.skew_depth, signals.skew_depth);
  bind_all(array.deskew_depth, signals.deskew_depth);
  bind_all(array.west, signals.west);
  bind_all(array.north, signals.north);
}

class Drivers {
 public:
  Drivers(const ArrayConfig& config, Signals& signals, std::uint64_t seed)
      : config_(config), signals_(signals), random_(seed) {}

  void select_mode(int k) {
    const int groups = (config_.cols() + k - 1) / k;
    set_all(signals_.skew_depth, [k](int r) { return r / k; });
    set_all(signals_.deskew_depth, [k, groups](int c) { return groups - 1 - c / k; });
    set_all(signals_.bottom, [&](int r) { return (r + 1) % k == 0 || r + 1 == config_.rows(); });
    set_all(signals_.operand_boundary, [k](int c) { return (c + 1) % k == 0; });
  }

  void drive_enables() {
    signals_.weight_enable = flip();
    if (signals_.overlapping) {
      for (auto& controls : signals_.overlapping->weight_controls) {
        set_all(controls, [&](int) { return flip(); });
      }
    }
    signals_.pipeline_enable = flip();
    signals_.count_weights = flip();
    signals_.count_pipeline = flip();
    set_all(signals_.psum_enable, [&](int) { return flip(); });
    set_all(signals_.operand_enable, [&](int) { return flip(); });
  }

  // Zeros often, so that parts of the array are empty.
  void drive_edge(Signals::SignalVector<pin::Operand>& edge) {
    const bool is_zero = random_() % 4 == 0;
    set_all(edge, [&](int) { return is_zero || random_() % 3 == 0 ? 0 : operand(); });
  }

  bool flip() { return random_() % 2 == 0; }

 private:
  template <class Vector, class Value>
  static void set_all(Vector& vector, const Value& value) {
    for (std::size_t i = 0; i < vector.size(); ++i) vector[i] = value(static_cast<int>(i));
  }
  pin::Operand operand() {
    return std::uniform_int_distribution<pin::Operand>(
        static_cast<pin::Operand>(config_.operand_min()),
        static_cast<pin::Operand>(config_.operand_max()))(random_);
  }

  const ArrayConfig& config_;
  Signals& signals_;
  std::mt19937_64 random_;
};

void settle() {
  for (int i = 0; i < 8; ++i) sc_core::wait(sc_core::SC_ZERO_TIME);
}

// Ends the counts of one array; whether it found the array not empty.
bool end_recording_throws(pin::PinLevelArray& array) {
  try {
    array.end_recording();
    return false;
  } catch (const std::logic_error&) {
    return true;
  }
}

using Parameters = std::tuple<Design, int, int, Overlap>;
class ArrayBetweenSignals : public ::testing::TestWithParam<Parameters> {};

TEST_P(ArrayBetweenSignals, BothImplementationsAgreeInEveryCycle) {
  const auto& [design, k, data_width_bits, overlap] = GetParam();
  ArrayParameters parameters;
  parameters.rows = 7;
  parameters.cols = 10;
  parameters.data_width_bits = data_width_bits;
  parameters.acc_width_bits = acc_width_of(data_width_bits);
  parameters.overlap = overlap;
  const ArrayConfig config(parameters);
  Signals signals(config, design);
  pin::SystolicArray as_signals("as_signals", config, design, {true, true});
  pin::CycleArray as_state("as_state", config, design, {true, true});
  bind(as_signals, signals);
  bind(as_state, signals);
  const std::uint64_t seed = test_seed();
  const int mode = k;
  harness::run_in_thread([&] {
    Drivers drivers(config, signals, seed);
    drivers.select_mode(mode);
    signals.reset = true;
    drivers.drive_edge(signals.west);
    settle();
    as_signals.begin_recording();
    as_state.begin_recording();
    signals.reset = false;
    for (int cycle = 0; cycle < 200 && !HasFailure(); ++cycle) {
      drivers.drive_enables();
      drivers.drive_edge(signals.north);
      settle();
      signals.clk = true;
      for (bool again = true; again; again = drivers.flip()) {
        if (drivers.flip()) drivers.drive_edge(signals.west);
        settle();
        EXPECT_EQ(ArrayComparison(as_signals, as_state).first_difference(), "")
            << "in cycle " << cycle << ", seed " << seed;
      }
      sc_core::wait(1, sc_core::SC_NS);
      signals.clk = false;
      sc_core::wait(1, sc_core::SC_NS);
    }
    EXPECT_EQ(end_recording_throws(as_signals), end_recording_throws(as_state));
    EXPECT_EQ(ArrayComparison(as_signals, as_state).first_difference(), "");
    EXPECT_GT(as_state.activity().total_toggles(), 0);
  });
}

INSTANTIATE_TEST_SUITE_P(Modes, ArrayBetweenSignals,
                         ::testing::Values(Parameters{Design::arrayflex, 1, 32, Overlap::none},
                                           Parameters{Design::arrayflex, 2, 8, Overlap::none},
                                           Parameters{Design::arrayflex, 3, 16, Overlap::none},
                                           Parameters{Design::arrayflex, 7, 32, Overlap::none},
                                           Parameters{Design::conventional, 1, 32, Overlap::none},
                                           Parameters{Design::conventional, 1, 8, Overlap::none},
                                           Parameters{Design::arrayflex, 1, 32, Overlap::load},
                                           Parameters{Design::arrayflex, 3, 8, Overlap::load},
                                           Parameters{Design::conventional, 1, 16, Overlap::load},
                                           Parameters{Design::arrayflex, 1, 8, Overlap::full},
                                           Parameters{Design::arrayflex, 2, 32, Overlap::full},
                                           Parameters{Design::arrayflex, 3, 16, Overlap::full},
                                           Parameters{Design::arrayflex, 7, 32, Overlap::full},
                                           Parameters{Design::conventional, 1, 8, Overlap::full}));

}  // namespace
}  // namespace arrayflex::testing
