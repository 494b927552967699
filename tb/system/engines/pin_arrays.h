// Pin-level arrays that run many cases each, compared with the oracle.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "arrayflex/pin/array_system.h"
#include "harness/simulation.h"
#include "system/engines/cases.h"

namespace arrayflex::testing {

// The arrays that the cases need, each elaborated once.
class PinArrays {
 public:
  PinArrays(const std::vector<EngineCase>& cases, pin::Detail detail, const std::string& kernel) {
    for (const EngineCase& c : cases) {
      std::unique_ptr<pin::ArraySystem>& system = systems_[key(c)];
      if (!system) {
        system =
            std::make_unique<pin::ArraySystem>(sc_core::sc_gen_unique_name("array"), config(c),
                                               c.design, RecordOptions{true, true, kernel}, detail);
      }
    }
  }

  Outcome run(const EngineCase& c) {
    pin::ArraySystem& system = *systems_.at(key(c));
    DenseResult result(c.shape, c.acc_width_bits);
    // A product asked for in the middle of the drain cycle before it starts with the next cycle.
    while (!system.clock().can_change_period()) sc_core::wait(system.clock().cycle_boundary());
    const sc_core::sc_time start = sc_core::sc_time_stamp();
    Outcome outcome;
    outcome.gemm = system.run(c.shape, c.k, c.operands(), result);
    outcome.x = result.values();
    const double units = (sc_core::sc_time_stamp() - start) / sc_core::sc_get_time_resolution();
    const double period_units =
        *system.config().period_ps(c.design, c.k) /
        (sc_core::sc_get_time_resolution() / sc_core::sc_time(1, sc_core::SC_PS));
    EXPECT_LE(std::abs(units - period_units * static_cast<double>(outcome.gemm.cycles)), 1.0) << c;
    return outcome;
  }

 private:
  using Key = std::tuple<int, int, int, Design, Overlap>;
  static Key key(const EngineCase& c) {
    return {c.rows, c.cols, c.data_width_bits, c.design, c.overlap};
  }

  // All modes of the array, each with a period that is no whole number of time units.
  static ArrayConfig config(const EngineCase& c) {
    ArrayParameters p = c.config().parameters();
    p.modes.clear();
    for (int k = 1; k <= std::min(c.rows, c.cols); ++k) {
      p.modes.push_back(k);
      p.clocks.mode_ps[k] = 1000.0 / 1.8 + 50.3 * (k - 1);
    }
    return ArrayConfig(p);
  }

  std::map<Key, std::unique_ptr<pin::ArraySystem>> systems_;
};

inline void expect_all_equal_oracle(const std::vector<EngineCase>& cases, pin::Detail detail,
                                    const std::string& kernel = {}) {
  PinArrays arrays(cases, detail, kernel);
  harness::run_in_thread([&] {
    for (const EngineCase& c : cases) {
      expect_equals_oracle(c, arrays.run(c));
      if (::testing::Test::HasFailure()) return;
    }
  });
}

}  // namespace arrayflex::testing
