// The bus side of a memory whose content is made on demand and has holes.
#include "arrayflex/platform/memory_target.h"

#include <gtest/gtest.h>
#include <tlm_utils/simple_initiator_socket.h>

#include "harness/simulation.h"

namespace arrayflex::platform {
namespace {

struct Master : sc_core::sc_module {
  explicit Master(const sc_core::sc_module_name& name)
      : sc_core::sc_module(name), socket("socket") {}
  tlm_utils::simple_initiator_socket<Master> socket;
};

MemoryParameters whole_address_space(double bytes_per_ns) {
  MemoryParameters p;
  p.size_bytes = ~std::uint64_t{0};
  p.bytes_per_ns = bytes_per_ns;
  p.latency = sc_core::sc_time(3, sc_core::SC_NS);
  p.grant_dmi = true;
  return p;
}

/// Every byte below 2^40 is the low byte of its address; nothing beyond; writes are counted.
class Content final : public MemoryTarget {
 public:
  explicit Content(const sc_core::sc_module_name& name, double bytes_per_ns = 2)
      : MemoryTarget(name, whole_address_space(bytes_per_ns)) {}
  std::uint64_t written = 0;

 protected:
  bool load(std::uint64_t offset, unsigned char* data, std::uint64_t count) override {
    for (std::uint64_t i = 0; i < count; ++i) data[i] = static_cast<unsigned char>(offset + i);
    return offset < kEnd;
  }
  bool store(std::uint64_t offset, const unsigned char*, std::uint64_t count) override {
    if (offset < kEnd) written += count;
    return offset < kEnd;
  }

 private:
  static constexpr std::uint64_t kEnd = std::uint64_t{1} << 40;
};

class MemoryTargetTest : public testing::Test {
 protected:
  MemoryTargetTest() { master_.socket.bind(content_.socket); }

  void set(tlm::tlm_command command, std::uint64_t address) {
    payload_.set_command(command);
    payload_.set_address(address);
    payload_.set_data_ptr(data_);
    payload_.set_data_length(sizeof data_);
    payload_.set_streaming_width(sizeof data_);
    payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  }
  tlm::tlm_response_status send(tlm::tlm_command command, std::uint64_t address) {
    set(command, address);
    sc_core::sc_time delay;
    master_.socket->b_transport(payload_, delay);
    EXPECT_EQ(delay, sc_core::sc_time(7, sc_core::SC_NS)) << "3 ns and 8 bytes at 2 bytes per ns";
    return payload_.get_response_status();
  }
  unsigned int debug(tlm::tlm_command command, std::uint64_t address) {
    set(command, address);
    return master_.socket->transport_dbg(payload_);
  }

  Content content_{"content"};
  Master master_{"master"};
  tlm::tlm_generic_payload payload_;
  unsigned char data_[8] = {};
};

TEST_F(MemoryTargetTest, ContentOnDemand) {
  harness::run_in_thread([&] {
    EXPECT_EQ(send(tlm::TLM_READ_COMMAND, 0x123456F0), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(data_[0], 0xF0);
    EXPECT_EQ(data_[7], 0xF7);
    EXPECT_EQ(send(tlm::TLM_WRITE_COMMAND, 0x1000), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(content_.written, 8U);
    EXPECT_EQ(debug(tlm::TLM_READ_COMMAND, 0x50), 8U);
    EXPECT_EQ(data_[1], 0x51);
  });
}

TEST_F(MemoryTargetTest, HolesAreAddressErrors) {
  harness::run_in_thread([&] {
    const std::uint64_t hole = std::uint64_t{1} << 50;
    EXPECT_EQ(send(tlm::TLM_READ_COMMAND, hole), tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(send(tlm::TLM_WRITE_COMMAND, hole), tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(debug(tlm::TLM_READ_COMMAND, hole), 0U);
    EXPECT_EQ(debug(tlm::TLM_WRITE_COMMAND, hole), 0U);
    EXPECT_EQ(content_.written, 0U);
  });
}

TEST_F(MemoryTargetTest, NoDirectAccessWithoutHostMemory) {
  // Not even where the bandwidth would allow it.
  Content unlimited("unlimited", 0);
  Master other("other");
  other.socket.bind(unlimited.socket);
  harness::run_in_thread([&] {
    set(tlm::TLM_READ_COMMAND, 0x1000);
    tlm::tlm_dmi dmi;
    EXPECT_FALSE(other.socket->get_direct_mem_ptr(payload_, dmi));
    sc_core::sc_time delay;
    other.socket->b_transport(payload_, delay);
    EXPECT_TRUE(payload_.is_response_ok());
    EXPECT_FALSE(payload_.is_dmi_allowed());
  });
}

}  // namespace
}  // namespace arrayflex::platform
