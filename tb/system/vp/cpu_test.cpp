// The CPU on a bus with a target that waits, grants direct memory access, or takes it back.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

#include "arrayflex/platform/memory.h"
#include "vp/cpu/riscv_cpu.h"
#include "vp/devices/bus.h"
#include "vp/devices/devices.h"
#include "vp/elf_image.h"

namespace arrayflex::vp {
namespace {

constexpr std::uint64_t kRamBytes = 1U << 20;
constexpr std::uint64_t kWindowBytes = 1U << 16;

/// A memory with two contents, of which one is visible.
class Window : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Window> socket{"socket"};
  std::array<std::vector<unsigned char>, 2> contents{std::vector<unsigned char>(kWindowBytes),
                                                     std::vector<unsigned char>(kWindowBytes)};
  std::size_t visible = 0;
  bool grants_dmi = false;
  sc_core::sc_time wait_time, annotated_time;
  int accesses = 0;

  explicit Window(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {
    socket.register_b_transport(this, &Window::b_transport);
    socket.register_get_direct_mem_ptr(this, &Window::get_direct_mem_ptr);
  }

  void show(std::size_t index) {
    visible = index;
    socket->invalidate_direct_mem_ptr(0, kWindowBytes - 1);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    ++accesses;
    if (wait_time != sc_core::SC_ZERO_TIME) wait(wait_time);
    delay += annotated_time;
    unsigned char* at = contents[visible].data() + payload.get_address();
    if (payload.is_read()) std::memcpy(payload.get_data_ptr(), at, payload.get_data_length());
    if (payload.is_write()) std::memcpy(at, payload.get_data_ptr(), payload.get_data_length());
    payload.set_dmi_allowed(grants_dmi);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }

  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
    dmi.set_start_address(0);
    dmi.set_end_address(kWindowBytes - 1);
    dmi.set_dmi_ptr(contents[visible].data());
    if (grants_dmi) dmi.allow_read_write();
    return grants_dmi;
  }
};

platform::MemoryParameters ram_parameters() {
  platform::MemoryParameters parameters;
  parameters.size_bytes = kRamBytes;
  parameters.grant_dmi = true;
  return parameters;
}

/// CPU, RAM, the exit register, and the window at the address of accelerator 0.
struct Bench {
  explicit Bench(std::uint64_t argument = 0) : system("system", {1, kRamBytes, 0, argument}) {
    tlm::tlm_global_quantum::instance().set(sc_core::sc_time(1, sc_core::SC_US));
    cpu.socket.bind(bus.initiator(0));
    bus.target(0).bind(system.socket);
    bus.target(1).bind(ram.socket);
    bus.target(2).bind(window.socket);
    cpu.software_irq(irqs[0]);
    cpu.timer_irq(irqs[1]);
    cpu.external_irq(irqs[2]);
    cpu.on_fault = [this](const std::string& message) {
      fault = message;
      sc_core::sc_stop();
    };
    system.on_exit = [this](std::uint32_t) {
      exited = true;
      sc_core::sc_stop();
    };
  }

  void run(const std::string& name) {
    const std::string path = std::string(ARRAYFLEX_TEST_FIRMWARE) + "/" + name + ".elf";
    const ElfImage image = load_elf(path);
    place(image, path, AFVP_RAM_BASE, ram.bytes());
    cpu.set_reset_pc(image.entry);
    sc_core::sc_start(sc_core::sc_time(10, sc_core::SC_MS));
    ASSERT_TRUE(exited) << fault;
  }

  std::uint64_t result(std::size_t index) {
    std::uint64_t value = 0;
    std::memcpy(&value, ram.bytes().data() + 0x10000 + 8 * index, sizeof value);
    return value;
  }

  Bus bus{"bus",
          1,
          {{"system", AFVP_SYSTEM_BASE, AFVP_SYSTEM_SIZE, true},
           {"ram", AFVP_RAM_BASE, kRamBytes, true},
           {"window", AFVP_ACCELERATOR_BASE, kWindowBytes, true}}};
  RiscvCpu cpu{"cpu", {sc_core::sc_time(1, sc_core::SC_NS), AFVP_RAM_BASE}};
  platform::Memory ram{"ram", ram_parameters()};
  SystemController system;
  Window window{"window"};
  std::array<sc_core::sc_signal<bool>, 3> irqs;
  bool exited = false;
  std::string fault;
};

TEST(Cpu, TargetMayWaitWhileOthersRun) {
  Bench bench;
  bench.window.wait_time = sc_core::sc_time(333, sc_core::SC_NS);
  bench.window.annotated_time = sc_core::sc_time(20, sc_core::SC_NS);
  int ticks = 0;
  sc_core::sc_spawn([&] {
    while (true) {
      sc_core::wait(100, sc_core::SC_NS);
      ++ticks;
    }
  });
  bench.run("register_reads");
  const std::uint64_t elapsed_ns = bench.result(1) - bench.result(0);
  EXPECT_EQ(elapsed_ns, 2U + 100 * (3 + 333 + 20));
  EXPECT_EQ(bench.window.accesses, 101);
  EXPECT_GE(ticks, 330);
}

TEST(Cpu, EveryLoadAndStoreWorksByTransactionAsInMemory) {
  Bench bench(AFVP_ACCELERATOR_BASE + 0x1000);
  bench.run("accesses");
  EXPECT_EQ(bench.result(0), 0xFFFFFFFFFFFFFF88U) << "lb";
  EXPECT_EQ(bench.result(4), 0xFFFFFFFF81828384U) << "lw";
  EXPECT_EQ(bench.result(5), 0x85868788U) << "lwu";
  for (std::size_t i = 0; i < 64; ++i) {
    EXPECT_EQ(bench.result(64 + i), bench.result(i)) << "result " << i;
  }
  EXPECT_EQ(bench.window.accesses, 37) << "all of them went to the window";
}

TEST(Cpu, DirectMemoryIsUsedUntilItIsTakenBack) {
  Bench bench;
  bench.window.grants_dmi = true;
  bench.window.contents[0][0] = 1;
  bench.window.contents[1][0] = 2;
  sc_core::sc_spawn([&] {
    sc_core::wait(50, sc_core::SC_US);
    bench.window.show(1);
  });
  bench.run("window");
  EXPECT_EQ(bench.result(0), 1U);
  EXPECT_EQ(bench.result(1), 2U);
  EXPECT_GE(bench.result(2), 50000U);
  EXPECT_LE(bench.result(2), 51100U) << "at most a quantum late";
  EXPECT_EQ(bench.result(3), 77U);
  EXPECT_EQ(bench.window.contents[1][8], 77);
  EXPECT_EQ(bench.window.contents[0][8], 0);
  EXPECT_EQ(bench.window.accesses, 2) << "one to learn of direct memory, each time";
}

TEST(Cpu, MemoryThatNoLongerGrantsIsAccessedByTransactions) {
  Bench bench;
  bench.window.grants_dmi = true;
  bench.window.contents[0][0] = 1;
  bench.window.contents[1][0] = 1;
  sc_core::sc_spawn([&] {
    sc_core::wait(50, sc_core::SC_US);
    bench.window.grants_dmi = false;
    bench.window.show(1);
    sc_core::wait(50, sc_core::SC_US);
    bench.window.contents[1][0] = 2;
  });
  bench.run("window");
  EXPECT_EQ(bench.result(1), 2U);
  EXPECT_EQ(bench.result(3), 77U);
  EXPECT_EQ(bench.window.contents[1][8], 77);
  EXPECT_GT(bench.window.accesses, 1000);
}

}  // namespace
}  // namespace arrayflex::vp
