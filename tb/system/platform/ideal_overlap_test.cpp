// Tiles that overlap with a memory that takes no time: the closed form to the last cycle, and what
// the fast engine counts for a whole product, through registers.
#include "system/platform/fixture.h"

namespace arrayflex::platform::test {
namespace {

constexpr int kSides = 3;

/// One array with all its modes; the conventional one has a single one.
struct Side {
  Side(EngineKind engine, Design its_design, Overlap overlap, int rows, int cols)
      : design(its_design),
        platform(parameters(engine, its_design, overlap, rows, cols),
                 sc_core::sc_gen_unique_name("_side")),
        memory(sc_core::sc_gen_unique_name("memory"), memory_parameters()) {
    platform.accelerator.memory_socket.bind(memory.socket);
  }

  static AcceleratorParameters parameters(EngineKind engine, Design its_design, Overlap overlap,
                                          int rows, int cols) {
    AcceleratorParameters p = small_accelerator(engine, rows, cols);
    p.design = its_design;
    p.array.overlap = overlap;
    p.array.modes.clear();
    p.array.clocks.mode_ps.clear();
    for (int k = 1; k <= std::min(rows, cols); ++k) {
      p.array.modes.push_back(k);
      p.array.clocks.mode_ps[k] = 1000.0 / (1.9 - 0.1 * k);
    }
    return p;
  }
  static MemoryParameters memory_parameters() {
    MemoryParameters p;
    p.base_address = kSmallMemoryBase;
    p.size_bytes = 1U << 12;
    return p;
  }

  Design design;
  Platform platform;
  Memory memory;
};

void expect_closed_form(Side& side, const GemmShape& shape, int k, std::mt19937_64& random) {
  Platform& p = side.platform;
  const ArrayConfig& config = p.accelerator.config();
  TestJob job(config, {shape, static_cast<std::uint32_t>(k)}, random);
  std::uint64_t cursor = 0;
  job.place(side.memory.bytes(), kSmallMemoryBase, cursor);
  sc_core::wait(12'347, sc_core::SC_PS);  // off the grid of any clock
  const sc_core::sc_time start = sc_core::sc_time_stamp();
  p.driver.write32(Register::control, kControlClearCounters);
  p.ring(job.address());
  ASSERT_TRUE(p.wait_irq());
  const std::string what = std::string(name_of(side.design)) + " " + std::to_string(config.rows()) +
                           "x" + std::to_string(config.cols()) + " k=" + std::to_string(k) +
                           " T=" + std::to_string(shape.t) + " N=" + std::to_string(shape.n) +
                           " M=" + std::to_string(shape.m) + " " + name_of(config.overlap());
  const sc_core::sc_time taken = sc_core::sc_time_stamp() - start;
  p.clear_irq();
  p.expect_done();
  job.expect_result(side.memory.bytes());
  const AcceleratorCounters counters = p.accelerator.counters();
  const GemmResult expected = job.fast_engine_result(side.design);
  EXPECT_EQ(counters.cycles, gemm_cycles(config, shape, k)) << what;
  EXPECT_EQ(counters.stall_cycles, 0) << what;
  EXPECT_EQ(counters.tiles, expected.tiles) << what;
  EXPECT_EQ(counters.activity, expected.activity) << what;
  expect_within_a_step(taken, job.ideal_time(start));
}

class IdealOverlap : public testing::TestWithParam<std::tuple<EngineKind, Overlap>> {};

TEST_P(IdealOverlap, GivesTheClosedFormExactly) {
  const auto& [engine, overlap] = GetParam();
  std::vector<std::unique_ptr<Side>> sides;
  for (int rows = 1; rows <= kSides; ++rows) {
    for (int cols = 1; cols <= kSides + 5; cols += cols < kSides ? 1 : 5) {
      for (const Design design : {Design::arrayflex, Design::conventional}) {
        sides.push_back(std::make_unique<Side>(engine, design, overlap, rows, cols));
      }
    }
  }
  harness::run_in_thread([&] {
    std::mt19937_64 random(13);
    for (const auto& side : sides) {
      const ArrayConfig& config = side->platform.accelerator.config();
      EXPECT_EQ(side->platform.driver.read32(Register::overlap),
                overlap == Overlap::load ? 1U : 2U);
      for (const int k : config.modes()) {
        for (std::int64_t t = 1; t <= 4; ++t) {
          for (std::int64_t n = 1; n <= 3; ++n) {
            for (std::int64_t m = 1; m <= 6; m += m < 3 ? 1 : 3) {
              if (HasFailure()) return;
              expect_closed_form(*side, {t, n * config.rows(), (m - 1) * config.cols() + 1}, k,
                                 random);
            }
          }
        }
      }
    }
  });
}

TEST(OverlapRegister, IsZeroWithoutOverlap) {
  Platform platform(small_accelerator(EngineKind::fast));
  Memory memory("memory", MemoryParameters{});
  platform.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] { EXPECT_EQ(platform.driver.read32(Register::overlap), 0U); });
}

INSTANTIATE_TEST_SUITE_P(Engines, IdealOverlap,
                         testing::Combine(testing::ValuesIn(engines()),
                                          testing::Values(Overlap::load, Overlap::full)),
                         [](const auto& test) {
                           return std::string(name_of(std::get<0>(test.param))) + "_" +
                                  name_of(std::get<1>(test.param));
                         });

}  // namespace
}  // namespace arrayflex::platform::test
