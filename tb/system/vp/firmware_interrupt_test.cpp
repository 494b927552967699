// Timer, software and external interrupts, their masks, WFI and exceptions, as firmware sees them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/vp/firmware_run.h"

namespace arrayflex::vp {
namespace {

constexpr std::uint64_t kInterrupt = std::uint64_t{1} << 63;
constexpr std::uint64_t kTimerBit = 1U << AFVP_MACHINE_TIMER_INTERRUPT;
constexpr std::uint64_t kExternalBit = 1U << AFVP_MACHINE_EXTERNAL_INTERRUPT;
constexpr std::uint64_t kSourceBit = 1U << AFVP_ACCELERATOR_IRQ(0);
constexpr std::uint64_t kMie = 1U << 3, kMpie = 1U << 7, kMpp = 3U << 11;

class Interrupt : public testing::TestWithParam<int> {
 protected:
  PlatformParameters parameters(std::uint64_t argument) const {
    PlatformParameters p = small_platform();
    p.quantum = sc_core::sc_time(GetParam(), sc_core::SC_NS);
    p.argument = argument;
    return p;
  }
};
INSTANTIATE_TEST_SUITE_P(QuantumNanoseconds, Interrupt, testing::Values(0, 1, 100, 3000));

TEST_P(Interrupt, WfiEndsAtTheTimersExactTime) {
  FirmwareRun firmware(parameters(0));
  const RunResult result = firmware.run("timer");
  ASSERT_EQ(result.outcome, Outcome::exited) << result.message;
  EXPECT_EQ(firmware.result(0), 0U) << "mip before";
  EXPECT_EQ(firmware.result(1), 5000U) << "time of the next instruction";
  EXPECT_EQ(firmware.result(2), kTimerBit) << "mip while mtime >= mtimecmp";
  EXPECT_EQ(firmware.result(3), 5004U) << "mtime: rdtime, csrr and two for the address later";
  EXPECT_EQ(firmware.result(4), 0U) << "mip after mtimecmp was raised";
  EXPECT_EQ(firmware.result(5), ~std::uint64_t{0});
  EXPECT_EQ(firmware.result(6), 0xFFFFFFFFU) << "the upper half";
}

void expect_timer_interrupt(FirmwareRun& firmware, int quantum_ns) {
  EXPECT_EQ(firmware.result(1), 1U) << "the handler ran";
  EXPECT_EQ(firmware.result(2), kInterrupt | AFVP_MACHINE_TIMER_INTERRUPT);
  EXPECT_EQ(firmware.result(3) & (kMie | kMpie | kMpp), kMpie | kMpp) << "mstatus in the handler";
  EXPECT_GE(firmware.result(4), 20000U);
  // Late by a quantum at most, a basic block and the handler's first instructions.
  EXPECT_LE(firmware.result(4), 20000U + static_cast<unsigned>(quantum_ns) + 16);
  EXPECT_EQ(firmware.result(6) & kMie, kMie) << "mret enables interrupts again";
  EXPECT_EQ(firmware.platform.cpu().interrupts(), 1U);
}

TEST_P(Interrupt, TimerInterruptsTheProgram) {
  FirmwareRun firmware(parameters(0));
  const RunResult result = firmware.run("timer_interrupt");
  ASSERT_EQ(result.outcome, Outcome::exited) << result.message;
  ASSERT_EQ(result.exit_code, 0U);
  expect_timer_interrupt(firmware, GetParam());
  EXPECT_EQ(firmware.result(7), 1U) << "all traps go to the base";
}

TEST_P(Interrupt, VectoredTrapsGoToTheirEntry) {
  FirmwareRun firmware(parameters(1));
  const RunResult result = firmware.run("timer_interrupt");
  ASSERT_EQ(result.outcome, Outcome::exited) << result.message;
  ASSERT_EQ(result.exit_code, 0U);
  expect_timer_interrupt(firmware, GetParam());
  EXPECT_EQ(firmware.result(7), 2U);
}

TEST_P(Interrupt, StoreThatRaisesOneIsInterruptedRightBehindIt) {
  FirmwareRun firmware(parameters(0));
  const RunResult result = firmware.run("software_interrupt");
  ASSERT_EQ(result.outcome, Outcome::exited) << result.message;
  EXPECT_EQ(firmware.result(0), 2U) << "the program went on";
  EXPECT_EQ(firmware.result(1), 0U) << "nothing ran between the store and the handler";
  EXPECT_EQ(firmware.result(2), kLandmark + 2) << "mepc (the store is compressed)";
  EXPECT_EQ(firmware.result(3), kInterrupt | AFVP_MACHINE_SOFTWARE_INTERRUPT);
  EXPECT_EQ(firmware.result(4), 1U) << "taken once";
}

TEST_P(Interrupt, AcceleratorInterruptsThroughTheController) {
  FirmwareRun firmware(parameters(0));
  const RunResult result = firmware.run("plic");
  ASSERT_EQ(result.outcome, Outcome::exited) << result.message;
  EXPECT_EQ(firmware.result(0), 0U) << "nothing pending in the end";
  EXPECT_EQ(firmware.result(1), 0U) << "mip in the end";
  EXPECT_EQ(firmware.result(2), 2U) << "again, as long as the line is high";
  EXPECT_EQ(firmware.result(3), kInterrupt | AFVP_MACHINE_EXTERNAL_INTERRUPT);
  EXPECT_EQ(firmware.result(4), static_cast<std::uint64_t>(AFVP_ACCELERATOR_IRQ(0))) << "claim";
  EXPECT_EQ(firmware.result(5), 0U) << "nothing more to claim";
  EXPECT_EQ(firmware.result(6), 0U) << "mip after the claim";
  EXPECT_EQ(firmware.result(7), static_cast<std::uint64_t>(AFVP_ACCELERATOR_IRQ(0)));
  EXPECT_EQ(firmware.result(8), 0U) << "mip after completion with the line low";
  EXPECT_EQ(firmware.platform.cpu().interrupts(), 2U);
}

struct Mask {
  std::uint64_t argument;
  const char* name;
  std::uint64_t pending;  ///< in the controller
  std::uint64_t mip;
};

class MaskedInterrupt : public testing::TestWithParam<Mask> {};
INSTANTIATE_TEST_SUITE_P(Where, MaskedInterrupt,
                         testing::Values(Mask{1, "EnableOfTheController", kSourceBit, 0},
                                         Mask{2, "PriorityZero", kSourceBit, 0},
                                         Mask{3, "Threshold", kSourceBit, 0},
                                         Mask{4, "Mie", kSourceBit, kExternalBit},
                                         Mask{5, "MstatusMie", kSourceBit, kExternalBit},
                                         Mask{6, "EnableOfTheAccelerator", 0, 0}),
                         [](const auto& test) { return test.param.name; });

TEST_P(MaskedInterrupt, IsPendingUpToTheMaskAndNotTaken) {
  PlatformParameters parameters = small_platform();
  parameters.quantum = sc_core::sc_time(100, sc_core::SC_NS);
  parameters.argument = GetParam().argument;
  FirmwareRun firmware(parameters);
  const RunResult result = firmware.run("plic");
  ASSERT_EQ(result.outcome, Outcome::exited) << result.message;
  EXPECT_EQ(firmware.result(2), 0U) << "calls of the handler";
  EXPECT_EQ(firmware.result(0), GetParam().pending);
  EXPECT_EQ(firmware.result(1), GetParam().mip);
  EXPECT_EQ(firmware.platform.cpu().interrupts(), 0U);
}

TEST_P(Interrupt, SeveralSourcesAreClaimedByPriorityAndNest) {
  PlatformParameters p = parameters(0);
  p.accelerators.assign(3, p.accelerators[0]);
  FirmwareRun firmware(p);
  const RunResult result = firmware.run("plic_sources");
  ASSERT_EQ(result.outcome, Outcome::exited) << result.message;
  constexpr std::uint64_t kAll = 2U | 4U | 8U;
  EXPECT_EQ(firmware.result(0), kAll) << "pending";
  EXPECT_EQ(firmware.result(1), 2U) << "highest priority first";
  EXPECT_EQ(firmware.result(2), 1U) << "then the lower number";
  EXPECT_EQ(firmware.result(3), 3U);
  EXPECT_EQ(firmware.result(4), 0U) << "all claimed";
  EXPECT_EQ(firmware.result(5), 0U);
  EXPECT_EQ(firmware.result(6), 2U | 4U) << "a disabled source is not completed";
  EXPECT_EQ(firmware.result(7), kAll);
  EXPECT_EQ(firmware.result(8), kAll) << "pending outlives the line";
  EXPECT_EQ(firmware.result(9), 1U) << "the only one enabled";
  EXPECT_EQ(firmware.result(10), 0U);
  EXPECT_EQ(firmware.result(11), 2U);
  EXPECT_EQ(firmware.result(12), 3U);
  EXPECT_EQ(firmware.result(13), 0U) << "completed with the lines low";
  EXPECT_EQ(firmware.result(14), 0U);
  EXPECT_EQ(firmware.result(15), 2U) << "calls of the handler";
  EXPECT_EQ(firmware.result(16), 2U) << "the inner one was the second";
  EXPECT_EQ(firmware.result(17), 2U) << "and came while the outer one ran";
  EXPECT_EQ(firmware.platform.cpu().interrupts(), 2U);
}

TEST_P(Interrupt, ExceptionsTrapIntoFirmware) {
  FirmwareRun firmware(parameters(0));
  const RunResult result = firmware.run("exceptions");
  ASSERT_EQ(result.outcome, Outcome::exited) << result.message;
  struct Trap {
    std::uint64_t cause, pc;
  };
  const Trap traps[] = {{11, kLandmark},
                        {3, kLandmark + 4},
                        {3, kLandmark + 8},
                        {4, kLandmark + 10},
                        {6, kLandmark + 14}};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(firmware.result(3 * i), traps[i].cause) << "mcause of trap " << i;
    EXPECT_EQ(firmware.result(3 * i + 1), traps[i].pc) << "mepc of trap " << i;
  }
  EXPECT_EQ(firmware.result(3 * 1 + 2), kLandmark + 4) << "mtval of ebreak: its pc";
  EXPECT_EQ(firmware.result(3 * 3 + 2) & 3U, 1U) << "mtval: the misaligned address";
  EXPECT_EQ(firmware.result(3 * 4 + 2), firmware.result(3 * 3 + 2));
}

}  // namespace
}  // namespace arrayflex::vp
