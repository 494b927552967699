// Finite buffers: results and counters are those of the oracle's tiles, whatever the plan.
#include "arrayflex/core/error.h"
#include "oracle/cycle_oracle.h"
#include "system/platform/fixture.h"

namespace arrayflex::platform::test {
namespace {

INSTANTIATE_TEST_SUITE_P(Buffers, EngineTest, testing::ValuesIn(engines()), engine_test_name);

std::vector<BlockPlan> plans() {
  std::vector<BlockPlan> plans;
  for (const LoopOrder order : {LoopOrder::rows, LoopOrder::columns}) {
    for (const std::int64_t rows : {1, 4, 7, 13}) {
      for (int keeps = 0; keeps < 4; ++keeps) {
        plans.push_back({order, rows, (keeps & 1) != 0, (keeps & 2) != 0});
      }
    }
  }
  return plans;
}

TEST_P(EngineTest, EveryPlanGivesTheOraclesResultsAndCounts) {
  std::mt19937_64 random(20261125);
  BlockPlan plan;
  AcceleratorParameters parameters = small_accelerator(GetParam());
  parameters.buffers.plan = [&plan](const GemmShape&, int) { return plan; };
  AcceleratorParameters single = parameters;
  single.buffers.sizes.banks = 1;
  single.buffers.port_bytes_per_cycle = 3;
  Platform p(parameters), q(single, "_single");
  Memory memory("memory", small_memory()), other("memory_single", small_memory());
  p.accelerator.memory_socket.bind(memory.socket);
  q.accelerator.memory_socket.bind(other.socket);
  harness::run_in_thread([&] {
    for (auto [platform, bytes] : {std::pair{&p, &memory}, std::pair{&q, &other}}) {
      for (const BlockPlan& next : plans()) {
        plan = next;
        const GemmShape shape{13, 11, 12};
        TestJob job(platform->accelerator.config(), {shape, 2}, random);
        std::uint64_t cursor = 64;
        job.place(bytes->bytes(), kSmallMemoryBase, cursor);
        platform->driver.write32(Register::control, kControlClearCounters);
        run_clean_job(*platform, job, bytes->bytes());
        platform->clear_irq();
        const auto want =
            oracle::run(platform->accelerator.config(), Design::arrayflex, 2, shape, job.a(),
                        job.b(), {}, {plan.block_rows, plan.order == LoopOrder::columns});
        const AcceleratorCounters counters = platform->accelerator.counters();
        EXPECT_EQ(counters.activity, want.activity) << name_of(plan.order) << plan.block_rows;
        EXPECT_EQ(counters.cycles, want.cycles);
        EXPECT_EQ(counters.tiles, want.tiles);
        const MemoryTraffic moved =
            PlannedProduct(platform->accelerator.config(), shape, plan).traffic();
        EXPECT_EQ(counters.traffic.a, moved.a);
        EXPECT_EQ(counters.traffic.b, moved.b);
        EXPECT_EQ(counters.traffic.x_written, moved.x);
      }
    }
  });
}

TEST_P(EngineTest, AJobThatFitsNoBufferEndsWithAnError) {
  std::mt19937_64 random(20261125);
  AcceleratorParameters parameters = small_accelerator(GetParam());
  parameters.buffers.sizes.operand_bytes = 7;  // two pieces of four elements need 8
  Platform p(parameters);
  Memory memory("memory", small_memory());
  p.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    auto jobs = placed_jobs(p, memory.bytes(), {{{3, 9, 2}, 1}, {{3, 3, 2}, 1}}, random);
    p.ring(jobs[0].address());
    ASSERT_TRUE(p.wait_irq());
    EXPECT_EQ(p.driver.read32(Register::error_code),
              static_cast<std::uint32_t>(ErrorCode::internal));
    p.clear_irq();
    run_clean_job(p, jobs[1], memory.bytes());
  });
}

TEST(Buffers, ParametersOutOfBoundsAreRefused) {
  AcceleratorParameters parameters = small_accelerator(EngineKind::fast);
  parameters.buffers.sizes.weight_bytes = 0;
  EXPECT_THROW(validate(parameters), InputError);
  parameters.buffers.sizes.weight_bytes = 100;
  EXPECT_NO_THROW(validate(parameters));
  parameters.array.overlap = Overlap::load;
  EXPECT_THROW(validate(parameters), InputError);
  parameters = small_accelerator(EngineKind::fast);
  parameters.buffers.port_bytes_per_cycle = -1;
  EXPECT_THROW(validate(parameters), InputError);
}

}  // namespace
}  // namespace arrayflex::platform::test
