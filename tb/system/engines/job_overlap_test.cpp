// Jobs whose tiles overlap: both arrays of the accelerator against the definition's timeline, the
// oracle and each other, with memories that are late at random.
#include "system/platform/fixture.h"
// After the fixture, which means GoogleTest by `testing`.
#include <iostream>

#include "arrayflex/pin/array_system.h"
#include "arrayflex/platform/arrays/fast_tile_engine.h"
#include "arrayflex/platform/arrays/pin_tile_engine.h"
#include "oracle/cycle_oracle.h"
#include "system/engines/cases.h"

namespace arrayflex::platform::test {
namespace {

using arrayflex::testing::EngineCase;
using harness::TlmTestMemory;
using harness::TlmTestMemoryBehaviour;

/// What the array was told about a tile, and when it ran, in edges of the product's clock.
struct TileRecord {
  std::int64_t weights_there, load, rows_there, stream, end;

  bool operator==(const TileRecord& o) const {
    return std::tie(weights_there, load, rows_there, stream, end) ==
           std::tie(o.weights_there, o.load, o.rows_there, o.stream, o.end);
  }
};

/// An array that writes down what it is asked for.
class RecordingEngine final : public TileEngine {
 public:
  explicit RecordingEngine(std::unique_ptr<TileEngine> engine) : engine_(std::move(engine)) {}

  Engine kind() const override { return engine_->kind(); }
  const ArrayConfig& config() const override { return engine_->config(); }
  void begin_gemm(int k, const CycleGrid& edges) override {
    grid_ = edges;
    tiles.clear();
    finished_ = 0;
    engine_->begin_gemm(k, edges);
  }
  sc_core::sc_time run_tile(const BufferedTile& tile, const sc_core::sc_time& ready) override {
    return engine_->run_tile(tile, ready);
  }
  sc_core::sc_time load_tile(const BufferedTile& tile, const sc_core::sc_time& ready) override {
    const sc_core::sc_time load = engine_->load_tile(tile, ready);
    tiles.push_back({edge(ready), edge(load), 0, 0, 0});
    return load;
  }
  sc_core::sc_time stream_tile(const BufferedTile& tile, const sc_core::sc_time& ready,
                               bool is_last) override {
    const std::size_t index = tiles.size() - 1;
    const sc_core::sc_time stream = engine_->stream_tile(tile, ready, is_last);
    tiles[index].rows_there = edge(ready);
    tiles[index].stream = edge(stream);
    return stream;
  }
  sc_core::sc_time finish_tile() override {
    const sc_core::sc_time end = engine_->finish_tile();
    tiles[finished_++].end = edge(end);
    return end;
  }
  void end_gemm() override { engine_->end_gemm(); }
  void abort() override { engine_->abort(); }
  std::int64_t cycles() const override { return engine_->cycles(); }
  const ActivityCounters& activity() const override { return engine_->activity(); }

  std::vector<TileRecord> tiles;  ///< of the latest product
  const sc_core::sc_time& start() const { return grid_.anchor(); }

 private:
  std::int64_t edge(const sc_core::sc_time& time) const { return grid_.edge_at_or_after(time); }

  std::unique_ptr<TileEngine> engine_;
  CycleGrid grid_;
  std::size_t finished_ = 0;
};

/// How the memory is late. What a memory that misbehaves at random draws depends on the order of
/// events within an instant, where several transactions are in flight: then the times of the two
/// engines' jobs are not the same, and each is judged by the definition alone.
struct MemoryKind {
  const char* name;
  DmaProtocol protocol;
  std::uint32_t max_outstanding;
  bool use_dmi;
  bool misbehaves;  ///< delays at random, up to max_delay; else one latency and one bandwidth
  double max_delay_ns;
  double quantum_ns;  ///< how far the accelerator may run ahead of simulated time
};

constexpr std::uint64_t kMemoryBytes = 1U << 14;
constexpr auto kLoosely = DmaProtocol::loosely_timed;
constexpr auto kApproximately = DmaProtocol::approximately_timed;
// "Quick" ones are late by so little that the pipeline still moves.
constexpr MemoryKind kMemoryKinds[] = {{"lt", kLoosely, 1, false, true, 6, 0},
                                       {"lt_decoupled", kLoosely, 1, false, true, 6, 150},
                                       {"lt_quick", kLoosely, 1, false, true, 1.2, 0},
                                       {"lt_quick_decoupled", kLoosely, 1, false, true, 1.2, 150},
                                       {"dmi", kLoosely, 1, true, true, 0, 0},
                                       {"dmi_decoupled", kLoosely, 1, true, true, 0, 150},
                                       {"at_1_quick", kApproximately, 1, false, false, 0.7, 0},
                                       {"at_4", kApproximately, 4, false, false, 9, 0},
                                       {"at_8_quick", kApproximately, 8, false, false, 2, 0},
                                       {"at_1_random", kApproximately, 1, false, true, 0.7, 0},
                                       {"at_8_random", kApproximately, 8, false, true, 0.7, 0}};

bool times_are_the_same(const MemoryKind& kind) {
  return !(kind.misbehaves && kind.protocol == kApproximately);
}

/// The array as the accelerator sees it: for the conventional one with the single mode 1.
ArrayConfig visible_config(const EngineCase& c) {
  ArrayParameters p = c.config().parameters();
  if (c.design == Design::conventional) {
    p.modes = {1};
    p.clocks.mode_ps = {{1, 1000.0 / 1.7}};
    p.clocks.conventional_ps = 1000.0 / 1.7;
  }
  return ArrayConfig(p);
}

std::unique_ptr<TileEngine> make_engine(EngineKind kind, const EngineCase& c) {
  const RecordOptions record{true, false, ""};
  if (kind == EngineKind::pin) {
    return std::make_unique<PinTileEngine>(visible_config(c), c.design, record);
  }
  return std::make_unique<FastTileEngine>(visible_config(c), c.design, record);
}

/// The part of an accelerator that runs jobs, without registers, and its memory.
struct JobBench : sc_core::sc_module {
  SC_HAS_PROCESS(JobBench);
  JobBench(const sc_core::sc_module_name& name, EngineKind kind, const EngineCase& c,
           const MemoryKind& memory_kind)
      : sc_module(name),
        socket("socket"),
        engine(make_engine(kind, c)),
        dma(socket, dma_parameters(memory_kind)),
        runner(engine, dma) {
    if (memory_kind.misbehaves) {
      random_memory = std::make_unique<TlmTestMemory>("memory", behaviour(memory_kind, c.seed));
      socket.bind(random_memory->socket);
      random_memory->grant_dmi = memory_kind.use_dmi;
      if (memory_kind.use_dmi) random_memory->dmi_latency = sc_core::sc_time(350, sc_core::SC_PS);
    } else {
      memory = std::make_unique<Memory>("memory", memory_parameters(memory_kind, c.seed));
      socket.bind(memory->socket);
    }
    SC_THREAD(compute);
    SC_THREAD(finish);
  }

  static DmaParameters dma_parameters(const MemoryKind& kind) {
    DmaParameters p;
    p.burst_bytes = 32;
    p.boundary_bytes = 256;
    p.protocol = kind.protocol;
    p.max_outstanding = kind.max_outstanding;
    p.use_dmi = kind.use_dmi;
    return p;
  }
  static TlmTestMemoryBehaviour behaviour(const MemoryKind& kind, std::uint64_t seed) {
    TlmTestMemoryBehaviour b;
    b.size_bytes = kMemoryBytes;
    b.seed = seed;
    b.max_delay = sc_core::sc_time(kind.max_delay_ns, sc_core::SC_NS);
    return b;
  }

  static MemoryParameters memory_parameters(const MemoryKind& kind, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    MemoryParameters p;
    p.size_bytes = kMemoryBytes;
    const auto steps = static_cast<std::uint64_t>(kind.max_delay_ns * 1000);
    p.latency = sc_core::sc_time(static_cast<double>(random() % steps), sc_core::SC_PS);
    p.bytes_per_ns = static_cast<double>(4 + random() % 400);
    return p;
  }
  std::vector<unsigned char>& bytes() { return memory ? memory->bytes() : random_memory->bytes(); }

  void compute() { runner.compute_loop(); }
  void finish() { runner.finish_loop(); }

  Dma::Socket socket;
  RecordingEngine engine;
  Dma dma;
  JobRunner runner;
  std::unique_ptr<TlmTestMemory> random_memory;  ///< one of the two
  std::unique_ptr<Memory> memory;
};

/// The same array and memory with either engine.
struct Pair {
  Pair(const EngineCase& the_case, const MemoryKind& kind)
      : c(the_case),
        fast(sc_core::sc_gen_unique_name("fast"), EngineKind::fast, c, kind),
        pin(sc_core::sc_gen_unique_name("pin"), EngineKind::pin, c, kind) {}

  EngineCase c;
  JobBench fast, pin;
};

/// A job and all that came of it.
struct JobOutcome {
  GemmShape shape;
  std::vector<TileRecord> tiles;
  AcceleratorCounters counters;
  sc_core::sc_time start, end;
};

constexpr int kJobs = 3;

GemmShape shape_of_job(const EngineCase& c, int job, std::mt19937_64& random) {
  if (job == 0) return c.shape;
  const auto below = [&](std::int64_t limit) {
    return 1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(limit));
  };
  return {below(2 * c.rows + 3), below(3 * c.rows), below(4 * c.cols)};
}

/// What the definition says about the timeline: stalls from when operands were there.
oracle::Stalls expect_timeline(const EngineCase& c, const JobOutcome& job) {
  const std::int64_t r = c.rows, k = c.k, t = job.shape.t;
  const std::int64_t s = t + (r + k - 1) / k + (c.cols + k - 1) / k - 2;
  const std::int64_t p = std::max(r, c.overlap == Overlap::load ? s : t);
  oracle::Stalls stalls;
  for (std::size_t i = 0; i < job.tiles.size(); ++i) {
    const TileRecord& tile = job.tiles[i];
    const std::int64_t before = i == 0 ? 0 : job.tiles[i - 1].stream;
    const std::int64_t load = std::max(before, tile.weights_there);
    const std::int64_t stream = std::max({i == 0 ? 0 : before + p, load + r, tile.rows_there});
    EXPECT_EQ(tile.load, load) << "tile " << i;
    EXPECT_EQ(tile.stream, stream) << "tile " << i;
    EXPECT_EQ(tile.end, stream + s) << "tile " << i;
    if (i >= 2) {  // the buffers of the tile two before were free
      EXPECT_GE(tile.weights_there, job.tiles[i - 2].stream) << "tile " << i;
      EXPECT_GE(tile.rows_there, job.tiles[i - 2].stream + t) << "tile " << i;
    }
    stalls.load.push_back(i == 0 ? 0 : load - before);
    stalls.stream.push_back(i == 0 ? 0 : stream - before - p);
  }
  return stalls;
}

void expect_definition(const EngineCase& c, const TestJob& test_job, const JobOutcome& job) {
  const oracle::Stalls stalls = expect_timeline(c, job);
  const oracle::OracleResult expected =
      oracle::run(visible_config(c), c.design, c.k, job.shape, test_job.a(), test_job.b(), stalls);
  EXPECT_EQ(job.counters.cycles, expected.cycles);
  EXPECT_EQ(job.counters.tiles, expected.tiles);
  EXPECT_EQ(job.counters.activity, expected.activity);
  const CycleGrid grid(sc_core::SC_ZERO_TIME, *visible_config(c).period_ps(c.design, c.k));
  const auto clocks = grid.edge_at_or_after(job.end - job.start - sc_core::sc_time::from_value(2));
  EXPECT_EQ(job.counters.cycles + job.counters.stall_cycles, clocks);
}

/// All jobs of a case, one after the other, with gaps or without.
std::vector<JobOutcome> run_jobs(JobBench& bench, const EngineCase& c) {
  std::mt19937_64 random(c.seed);
  std::vector<JobOutcome> outcomes;
  bench.dma.start();
  for (int i = 0; i < kJobs && !::testing::Test::HasFailure(); ++i) {
    JobOutcome outcome;
    outcome.shape = shape_of_job(c, i, random);
    const ArrayConfig config = visible_config(c);
    TestJob job(config, {outcome.shape, static_cast<std::uint32_t>(c.k), random() % 3 == 0},
                random);
    std::uint64_t cursor = 0;
    job.place(bench.bytes(), 0, cursor);
    ValidJob valid;
    EXPECT_FALSE(validate(job.descriptor(), job.address(), config, 1U << 20, valid));
    if (random() % 2 == 0) {
      bench.dma.advance_to(bench.dma.now() + sc_core::sc_time::from_value(random() % 3000));
    }
    const sc_core::sc_time asked_for = bench.dma.now();
    bench.runner.reset();
    bench.dma.advance_to(asked_for);
    try {
      bench.runner.run(valid, [] {});
    } catch (const JobFailure& failure) {
      ADD_FAILURE() << "error " << static_cast<unsigned>(failure.error.code) << ", "
                    << name_of(bench.engine.kind()) << ", job " << i << ", " << c;
      return outcomes;
    }
    outcome.start = bench.engine.start();  // the clock of the job before may have had to end
    outcome.end = bench.dma.now();
    outcome.tiles = bench.engine.tiles;
    outcome.counters = bench.runner.counters();
    job.expect_result(bench.bytes());
    if (bench.random_memory) {
      EXPECT_EQ(bench.random_memory->in_flight(), 0U);
    }
    expect_definition(c, job, outcome);
    outcomes.push_back(outcome);
  }
  bench.dma.stop();
  return outcomes;
}

void expect_equal(const EngineCase& c, const std::vector<JobOutcome>& fast,
                  const std::vector<JobOutcome>& pin) {
  ASSERT_EQ(fast.size(), pin.size()) << c;
  for (std::size_t i = 0; i < fast.size(); ++i) {
    SCOPED_TRACE(::testing::Message() << "job " << i << ", " << c);
    EXPECT_EQ(fast[i].start, pin[i].start);
    EXPECT_EQ(fast[i].end, pin[i].end);
    EXPECT_TRUE(fast[i].tiles == pin[i].tiles) << "times of tiles differ";
    EXPECT_EQ(fast[i].counters.cycles, pin[i].counters.cycles);
    EXPECT_EQ(fast[i].counters.stall_cycles, pin[i].counters.stall_cycles);
    EXPECT_EQ(fast[i].counters.time, pin[i].counters.time);
    EXPECT_EQ(fast[i].counters.activity, pin[i].counters.activity);
  }
}

/// How many tiles were late, and how many of them with the pipeline still moving.
struct Coverage {
  int tiles = 0, late = 0, late_while_clocked = 0, clock_stopped = 0;

  void add(const EngineCase& c, const std::vector<JobOutcome>& jobs) {
    const ArrayConfig config = visible_config(c);
    for (const JobOutcome& job : jobs) {
      const std::int64_t p = tile_period_cycles(config, c.k, job.shape.t);
      const std::int64_t s = stream_cycles(c.rows, c.cols, c.k, job.shape.t);
      for (std::size_t i = 1; i < job.tiles.size(); ++i) {
        const std::int64_t gap = job.tiles[i].stream - job.tiles[i - 1].stream;
        ++tiles;
        late += gap > p ? 1 : 0;
        late_while_clocked += gap > p && gap <= s + 1 ? 1 : 0;
        clock_stopped += gap > std::max(p, s + 1) ? 1 : 0;
      }
    }
  }
};

class OverlapWithMemory : public ::testing::TestWithParam<std::tuple<Overlap, MemoryKind>> {};

TEST_P(OverlapWithMemory, BothEnginesFollowTheDefinition) {
  const auto& [overlap, kind] = GetParam();
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(kind.quantum_ns, sc_core::SC_NS));
  std::vector<std::unique_ptr<Pair>> pairs;
  const std::uint64_t seed = arrayflex::testing::test_seed();
  for (const EngineCase& c : arrayflex::testing::random_overlap_cases(seed, overlap, 24, 6)) {
    EngineCase one = c;
    if (one.design == Design::conventional) one.k = 1;
    pairs.push_back(std::make_unique<Pair>(one, kind));
  }
  Coverage coverage;
  std::vector<std::function<void()>> bodies;
  for (const auto& pair : pairs) {
    bodies.emplace_back([&pair, &coverage, &kind = kind] {
      std::vector<JobOutcome> pin;
      bool pin_done = false;
      sc_core::sc_event done;
      sc_core::sc_spawn([&] {
        pin = run_jobs(pair->pin, pair->c);
        pin_done = true;
        done.notify();
      });
      const std::vector<JobOutcome> fast = run_jobs(pair->fast, pair->c);
      while (!pin_done) sc_core::wait(done);
      if (times_are_the_same(kind)) expect_equal(pair->c, fast, pin);
      coverage.add(pair->c, fast);
    });
  }
  harness::run_in_threads(bodies);
  std::cout << coverage.tiles << " further tiles, " << coverage.late << " late, "
            << coverage.late_while_clocked << " of them while the pipeline moved, "
            << coverage.clock_stopped << " with its clock stopped\n";
  EXPECT_GT(coverage.late, 20);
  EXPECT_GT(coverage.tiles, 100);
}

std::string name_of_test(const ::testing::TestParamInfo<std::tuple<Overlap, MemoryKind>>& info) {
  return std::string(name_of(std::get<0>(info.param))) + "_" + std::get<1>(info.param).name;
}

INSTANTIATE_TEST_SUITE_P(Memories, OverlapWithMemory,
                         ::testing::Combine(::testing::Values(Overlap::load, Overlap::full),
                                            ::testing::ValuesIn(kMemoryKinds)),
                         name_of_test);

}  // namespace
}  // namespace arrayflex::platform::test
