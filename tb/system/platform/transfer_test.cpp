// Random memories, chains, errors, resets and direct memory access, on both engines and with both
// protocols.
#include "system/platform/fixture.h"
#include "vp/devices/bus.h"

namespace arrayflex::platform::test {
namespace {

using harness::TlmTestMemory;
using harness::TlmTestMemoryBehaviour;

constexpr std::uint64_t kBase = 0x1000;

/// Engine and protocol.
class TransferTest : public testing::TestWithParam<std::tuple<EngineKind, DmaProtocol>> {
 protected:
  static AcceleratorParameters parameters(std::uint32_t max_outstanding = 4) {
    AcceleratorParameters p = small_accelerator(std::get<0>(GetParam()));
    p.dma.protocol = std::get<1>(GetParam());
    p.dma.max_outstanding = max_outstanding;
    return p;
  }
  static bool approximately_timed() {
    return std::get<1>(GetParam()) == DmaProtocol::approximately_timed;
  }
  static TlmTestMemoryBehaviour random_memory(const AcceleratorParameters& p, std::uint64_t seed) {
    TlmTestMemoryBehaviour b;
    b.base_address = kBase;
    b.size_bytes = 1U << 16;
    b.seed = seed;
    b.max_delay = sc_core::sc_time(6, sc_core::SC_NS);
    b.wait_in_b_transport = true;
    b.max_length = p.dma.burst_bytes;
    b.boundary = p.dma.boundary_bytes;
    return b;
  }
};

std::string name_of_test(const testing::TestParamInfo<TransferTest::ParamType>& test) {
  const bool is_loosely_timed = std::get<1>(test.param) == DmaProtocol::loosely_timed;
  return std::string(name_of(std::get<0>(test.param))) + (is_loosely_timed ? "_lt" : "_at");
}

const auto engines_and_protocols =
    testing::Combine(testing::ValuesIn(engines()),
                     testing::Values(DmaProtocol::loosely_timed, DmaProtocol::approximately_timed));
INSTANTIATE_TEST_SUITE_P(Platform, TransferTest, engines_and_protocols, name_of_test);

class DirectTest : public EngineTest {};
INSTANTIATE_TEST_SUITE_P(Platform, DirectTest, testing::ValuesIn(engines()), engine_test_name);

GemmShape random_shape(std::mt19937_64& random, std::int64_t limit) {
  std::uniform_int_distribution<std::int64_t> size(1, limit);
  const std::int64_t t = size(random), n = size(random);
  return {t, n, size(random)};
}

void expect_counters_of_fast_engine(const AcceleratorCounters& got,
                                    const std::vector<TestJob>& jobs) {
  GemmResult want;
  for (const TestJob& job : jobs) {
    const GemmResult one = job.fast_engine_result();
    want.cycles += one.cycles;
    want.tiles += one.tiles;
    want.activity += one.activity;
  }
  EXPECT_EQ(got.cycles, want.cycles);
  EXPECT_EQ(got.tiles, want.tiles);
  EXPECT_EQ(got.jobs_done, static_cast<std::int64_t>(jobs.size()));
  EXPECT_EQ(got.activity.toggles, want.activity.toggles);
  EXPECT_EQ(got.activity.clocked_bits, want.activity.clocked_bits);
}

void run_random_chains(AcceleratorParameters parameters, TlmTestMemoryBehaviour behaviour,
                       std::uint64_t seed) {
  const bool is_approximately_timed = parameters.dma.protocol == DmaProtocol::approximately_timed;
  testing::Test::RecordProperty("seed", std::to_string(seed));
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  parameters.dma.burst_bytes = behaviour.max_length = 8U << random() % 5;
  parameters.dma.boundary_bytes = behaviour.boundary = parameters.dma.burst_bytes << random() % 3;
  Platform p(parameters);
  TlmTestMemory memory("memory", behaviour);
  memory.grant_dmi = parameters.dma.use_dmi;
  p.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    for (int chain = 0; chain < 4; ++chain) {
      std::vector<TestJob> jobs;
      std::uint64_t cursor = 8 * (random() % 16);
      const std::size_t length = 1 + random() % 4;
      const std::vector<std::uint32_t> modes{0, 1, 2, 4};
      for (std::size_t i = 0; i < length; ++i) {
        jobs.emplace_back(p.accelerator.config(),
                          JobOptions{random_shape(random, 14), modes[random() % 4],
                                     random() % 2 == 0, i + 1 == length, random() % 3},
                          random);
        jobs.back().place(memory.bytes(), kBase, cursor);
      }
      for (std::size_t i = 0; i + 1 < length; ++i) {
        jobs[i].descriptor().next = jobs[i + 1].address();
        jobs[i].store(memory.bytes());
      }
      p.driver.write32(Register::control, kControlClearCounters);
      p.ring(jobs.front().address());
      ASSERT_TRUE(p.wait_irq());
      p.clear_irq();
      ASSERT_TRUE(p.wait_idle());
      p.expect_done();
      for (const TestJob& job : jobs) job.expect_result(memory.bytes());
      expect_counters_of_fast_engine(p.accelerator.counters(), jobs);
      EXPECT_EQ(p.accelerator.counters().stall_cycles > 0, !parameters.dma.use_dmi);
    }
    EXPECT_EQ(memory.dmi_requests() > 0, parameters.dma.use_dmi);
    if (is_approximately_timed) {
      EXPECT_LE(memory.max_in_flight(), parameters.dma.max_outstanding);
      EXPECT_GE(memory.max_in_flight(), 2U) << "several transactions must be outstanding";
    }
    EXPECT_EQ(memory.in_flight(), 0U);
  });
}

TEST_P(TransferTest, RandomChainsThroughARandomMemoryAreExact) {
  const std::uint64_t seed = 20240117;
  const AcceleratorParameters parameters = TransferTest::parameters(1 + seed % 7);
  run_random_chains(parameters, random_memory(parameters, seed), seed);
}

class AlignmentTest : public TransferTest {
 protected:
  // Matrices may begin anywhere in the memory, bursts that are rounded out end in it.
  static void run(BurstAlignment alignment, std::uint64_t seed) {
    AcceleratorParameters parameters =
        TransferTest::parameters(static_cast<std::uint32_t>(1 + seed % 7));
    parameters.dma.alignment = alignment;
    TlmTestMemoryBehaviour behaviour = random_memory(parameters, seed);
    behaviour.alignment = alignment;
    run_random_chains(parameters, behaviour, seed);
  }
};

INSTANTIATE_TEST_SUITE_P(Platform, AlignmentTest, engines_and_protocols, name_of_test);

TEST_P(AlignmentTest, NaturalBurstsAreExact) { run(BurstAlignment::natural, 20261125); }
TEST_P(AlignmentTest, WholeBurstsAreExact) { run(BurstAlignment::whole, 20261126); }

TEST_P(TransferTest, AnErrorInAnyTransactionEndsTheJobAndTheNextOneWorks) {
  const AcceleratorParameters parameters = TransferTest::parameters();
  Platform p(parameters);
  TlmTestMemory memory("memory", random_memory(parameters, 77));
  p.accelerator.memory_socket.bind(memory.socket);
  const std::vector<std::pair<tlm::tlm_response_status, ErrorCode>> errors{
      {tlm::TLM_ADDRESS_ERROR_RESPONSE, ErrorCode::bus_address},
      {tlm::TLM_COMMAND_ERROR_RESPONSE, ErrorCode::bus_command},
      {tlm::TLM_BURST_ERROR_RESPONSE, ErrorCode::bus_burst},
      {tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE, ErrorCode::bus_byte_enable},
      {tlm::TLM_GENERIC_ERROR_RESPONSE, ErrorCode::bus_generic},
      {tlm::TLM_INCOMPLETE_RESPONSE, ErrorCode::bus_incomplete}};
  harness::run_in_thread([&] {
    std::mt19937_64 random(78);
    TestJob job(p.accelerator.config(), {{5, 9, 11}, 2, true}, random);
    std::uint64_t cursor = 0;
    job.place(memory.bytes(), kBase, cursor);
    run_clean_job(p, job, memory.bytes());
    p.clear_irq();
    const std::uint64_t count = memory.transactions();
    ASSERT_GT(count, 20U);
    for (std::uint64_t n = 1; n <= count; ++n) {
      SCOPED_TRACE("transaction " + std::to_string(n));
      job.restore_x(memory.bytes());
      const auto& [response, code] = errors[n % errors.size()];
      memory.fail_at(n, response);
      p.ring(job.address());
      ASSERT_TRUE(p.wait_irq(sc_core::sc_time(20, sc_core::SC_US)));
      EXPECT_EQ(p.driver.read32(Register::irq_status), kIrqError);
      EXPECT_EQ(p.driver.read32(Register::error_code), static_cast<std::uint32_t>(code));
      EXPECT_EQ(p.driver.read64(Register::fault_address), memory.failed_address());
      EXPECT_EQ(p.driver.read64(Register::fault_descriptor), job.address());
      ASSERT_TRUE(p.wait_idle());
      EXPECT_EQ(p.driver.read32(Register::status), kStatusIdle | kStatusError);
      EXPECT_EQ(memory.in_flight(), 0U);
      p.clear_irq();
      EXPECT_FALSE(p.irq.read());
      if (n % 8 == 0 || n == count) run_clean_job(p, job, memory.bytes());
      p.clear_irq();
    }
    EXPECT_EQ(p.driver.read32(Register::error_count), count);
  });
}

TEST_P(TransferTest, OfSeveralErrorsTheFirstTransactionIsReported) {
  const AcceleratorParameters parameters = TransferTest::parameters();
  Platform p(parameters);
  TlmTestMemory memory("memory", random_memory(parameters, 79));
  p.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    std::mt19937_64 random(80);
    TestJob job(p.accelerator.config(), {{5, 9, 11}, 2, true}, random);
    std::uint64_t cursor = 0;
    job.place(memory.bytes(), kBase, cursor);
    memory.fail_all(tlm::TLM_BURST_ERROR_RESPONSE);
    for (int i = 0; i < 20; ++i) {
      p.ring(job.address());
      ASSERT_TRUE(p.wait_irq());
      EXPECT_EQ(p.driver.read64(Register::fault_address), job.address());
      EXPECT_EQ(p.driver.read64(Register::dma_bytes_read), 0U);
      p.clear_irq();
    }
    memory.fail_all(tlm::TLM_OK_RESPONSE);
    run_clean_job(p, job, memory.bytes());
  });
}

TEST_P(TransferTest, ResetAtAnyMomentReturnsToIdle) {
  const std::uint64_t seed = 4242;
  std::cout << "seed " << seed << "\n";
  const AcceleratorParameters parameters = TransferTest::parameters();
  Platform p(parameters);
  TlmTestMemory memory("memory", random_memory(parameters, seed));
  p.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    std::mt19937_64 random(seed);
    TestJob job(p.accelerator.config(), {{7, 9, 11}, 1}, random);
    std::uint64_t cursor = 0;
    job.place(memory.bytes(), kBase, cursor);
    int running = 0;
    for (int i = 0; i < 60; ++i) {
      p.ring(job.address());
      p.driver.write32(Register::doorbell, 1);
      sc_core::wait(static_cast<double>(random() % 500'000), sc_core::SC_PS);
      running += (p.driver.read32(Register::status) & kStatusBusy) != 0;
      if (i % 2 == 0) {
        p.driver.write32(Register::control, kControlSoftReset);
      } else {
        p.reset.write(true);
        sc_core::wait(static_cast<double>(random() % 3000), sc_core::SC_PS);
        p.settle();
        EXPECT_EQ(p.driver.read32(Register::status), 0U);
        EXPECT_EQ(p.driver.last_response, tlm::TLM_GENERIC_ERROR_RESPONSE) << "held in reset";
        p.reset.write(false);
      }
      p.settle();
      EXPECT_EQ(p.driver.read32(Register::irq_enable), 0U);
      EXPECT_EQ(p.driver.read64(Register::job_descriptor), 0U);
      EXPECT_EQ(p.driver.read64(Register::cycles), 0U);
      ASSERT_TRUE(p.wait_idle(sc_core::sc_time(1, sc_core::SC_US)));
      EXPECT_EQ(memory.in_flight(), 0U) << "outstanding transactions must be drained";
      EXPECT_EQ(p.driver.read32(Register::status), kStatusIdle);
      EXPECT_FALSE(p.irq.read());
      EXPECT_EQ(p.driver.read64(Register::dma_bytes_read), 0U);
      if (i % 6 == 0) {
        run_clean_job(p, job, memory.bytes());
        EXPECT_EQ(p.driver.read64(Register::cycles), static_cast<std::uint64_t>(job.cycles()));
        p.clear_irq();
      }
    }
    EXPECT_GT(running, 25) << "many resets must hit a running job";
  });
}

TEST_P(TransferTest, StallsGrowAsBandwidthFalls) {
  const std::vector<double> bandwidths{0, 64, 16, 8, 4, 2, 1, 0.5};
  std::vector<std::unique_ptr<Platform>> platforms;
  std::vector<std::unique_ptr<Memory>> memories;
  for (std::size_t i = 0; i < bandwidths.size(); ++i) {
    MemoryParameters m;
    m.base_address = kBase;
    m.size_bytes = 1U << 16;
    m.bytes_per_ns = bandwidths[i];
    const std::string suffix = "_" + std::to_string(i);
    platforms.push_back(std::make_unique<Platform>(TransferTest::parameters(), suffix));
    memories.push_back(std::make_unique<Memory>(("memory" + suffix).c_str(), m));
    platforms.back()->accelerator.memory_socket.bind(memories.back()->socket);
  }
  harness::run_in_thread([&] {
    std::mt19937_64 random(9);
    for (int round = 0; round < 4; ++round) {
      const JobOptions options{random_shape(random, 20), 0, round % 2 == 1};
      std::int64_t last = 0;
      for (std::size_t i = 0; i < bandwidths.size(); ++i) {
        Platform& p = *platforms[i];
        std::mt19937_64 same(100);
        TestJob job(p.accelerator.config(), options, same);
        std::uint64_t cursor = 0;
        job.place(memories[i]->bytes(), kBase, cursor);
        p.driver.write32(Register::control, kControlClearCounters);
        p.ring(job.address());
        ASSERT_TRUE(p.wait_irq());
        p.clear_irq();
        job.expect_result(memories[i]->bytes());
        const AcceleratorCounters c = p.accelerator.counters();
        EXPECT_EQ(c.cycles, job.cycles());
        if (bandwidths[i] == 0) {
          EXPECT_EQ(c.stall_cycles, 0) << "ideal memory";
          expect_within_a_step(c.time, job.ideal_time(sc_core::SC_ZERO_TIME));
        } else {
          EXPECT_GE(c.stall_cycles, last) << bandwidths[i] << " bytes per ns";
        }
        last = c.stall_cycles;
      }
      EXPECT_GT(last, 0);
    }
  });
}

TEST_P(TransferTest, TwoAcceleratorsShareAMemory) {
  AcceleratorParameters other = TransferTest::parameters();
  other.array.rows = 6;
  other.array.cols = 3;
  other.array.modes = {1, 2, 3};
  other.array.clocks.mode_ps = {{1, 501.3}, {2, 612.7}, {3, 701.9}};
  Platform first(TransferTest::parameters(), "_a", 0x40000000), second(other, "_b", 0x50000000);
  TlmTestMemory memory("memory", random_memory(TransferTest::parameters(), 31));
  vp::Bus bus("bus", 4,
              {{"memory", kBase, 1U << 16, false},
               {"first", 0x40000000, kRegisterWindowBytes, true},
               {"second", 0x50000000, kRegisterWindowBytes, true}});
  first.driver.socket.bind(bus.initiator(0));
  second.driver.socket.bind(bus.initiator(1));
  first.accelerator.memory_socket.bind(bus.initiator(2));
  second.accelerator.memory_socket.bind(bus.initiator(3));
  bus.target(0).bind(memory.socket);
  bus.target(1).bind(first.accelerator.register_socket);
  bus.target(2).bind(second.accelerator.register_socket);
  harness::run_in_thread([&] {
    std::mt19937_64 random(32);
    std::uint64_t cursor = 0;
    TestJob a(first.accelerator.config(), {{9, 8, 10}, 0}, random);
    TestJob b(second.accelerator.config(), {{8, 13, 7}, 0, true}, random);
    a.place(memory.bytes(), kBase, cursor);
    b.place(memory.bytes(), kBase, cursor);
    first.ring(a.address());
    second.ring(b.address());
    EXPECT_NE(second.driver.read32(Register::status) & kStatusBusy, 0U);
    EXPECT_NE(first.driver.read32(Register::status) & kStatusBusy, 0U);
    ASSERT_TRUE(first.wait_irq());
    ASSERT_TRUE(second.wait_irq());
    first.expect_done();
    second.expect_done();
    a.expect_result(memory.bytes());
    b.expect_result(memory.bytes());
    EXPECT_EQ(first.accelerator.counters().cycles, a.cycles());
    EXPECT_EQ(second.accelerator.counters().cycles, b.cycles());
  });
}

TEST_P(DirectTest, DirectMemoryAccessOfBurstsRoundedOutTakesJustTheBytes) {
  AcceleratorParameters parameters = small_accelerator(GetParam());
  parameters.dma.alignment = BurstAlignment::whole;
  parameters.dma.use_dmi = true;
  TlmTestMemoryBehaviour behaviour;
  behaviour.base_address = kBase;
  behaviour.size_bytes = 1U << 16;
  behaviour.alignment = BurstAlignment::whole;
  run_random_chains(parameters, behaviour, 20261127);
}

TEST_P(DirectTest, DirectMemoryAccessChangesNeitherResultNorTime) {
  const auto make = [&](bool dmi) {
    AcceleratorParameters p = small_accelerator(GetParam());
    p.dma.use_dmi = dmi;
    return p;
  };
  Platform with(make(true), "_with"), without(make(false), "_without");
  TlmTestMemoryBehaviour behaviour;
  behaviour.base_address = kBase;
  behaviour.size_bytes = 1U << 16;
  TlmTestMemory memory_with("memory_with", behaviour), memory_without("memory_without", behaviour);
  for (TlmTestMemory* memory : {&memory_with, &memory_without}) {
    memory->grant_dmi = true;
    memory->dmi_latency = sc_core::sc_time(900, sc_core::SC_PS);
  }
  with.accelerator.memory_socket.bind(memory_with.socket);
  without.accelerator.memory_socket.bind(memory_without.socket);
  const auto run = [](Platform& p, TlmTestMemory& memory, sc_core::sc_time& taken) {
    std::mt19937_64 random(55);
    TestJob job(p.accelerator.config(), {{9, 12, 13}, 0, true}, random);
    std::uint64_t cursor = 0;
    job.place(memory.bytes(), kBase, cursor);
    const sc_core::sc_time start = sc_core::sc_time_stamp();
    p.ring(job.address());
    ASSERT_TRUE(p.wait_irq());
    taken = sc_core::sc_time_stamp() - start;
    job.expect_result(memory.bytes());
    p.clear_irq();
  };
  harness::run_in_thread([&] {
    sc_core::sc_time time_with, time_without;
    run(without, memory_without, time_without);
    run(with, memory_with, time_with);
    EXPECT_EQ(time_with, time_without);
    EXPECT_EQ(memory_with.transactions(), 1U) << "all but the first access must be direct";
    EXPECT_EQ(memory_without.dmi_requests(), 0U);
  });
}

TEST_P(DirectTest, DirectMemoryAccessIsGivenUpInTheMiddleOfAJob) {
  AcceleratorParameters parameters = small_accelerator(GetParam());
  parameters.dma.use_dmi = true;
  Platform p(parameters);
  TlmTestMemoryBehaviour behaviour;
  behaviour.base_address = kBase;
  behaviour.size_bytes = 1U << 16;
  TlmTestMemory memory("memory", behaviour);
  memory.grant_dmi = true;
  memory.dmi_latency = sc_core::sc_time(900, sc_core::SC_PS);
  p.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    std::mt19937_64 random(56);
    TestJob job(p.accelerator.config(), {{9, 12, 13}, 0}, random);
    std::uint64_t cursor = 0;
    job.place(memory.bytes(), kBase, cursor);
    run_clean_job(p, job, memory.bytes());
    const auto time = p.accelerator.counters().time;
    const std::uint64_t before = memory.transactions();
    p.clear_irq();
    p.driver.write32(Register::control, kControlClearCounters);
    job.restore_x(memory.bytes());
    p.ring(job.address());
    std::vector<std::vector<unsigned char>> retired;
    for (int i = 0; i < 5; ++i) {
      sc_core::wait(11, sc_core::SC_NS);
      memory.grant_dmi = i % 2 == 1;
      memory.socket->invalidate_direct_mem_ptr(0, ~std::uint64_t{0});
      // The granted memory may be gone: whoever still uses it reads garbage.
      std::vector<unsigned char> moved(memory.bytes());
      std::fill(memory.bytes().begin(), memory.bytes().end(), static_cast<unsigned char>(0xA5));
      memory.bytes().swap(moved);
      retired.push_back(std::move(moved));
    }
    ASSERT_TRUE(p.wait_idle());
    job.expect_result(memory.bytes());
    EXPECT_GT(memory.transactions(), before + 3) << "transactions must replace direct access";
    expect_within_a_step(p.accelerator.counters().time, time);
  });
}

}  // namespace
}  // namespace arrayflex::platform::test
