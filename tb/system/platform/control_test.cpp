// Descriptors, doorbells, interrupts, counters and time as software sees them, on both engines.
#include <functional>

#include "arrayflex/core/error.h"
#include "system/platform/fixture.h"

namespace arrayflex::platform::test {
namespace {

class ControlTest : public EngineTest {};
INSTANTIATE_TEST_SUITE_P(Platform, ControlTest, testing::ValuesIn(engines()), engine_test_name);

TEST_P(ControlTest, IdentificationAndCapabilities) {
  AcceleratorParameters parameters = small_accelerator(GetParam(), 70, 66);
  parameters.array.modes = {1, 3, 64, 65, 2};
  parameters.array.clocks.mode_ps = {{1, 500}, {3, 600}, {64, 900}, {65, 1000}};
  parameters.limits.queue_depth = 7;
  Platform p(parameters);
  Memory memory("memory", small_memory());
  p.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    EXPECT_EQ(p.driver.read32(Register::id), kIdValue);
    EXPECT_EQ(p.driver.read32(Register::version), kVersionValue);
    EXPECT_EQ(p.driver.read32(Register::array_rows), 70U);
    EXPECT_EQ(p.driver.read32(Register::array_cols), 66U);
    EXPECT_EQ(p.driver.read32(Register::capabilities), 7U << 24 | 5U << 16 | 32U << 8 | 8U);
    EXPECT_EQ(p.driver.read64(Register::mode_bitmap), 1U | 1U << 2 | std::uint64_t{1} << 63)
        << "k = 2 has no clock, k = 65 has no bit";
    const std::vector<std::uint32_t> modes{1, 2, 3, 64, 65, 0, 0};
    for (std::uint32_t i = 0; i < modes.size(); ++i) {
      p.driver.write32(Register::mode_select, i);
      EXPECT_EQ(p.driver.read32(Register::mode_value), modes[i]);
    }
    EXPECT_EQ(p.driver.read32(Register::status), kStatusIdle);
  });
}

TEST_P(ControlTest, DoorbellsQueueAndAFullQueueIsReported) {
  AcceleratorParameters parameters = small_accelerator(GetParam());
  parameters.limits.queue_depth = 2;
  Platform p(parameters);
  Memory memory("memory", small_memory());
  p.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    std::mt19937_64 random(6);
    const JobOptions silent{{6, 7, 8}, 0, false, false}, last{{6, 7, 8}, 0, false, true};
    auto jobs = placed_jobs(p, memory.bytes(), {silent, silent, silent, last}, random);
    jobs[1].descriptor().t = 0;  // its error must not stop the doorbell behind it
    jobs[1].store(memory.bytes());
    p.ring(jobs[0].address());
    sc_core::wait(1, sc_core::SC_NS);
    p.ring(jobs[1].address());
    p.ring(jobs[2].address());
    EXPECT_EQ(p.driver.read32(Register::status),
              kStatusBusy | kStatusQueueFull | 2U << kStatusQueueLevelShift);
    EXPECT_EQ(p.driver.read64(Register::current_descriptor), jobs[0].address());
    p.settle();
    EXPECT_FALSE(p.irq.read());
    p.ring(jobs[3].address());
    p.settle();
    EXPECT_TRUE(p.irq.read());
    EXPECT_EQ(p.driver.read32(Register::irq_status), kIrqQueueOverflow);
    ASSERT_TRUE(p.wait_idle());
    EXPECT_EQ(p.driver.read64(Register::jobs_done), 2U);
    EXPECT_EQ(p.driver.read32(Register::irq_status), kIrqQueueOverflow | kIrqError);
    EXPECT_EQ(p.driver.read32(Register::status), kStatusIdle | kStatusDone | kStatusError);
    jobs[0].expect_result(memory.bytes());
    jobs[2].expect_result(memory.bytes());
    p.driver.write32(Register::irq_status, kIrqError);
    EXPECT_EQ(p.driver.read32(Register::irq_status), kIrqQueueOverflow);
    p.clear_irq();
    p.ring(jobs[1].address());
    p.ring(jobs[1].address() + 4);
    ASSERT_TRUE(p.wait_idle());
    EXPECT_EQ(p.driver.read32(Register::error_code),
              static_cast<std::uint32_t>(ErrorCode::size_zero))
        << "the first error is kept";
    EXPECT_EQ(p.driver.read64(Register::fault_descriptor), jobs[1].address());
    EXPECT_EQ(p.driver.read32(Register::error_count), 3U);
    p.clear_irq();
    p.ring(jobs[3].address());
    ASSERT_TRUE(p.wait_irq());
    EXPECT_EQ(p.driver.read32(Register::irq_status), kIrqJobDone);
    jobs[3].expect_result(memory.bytes());
  });
}

TEST_P(ControlTest, TheInterruptFollowsItsEnable) {
  Platform p(small_accelerator(GetParam()));
  Memory memory("memory", small_memory());
  p.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    std::mt19937_64 random(6);
    std::uint64_t cursor = 0;
    TestJob job(p.accelerator.config(), {{6, 7, 8}, 0}, random);
    job.place(memory.bytes(), kSmallMemoryBase, cursor);
    p.driver.write64(Register::job_descriptor, job.address());
    p.driver.write32(Register::doorbell, 1);
    ASSERT_TRUE(p.wait_idle());
    p.settle();
    EXPECT_EQ(p.driver.read32(Register::irq_status), kIrqJobDone);
    EXPECT_FALSE(p.irq.read()) << "masked";
    p.driver.write32(Register::irq_enable, kIrqError);
    p.settle();
    EXPECT_FALSE(p.irq.read());
    p.driver.write32(Register::irq_enable, kIrqJobDone);
    p.settle();
    EXPECT_TRUE(p.irq.read());
    p.driver.write32(Register::irq_status, kIrqError);
    p.settle();
    EXPECT_TRUE(p.irq.read()) << "write one to clear";
    p.clear_irq();
    EXPECT_FALSE(p.irq.read());
  });
}

TEST_P(ControlTest, DebugTransportReadsWithoutTime) {
  Platform p(small_accelerator(GetParam()));
  Memory memory("memory", small_memory());
  p.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    std::mt19937_64 random(6);
    std::uint64_t cursor = 0;
    TestJob job(p.accelerator.config(), {{9, 9, 9}, 0}, random);
    job.place(memory.bytes(), kSmallMemoryBase, cursor);
    p.ring(job.address());
    sc_core::wait(20, sc_core::SC_NS);
    const sc_core::sc_time before = sc_core::sc_time_stamp();
    unsigned char data[16] = {};
    tlm::tlm_generic_payload payload;
    payload.set_read();
    payload.set_address(static_cast<std::uint32_t>(Register::control) + 4);
    payload.set_data_ptr(data);
    payload.set_data_length(12);
    EXPECT_EQ(p.driver.socket->transport_dbg(payload), 12U);
    EXPECT_EQ(load_u32(data), kStatusBusy);
    EXPECT_EQ(load_u32(data + 4), kIrqAll);
    payload.set_write();
    payload.set_address(static_cast<std::uint32_t>(Register::control));
    payload.set_data_length(4);
    EXPECT_EQ(p.driver.socket->transport_dbg(payload), 0U) << "no soft reset by debug access";
    tlm::tlm_dmi dmi;
    EXPECT_FALSE(p.driver.socket->get_direct_mem_ptr(payload, dmi));
    EXPECT_EQ(sc_core::sc_time_stamp(), before);
    ASSERT_TRUE(p.wait_irq());
    job.expect_result(memory.bytes());
  });
}

TEST_P(ControlTest, ClearedCountersRestartWhileAJobRuns) {
  Platform p(small_accelerator(GetParam()));
  Memory memory("memory", small_memory());
  p.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    std::mt19937_64 random(6);
    std::uint64_t cursor = 0;
    TestJob job(p.accelerator.config(), {{9, 12, 10}, 2}, random);
    job.place(memory.bytes(), kSmallMemoryBase, cursor);
    p.ring(job.address());
    while (p.driver.read64(Register::tiles) < 2) sc_core::wait(1, sc_core::SC_NS);
    const auto cycles = p.driver.read64(Register::cycles);
    p.driver.write32(Register::control, kControlClearCounters);
    EXPECT_EQ(p.driver.read64(Register::cycles), 0U);
    EXPECT_EQ(p.driver.read64(Register::toggles), 0U);
    ASSERT_TRUE(p.wait_irq());
    EXPECT_EQ(p.driver.read64(Register::cycles), static_cast<std::uint64_t>(job.cycles()) - cycles);
    EXPECT_GT(p.driver.read64(Register::toggles), 0U);
    job.expect_result(memory.bytes());
  });
}

/// Both engines side by side with the same slow memory: the same finish time, whatever the quantum.
class TimingTest : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Platform, TimingTest, testing::Values(0, 10, 1000, 100000));

TEST_P(TimingTest, EnginesAndQuantaAgreeOnTime) {
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(GetParam(), sc_core::SC_NS));
  struct Side {
    std::unique_ptr<Platform> platform;
    std::unique_ptr<Memory> memory;
    sc_core::sc_time taken;
  };
  std::vector<Side> sides(2);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string suffix = "_" + std::to_string(i);
    MemoryParameters slow;
    slow.base_address = kSmallMemoryBase;
    slow.size_bytes = 1U << 16;
    slow.latency = sc_core::sc_time(1300, sc_core::SC_PS);
    slow.bytes_per_ns = 37;
    sides[i].platform = std::make_unique<Platform>(small_accelerator(engines()[i]), suffix);
    sides[i].memory = std::make_unique<Memory>(("memory" + suffix).c_str(), slow);
    sides[i].platform->accelerator.memory_socket.bind(sides[i].memory->socket);
  }
  const auto run = [](Side& side) {
    std::mt19937_64 random(15);
    std::uint64_t cursor = 0;
    TestJob job(side.platform->accelerator.config(), {{30, 11, 12}, 2, true}, random);
    job.place(side.memory->bytes(), kSmallMemoryBase, cursor);
    side.platform->ring(job.address());
    ASSERT_TRUE(side.platform->wait_irq());
    side.taken = sc_core::sc_time_stamp();
    job.expect_result(side.memory->bytes());
  };
  harness::run_in_threads({[&] { run(sides[0]); }, [&] { run(sides[1]); }});
  EXPECT_GT(sides[0].platform->accelerator.counters().stall_cycles, 0);
  EXPECT_EQ(sides[0].taken, sides[1].taken);
  EXPECT_EQ(sides[0].platform->accelerator.counters().stall_cycles,
            sides[1].platform->accelerator.counters().stall_cycles);
  EXPECT_EQ(sides[0].taken, sc_core::sc_time(786307, sc_core::SC_PS)) << "whatever the quantum";
}

struct NonBlockingMaster : sc_core::sc_module {
  explicit NonBlockingMaster(const sc_core::sc_module_name& name)
      : sc_core::sc_module(name), socket("socket") {
    socket.register_nb_transport_bw(this, &NonBlockingMaster::nb_transport_bw);
  }
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload&, tlm::tlm_phase& phase,
                                     sc_core::sc_time&) {
    if (phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;
    responded.notify(sc_core::SC_ZERO_TIME);
    return tlm::TLM_COMPLETED;
  }
  tlm_utils::simple_initiator_socket<NonBlockingMaster> socket;
  sc_core::sc_event responded{"responded"};
};

TEST(PlatformTest, PortsMayStayUnboundAndRegistersTakeNonBlockingTransport) {
  AcceleratorParameters parameters = small_accelerator(EngineKind::fast);
  parameters.register_latency = sc_core::sc_time(3, sc_core::SC_NS);
  Accelerator accelerator("accelerator", parameters);
  NonBlockingMaster master("master");
  master.socket.bind(accelerator.register_socket);
  Memory memory("memory", MemoryParameters{});
  accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    PayloadPool pool;
    tlm::tlm_generic_payload& payload = pool.acquire();
    unsigned char data[4] = {};
    payload.set_read();
    payload.set_data_ptr(data);
    payload.set_data_length(4);
    payload.set_streaming_width(4);
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay;
    EXPECT_EQ(master.socket->nb_transport_fw(payload, phase, delay), tlm::TLM_ACCEPTED);
    sc_core::wait(10, sc_core::SC_NS, master.responded);
    EXPECT_EQ(sc_core::sc_time_stamp(), parameters.register_latency);
    EXPECT_EQ(payload.get_response_status(), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(load_u32(data), kIdValue);
    payload.release();
    sc_core::wait(1, sc_core::SC_NS);
    EXPECT_EQ(pool.in_use(), 0U);
  });
}

TEST(PlatformTest, BadParametersAreNamed) {
  const auto message = [](const std::function<void(AcceleratorParameters&)>& spoil) {
    AcceleratorParameters p;
    spoil(p);
    try {
      validate(p);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  using P = AcceleratorParameters;
  EXPECT_EQ(message([](P&) {}), "accepted");
  EXPECT_THAT(message([](P& p) { p.dma.burst_bytes = 48; }),
              testing::HasSubstr("burst_bytes = 48"));
  EXPECT_THAT(message([](P& p) { p.dma.boundary_bytes = 32; }),
              testing::HasSubstr("boundary_bytes = 32"));
  EXPECT_THAT(message([](P& p) { p.dma.max_outstanding = 0; }),
              testing::HasSubstr("max_outstanding = 0"));
  EXPECT_THAT(message([](P& p) { p.limits.queue_depth = 256; }),
              testing::HasSubstr("queue_depth = 256"));
  EXPECT_THAT(message([](P& p) { p.limits.chain_limit = 0; }),
              testing::HasSubstr("chain_limit = 0"));
  EXPECT_THAT(message([](P& p) { p.limits.max_t = 0; }), testing::HasSubstr("max_t = 0"));
  EXPECT_THAT(message([](P& p) { p.array.rows = 0; }), testing::HasSubstr("rows"));
  EXPECT_THAT(message([](P& p) { p.array.clocks.mode_ps.clear(); }), testing::HasSubstr("clock"));
  EXPECT_EQ(message([](P& p) { p.array.overlap = Overlap::full; }), "accepted");
}

}  // namespace
}  // namespace arrayflex::platform::test
