// Firmware that goes wrong ends with a message that names pc and address; nothing hangs.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/vp/firmware_run.h"

namespace arrayflex::vp {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::uint64_t pc_of(int fault) { return kLandmark + 16 * static_cast<std::uint64_t>(fault); }

RunResult run_fault(int fault) {
  PlatformParameters parameters = small_platform();
  parameters.argument = static_cast<std::uint64_t>(fault);
  FirmwareRun firmware(parameters);
  return firmware.run("faults");
}

struct Expected {
  int fault;
  const char* name;
  const char* what;     ///< in the message
  const char* address;  ///< in the message, besides the pc
};

class Fault : public testing::TestWithParam<Expected> {};
INSTANTIATE_TEST_SUITE_P(
    Kinds, Fault,
    testing::Values(Expected{0, "LoadUnmapped", "load of 8 byte(s)", "0x50000008"},
                    Expected{1, "StoreUnmapped", "store of 4 byte(s)", "0x5000000c"},
                    Expected{3, "Illegal", "illegal instruction", "0xffffffff"},
                    Expected{4, "IllegalCompressed", "illegal instruction", "0x0"},
                    Expected{5, "WrongWidth", "load of 4 byte(s)", "0x10000000"},
                    Expected{6, "ReadOnly", "not allowed", "0x200bff8"},
                    Expected{7, "MisalignedRegister", "load of 4 byte(s)", "0x10000a"},
                    Expected{8, "AtomicOnDevice", "only loads and stores", ""},
                    Expected{9, "EndOfAddressSpace", "load of 8 byte(s)", "0xfffffffffffffff8"},
                    Expected{12, "TrapWithoutVector", "ecall", "mtvec is 0"},
                    Expected{13, "ReadOnlyCsr", "illegal instruction", "0xc0001073"},
                    Expected{14, "BehindRegisters", "load of 4 byte(s)", "0x40000200"},
                    Expected{15, "FloatingPoint", "illegal instruction", "0x2c5f553"},
                    Expected{16, "SupervisorReturn", "illegal instruction", "0x10200073"},
                    Expected{17, "SupervisorCsr", "illegal instruction", "0x10002673"},
                    Expected{18, "UnknownCsr", "illegal instruction", "0x7c002673"},
                    Expected{20, "AcrossTheEndOfRam", "load of 8 byte(s)", "0x800ffffc"}),
    [](const auto& test) { return test.param.name; });

TEST_P(Fault, NamesPcAndAddress) {
  const RunResult result = run_fault(GetParam().fault);
  EXPECT_EQ(result.outcome, Outcome::fault);
  EXPECT_THAT(result.message, AllOf(HasSubstr(GetParam().what), HasSubstr(GetParam().address),
                                    HasSubstr(fmt::format("pc {:#x}", pc_of(GetParam().fault)))));
}

TEST(FirmwareFault, JumpToNowhereNamesThePc) {
  const RunResult result = run_fault(2);
  EXPECT_EQ(result.outcome, Outcome::fault);
  EXPECT_THAT(result.message, HasSubstr("instruction fetch from pc 0x50000000"));
}

TEST(FirmwareFault, JumpToDeviceNamesThePc) {
  const RunResult result = run_fault(10);
  EXPECT_EQ(result.outcome, Outcome::fault);
  EXPECT_THAT(result.message, HasSubstr("instruction fetch from pc 0x10000000"));
}

TEST(FirmwareFault, InstructionCutOffByTheEndOfRamNamesThePc) {
  const RunResult result = run_fault(19);
  EXPECT_EQ(result.outcome, Outcome::fault);
  EXPECT_THAT(result.message, HasSubstr("instruction fetch from pc 0x800ffffe"));
}

TEST(FirmwareFault, FirstInstructionOfZerosIsIllegal) {
  FirmwareRun firmware;
  const RunResult result = firmware.run("zeros");
  EXPECT_EQ(result.outcome, Outcome::fault);
  EXPECT_THAT(result.message, HasSubstr("illegal instruction 0x0 at pc 0x80000000"));
  EXPECT_EQ(firmware.platform.cpu().instructions(), 0U);
}

TEST(FirmwareFault, FirstInstructionOfZerosIsIllegalWhereFaultsTrap) {
  PlatformParameters parameters = small_platform();
  parameters.fault_policy = FaultPolicy::trap;
  FirmwareRun firmware(parameters);
  const RunResult result = firmware.run("zeros");
  EXPECT_EQ(result.outcome, Outcome::fault);
  EXPECT_THAT(result.message, HasSubstr("illegal instruction 0x0 at pc 0x80000000"));
}

TEST(FirmwareFault, EndlessLoopEndsAtTheTimeLimit) {
  PlatformParameters parameters = small_platform();
  parameters.argument = 11;
  FirmwareRun firmware(parameters);
  const RunResult result = firmware.run("faults", sc_core::sc_time(3, sc_core::SC_MS));
  EXPECT_EQ(result.outcome, Outcome::time_limit);
  EXPECT_THAT(result.message,
              AllOf(HasSubstr("3 ms"), HasSubstr(fmt::format("pc {:#x}", pc_of(11)))));
  EXPECT_LE(sc_core::sc_time_stamp(), sc_core::sc_time(3, sc_core::SC_MS));
  EXPECT_GE(sc_core::sc_time_stamp(), sc_core::sc_time(3, sc_core::SC_MS) - parameters.quantum);
}

TEST(FirmwareFault, QuantumBeyondTheTimeLimitDoesNotHang) {
  PlatformParameters parameters = small_platform();
  parameters.argument = 11;
  parameters.quantum = sc_core::sc_time(20, sc_core::SC_MS);
  FirmwareRun firmware(parameters);
  EXPECT_EQ(firmware.run("faults", sc_core::sc_time(3, sc_core::SC_MS)).outcome,
            Outcome::time_limit);
}

TEST(FirmwareFault, QuantumBeyondAllHostTimeDoesNotHang) {
  PlatformParameters parameters = small_platform();
  parameters.argument = 11;
  parameters.quantum = sc_core::sc_time(1000, sc_core::SC_SEC);
  FirmwareRun firmware(parameters);
  const RunResult result = firmware.run("faults", sc_core::sc_time(3, sc_core::SC_MS));
  EXPECT_EQ(result.outcome, Outcome::time_limit);
  EXPECT_EQ(sc_core::sc_time_stamp(), sc_core::sc_time(3, sc_core::SC_MS));
}

TEST(FirmwareFault, RunEndsWhenTheCallerAsksForIt) {
  PlatformParameters parameters = small_platform();
  parameters.argument = 11;
  FirmwareRun firmware(parameters);
  firmware.load("faults");
  int looks = 0;
  const RunResult result = firmware.platform.run(sc_core::sc_time(1000, sc_core::SC_SEC), [&] {
    return ++looks < 100 ? "" : "somebody is impatient";
  });
  EXPECT_EQ(result.outcome, Outcome::stopped);
  EXPECT_EQ(looks, 100);
  EXPECT_THAT(result.message,
              AllOf(HasSubstr("impatient"), HasSubstr(fmt::format("pc {:#x}", pc_of(11)))));
}

PlatformParameters trapping_platform(std::uint64_t argument) {
  PlatformParameters parameters = small_platform();
  parameters.argument = argument;
  parameters.fault_policy = FaultPolicy::trap;
  return parameters;
}

TEST(TrappedFault, FirmwareLearnsWhatAndWhereAndGoesOn) {
  FirmwareRun firmware(trapping_platform(0));
  const RunResult result = firmware.run("trapped_faults");
  ASSERT_EQ(result.outcome, Outcome::exited) << result.message;
  struct Trap {
    std::uint64_t cause, pc, value;
  };
  const Trap traps[] = {{5, kLandmark, 0x50000008},          {7, kLandmark + 8, 0x5000000C},
                        {2, kLandmark + 16, 0xFFFFFFFF},     {2, kLandmark + 24, 0x100026F3},
                        {2, kLandmark + 32, 0xC0001073},     {5, kLandmark + 40, AFVP_UART_BASE},
                        {7, kLandmark + 48, AFVP_UART_BASE}, {1, 0x50000000, 0x50000000}};
  for (std::size_t i = 0; i < std::size(traps); ++i) {
    EXPECT_EQ(firmware.result(3 * i), traps[i].cause) << "mcause of fault " << i;
    EXPECT_EQ(firmware.result(3 * i + 1), traps[i].pc) << "mepc of fault " << i;
    EXPECT_EQ(firmware.result(3 * i + 2), traps[i].value) << "mtval of fault " << i;
  }
  EXPECT_EQ(firmware.result(30), std::size(traps)) << "instructions behind the faults";
}

TEST(TrappedFault, WithoutAHandlerItEndsTheRun) {
  FirmwareRun firmware(trapping_platform(0));
  const RunResult result = firmware.run("faults");
  EXPECT_EQ(result.outcome, Outcome::fault);
  EXPECT_THAT(result.message, AllOf(HasSubstr("load of 8 byte(s)"), HasSubstr("0x50000008"),
                                    HasSubstr(fmt::format("pc {:#x}", pc_of(0)))));
}

TEST(TrappedFault, HandlerThatIsNowhereEndsTheRun) {
  FirmwareRun firmware(trapping_platform(1));
  const RunResult result = firmware.run("trapped_faults");
  EXPECT_EQ(result.outcome, Outcome::fault);
  EXPECT_THAT(result.message, AllOf(HasSubstr("exceptions without end"),
                                    HasSubstr("instruction fetch from pc 0x60000000")));
}

class ExceptionLoop : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(AtOnceAndLater, ExceptionLoop, testing::Values(0, 1));

TEST_P(ExceptionLoop, EndsTheRun) {
  PlatformParameters parameters = small_platform();
  parameters.argument = static_cast<std::uint64_t>(GetParam());
  FirmwareRun firmware(parameters);
  const RunResult result = firmware.run("exception_loop", sc_core::sc_time(1000, sc_core::SC_SEC));
  EXPECT_EQ(result.outcome, Outcome::fault);
  EXPECT_THAT(result.message,
              AllOf(HasSubstr("exceptions without end"),
                    HasSubstr(GetParam() == 0 ? "mcause 11" : "mcause 3"), HasSubstr("pc 0x8")));
}

TEST(FirmwareFault, WfiWithoutEndIsADeadlock) {
  FirmwareRun firmware;
  const RunResult result = firmware.run("deadlock");
  EXPECT_EQ(result.outcome, Outcome::deadlock);
  EXPECT_THAT(result.message,
              AllOf(HasSubstr("waiting for an interrupt that cannot come"),
                    HasSubstr(fmt::format("pc {:#x}", kLandmark + 4)), HasSubstr("(mie) 0x800")));
}

TEST(FirmwareFault, WfiWithTheTimerMaskedIsADeadlock) {
  PlatformParameters parameters = small_platform();
  parameters.argument = 1;
  FirmwareRun firmware(parameters);
  const RunResult result = firmware.run("timer");
  EXPECT_EQ(result.outcome, Outcome::deadlock);
  EXPECT_THAT(result.message, HasSubstr("(mie) 0x0"));
}

}  // namespace
}  // namespace arrayflex::vp
