#include "arrayflex/study/layer_runs.h"

#include <fmt/format.h>

#include <algorithm>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/error.h"
#include "arrayflex/core/latency.h"
#include "workloads/synthetic_operands.h"

namespace arrayflex::study {
namespace {

// Hands results on and counts them as progress.
class ProgressSink final : public ResultSink {
 public:
  ProgressSink(ResultSink& next, ProgressListener* progress) : next_(next), progress_(progress) {}
  void accumulate(std::int64_t t0, std::int64_t t_count, std::int64_t m0, std::int64_t m_count,
                  const std::int64_t* partial, std::int64_t row_stride) override {
    next_.accumulate(t0, t_count, m0, m_count, partial, row_stride);
    if (progress_ != nullptr) progress_->add(static_cast<double>(t_count));
  }

 private:
  ResultSink& next_;
  ProgressListener* progress_;
};

class LayerRun {
 public:
  LayerRun(const ArrayConfig& config, const LayerRuns& runs, Runner& runner,
           ProgressListener* progress)
      : config_(config), runs_(runs), runner_(runner), progress_(progress) {}

  LayerReport run(const Layer& layer, PeToggleMap& pe_toggles) {
    LayerReport report;
    report.name = layer.name;
    report.gemm = layer.gemm;
    report.repeat = layer.repeat;
    report.k = runs_.k ? *runs_.k : best_collapse_factor(config_, layer.gemm);
    report.macs = checked_mul(macs(layer.gemm), layer.repeat, "macs");
    if (const auto plan = runner_.plan(layer.gemm, report.k)) {
      report.buffers = BufferUse{*plan, accesses_of(layer, *plan)};
    }
    const BatchResult own = run_design(layer, Design::arrayflex, report.k);
    const BatchResult conventional = run_design(layer, Design::conventional, 1);
    report.tiles = own.gemm.tiles;
    report.arrayflex = figures(own, Design::arrayflex, report.k);
    report.conventional = figures(conventional, Design::conventional, 1);
    pe_toggles = own.gemm.pe_toggles;
    return report;
  }

 private:
  AllBufferAccesses accesses_of(const Layer& layer, const BlockPlan& plan) const {
    AllBufferAccesses accesses = PlannedProduct(config_, layer.gemm, plan).accesses();
    for (BufferAccesses& of_buffer : accesses) {
      of_buffer.writes = checked_mul(of_buffer.writes, layer.repeat, "buffer accesses");
      of_buffer.reads = checked_mul(of_buffer.reads, layer.repeat, "buffer accesses");
    }
    return accesses;
  }

  BatchResult run_design(const Layer& layer, Design design, int k) {
    DiscardResult discard;
    const bool keep = design == Design::arrayflex && runs_.result != nullptr;
    ProgressSink sink(keep ? *runs_.result : static_cast<ResultSink&>(discard), progress_);
    ProductBatch batch;
    batch.shape = layer.gemm;
    batch.count = layer.repeat;
    batch.operands = [&](std::int64_t instance) { return runs_.operands(layer, instance); };
    batch.result = [&](std::int64_t) -> ResultSink& { return sink; };
    // Not one of the instances: the sample must not follow their operands.
    return runner_.run(design, batch, k, workloads::operand_stream(layer.name, -1));
  }

  DesignFigures figures(const BatchResult& result, Design design, int k) const {
    DesignFigures figures;
    figures.cycles = result.gemm.cycles;
    const std::int64_t stalls = result.memory ? result.memory->stall_cycles : 0;
    figures.time_ns = time_ns(checked_add(result.gemm.cycles, stalls, "cycles with stalls"),
                              config_.period_ps(design, k));
    figures.memory = result.memory;
    if (runs_.has_activity) figures.activity = result.gemm.activity;
    figures.sampling = result.sampling;
    return figures;
  }

  const ArrayConfig& config_;
  const LayerRuns& runs_;
  Runner& runner_;
  ProgressListener* progress_;
};

}  // namespace

double total_work(const ArrayConfig& config, const std::vector<Layer>& layers,
                  const RunnerOptions& options) {
  double total = 0;
  for (const Layer& layer : layers) {
    const TilePlan plan(layer.gemm, config.rows(), config.cols());
    const std::int64_t deliveries =
        options.delivers_every_tile() ? plan.count() : plan.col_blocks();
    double tiles = static_cast<double>(deliveries) * static_cast<double>(layer.repeat);
    if (options.sample_tiles) {
      const std::int64_t sample =
          sampled_tiles(plan, layer.repeat, config.overlap(), *options.sample_tiles);
      tiles = std::min(tiles, static_cast<double>(sample));
    }
    total += 2.0 * static_cast<double>(layer.gemm.t) * tiles;
  }
  return total;
}

LayerRunsResult run_layers(const ArrayConfig& config, const LayerRuns& runs, Runner& runner,
                           const StudyHooks& hooks) {
  LayerRunsResult result;
  LayerRun layer_run(config, runs, runner, hooks.progress);
  const auto run_layer = [&](const Layer& layer) {
    if (hooks.cancelled && hooks.cancelled()) throw Cancelled();
    if (hooks.progress != nullptr) hooks.progress->begin_layer(layer.name);
    PeToggleMap map;
    runner.begin_layer(layer.name);
    result.layers.push_back(layer_run.run(layer, map));
    result.pe_toggles += map;
    if (runs.pe_map && hooks.layer_map) hooks.layer_map(result.layers.size() - 1, map);
  };
  runner.session([&] {
    for (const Layer& layer : runs.layers) {
      try {
        run_layer(layer);
      } catch (const OverflowError& error) {
        throw OverflowError(fmt::format("layer {}: {}", layer.name, error.what()));
      } catch (const JobFailed& error) {
        throw JobFailed(fmt::format("layer {}: {}", layer.name, error.what()));
      }
      if (!hooks.log) continue;
      const LayerReport& done = result.layers.back();
      hooks.log(LogLevel::info, fmt::format("layer {}: k = {}, {} cycles", layer.name, done.k,
                                            done.arrayflex.cycles));
    }
  });
  return result;
}

}  // namespace arrayflex::study
