#include "arrayflex/study/job.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/error.h"
#include "arrayflex/core/latency.h"
#include "workloads/synthetic_operands.h"

namespace arrayflex::study {
namespace {

void add_map(PeToggleMap& sum, const PeToggleMap& part) {
  if (part.empty()) return;
  if (sum.empty()) sum = PeToggleMap(part.rows, part.cols);
  for (std::size_t i = 0; i < part.toggles.size(); ++i) {
    sum.toggles[i] = checked_add(sum.toggles[i], part.toggles[i], "toggles of a PE");
  }
}

class LayerRun {
 public:
  LayerRun(const ArrayConfig& config, const Job& job, GemmRunner& runner, Progress& progress)
      : config_(config), job_(job), runner_(runner), progress_(progress) {}

  LayerReport run(const Layer& layer, PeToggleMap& pe_toggles) {
    LayerReport report;
    report.name = layer.name;
    report.gemm = layer.gemm;
    report.repeat = layer.repeat;
    report.k = job_.k ? *job_.k : best_collapse_factor(config_, layer.gemm);
    report.macs = checked_mul(macs(layer.gemm), layer.repeat, "macs");
    const BatchResult own = run_design(layer, Design::arrayflex, report.k);
    const BatchResult conventional = run_design(layer, Design::conventional, 1);
    report.tiles = own.gemm.tiles;
    report.arrayflex = figures(own, Design::arrayflex, report.k);
    report.conventional = figures(conventional, Design::conventional, 1);
    pe_toggles = own.gemm.pe_toggles;
    return report;
  }

 private:
  BatchResult run_design(const Layer& layer, Design design, int k) {
    DiscardResult discard;
    const bool keep = design == Design::arrayflex && job_.result != nullptr;
    ProgressSink sink(keep ? *job_.result : static_cast<ResultSink&>(discard), progress_);
    ProductBatch batch;
    batch.shape = layer.gemm;
    batch.count = layer.repeat;
    batch.operands = [&](std::int64_t instance) { return job_.operands(layer, instance); };
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
    if (runner_.has_activity()) figures.activity = result.gemm.activity;
    figures.sampling = result.sampling;
    return figures;
  }

  const ArrayConfig& config_;
  const Job& job_;
  GemmRunner& runner_;
  Progress& progress_;
};

}  // namespace

double progress_total(const ArrayConfig& config, const std::vector<Layer>& layers,
                      std::optional<std::int64_t> sample_tiles, bool every_tile) {
  double total = 0;
  for (const Layer& layer : layers) {
    const TilePlan plan(layer.gemm, config.rows(), config.cols());
    const std::int64_t deliveries = every_tile ? plan.count() : plan.col_blocks();
    double tiles = static_cast<double>(deliveries) * static_cast<double>(layer.repeat);
    if (sample_tiles) {
      tiles =
          std::min(tiles, static_cast<double>(sampled_tiles(plan, layer.repeat, *sample_tiles)));
    }
    total += 2.0 * static_cast<double>(layer.gemm.t) * tiles;
  }
  return total;
}

JobResult run_job(const ArrayConfig& config, const Job& job, GemmRunner& runner,
                  Progress& progress) {
  JobResult result;
  LayerRun layer_run(config, job, runner, progress);
  runner.session([&] {
    for (const Layer& layer : job.layers) {
      progress.set_label(layer.name);
      try {
        PeToggleMap map;
        runner.begin_layer(layer.name);
        result.layers.push_back(layer_run.run(layer, map));
        add_map(result.pe_toggles, map);
        if (job.layer_map) job.layer_map(result.layers.size() - 1, map);
      } catch (const OverflowError& error) {
        throw OverflowError(fmt::format("layer {}: {}", layer.name, error.what()));
      } catch (const JobFailed& error) {
        throw JobFailed(fmt::format("layer {}: {}", layer.name, error.what()));
      }
      spdlog::info("layer {}: k = {}, {} cycles", layer.name, result.layers.back().k,
                   result.layers.back().arrayflex.cycles);
    }
  });
  return result;
}

}  // namespace arrayflex::study
