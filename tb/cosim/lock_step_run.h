// What tests in lock-step have in common: seeds, times of products, comparisons.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <systemc>
#include <vector>

#include "arrayflex/core/activity.h"
#include "arrayflex/engine/fast_engine.h"
#include "lock_step.h"

namespace arrayflex::cosim {

/// ARRAYFLEX_TEST_SEED, or a fixed one; printed.
std::uint64_t test_seed();

std::string name_of_case(const ::testing::TestParamInfo<RtlDescription>& test);

/// Compares the model's two levels of detail in the cycles in which the RTL is compared.
class DetailComparison final : public CycleObserver {
 public:
  DetailComparison(const pin::ArraySystem& signals, const pin::ArraySystem& state)
      : signals_(signals), state_(state) {}
  void after_edge() override;
  const std::string& first_difference() const { return first_difference_; }

 private:
  const pin::ArraySystem& signals_;
  const pin::ArraySystem& state_;
  std::string first_difference_;
};

/// Products start together: when number `product` does, and waiting for it.
sc_core::sc_time start_of(std::size_t product);
void wait_until(const sc_core::sc_time& time);

/// The sums of each tile.
using Results = std::vector<std::vector<std::int64_t>>;

/// Resets the systems in the products that are to be aborted, so long after each began.
void abort_some(const std::vector<std::optional<double>>& after_ps,
                const std::vector<pin::ArraySystem*>& systems);

/// Fails the test, and stops the simulation, at the first mismatch.
void stop_at_mismatch(LockStep& lock_step, std::uint64_t seed);

void expect_same_activity(const ActivityCounters& got, const ActivityCounters& want);

/// Operands of full range.
DenseOperands random_operands(const ArrayConfig& config, const GemmShape& shape,
                              std::mt19937_64& random);

}  // namespace arrayflex::cosim
