// Boot, exit codes, terminal, counting of instructions and time, loads and stores, waits.
#include "system/vp/firmware_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "arrayflex/platform/job_descriptor.h"

namespace arrayflex::vp {
namespace {

TEST(FirmwareRun, ExitCodeIsTheFirmwares) {
  PlatformParameters parameters = small_platform();
  parameters.argument = 0x123456789;
  FirmwareRun firmware(parameters);
  const RunResult result = firmware.run("exit_code");
  EXPECT_EQ(result.outcome, Outcome::exited) << result.message;
  EXPECT_EQ(result.exit_code, 0x23456789U);
}

class Quantum : public testing::TestWithParam<int> {
 protected:
  PlatformParameters parameters() const {
    PlatformParameters p = small_platform();
    p.quantum = sc_core::sc_time(GetParam(), sc_core::SC_NS);
    return p;
  }
};
INSTANTIATE_TEST_SUITE_P(Nanoseconds, Quantum, testing::Values(0, 1, 7, 100, 10000, 10000000));

TEST_P(Quantum, TerminalTimeAndInstructionCountDoNotDependOnIt) {
  FirmwareRun firmware(parameters());
  const RunResult result = firmware.run("hello");
  EXPECT_EQ(result.outcome, Outcome::exited) << result.message;
  EXPECT_EQ(firmware.terminal.str(), "hello, world\n");
  // la and li: 3 instructions; 8 per character, 2 at the end.
  EXPECT_EQ(firmware.result(0), 3U + 13 * 8 + 2);
  // rdinstret, rdtime, li, beqz taken over a nop, rdcycle.
  EXPECT_EQ(firmware.result(1), firmware.result(0) + 5);
  // One cycle of 1 ns each.
  EXPECT_EQ(firmware.result(2), firmware.result(0) + 1);
  EXPECT_EQ(firmware.result(3), firmware.result(2) + 3);
}

TEST(FirmwareRun, InstructionTakesOneCpuPeriod) {
  PlatformParameters parameters = small_platform();
  parameters.cpu_period = sc_core::sc_time(4, sc_core::SC_NS);
  FirmwareRun firmware(parameters);
  EXPECT_EQ(firmware.run("hello").outcome, Outcome::exited);
  EXPECT_EQ(firmware.result(2), 4 * (firmware.result(0) + 1));  // in nanoseconds
  EXPECT_EQ(firmware.result(3), firmware.result(0) + 4);        // in cycles
}

TEST_P(Quantum, RegisterLatencyIsWaitedForOnEveryAccess) {
  PlatformParameters p = parameters();
  p.accelerators[0].register_latency = sc_core::sc_time(250, sc_core::SC_NS);
  FirmwareRun firmware(p);
  EXPECT_EQ(firmware.run("register_reads").outcome, Outcome::exited);
  // rdtime, li, 100 times (lw, addi, bnez); a load takes the latency and its own cycle.
  EXPECT_EQ(firmware.result(1) - firmware.result(0), 2U + 100 * (3 + 250));
  EXPECT_EQ(firmware.result(2), 0x41464C58U);
  EXPECT_EQ(firmware.result(3), 0x0001000041464C58U) << "64 bits in one access";
}

TEST(FirmwareRun, RewrittenCodeIsRunAndCountedAnew) {
  FirmwareRun firmware;
  EXPECT_EQ(firmware.run("self_modifying").outcome, Outcome::exited);
  // The call (auipc and jalr, or jal), the patch, ret and rdinstret.
  EXPECT_EQ(firmware.result(1), firmware.result(0) + 1) << "two instructions instead of one";
  EXPECT_EQ(firmware.result(2), 100U);
  EXPECT_EQ(firmware.result(3), 110U);
}

/// A job for `name`.elf at job.S's address: X = A * B with T = 2, N = 3, M = 2.
void place_job(platform::Memory& ram) {
  const std::int32_t a[2][3] = {{1, 2, 3}, {4, 5, 6}};
  const std::int32_t b[3][2] = {{1, 0}, {0, 1}, {-1, 2}};
  platform::JobDescriptor job;
  job.t = 2;
  job.n = 3;
  job.m = 2;
  job.k = 1;
  job.a = {AFVP_RAM_BASE + 0x18100, sizeof a[0]};
  job.b = {AFVP_RAM_BASE + 0x18200, sizeof b[0]};
  job.x = {AFVP_RAM_BASE + 0x18300, 2 * sizeof(std::int64_t)};
  const platform::DescriptorBytes descriptor = platform::encode(job);
  std::memcpy(ram.bytes().data() + 0x18000, descriptor.data(), descriptor.size());
  std::memcpy(ram.bytes().data() + 0x18100, a, sizeof a);
  std::memcpy(ram.bytes().data() + 0x18200, b, sizeof b);
}

class BothEngines : public testing::TestWithParam<platform::EngineKind> {};
INSTANTIATE_TEST_SUITE_P(Platform, BothEngines,
                         testing::Values(platform::EngineKind::fast, platform::EngineKind::pin),
                         [](const auto& test) { return arrayflex::name_of(test.param); });

TEST_P(BothEngines, JobRunsAndTotalsOutliveClearedCounters) {
  PlatformParameters parameters = small_platform();
  parameters.accelerators[0].engine = GetParam();
  FirmwareRun firmware(parameters);
  place_job(firmware.platform.ram());
  const RunResult result = firmware.run("job");
  ASSERT_EQ(result.outcome, Outcome::exited) << result.message;
  std::int64_t x[2][2];
  std::memcpy(x, firmware.platform.ram().bytes().data() + 0x18300, sizeof x);
  EXPECT_EQ(x[0][0], -2);
  EXPECT_EQ(x[0][1], 8);
  EXPECT_EQ(x[1][0], -2);
  EXPECT_EQ(x[1][1], 17);
  // L(k) = R + R/k + C/k + T - 2 with k = 1.
  EXPECT_EQ(firmware.result(0), 24U) << "cycles of the first job";
  EXPECT_EQ(firmware.result(1), 24U) << "cycles since they were cleared";
  EXPECT_EQ(firmware.platform.accelerators()[0]->counters().jobs_done, 1);
  EXPECT_EQ(firmware.platform.totals(0).jobs_done, 2);
  EXPECT_EQ(firmware.platform.totals(0).cycles, 48);
}

TEST(FirmwareRun, SeveralAcceleratorsAreFoundAtTheirAddresses) {
  PlatformParameters parameters = small_platform();
  parameters.accelerators.push_back(parameters.accelerators[0]);
  parameters.accelerators[1].array.cols = 16;
  FirmwareRun firmware(parameters);
  EXPECT_EQ(firmware.platform.accelerators().size(), 2U);
  EXPECT_EQ(firmware.platform.accelerators()[1]->config().cols(), 16);
  EXPECT_EQ(firmware.run("register_reads").outcome, Outcome::exited);
}

}  // namespace
}  // namespace arrayflex::vp
