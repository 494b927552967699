// The closed form, and behind a memory the timing of the accelerator: no operands, no activity.
#include <array>
#include <optional>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/latency.h"
#include "arrayflex/study/engines/memory_setup.h"
#include "arrayflex/study/engines/memory_times.h"
#include "arrayflex/study/engines/runner.h"

namespace arrayflex::study {
namespace {

class AnalyticRunner final : public Runner {
 public:
  explicit AnalyticRunner(const ArrayConfig& config) : config_(config) {}
  BatchResult run(Design design, const LayerBatches& batches, int k, std::uint64_t) override {
    const int mode = design == Design::conventional ? 1 : k;
    BatchResult result;
    for (const ProductBatch& batch : batches) {
      const TilePlan plan(batch.shape, config_.rows(), config_.cols());
      const std::int64_t cycles =
          checked_mul(gemm_cycles(config_, batch.shape, mode), batch.count, "cycles");
      result.gemm.cycles = checked_add(result.gemm.cycles, cycles, "cycles");
      const std::int64_t tiles = checked_mul(plan.count(), batch.count, "tiles");
      result.gemm.tiles = checked_add(result.gemm.tiles, tiles, "tiles");
    }
    return result;
  }

 private:
  ArrayConfig config_;
};

// One accelerator per design, as in the simulation: each clock goes on from its last product.
class AnalyticMemoryRunner final : public Runner {
 public:
  AnalyticMemoryRunner(const RunnerOptions& options, const ArrayConfig& config)
      : options_(options), config_(config), times_(*options.memory, config, options.wording) {}

  std::optional<BlockPlan> plan(const GemmShape& shape, int k) override {
    return times_.reported_plan_of(shape, k);
  }

  BatchResult run(Design design, const LayerBatches& batches, int k, std::uint64_t) override {
    const bool is_own = design == Design::arrayflex;
    if (is_own) require_mode_with_clock(config_, k, options_.wording);
    BatchResult result;
    result.memory.emplace();
    for (const ProductBatch& batch : batches) add(design, batch, k, result);
    return result;
  }

 private:
  void add(Design design, const ProductBatch& batch, int k, BatchResult& sum) {
    long double& fraction_fs = fractions_fs_[design == Design::arrayflex ? 0 : 1];
    JobClock clock = times_.clock_of(design, k);
    clock.fraction_fs = fraction_fs;
    const PlannedProduct product = times_.product_of(batch.shape, times_.plan_of(batch.shape));
    const JobTime time = times_.time_of(product, clock, batch.count);
    fraction_fs = time.fraction_fs;
    GemmResult gemm;
    gemm.cycles = time.counted.cycles;
    gemm.tiles = time.counted.tiles;
    sum.gemm += gemm;
    MemoryFigures& figures = *sum.memory;
    figures.stall_cycles = checked_add(figures.stall_cycles, time.stall_cycles, "stall cycles");
    figures.load_cycles = checked_add(
        figures.load_cycles,
        checked_mul(load_cycles_of(config_, clock.k, product), batch.count, "load cycles"),
        "load cycles");
    figures.dma.a += static_cast<std::uint64_t>(time.traffic.a);
    figures.dma.b += static_cast<std::uint64_t>(time.traffic.b);
    figures.dma.x_written += static_cast<std::uint64_t>(time.traffic.x);
    figures.dma.descriptors += static_cast<std::uint64_t>(
        checked_mul(times_.descriptor().bytes, batch.count, "number of bytes"));
  }

  RunnerOptions options_;
  ArrayConfig config_;
  MemoryTimes times_;
  std::array<long double, 2> fractions_fs_{};  // of ArrayFlex's clock and the conventional array's
};

}  // namespace

std::unique_ptr<Runner> make_analytic_runner(const RunnerOptions& options,
                                             const ArrayConfig& config) {
  if (options.memory) return std::make_unique<AnalyticMemoryRunner>(options, config);
  return std::make_unique<AnalyticRunner>(config);
}

}  // namespace arrayflex::study
