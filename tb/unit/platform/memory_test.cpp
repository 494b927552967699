// The plain TLM memory: responses, byte enables, streaming, debug, direct access, parameters.
#include "arrayflex/platform/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <numeric>

#include "arrayflex/core/error.h"
#include "harness/simulation.h"

namespace arrayflex::platform {
namespace {

struct Master : sc_core::sc_module {
  explicit Master(const sc_core::sc_module_name& name)
      : sc_core::sc_module(name), socket("socket") {}
  tlm_utils::simple_initiator_socket<Master> socket;
};

class MemoryTest : public testing::Test {
 protected:
  static MemoryParameters parameters() {
    MemoryParameters p;
    p.base_address = 0x1000;
    p.size_bytes = 64;
    p.latency = sc_core::sc_time(5, sc_core::SC_NS);
    p.grant_dmi = true;
    return p;
  }
  MemoryTest() {
    master_.socket.bind(memory_.socket);
    std::iota(memory_.bytes().begin(), memory_.bytes().end(), static_cast<unsigned char>(0));
    std::iota(std::begin(data_), std::end(data_), static_cast<unsigned char>(100));
  }
  tlm::tlm_generic_payload& payload(tlm::tlm_command command, std::uint64_t address,
                                    unsigned int length, unsigned int width) {
    payload_.set_command(command);
    payload_.set_address(address);
    payload_.set_data_ptr(data_);
    payload_.set_data_length(length);
    payload_.set_streaming_width(width);
    payload_.set_byte_enable_ptr(nullptr);
    payload_.set_byte_enable_length(0);
    payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    return payload_;
  }
  tlm::tlm_response_status send() {
    sc_core::sc_time delay(1, sc_core::SC_NS);
    master_.socket->b_transport(payload_, delay);
    EXPECT_EQ(delay, sc_core::sc_time(6, sc_core::SC_NS));
    return payload_.get_response_status();
  }

  Memory memory_{"memory", parameters()};
  Master master_{"master"};
  tlm::tlm_generic_payload payload_;
  unsigned char data_[128] = {};
};

TEST_F(MemoryTest, Responses) {
  struct Case {
    tlm::tlm_command command;
    std::uint64_t address;
    unsigned int length, width;
    tlm::tlm_response_status response;
  };
  const auto unknown = static_cast<tlm::tlm_command>(3);
  const std::vector<Case> cases{
      {tlm::TLM_READ_COMMAND, 0x1000, 64, 64, tlm::TLM_OK_RESPONSE},
      {tlm::TLM_READ_COMMAND, 0x1000, 65, 65, tlm::TLM_ADDRESS_ERROR_RESPONSE},
      {tlm::TLM_READ_COMMAND, 0x0FFF, 1, 1, tlm::TLM_ADDRESS_ERROR_RESPONSE},
      {tlm::TLM_WRITE_COMMAND, 0x103F, 2, 2, tlm::TLM_ADDRESS_ERROR_RESPONSE},
      {tlm::TLM_READ_COMMAND, ~std::uint64_t{0}, 8, 8, tlm::TLM_ADDRESS_ERROR_RESPONSE},
      {tlm::TLM_READ_COMMAND, 0x1000, 0, 0, tlm::TLM_BURST_ERROR_RESPONSE},
      {tlm::TLM_READ_COMMAND, 0x1000, 4, 0, tlm::TLM_BURST_ERROR_RESPONSE},
      {unknown, 0x1000, 4, 4, tlm::TLM_COMMAND_ERROR_RESPONSE},
      {tlm::TLM_IGNORE_COMMAND, 0x1000, 0, 0, tlm::TLM_OK_RESPONSE},
  };
  harness::run_in_thread([&] {
    for (const Case& c : cases) {
      payload(c.command, c.address, c.length, c.width);
      EXPECT_EQ(send(), c.response) << std::hex << c.address << " length " << c.length;
    }
    payload(tlm::TLM_READ_COMMAND, 0x1000, 4, 4).set_data_ptr(nullptr);
    EXPECT_EQ(send(), tlm::TLM_GENERIC_ERROR_RESPONSE);
  });
}

TEST_F(MemoryTest, ByteEnablesAndStreaming) {
  harness::run_in_thread([&] {
    unsigned char enables[3] = {0xFF, 0x00, 0xFF};
    payload(tlm::TLM_WRITE_COMMAND, 0x1008, 7, 7).set_byte_enable_ptr(enables);
    payload_.set_byte_enable_length(3);
    EXPECT_EQ(send(), tlm::TLM_OK_RESPONSE);
    const std::vector<unsigned char> after(memory_.bytes().begin() + 8,
                                           memory_.bytes().begin() + 16);
    EXPECT_THAT(after, testing::ElementsAre(100, 9, 102, 103, 12, 105, 106, 15));
    payload(tlm::TLM_READ_COMMAND, 0x1020, 10, 4);
    EXPECT_EQ(send(), tlm::TLM_OK_RESPONSE);
    EXPECT_THAT(std::vector<unsigned char>(data_, data_ + 11),
                testing::ElementsAre(32, 33, 34, 35, 32, 33, 34, 35, 32, 33, 110));
    enables[1] = 0x01;
    payload(tlm::TLM_READ_COMMAND, 0x1020, 4, 4).set_byte_enable_ptr(enables);
    payload_.set_byte_enable_length(3);
    EXPECT_EQ(send(), tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    payload_.set_byte_enable_length(0);
    EXPECT_EQ(send(), tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  });
}

TEST_F(MemoryTest, DebugAndDirectAccessTakeNoTime) {
  harness::run_in_thread([&] {
    payload(tlm::TLM_READ_COMMAND, 0x103E, 9, 9);
    EXPECT_EQ(master_.socket->transport_dbg(payload_), 2U);
    EXPECT_EQ(data_[1], 63);
    payload(tlm::TLM_READ_COMMAND, 0x0FFF, 9, 9);
    EXPECT_EQ(master_.socket->transport_dbg(payload_), 0U);
    tlm::tlm_dmi dmi;
    ASSERT_TRUE(master_.socket->get_direct_mem_ptr(payload_, dmi));
    EXPECT_EQ(dmi.get_dmi_ptr(), memory_.bytes().data());
    EXPECT_EQ(dmi.get_start_address(), 0x1000U);
    EXPECT_EQ(dmi.get_end_address(), 0x103FU);
    EXPECT_EQ(dmi.get_read_latency(), parameters().latency);
    EXPECT_EQ(sc_core::sc_time_stamp(), sc_core::SC_ZERO_TIME);
  });
}

TEST(MemoryParametersTest, OutOfBoundsIsRefused) {
  MemoryParameters p;
  p.size_bytes = 0;
  EXPECT_THROW(Memory("zero", p), InputError);
  p.size_bytes = 64;
  p.base_address = ~std::uint64_t{0} - 62;
  EXPECT_THROW(Memory("wraps", p), InputError);
  p.base_address = 0;
  p.bytes_per_ns = -1;
  EXPECT_THROW(Memory("negative", p), InputError);
}

}  // namespace
}  // namespace arrayflex::platform
