// The conventional array in the accelerator: same registers and jobs, one mode, a clock of its own.
#include "arrayflex/core/error.h"
#include "system/platform/fixture.h"

namespace arrayflex::platform::test {
namespace {

AcceleratorParameters conventional_accelerator(EngineKind engine) {
  AcceleratorParameters p = small_accelerator(engine);
  p.design = Design::conventional;
  p.array.clocks.conventional_ps = 700.5;
  return p;
}

class DesignTest : public EngineTest {};

TEST_P(DesignTest, ConventionalJobMatchesTheCoreLibrary) {
  const AcceleratorParameters parameters = conventional_accelerator(GetParam());
  const ArrayConfig config(parameters.array);
  Platform platform(parameters);
  Memory memory("memory", MemoryParameters{});
  platform.accelerator.memory_socket.bind(memory.socket);
  std::mt19937_64 random(2211);
  JobOptions options;
  options.shape = {7, 9, 11};
  TestJob job(config, options, random);
  std::uint64_t cursor = 64;
  job.place(memory.bytes(), 0, cursor);
  harness::run_in_thread([&] {
    run_clean_job(platform, job, memory.bytes());
    const AcceleratorCounters counters = platform.accelerator.counters();
    EXPECT_EQ(counters.cycles, gemm_cycles(config, options.shape, 1));
    EXPECT_EQ(counters.stall_cycles, 0);
    const CycleGrid clock(sc_core::SC_ZERO_TIME, 700.5);
    expect_within_a_step(counters.time, clock.time_of(counters.cycles));
    EXPECT_EQ(counters.activity[NetClass::csa_sum], 0);
    EXPECT_EQ(counters.activity[NetClass::bypass_mux], 0);
    EXPECT_EQ(counters.activity, job.fast_engine_result(Design::conventional).activity);
  });
}

TEST_P(DesignTest, ConventionalRegistersListOneMode) {
  Platform platform(conventional_accelerator(GetParam()));
  Memory memory("memory", MemoryParameters{});
  platform.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    EXPECT_EQ(platform.driver.read64(Register::mode_bitmap), 1U);
    EXPECT_EQ(platform.driver.read32(Register::capabilities) >> 16 & 0xFF, 1U);
    EXPECT_EQ(platform.driver.read32(Register::mode_value), 1U);
    platform.driver.write32(Register::mode_select, 1);
    EXPECT_EQ(platform.driver.read32(Register::mode_value), 0U);
  });
}

TEST_P(DesignTest, ConventionalArrayRefusesOtherModes) {
  const AcceleratorParameters parameters = conventional_accelerator(GetParam());
  Platform platform(parameters);
  Memory memory("memory", MemoryParameters{});
  platform.accelerator.memory_socket.bind(memory.socket);
  std::mt19937_64 random(2212);
  JobOptions options;
  options.shape = {3, 4, 5};
  options.k = 2;
  TestJob job(ArrayConfig(parameters.array), options, random);
  std::uint64_t cursor = 64;
  job.place(memory.bytes(), 0, cursor);
  harness::run_in_thread([&] {
    platform.ring(job.address());
    platform.wait_idle();
    EXPECT_EQ(platform.driver.read32(Register::error_code),
              static_cast<std::uint32_t>(ErrorCode::collapse_factor));
  });
}

TEST(DesignParameters, ConventionalArrayNeedsItsClock) {
  AcceleratorParameters p = conventional_accelerator(EngineKind::fast);
  validate(p);
  p.array.clocks.conventional_ps.reset();
  EXPECT_THROW(validate(p), InputError);
  p.design = Design::arrayflex;
  validate(p);
}

INSTANTIATE_TEST_SUITE_P(Engines, DesignTest, testing::ValuesIn(engines()), engine_test_name);

}  // namespace
}  // namespace arrayflex::platform::test
