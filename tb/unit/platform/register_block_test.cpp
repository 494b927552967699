// Register accesses: the responses IEEE 1666 asks for, debug transport, 64-bit values in halves.
#include "arrayflex/platform/software/register_block.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <systemc>
#include <utility>
#include <vector>

#include "arrayflex/core/net_classes.h"
#include "arrayflex/platform/little_endian.h"

namespace arrayflex::platform {
namespace {

/// Stands for an accelerator: has the values of all registers that are not read-write, and notes
/// writes.
struct FakeTarget {
  std::map<std::pair<Register, int>, std::uint64_t> values;
  int writes = 0;

  BoundRegister bind(const RegisterInfo& info) {
    BoundRegister bound;
    bound.info = &info;
    const bool stored = info.access == Access::read_write;
    if (!stored && info.access != Access::write_only) {
      bound.read = [this, &info](int index) { return values[{info.id, index}]; };
    }
    if (info.access != Access::read_only) {
      bound.write = [this, &info, stored](std::uint64_t value, const sc_core::sc_time&) {
        ++writes;
        if (!stored) values[{info.id, 0}] = value;
      };
    }
    return bound;
  }
  std::vector<BoundRegister> bind_all() {
    std::vector<BoundRegister> all;
    for (const RegisterInfo& info : register_map()) all.push_back(bind(info));
    return all;
  }
};

class RegisterBlockTest : public testing::Test {
 protected:
  tlm::tlm_generic_payload& payload(tlm::tlm_command command, std::uint64_t address,
                                    unsigned int length) {
    payload_.set_command(command);
    payload_.set_address(address);
    payload_.set_data_ptr(data_);
    payload_.set_data_length(length);
    payload_.set_streaming_width(length);
    payload_.set_byte_enable_ptr(nullptr);
    payload_.set_byte_enable_length(0);
    payload_.set_dmi_allowed(false);
    payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    return payload_;
  }
  tlm::tlm_response_status send(bool held_in_reset = false) {
    block_.transport(payload_, sc_core::SC_ZERO_TIME, held_in_reset);
    EXPECT_FALSE(payload_.is_dmi_allowed());
    return payload_.get_response_status();
  }
  tlm::tlm_response_status access(tlm::tlm_command command, Register id, unsigned int length,
                                  std::uint32_t extra = 0) {
    payload(command, static_cast<std::uint32_t>(id) + extra, length);
    return send();
  }
  std::uint32_t read32(Register id, std::uint32_t extra = 0) {
    EXPECT_EQ(access(tlm::TLM_READ_COMMAND, id, 4, extra), tlm::TLM_OK_RESPONSE);
    return load_u32(data_);
  }
  void write(Register id, std::uint64_t value, unsigned int length, std::uint32_t extra = 0) {
    store_unsigned(data_, value, static_cast<int>(length));
    EXPECT_EQ(access(tlm::TLM_WRITE_COMMAND, id, length, extra), tlm::TLM_OK_RESPONSE);
  }

  std::uint64_t job_descriptor() const { return block_.value_of(Register::job_descriptor); }

  FakeTarget target_;
  RegisterBlock block_{target_.bind_all()};
  tlm::tlm_generic_payload payload_;
  unsigned char data_[1024] = {};
};

constexpr auto kRead = tlm::TLM_READ_COMMAND;
constexpr auto kWrite = tlm::TLM_WRITE_COMMAND;

TEST(RegisterMap, EveryRegisterIsDeclaredOnceAndNoneOverlap) {
  std::set<std::string> names;
  std::uint32_t end = 0;
  for (const RegisterInfo& info : register_map()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    const auto bytes = static_cast<std::uint32_t>(info.width_bits / 8);
    EXPECT_GE(info.offset(), end) << info.name;
    EXPECT_EQ(info.offset() % bytes, 0U) << info.name;
    end = info.offset() + bytes * static_cast<std::uint32_t>(info.count);
    EXPECT_LE(end, kRegisterWindowBytes) << info.name;
    int used = 0;
    for (const BitField& field : info.fields) {
      EXPECT_GE(field.low, used) << info.name << "." << field.name;
      used = field.low + field.width;
      EXPECT_LE(used, info.width_bits) << info.name << "." << field.name;
    }
  }
}

TEST_F(RegisterBlockTest, MalformedPayloadsGetTheRightResponse) {
  struct Case {
    const char* name;
    tlm::tlm_command command;
    std::uint64_t address;
    unsigned int length;
    unsigned int width;
    tlm::tlm_response_status response;
  };
  const auto unknown = static_cast<tlm::tlm_command>(3);  // the enumeration ends at 2
  const std::vector<Case> cases{
      {"zero length read", kRead, 0, 0, 0, tlm::TLM_BURST_ERROR_RESPONSE},
      {"zero length write", kWrite, 0x38, 0, 4, tlm::TLM_BURST_ERROR_RESPONSE},
      {"wrap-around", kRead, ~std::uint64_t{3}, 8, 8, tlm::TLM_ADDRESS_ERROR_RESPONSE},
      {"last byte of the address space", kRead, ~std::uint64_t{0}, 4, 4,
       tlm::TLM_ADDRESS_ERROR_RESPONSE},
      {"just beyond the window", kRead, kRegisterWindowBytes, 4, 4,
       tlm::TLM_ADDRESS_ERROR_RESPONSE},
      {"across the window's end", kRead, kRegisterWindowBytes - 4, 8, 8,
       tlm::TLM_ADDRESS_ERROR_RESPONSE},
      {"partly unmapped", kRead, 0x060, 8, 8, tlm::TLM_COMMAND_ERROR_RESPONSE},
      {"unmapped", kRead, 0x070, 4, 4, tlm::TLM_ADDRESS_ERROR_RESPONSE},
      {"one byte", kRead, 0, 1, 1, tlm::TLM_BURST_ERROR_RESPONSE},
      {"two bytes", kWrite, 0x38, 2, 2, tlm::TLM_BURST_ERROR_RESPONSE},
      {"twelve bytes", kRead, 0, 12, 12, tlm::TLM_BURST_ERROR_RESPONSE},
      {"a whole window", kRead, 0, kRegisterWindowBytes, kRegisterWindowBytes,
       tlm::TLM_BURST_ERROR_RESPONSE},
      {"huge", kRead, 0, ~0U, ~0U, tlm::TLM_BURST_ERROR_RESPONSE},
      {"streaming width below the length", kRead, 0, 8, 4, tlm::TLM_BURST_ERROR_RESPONSE},
      {"streaming width zero", kWrite, 0x38, 4, 0, tlm::TLM_BURST_ERROR_RESPONSE},
      {"streaming width above the length", kRead, 0, 4, 64, tlm::TLM_OK_RESPONSE},
      {"unaligned word", kRead, 2, 4, 4, tlm::TLM_ADDRESS_ERROR_RESPONSE},
      {"unaligned double word", kRead, 4, 8, 8, tlm::TLM_ADDRESS_ERROR_RESPONSE},
      {"unknown command", unknown, 0, 4, 4, tlm::TLM_COMMAND_ERROR_RESPONSE},
      {"ignore command", tlm::TLM_IGNORE_COMMAND, 0x38, 4, 4, tlm::TLM_OK_RESPONSE},
      {"ignore command, zero length", tlm::TLM_IGNORE_COMMAND, 0, 0, 0, tlm::TLM_OK_RESPONSE},
      {"write to a read-only register", kWrite, 0, 4, 4, tlm::TLM_COMMAND_ERROR_RESPONSE},
      {"read of a write-only register", kRead, 0x030, 4, 4, tlm::TLM_COMMAND_ERROR_RESPONSE},
      {"write to one writable and one read-only register", kWrite, 0x030, 8, 8,
       tlm::TLM_COMMAND_ERROR_RESPONSE},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    payload(c.command, c.address, c.length).set_streaming_width(c.width);
    EXPECT_EQ(send(), c.response);
  }
  EXPECT_EQ(target_.writes, 0) << "a refused or ignored access must have no effect";
}

TEST_F(RegisterBlockTest, NoDataPointerAndResetAreGenericErrors) {
  payload(kRead, 0, 4).set_data_ptr(nullptr);
  EXPECT_EQ(send(), tlm::TLM_GENERIC_ERROR_RESPONSE);
  payload(kWrite, 0x38, 4);
  EXPECT_EQ(send(true), tlm::TLM_GENERIC_ERROR_RESPONSE);
  EXPECT_EQ(target_.writes, 0);
}

TEST_F(RegisterBlockTest, ByteEnables) {
  struct Case {
    const char* name;
    std::vector<unsigned char> enables;
    tlm::tlm_response_status response;
    std::uint64_t after;  ///< of JOB_DESCRIPTOR, 0x1111111122222222 before
  };
  const unsigned char on = 0xFF, off = 0;
  const std::uint64_t before = 0x1111111122222222;
  const std::vector<Case> cases{
      {"all on", {on, on, on, on, on, on, on, on}, tlm::TLM_OK_RESPONSE, 0xAAAAAAAABBBBBBBB},
      {"short, all on", {on}, tlm::TLM_OK_RESPONSE, 0xAAAAAAAABBBBBBBB},
      {"short, not a divisor", {on, on, on}, tlm::TLM_OK_RESPONSE, 0xAAAAAAAABBBBBBBB},
      {"all off", {off, off, off, off, off, off, off, off}, tlm::TLM_OK_RESPONSE, before},
      {"short, all off", {off}, tlm::TLM_OK_RESPONSE, before},
      {"low word", {on, on, on, on, off, off, off, off}, tlm::TLM_OK_RESPONSE, 0x11111111BBBBBBBB},
      {"high word", {off, off, off, off, on, on, on, on}, tlm::TLM_OK_RESPONSE, 0xAAAAAAAA22222222},
      {"one byte",
       {on, off, off, off, off, off, off, off},
       tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE,
       before},
      {"short, every other byte", {on, off}, tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE, before},
      {"neither on nor off", {0x55}, tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE, before},
  };
  for (Case c : cases) {
    SCOPED_TRACE(c.name);
    write(Register::job_descriptor, before, 8);
    store_u64(data_, 0xAAAAAAAABBBBBBBB);
    payload(kWrite, static_cast<std::uint32_t>(Register::job_descriptor), 8);
    payload_.set_byte_enable_ptr(c.enables.data());
    payload_.set_byte_enable_length(static_cast<unsigned>(c.enables.size()));
    EXPECT_EQ(send(), c.response);
    EXPECT_EQ(job_descriptor(), c.after);
  }
  unsigned char enable = on;
  payload(kRead, 0, 4).set_byte_enable_ptr(&enable);
  EXPECT_EQ(send(), tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE) << "an enable array of length 0";
  enable = off;
  std::fill(std::begin(data_), std::end(data_), static_cast<unsigned char>(0x77));
  payload(kRead, 0x38, 4).set_byte_enable_ptr(&enable);
  payload_.set_byte_enable_length(1);
  EXPECT_EQ(send(), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(load_u32(data_), 0x77777777U) << "a disabled read must not touch the data";
}

TEST_F(RegisterBlockTest, LowThenHighReadsOneValue) {
  auto& cycles = target_.values[{Register::cycles, 0}];
  cycles = 0x00000001FFFFFFFF;
  EXPECT_EQ(read32(Register::cycles), 0xFFFFFFFFU);
  cycles = 0x0000000200000005;
  EXPECT_EQ(read32(Register::cycles, 4), 1U) << "latched with the low half";
  EXPECT_EQ(read32(Register::cycles, 4), 2U) << "the latch serves once";
  EXPECT_EQ(access(kRead, Register::cycles, 8), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(load_u64(data_), 0x0000000200000005U);
}

TEST_F(RegisterBlockTest, HalvesOfAddressRegistersAreWrittenOneByOne) {
  write(Register::job_descriptor, 0x89ABCDEF, 4);
  write(Register::job_descriptor, 0x01234567, 4, 4);
  EXPECT_EQ(job_descriptor(), 0x0123456789ABCDEFU);
  EXPECT_EQ(read32(Register::job_descriptor), 0x89ABCDEFU);
  write(Register::job_descriptor, 0xFEDCBA9876543210, 8);
  EXPECT_EQ(read32(Register::job_descriptor, 4), 0xFEDCBA98U) << "a write drops the latch";
}

TEST_F(RegisterBlockTest, ElementsOfAnArrayOfRegisters) {
  constexpr auto kCount = static_cast<std::uint32_t>(kNetClassCount);
  for (int i = 0; i < static_cast<int>(kCount); ++i) {
    target_.values[{Register::toggles, i}] =
        std::uint64_t{0x100000000} * 7 + static_cast<unsigned>(i);
  }
  for (std::uint32_t i = 0; i < kCount; ++i) {
    EXPECT_EQ(access(kRead, Register::toggles, 8, 8 * i), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(load_u64(data_), 0x700000000U + i);
  }
  EXPECT_EQ(access(kRead, Register::toggles, 8, 8 * kCount), tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_F(RegisterBlockTest, DebugHasNoSideEffects) {
  target_.values[{Register::irq_status, 0}] = 3;
  target_.values[{Register::cycles, 0}] = 0x1122334455667788;
  payload(kRead, 0x81, 3);
  EXPECT_EQ(block_.debug(payload_), 3U);
  EXPECT_EQ(data_[0], 0x77);
  EXPECT_EQ(data_[2], 0x55);
  payload(kRead, 0x3E, 100);
  EXPECT_EQ(block_.debug(payload_), 0x64U - 0x3E) << "up to the first byte without a register";
  store_u32(data_, 0xFFFFFFFF);
  for (const Register id : {Register::irq_status, Register::doorbell, Register::control,
                            Register::status, Register::id}) {
    payload(kWrite, static_cast<std::uint32_t>(id), 4);
    EXPECT_EQ(block_.debug(payload_), 0U);
  }
  EXPECT_EQ((target_.values[{Register::irq_status, 0}]), 3U);
  store_u32(data_, 0xDDCCBBAA);
  payload(kWrite, 0x59, 2);
  EXPECT_EQ(block_.debug(payload_), 2U);
  EXPECT_EQ(job_descriptor(), 0xBBAA00U);
  payload(kRead, kRegisterWindowBytes, 4);
  EXPECT_EQ(block_.debug(payload_), 0U);
  payload(kRead, ~std::uint64_t{0}, 4);
  EXPECT_EQ(block_.debug(payload_), 0U);
  EXPECT_EQ(target_.writes, 0);
}

TEST_F(RegisterBlockTest, AReadWriteRegisterHoldsTheBitsOfItsFieldsUntilReset) {
  write(Register::irq_enable, 0xFFFFFFFF, 4);
  EXPECT_EQ(target_.writes, 1) << "its handler is told";
  EXPECT_EQ(read32(Register::irq_enable), kIrqAll);
  write(Register::mode_select, 0xFFFFFFFF, 4);
  EXPECT_EQ(read32(Register::mode_select), 0xFFFFFFFFU) << "without fields all bits count";
  block_.reset();
  EXPECT_EQ(read32(Register::irq_enable), 0U);
  EXPECT_EQ(read32(Register::mode_select), 0U);
  EXPECT_THROW(block_.value_of(Register::status), std::logic_error) << "not one of those it holds";
}

/// Why a block of this one register cannot be constructed; empty if it can.
std::string refusal(const BoundRegister& bound, int times = 1) {
  try {
    RegisterBlock(std::vector<BoundRegister>(static_cast<std::size_t>(times), bound));
    return "";
  } catch (const std::logic_error& error) {
    return error.what();
  }
}

TEST(RegisterBlock, ARegisterWithoutAHandlerFailsAtConstruction) {
  const auto read = [](int) { return std::uint64_t{0}; };
  const auto write = [](std::uint64_t, const sc_core::sc_time&) {};
  const std::map<Access, BoundRegister> complete{
      {Access::read_only, {nullptr, read, {}}},
      {Access::write_only, {nullptr, {}, write}},
      {Access::write_one_to_clear, {nullptr, read, write}},
      {Access::read_write, {nullptr, {}, write}},
  };
  for (const auto& [access, bound] : complete) {
    SCOPED_TRACE(name_of(access));
    const RegisterInfo info{Register::status, "MADE_UP", 32, access, 0, false, 1, "", {}};
    const std::string name = std::string("register MADE_UP, ") + name_of(access) + ": ";
    const bool stored = access == Access::read_write;
    EXPECT_EQ(refusal({&info, bound.read, bound.write}), "");
    EXPECT_EQ(refusal({&info, {}, bound.write}),
              bound.read ? name + "nothing says what a read gives" : "");
    EXPECT_EQ(refusal({&info, bound.read, {}}),
              bound.write && !stored ? name + "nothing says what a write does" : "");
    EXPECT_EQ(refusal({&info, read, bound.write}),
              bound.read ? "" : name + "its read is never called");
    EXPECT_EQ(refusal({&info, bound.read, write}),
              bound.write ? "" : name + "its write is never called");
  }
}

TEST(RegisterBlock, RegistersMustNotOverlapOrLeaveTheWindow) {
  const auto read = [](int) { return std::uint64_t{0}; };
  RegisterInfo info{Register::status, "MADE_UP", 32, Access::read_only, 0, false, 1, "", {}};
  EXPECT_EQ(refusal({&info, read, {}}, 2), "register MADE_UP, RO: overlaps another register");
  info.count = 1 + kRegisterWindowBytes / 4;
  EXPECT_EQ(refusal({&info, read, {}}), "register MADE_UP, RO: beyond the window");
}

}  // namespace
}  // namespace arrayflex::platform
