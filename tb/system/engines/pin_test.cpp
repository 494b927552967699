// The pin level, in both levels of detail, against the oracle, and so against the fast engine:
// results, cycles, every counter, the per-PE map and simulated time. One array runs many products
// in turn and in many modes, so each comparison with the oracle, which starts afresh, also says
// that nothing is left over from the products before.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "system/engines/pin_arrays.h"

namespace arrayflex::testing {
namespace {

// Few arrays and many products each: an array costs more than a product.
std::vector<EngineCase> random_cases_on_few_arrays(std::uint64_t seed) {
  const std::vector<EngineCase> arrays = random_cases(seed, 12, 24);
  std::vector<EngineCase> cases;
  for (EngineCase c : random_cases(seed + 1000, 80, 24)) {
    const EngineCase& array = arrays[cases.size() % arrays.size()];
    move_to_array_of(array, c);
    cases.push_back(c);
  }
  return cases;
}

std::string name_of(pin::Detail detail) {
  return detail == pin::Detail::signals ? "signals" : "state";
}

class PinEngine : public ::testing::TestWithParam<pin::Detail> {};

TEST_P(PinEngine, EqualsOracleOnAllSmallShapes) {
  expect_all_equal_oracle(exhaustive_small_cases(), GetParam());
}

// The same product before, between and after products in other modes.
TEST_P(PinEngine, ModeSwitchesLeaveNothingBehind) {
  std::vector<EngineCase> cases;
  for (const int k : {1, 4, 2, 1, 3, 5, 4, 1, 2, 3}) {
    EngineCase c{7, 5, k, 32, 64, {9, 15, 11}};
    c.seed = 7;
    cases.push_back(c);
  }
  expect_all_equal_oracle(cases, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Detail, PinEngine,
                         ::testing::Values(pin::Detail::signals, pin::Detail::state),
                         [](const auto& test) { return name_of(test.param); });

class PinEngineRandom : public ::testing::TestWithParam<std::tuple<pin::Detail, int>> {};

TEST_P(PinEngineRandom, EqualsOracle) {
  const auto& [detail, number] = GetParam();
  const std::uint64_t seed = test_seed() + static_cast<std::uint64_t>(number);
  expect_all_equal_oracle(random_cases_on_few_arrays(seed), detail);
}

INSTANTIATE_TEST_SUITE_P(Seed, PinEngineRandom,
                         ::testing::Combine(::testing::Values(pin::Detail::signals,
                                                              pin::Detail::state),
                                            ::testing::Range(0, 4)),
                         [](const auto& test) {
                           return name_of(std::get<0>(test.param)) +
                                  std::to_string(std::get<1>(test.param));
                         });

class CycleEngineKernel : public ::testing::TestWithParam<std::string> {};

TEST_P(CycleEngineKernel, EqualsOracle) {
  expect_all_equal_oracle(random_cases_on_few_arrays(test_seed() + 17), pin::Detail::state,
                          GetParam());
}

INSTANTIATE_TEST_SUITE_P(Kernel, CycleEngineKernel, ::testing::ValuesIn(available_kernels()),
                         kernel_test_name);

}  // namespace
}  // namespace arrayflex::testing
