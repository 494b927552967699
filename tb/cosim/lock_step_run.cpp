#include "lock_step_run.h"

#include <cstdlib>
#include <iostream>

#include "system/engines/array_comparison.h"

namespace arrayflex::cosim {

using pin::ArraySystem;

std::uint64_t test_seed() {
  const char* text = std::getenv("ARRAYFLEX_TEST_SEED");
  const std::uint64_t seed = text == nullptr ? 20230417 : std::strtoull(text, nullptr, 10);
  std::cout << "ARRAYFLEX_TEST_SEED=" << seed << std::endl;
  return seed;
}

std::string name_of_case(const ::testing::TestParamInfo<RtlDescription>& test) {
  return test.param.name;
}

void DetailComparison::after_edge() {
  if (!first_difference_.empty()) return;
  testing::ArrayComparison comparison(signals_.array(), state_.cycle_array());
  comparison.expect_same("phase_cycle", signals_.signals().phase_cycle.read(),
                         state_.signals().phase_cycle.read());
  first_difference_ = comparison.first_difference();
}

sc_core::sc_time start_of(std::size_t product) {
  static const sc_core::sc_time kSlot(2, sc_core::SC_US);
  return kSlot * static_cast<double>(product);
}

void wait_until(const sc_core::sc_time& time) {
  if (time > sc_core::sc_time_stamp()) sc_core::wait(time - sc_core::sc_time_stamp());
}

void abort_some(const std::vector<std::optional<double>>& after_ps,
                const std::vector<ArraySystem*>& systems) {
  for (std::size_t i = 0; i < after_ps.size(); ++i) {
    if (!after_ps[i]) continue;
    wait_until(start_of(i) + sc_core::sc_time(*after_ps[i], sc_core::SC_PS));
    for (ArraySystem* system : systems) system->abort();
  }
}

void stop_at_mismatch(LockStep& lock_step, std::uint64_t seed) {
  lock_step.on_mismatch([&lock_step, seed] {
    ADD_FAILURE() << *lock_step.mismatch() << "; operand seed " << seed;
    sc_core::sc_stop();
  });
}

void expect_same_activity(const ActivityCounters& got, const ActivityCounters& want) {
  for (const NetClass c : all_net_classes()) EXPECT_EQ(got[c], want[c]) << name_of(c);
  for (const RegisterClass c : all_register_classes()) {
    const auto i = static_cast<std::size_t>(c);
    EXPECT_EQ(got.clocked_bits[i], want.clocked_bits[i]) << "clocked bits of " << name_of(c);
    EXPECT_EQ(got.gated_bits[i], want.gated_bits[i]) << "gated bits of " << name_of(c);
  }
}

DenseOperands random_operands(const ArrayConfig& config, const GemmShape& shape,
                              std::mt19937_64& random) {
  std::uniform_int_distribution<std::int64_t> value(config.operand_min(), config.operand_max());
  const auto values = [&](std::int64_t count) {
    std::vector<std::int32_t> list(static_cast<std::size_t>(count));
    for (auto& v : list) v = static_cast<std::int32_t>(value(random));
    return list;
  };
  auto a = values(shape.t * shape.n);
  auto b = values(shape.n * shape.m);
  return {config, shape, std::move(a), std::move(b)};
}

}  // namespace arrayflex::cosim
