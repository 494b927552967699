// Both engines end every job at the same instant and with the same counts, whatever the memory and
// whenever the job before ended. (Where tiles overlap, overlap_with_memory_test looks.)
#include "system/platform/fixture.h"

namespace arrayflex::platform::test {
namespace {

/// A pair of platforms, one per engine, each with a memory of its own.
struct Pair {
  Pair(AcceleratorParameters parameters, const MemoryParameters& memory) {
    for (const EngineKind engine : engines()) {
      parameters.engine = engine;
      const std::string suffix = std::string("_") + name_of(engine);
      platforms.push_back(std::make_unique<Platform>(parameters, suffix));
      memories.push_back(std::make_unique<Memory>(("memory" + suffix).c_str(), memory));
      platforms.back()->accelerator.memory_socket.bind(memories.back()->socket);
    }
  }

  std::vector<std::unique_ptr<Platform>> platforms;
  std::vector<std::unique_ptr<Memory>> memories;
};

class EngineTimesTest : public testing::TestWithParam<std::tuple<DmaProtocol, int>> {};
INSTANTIATE_TEST_SUITE_P(Platform, EngineTimesTest,
                         testing::Combine(testing::Values(DmaProtocol::loosely_timed,
                                                          DmaProtocol::approximately_timed),
                                          testing::Range(0, 16)));

JobOptions random_job(std::mt19937_64& random, bool is_last) {
  const auto size = [&](int most) { return static_cast<std::int64_t>(1 + random() % most); };
  const std::vector<std::uint32_t> modes{0, 1, 2, 4};
  const GemmShape shape{size(9), size(12), size(12)};
  return {shape, modes[random() % modes.size()], random() % 4 == 0, is_last, random() % 2};
}

// A chain of jobs in both memories; the address of the first.
std::uint64_t place_chain(Pair& pair, std::uint64_t seed) {
  std::uint64_t first = 0;
  for (std::size_t p = 0; p < pair.platforms.size(); ++p) {
    std::mt19937_64 random(seed);
    std::vector<JobOptions> options(1 + random() % 4);
    for (JobOptions& job : options) job = random_job(random, &job == &options.back());
    std::vector<unsigned char>& memory = pair.memories[p]->bytes();
    std::vector<TestJob> jobs = placed_jobs(*pair.platforms[p], memory, options, random);
    for (std::size_t i = 0; i + 1 < jobs.size(); ++i) {
      jobs[i].descriptor().next = jobs[i + 1].address();
      jobs[i].store(memory);
    }
    first = jobs.front().address();
  }
  return first;
}

void expect_equal(const AcceleratorCounters& fast, const AcceleratorCounters& pin) {
  EXPECT_EQ(fast.jobs_done, pin.jobs_done);
  EXPECT_EQ(fast.cycles, pin.cycles);
  EXPECT_EQ(fast.stall_cycles, pin.stall_cycles);
  EXPECT_EQ(fast.time, pin.time);
  EXPECT_EQ(fast.activity.toggles, pin.activity.toggles);
  EXPECT_EQ(fast.activity.clocked_bits, pin.activity.clocked_bits);
  EXPECT_EQ(fast.activity.gated_bits, pin.activity.gated_bits);
}

TEST_P(EngineTimesTest, AreEqualBehindRandomMemories) {
  const auto [protocol, index] = GetParam();
  const std::uint64_t seed = 20261125 + static_cast<std::uint64_t>(index);
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  AcceleratorParameters parameters = small_accelerator(EngineKind::fast);
  parameters.dma.protocol = protocol;
  parameters.design = random() % 3 == 0 ? Design::conventional : Design::arrayflex;
  // From slow memories to those that are done within a cycle of the array.
  MemoryParameters memory = small_memory();
  memory.bytes_per_ns = std::vector<double>{2, 32, 300, 511.3, 2000, 9000}[random() % 6];
  memory.latency = sc_core::sc_time(static_cast<double>(random() % 900), sc_core::SC_PS);
  Pair pair(parameters, memory);
  harness::run_in_thread([&] {
    for (int round = 0; round < 12; ++round) {
      SCOPED_TRACE("round " + std::to_string(round));
      const std::uint64_t chain = place_chain(pair, random());
      const sc_core::sc_time begin = sc_core::sc_time_stamp();
      for (const auto& platform : pair.platforms) platform->ring(chain);
      for (const auto& platform : pair.platforms) ASSERT_TRUE(platform->wait_irq());
      for (const auto& platform : pair.platforms) platform->clear_irq();
      // Now and then at once, so that the next job meets the drain of this one.
      if (random() % 2 == 0) sc_core::wait(static_cast<double>(random() % 1500), sc_core::SC_PS);
      EXPECT_GT(sc_core::sc_time_stamp(), begin);
      expect_equal(pair.platforms[0]->accelerator.counters(),
                   pair.platforms[1]->accelerator.counters());
    }
  });
}

}  // namespace
}  // namespace arrayflex::platform::test
