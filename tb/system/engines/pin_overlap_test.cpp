// Tiles that overlap, at the pin level in both levels of detail, against the oracle: results,
// cycles, every counter, the per-PE map and simulated time.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "system/engines/pin_arrays.h"

namespace arrayflex::testing {
namespace {

std::vector<EngineCase> all_small_cases() {
  std::vector<EngineCase> cases = exhaustive_overlap_cases(Overlap::load);
  for (const EngineCase& c : exhaustive_overlap_cases(Overlap::full)) cases.push_back(c);
  return cases;
}

TEST(OverlapCycleEngine, EqualsOracleOnAllSmallShapes) {
  const std::vector<EngineCase> cases = all_small_cases();
  ASSERT_EQ(cases.size(), 2u * 3726);
  expect_all_equal_oracle(cases, pin::Detail::state);
}

// Every fourth case, from a random one on.
TEST(OverlapPinEngine, EqualsOracleOnManySmallShapes) {
  const std::vector<EngineCase> all = all_small_cases();
  std::vector<EngineCase> some;
  for (std::size_t i = test_seed() % 4; i < all.size(); i += 4) some.push_back(all[i]);
  expect_all_equal_oracle(some, pin::Detail::signals);
}

// Few arrays and many products each: an array costs more than a product.
std::vector<EngineCase> random_cases_on_few_arrays(std::uint64_t seed, int arrays, int products) {
  std::vector<EngineCase> cases;
  for (const Overlap overlap : {Overlap::load, Overlap::full}) {
    for (const EngineCase& array : random_overlap_cases(seed, overlap, arrays, 20)) {
      for (EngineCase c : random_overlap_cases(array.seed, overlap, products, 20)) {
        // T keeps its place below, at or above R.
        c.shape.t = std::max<std::int64_t>(1, c.shape.t - c.rows + array.rows);
        move_to_array_of(array, c);
        cases.push_back(c);
      }
    }
  }
  return cases;
}

class OverlapRandom : public ::testing::TestWithParam<int> {};

TEST_P(OverlapRandom, CycleEngineEqualsOracle) {
  const std::uint64_t seed = test_seed() + static_cast<std::uint64_t>(GetParam());
  expect_all_equal_oracle(random_cases_on_few_arrays(seed, 8, 9), pin::Detail::state);
}

TEST_P(OverlapRandom, PinEngineEqualsOracle) {
  const std::uint64_t seed = test_seed() + 100 + static_cast<std::uint64_t>(GetParam());
  expect_all_equal_oracle(random_cases_on_few_arrays(seed, 4, 6), pin::Detail::signals);
}

INSTANTIATE_TEST_SUITE_P(Seed, OverlapRandom, ::testing::Range(0, 4));

class OverlapCycleKernel : public ::testing::TestWithParam<std::string> {};

TEST_P(OverlapCycleKernel, EqualsOracle) {
  expect_all_equal_oracle(random_cases_on_few_arrays(test_seed() + 17, 4, 9), pin::Detail::state,
                          GetParam());
}

INSTANTIATE_TEST_SUITE_P(Kernel, OverlapCycleKernel, ::testing::ValuesIn(available_kernels()),
                         kernel_test_name);

}  // namespace
}  // namespace arrayflex::testing
