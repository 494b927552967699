// Errors of the model itself, as opposed to those of a job or of the bus: an array that fails where
// it is told to, behind the platform's own job runner and sequencer.
#include "arrayflex/core/error.h"

#include <functional>
#include <limits>
#include <new>
#include <stdexcept>

#include "arrayflex/platform/arrays/fast_tile_engine.h"
#include "arrayflex/platform/jobs/job_runner.h"
#include "arrayflex/platform/jobs/sequencer.h"
#include "system/platform/fixture.h"

namespace arrayflex::platform::test {
namespace {

/// The fast array, which throws at one of its calls or claims more cycles than it took.
class FailingArray : public TileEngine {
 public:
  explicit FailingArray(const ArrayConfig& config) : array_(config) {}

  std::function<void()> at_begin = [] {}, at_tile = [] {}, at_end = [] {};
  std::int64_t more_cycles = 0;

  Engine kind() const override { return Engine::fast; }
  const ArrayConfig& config() const override { return array_.config(); }
  void begin_gemm(int k, const CycleGrid& edges) override {
    at_begin();
    array_.begin_gemm(k, edges);
  }
  sc_core::sc_time run_tile(const BufferedTile& tile, const sc_core::sc_time& ready) override {
    const sc_core::sc_time end = array_.run_tile(tile, ready);
    at_tile();
    return end;
  }
  void end_gemm() override {
    array_.end_gemm();
    at_end();
  }
  void abort() override { array_.abort(); }
  std::int64_t cycles() const override { return array_.cycles() + more_cycles; }
  const ActivityCounters& activity() const override { return array_.activity(); }

 private:
  FastTileEngine array_;
};

/// The parts of an accelerator around the failing array; without registers.
class FailingAccelerator : public sc_core::sc_module {
 public:
  Dma::Socket memory_socket;
  ArrayConfig config;
  FailingArray array;
  Dma dma;
  JobRunner runner;
  Sequencer sequencer;

  FailingAccelerator(const sc_core::sc_module_name& name, const AcceleratorParameters& parameters)
      : sc_core::sc_module(name),
        memory_socket("memory_socket"),
        config(parameters.array),
        array(config),
        dma(memory_socket, parameters.dma),
        runner(array, dma),
        sequencer(config, parameters.limits, runner, dma) {
    SC_HAS_PROCESS(FailingAccelerator);
    SC_THREAD(run_jobs);
    SC_THREAD(run_array);
  }

  /// Runs the chain at an address to its end.
  void run(std::uint64_t descriptor) {
    sequencer.ring(descriptor, sc_core::sc_time_stamp());
    const sc_core::sc_time limit = sc_core::sc_time_stamp() + sc_core::sc_time(1, sc_core::SC_MS);
    do {
      ASSERT_LT(sc_core::sc_time_stamp(), limit) << "the job does not end";
      sc_core::wait(7, sc_core::SC_NS);
    } while ((sequencer.status() & kStatusIdle) == 0);
  }

 private:
  void run_jobs() { sequencer.run_loop(); }
  void run_array() { runner.compute_loop(); }
};

/// A product of 2 x 2 tiles on the failing accelerator.
class ModelErrorTest : public testing::Test {
 protected:
  ModelErrorTest()
      : accelerator_("accelerator", small_accelerator(EngineKind::fast)),
        memory_("memory", memory_parameters()),
        random_(17),
        job_(accelerator_.config, {{6, 7, 8}, 2}, random_) {
    accelerator_.memory_socket.bind(memory_.socket);
    std::uint64_t cursor = 64;
    job_.place(memory_.bytes(), memory_parameters().base_address, cursor);
  }

  static MemoryParameters memory_parameters() {
    MemoryParameters p;
    p.base_address = 0x80000000;
    p.size_bytes = 1U << 14;
    return p;
  }

  /// The job fails with the code, and once the array is well again, a further job succeeds.
  void expect_failure(ErrorCode code) {
    Sequencer& sequencer = accelerator_.sequencer;
    accelerator_.run(job_.address());
    EXPECT_EQ(sequencer.error().code, code);
    EXPECT_EQ(sequencer.error().fault_address, 0U);
    EXPECT_EQ(sequencer.fault_descriptor(), job_.address());
    EXPECT_EQ(sequencer.error_count(), 1U);
    EXPECT_EQ(sequencer.irq_status(), kIrqError);
    EXPECT_EQ(sequencer.status(), kStatusIdle | kStatusError);
    EXPECT_EQ(sequencer.counters().jobs_done, 0);

    accelerator_.array.at_begin = accelerator_.array.at_tile = accelerator_.array.at_end = [] {};
    accelerator_.array.more_cycles = 0;
    sequencer.clear_irq(kIrqAll);
    job_.restore_x(memory_.bytes());
    accelerator_.run(job_.address());
    EXPECT_EQ(sequencer.error().code, ErrorCode::none);
    EXPECT_EQ(sequencer.irq_status(), kIrqJobDone);
    EXPECT_EQ(sequencer.status(), kStatusIdle | kStatusDone);
    EXPECT_EQ(sequencer.counters().jobs_done, 1);
    job_.expect_result(memory_.bytes());
  }

  FailingAccelerator accelerator_;
  Memory memory_;
  std::mt19937_64 random_;
  TestJob job_;
};

[[noreturn]] void overflow() { throw OverflowError("number of toggles"); }
[[noreturn]] void exhaust_memory() { throw std::bad_alloc(); }

TEST_F(ModelErrorTest, OverflowAtTheFirstTile) {
  accelerator_.array.at_tile = overflow;
  harness::run_in_thread([&] { expect_failure(ErrorCode::counter_overflow); });
}

TEST_F(ModelErrorTest, OverflowAtTheLastTile) {
  accelerator_.array.at_tile = [tiles = 0]() mutable {
    if (++tiles == 4) overflow();
  };
  harness::run_in_thread([&] {
    expect_failure(ErrorCode::counter_overflow);
    EXPECT_EQ(accelerator_.sequencer.counters().tiles, 3 + 4);
  });
}

// After the last tile, when its results are on their way to memory.
TEST_F(ModelErrorTest, OverflowAtTheEndOfTheProduct) {
  accelerator_.array.at_end = overflow;
  harness::run_in_thread([&] { expect_failure(ErrorCode::counter_overflow); });
}

TEST_F(ModelErrorTest, OverflowOfTheTotalsOfSeveralJobs) {
  harness::run_in_thread([&] {
    Sequencer& sequencer = accelerator_.sequencer;
    accelerator_.array.more_cycles = std::numeric_limits<std::int64_t>::max() - 1000;
    accelerator_.run(job_.address());
    EXPECT_EQ(sequencer.error().code, ErrorCode::none);
    const std::int64_t cycles = sequencer.counters().cycles;
    EXPECT_EQ(cycles, accelerator_.array.cycles());
    accelerator_.run(job_.address());
    EXPECT_EQ(sequencer.error().code, ErrorCode::counter_overflow);
    EXPECT_EQ(sequencer.counters().cycles, cycles) << "a total must not wrap";
    EXPECT_EQ(sequencer.counters().jobs_done, 1);
  });
}

TEST_F(ModelErrorTest, NoMemoryAtTheStart) {
  accelerator_.array.at_begin = exhaust_memory;
  harness::run_in_thread([&] { expect_failure(ErrorCode::internal); });
}

TEST_F(ModelErrorTest, NoMemoryInATile) {
  accelerator_.array.at_tile = exhaust_memory;
  harness::run_in_thread([&] { expect_failure(ErrorCode::internal); });
}

// Bad input cannot come from a job, so it is a fault of the model.
TEST_F(ModelErrorTest, BadInputInTheModel) {
  accelerator_.array.at_end = [] { throw InputError("stub"); };
  harness::run_in_thread([&] { expect_failure(ErrorCode::internal); });
}

TEST_F(ModelErrorTest, ChainEndsAtTheError) {
  TestJob second(accelerator_.config, {{2, 3, 4}, 1}, random_);
  std::uint64_t cursor = 8192;
  second.place(memory_.bytes(), memory_parameters().base_address, cursor);
  job_.descriptor().next = second.address();
  job_.store(memory_.bytes());
  accelerator_.array.at_tile = overflow;
  harness::run_in_thread([&] {
    accelerator_.run(job_.address());
    EXPECT_EQ(accelerator_.sequencer.error().code, ErrorCode::counter_overflow);
    EXPECT_EQ(accelerator_.sequencer.fault_descriptor(), job_.address());
    EXPECT_EQ(accelerator_.sequencer.error_count(), 1U);
    EXPECT_EQ(accelerator_.sequencer.counters().tiles, 0);
    EXPECT_EQ(accelerator_.sequencer.counters().jobs_done, 0);
  });
}

}  // namespace
}  // namespace arrayflex::platform::test
