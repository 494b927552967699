// Address decoding.
#include "vp/devices/bus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "arrayflex/core/error.h"
#include "arrayflex/platform/memory.h"
#include "harness/simulation.h"

namespace arrayflex::vp {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string error_of(const std::vector<Bus::Range>& ranges) {
  try {
    Bus bus("bus", 1, ranges);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Bus, RejectsRangesThatOverlap) {
  EXPECT_THAT(error_of({{"one", 0x1000, 0x100, true}, {"other", 0x10FF, 0x10, true}}),
              AllOf(HasSubstr("one"), HasSubstr("other"), HasSubstr("overlap")));
  EXPECT_THAT(error_of({{"inner", 0x1010, 0x10, true}, {"outer", 0x1000, 0x100, true}}),
              HasSubstr("overlap"));
}

TEST(Bus, RejectsRangesWithoutOrBeyondAddresses) {
  EXPECT_THAT(error_of({{"empty", 0x1000, 0, true}}), HasSubstr("empty"));
  EXPECT_THAT(error_of({{"wrapping", ~std::uint64_t{0}, 2, true}}), HasSubstr("wrapping"));
}

TEST(Bus, AcceptsNeighboursAndTheEndOfTheAddressSpace) {
  EXPECT_EQ(error_of({{"a", 0x1000, 0x100, true},
                      {"b", 0x1100, 0x100, true},
                      {"c", ~std::uint64_t{0}, 1, true}}),
            "");
}

class Initiator : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Initiator> socket{"socket"};
  std::vector<std::pair<std::uint64_t, std::uint64_t>> invalidated;

  explicit Initiator(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {
    socket.register_invalidate_direct_mem_ptr(this, &Initiator::invalidate);
  }

  tlm::tlm_response_status transport(tlm::tlm_command command, std::uint64_t address,
                                     std::uint32_t& value) {
    tlm::tlm_generic_payload payload;
    prepare(payload, command, address, value);
    sc_core::sc_time delay;
    socket->b_transport(payload, delay);
    EXPECT_EQ(payload.get_address(), address) << "the caller's address stays";
    return payload.get_response_status();
  }

  unsigned debug(std::uint64_t address, std::uint32_t& value) {
    tlm::tlm_generic_payload payload;
    prepare(payload, tlm::TLM_READ_COMMAND, address, value);
    return socket->transport_dbg(payload);
  }

  static void prepare(tlm::tlm_generic_payload& payload, tlm::tlm_command command,
                      std::uint64_t address, std::uint32_t& value) {
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
    payload.set_data_length(4);
    payload.set_streaming_width(4);
  }

 private:
  void invalidate(sc_dt::uint64 first, sc_dt::uint64 last) {
    invalidated.emplace_back(first, last);
  }
};

/// A target that grants more than its range and invalidates on request.
class Greedy : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Greedy> socket{"socket"};
  std::array<unsigned char, 0x300> bytes{};

  explicit Greedy(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {
    socket.register_b_transport(this, &Greedy::b_transport);
    socket.register_get_direct_mem_ptr(this, &Greedy::grant);
  }

 private:
  void b_transport(tlm::tlm_generic_payload&, sc_core::sc_time&) {}
  bool grant(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
    dmi.set_start_address(0);
    dmi.set_end_address(bytes.size() - 1);
    dmi.set_dmi_ptr(bytes.data());
    dmi.allow_read_write();
    return true;
  }
};

platform::MemoryParameters memory(std::uint64_t base) {
  platform::MemoryParameters parameters;
  parameters.base_address = base;
  parameters.size_bytes = 0x100;
  parameters.grant_dmi = true;
  return parameters;
}

struct Bench {
  Bus bus{"bus",
          2,
          {{"relative", 0x1000, 0x100, true},
           {"absolute", 0x2000, 0x100, false},
           {"greedy", 0x3000, 0x200, true}}};
  platform::Memory relative{"relative", memory(0)};
  platform::Memory absolute{"absolute", memory(0x2000)};
  Greedy greedy{"greedy"};
  Initiator first{"first"}, second{"second"};

  Bench() {
    first.socket.bind(bus.initiator(0));
    second.socket.bind(bus.initiator(1));
    bus.target(0).bind(relative.socket);
    bus.target(1).bind(absolute.socket);
    bus.target(2).bind(greedy.socket);
  }
};

TEST(Bus, DecodesAddressesForTransportAndDebug) {
  Bench bench;
  harness::run_in_thread([&] {
    std::uint32_t value = 0x11223344;
    EXPECT_EQ(bench.first.transport(tlm::TLM_WRITE_COMMAND, 0x1010, value), tlm::TLM_OK_RESPONSE);
    value = 0x55667788;
    EXPECT_EQ(bench.second.transport(tlm::TLM_WRITE_COMMAND, 0x20FC, value), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(bench.relative.bytes()[0x10], 0x44);
    EXPECT_EQ(bench.absolute.bytes()[0xFC], 0x88);
    value = 0;
    EXPECT_EQ(bench.second.debug(0x1010, value), 4U);
    EXPECT_EQ(value, 0x11223344U);
  });
}

TEST(Bus, AddressesOfNoTargetGetAnAddressError) {
  Bench bench;
  harness::run_in_thread([&] {
    std::uint32_t value = 0;
    for (const std::uint64_t address : {0x0FFCU, 0x1100U, 0x10FEU, 0x2100U, 0x31FEU, 0x0U}) {
      EXPECT_EQ(bench.first.transport(tlm::TLM_READ_COMMAND, address, value),
                tlm::TLM_ADDRESS_ERROR_RESPONSE)
          << "address " << address;
    }
    EXPECT_EQ(bench.first.debug(0x1100, value), 0U);
  });
}

TEST(Bus, TranslatesDirectMemoryAndItsEnd) {
  Bench bench;
  harness::run_in_thread([&] {
    tlm::tlm_generic_payload payload;
    tlm::tlm_dmi dmi;
    payload.set_address(0x1010);
    ASSERT_TRUE(bench.first.socket->get_direct_mem_ptr(payload, dmi));
    EXPECT_EQ(dmi.get_start_address(), 0x1000U);
    EXPECT_EQ(dmi.get_end_address(), 0x10FFU);
    EXPECT_EQ(dmi.get_dmi_ptr(), bench.relative.bytes().data());
    payload.set_address(0x3000);
    ASSERT_TRUE(bench.first.socket->get_direct_mem_ptr(payload, dmi));
    EXPECT_EQ(dmi.get_end_address(), 0x31FFU) << "not beyond its range";
    payload.set_address(0x4000);
    EXPECT_FALSE(bench.first.socket->get_direct_mem_ptr(payload, dmi));

    bench.greedy.socket->invalidate_direct_mem_ptr(0x10, 0x2FF);
    const std::vector<std::pair<std::uint64_t, std::uint64_t>> expected{{0x3010, 0x31FF}};
    EXPECT_EQ(bench.first.invalidated, expected);
    EXPECT_EQ(bench.second.invalidated, expected);
  });
}

}  // namespace
}  // namespace arrayflex::vp
