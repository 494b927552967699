// The firmware's driver on another board: a C++ program of the host, whose bus is a TLM socket.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "arrayflex/platform/accelerator.h"
#include "arrayflex/platform/memory.h"
#include "arrayflex/platform/software/register_driver.h"
#include "arrayflex_collapse.h"
#include "arrayflex_driver.h"
#include "arrayflex_registers.h"
#include "harness/simulation.h"

namespace arrayflex::vp {
namespace {

platform::AcceleratorParameters accelerator_parameters() {
  platform::AcceleratorParameters parameters;
  parameters.array.rows = 4;
  parameters.array.cols = 5;
  parameters.array.data_width_bits = 8;
  parameters.array.acc_width_bits = 32;
  return parameters;
}

/// The accelerator, its memory and what the driver asks of a board.
struct Board {
  platform::Accelerator accelerator{"accelerator", accelerator_parameters()};
  platform::Memory memory{"memory", platform::MemoryParameters()};
  platform::TlmRegisterDriver bus{"bus"};
  arrayflex_ops ops{};
  arrayflex_device device{};

  Board() {
    bus.socket.bind(accelerator.register_socket);
    accelerator.memory_socket.bind(memory.socket);
    ops.read32 = [](void* board, std::uintptr_t address) {
      return static_cast<Board*>(board)->bus.read32(static_cast<platform::Register>(address));
    };
    ops.write32 = [](void* board, std::uintptr_t address, std::uint32_t value) {
      static_cast<Board*>(board)->bus.write32(static_cast<platform::Register>(address), value);
    };
    ops.memory_barrier = [](void*) {};
    ops.bus_address = [](void* board, const volatile void* pointer) {
      const volatile unsigned char* start = static_cast<Board*>(board)->memory.bytes().data();
      return static_cast<std::uint64_t>(static_cast<const volatile unsigned char*>(pointer) -
                                        start);
    };
    ops.now_ticks = [](void*) {
      sc_core::wait(1, sc_core::SC_NS);
      return static_cast<std::uint64_t>(sc_core::sc_time_stamp().to_seconds() * 1e9);
    };
  }

  template <typename T>
  T* at(std::size_t offset) {
    return reinterpret_cast<T*>(memory.bytes().data() + offset);
  }
};

TEST(Driver, RunsAChainOnABoardOfTheHost) {
  Board board;
  harness::run_in_thread([&] {
    ASSERT_EQ(arrayflex_probe(&board.device, &board.ops, &board, 0), ARRAYFLEX_OK);
    EXPECT_EQ(board.device.info.rows, 4U);
    EXPECT_EQ(board.device.info.cols, 5U);
    ASSERT_EQ(arrayflex_reset(&board.device, 1000), ARRAYFLEX_OK);
    const std::int8_t a[2][3] = {{1, 2, 3}, {4, 5, 6}}, b[3][2] = {{1, 0}, {0, 1}, {-1, 2}};
    std::memcpy(board.at<char>(0x100), a, sizeof a);
    std::memcpy(board.at<char>(0x200), b, sizeof b);
    arrayflex_job jobs[2] = {};
    for (arrayflex_job& job : jobs) {
      job.t = 2, job.n = 3, job.m = 2, job.k = 1;
      job.a = {0x100, 3};
      job.b = {0x200, 2};
      job.x = {0x300, 8};
    }
    jobs[1].accumulate = true;
    auto* descriptors = board.at<arrayflex_descriptor>(0x400);
    ASSERT_EQ(arrayflex_build_chain(&board.device, jobs, 2, descriptors), ARRAYFLEX_OK);
    ASSERT_EQ(arrayflex_submit(&board.device, descriptors), ARRAYFLEX_OK);
    arrayflex_fault fault{};
    EXPECT_EQ(arrayflex_wait_by_polling(&board.device, 100000, &fault), ARRAYFLEX_OK);
    std::int32_t x[2][2];
    std::memcpy(x, board.at<char>(0x300), sizeof x);
    EXPECT_EQ(x[0][0], 2 * -2);
    EXPECT_EQ(x[0][1], 2 * 8);
    EXPECT_EQ(x[1][0], 2 * -2);
    EXPECT_EQ(x[1][1], 2 * 17);
    arrayflex_counters counters{};
    arrayflex_read_counters(&board.device, &counters);
    EXPECT_EQ(counters.jobs_done, 2U);
    EXPECT_EQ(counters.cycles, 2 * arrayflex_job_cycles(&board.device.info, 2, 3, 2, 1));
  });
}

TEST(Driver, KnowsTheNameOfEveryError) {
  for (const platform::ErrorInfo& error : platform::error_codes()) {
    EXPECT_STREQ(arrayflex_error_name(static_cast<std::uint32_t>(error.code)), error.name);
  }
}

/// A counter of 64 bits behind a register pair whose latch an interrupt handler takes away: each
/// read of the lower half makes it count across the boundary of the halves.
struct CarryingCounter {
  std::uint64_t value = 0x1FFFFFFFF;
  int carries_left = 1;
};

TEST(Driver, HalvesOfACounterThatCarriesInBetweenMakeOneValue) {
  CarryingCounter counter;
  arrayflex_ops ops{};
  ops.read32 = [](void* context, std::uintptr_t address) {
    auto* c = static_cast<CarryingCounter*>(context);
    if (address % 8 != 0) return static_cast<std::uint32_t>(c->value >> 32);
    const auto low = static_cast<std::uint32_t>(c->value);
    if (c->carries_left-- > 0) ++c->value;
    return low;
  };
  arrayflex_device device{};
  device.ops = &ops;
  device.context = &counter;
  EXPECT_EQ(arrayflex_read_register64(&device, ARRAYFLEX_CYCLES), 0x200000000U);
}

}  // namespace
}  // namespace arrayflex::vp
