// Results, cycles, time and counters against plain references, on both engines.
#include "system/platform/fixture.h"

namespace arrayflex::platform::test {
namespace {

INSTANTIATE_TEST_SUITE_P(Platform, EngineTest, testing::ValuesIn(engines()), engine_test_name);

MemoryParameters ideal_memory() {
  MemoryParameters p;
  p.base_address = 0x80000000;
  p.size_bytes = 1U << 18;
  return p;
}

void expect_counters(Platform& p, const TestJob& job) {
  const GemmResult want = job.fast_engine_result();
  EXPECT_EQ(p.driver.read64(Register::cycles), static_cast<std::uint64_t>(want.cycles));
  EXPECT_EQ(p.driver.read64(Register::tiles), static_cast<std::uint64_t>(want.tiles));
  for (std::size_t i = 0; i < kNetClassCount; ++i) {
    EXPECT_EQ(p.driver.read64(Register::toggles, static_cast<std::uint32_t>(8 * i)),
              static_cast<std::uint64_t>(want.activity.toggles[i]))
        << name_of(all_net_classes()[i]);
  }
  EXPECT_EQ(p.accelerator.counters().activity, want.activity);
}

TEST_P(EngineTest, IdealMemoryGivesTheClosedFormExactly) {
  std::mt19937_64 random(11);
  Platform p(small_accelerator(GetParam()));
  Memory memory("memory", ideal_memory());
  p.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    for (const std::uint32_t k : {0U, 1U, 2U, 4U}) {
      TestJob job(p.accelerator.config(), {{13, 11, 12}, k}, random);
      std::uint64_t cursor = 64;
      job.place(memory.bytes(), ideal_memory().base_address, cursor);
      // A start off the grid of any clock.
      sc_core::wait(1237, sc_core::SC_PS);
      const sc_core::sc_time start = sc_core::sc_time_stamp();
      p.driver.write32(Register::control, kControlClearCounters);
      p.ring(job.address());
      ASSERT_TRUE(p.wait_irq());
      const sc_core::sc_time taken = sc_core::sc_time_stamp() - start;
      if (k == 0) {
        EXPECT_EQ(taken, job.ideal_time(start));
      } else {
        expect_within_a_step(taken, job.ideal_time(start));
      }
      p.clear_irq();
      p.expect_done();
      job.expect_result(memory.bytes());
      expect_counters(p, job);
      EXPECT_EQ(p.driver.read64(Register::stall_cycles), 0U);
      EXPECT_EQ(p.driver.read64(Register::time_fs),
                static_cast<std::uint64_t>(taken.value()) * 1000);
      EXPECT_EQ(p.driver.read64(Register::jobs_done), 1U);
    }
  });
}

TEST_P(EngineTest, EveryWidthAndShapeIsExact) {
  std::vector<std::unique_ptr<Platform>> platforms;
  std::vector<std::unique_ptr<Memory>> memories;
  for (std::size_t i = 0; i < std::size(kWidthPairs); ++i) {
    AcceleratorParameters parameters = small_accelerator(GetParam(), 3, 4);
    parameters.array.data_width_bits = kWidthPairs[i].data_bits;
    parameters.array.acc_width_bits = kWidthPairs[i].acc_bits;
    parameters.array.modes = {1, 2, 3};
    parameters.array.clocks.mode_ps = {{1, 555.5}, {2, 588.2}, {3, 650.1}};
    const std::string suffix = "_" + std::to_string(i);
    platforms.push_back(std::make_unique<Platform>(parameters, suffix));
    memories.push_back(std::make_unique<Memory>(("memory" + suffix).c_str(), ideal_memory()));
    platforms.back()->accelerator.memory_socket.bind(memories.back()->socket);
  }
  harness::run_in_thread([&] {
    std::mt19937_64 random(5);
    for (std::size_t i = 0; i < std::size(kWidthPairs); ++i) {
      Platform& p = *platforms[i];
      for (const GemmShape& shape :
           std::vector<GemmShape>{{1, 1, 1}, {1, 7, 9}, {9, 3, 4}, {5, 4, 5}}) {
        TestJob job(p.accelerator.config(), {shape, 0, i % 2 == 0, true, i}, random);
        std::uint64_t cursor = 64;
        job.place(memories[i]->bytes(), ideal_memory().base_address, cursor);
        p.driver.write32(Register::control, kControlClearCounters);
        p.ring(job.address());
        ASSERT_TRUE(p.wait_irq());
        p.clear_irq();
        p.expect_done();
        job.expect_result(memories[i]->bytes());
        expect_counters(p, job);
      }
    }
  });
}

TEST_P(EngineTest, TrafficIsCountedPerOperand) {
  std::mt19937_64 random(3);
  Platform p(small_accelerator(GetParam(), 4, 4));
  Memory memory("memory", ideal_memory());
  p.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    const GemmShape shape{6, 9, 7};  // 3 row blocks, 2 column blocks
    TestJob job(p.accelerator.config(), {shape, 1, true}, random);
    std::uint64_t cursor = 0;
    job.place(memory.bytes(), ideal_memory().base_address, cursor);
    p.ring(job.address());
    ASSERT_TRUE(p.wait_irq());
    // A is fetched once per column block.
    EXPECT_EQ(p.driver.read64(Register::dma_bytes_a), 2U * 6 * 9);
    EXPECT_EQ(p.driver.read64(Register::dma_bytes_b), 9U * 7);
    EXPECT_EQ(p.driver.read64(Register::dma_bytes_x_read), 6U * 7 * 4);
    EXPECT_EQ(p.driver.read64(Register::dma_bytes_written), 6U * 7 * 4);
    EXPECT_EQ(p.driver.read64(Register::dma_bytes_descriptor), kDescriptorBytes);
    EXPECT_EQ(p.driver.read64(Register::dma_bytes_read),
              2U * 6 * 9 + 9 * 7 + 6 * 7 * 4 + kDescriptorBytes);
    job.expect_result(memory.bytes());
  });
}

TEST_P(EngineTest, CountersCanBeReadWhileRunningAndNeverFall) {
  std::mt19937_64 random(8);
  Platform p(small_accelerator(GetParam()));
  MemoryParameters slow = ideal_memory();
  slow.latency = sc_core::sc_time(3, sc_core::SC_NS);
  slow.bytes_per_ns = 8;
  Memory memory("memory", slow);
  p.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    TestJob job(p.accelerator.config(), {{9, 16, 15}, 2}, random);
    std::uint64_t cursor = 0;
    job.place(memory.bytes(), slow.base_address, cursor);
    p.ring(job.address());
    const std::vector<Register> counters{Register::cycles,         Register::stall_cycles,
                                         Register::time_fs,        Register::tiles,
                                         Register::dma_bytes_read, Register::dma_bytes_written};
    std::vector<std::uint64_t> last(counters.size());
    std::size_t intermediate = 0;
    while (!p.irq.read()) {
      for (std::size_t i = 0; i < counters.size(); ++i) {
        const std::uint64_t value = p.driver.read64(counters[i]);
        ASSERT_GE(value, last[i]) << i;
        last[i] = value;
      }
      const auto tiles = p.driver.read64(Register::tiles);
      if (tiles > 0 && tiles < 12) ++intermediate;
      sc_core::wait(5, sc_core::SC_NS);
    }
    EXPECT_GT(intermediate, 2U) << "the counters must move while the job runs";
    EXPECT_EQ(p.driver.read64(Register::tiles), 12U);
    const sc_core::sc_time period =
        CycleGrid({}, *p.accelerator.config().period_ps(Design::arrayflex, 2)).time_of(1000);
    const double cycles = static_cast<double>(p.driver.read64(Register::cycles) +
                                              p.driver.read64(Register::stall_cycles));
    EXPECT_NEAR(static_cast<double>(p.driver.read64(Register::time_fs)),
                cycles * static_cast<double>(period.value()), 1e3);
    job.expect_result(memory.bytes());
  });
}

}  // namespace
}  // namespace arrayflex::platform::test
