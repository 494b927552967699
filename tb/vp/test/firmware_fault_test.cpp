// Firmware that goes wrong ends with a message that names pc and address; nothing hangs.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "firmware_run.h"

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
                    Expected{14, "BehindRegisters", "load of 4 byte(s)", "0x40000200"}),
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
