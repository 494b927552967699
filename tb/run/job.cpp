#include "job.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/error.h"
#include "arrayflex/core/latency.h"

namespace arrayflex::command {
namespace {

void add_map(PeToggleMap& sum, const PeToggleMap& part) {
  if (part.empty()) return;
  if (sum.empty()) sum = PeToggleMap(part.rows, part.cols);
  for (std::size_t i = 0; i < part.toggles.size(); ++i) {
    sum.toggles[i] = checked_add(sum.toggles[i], part.toggles[i], "toggles of a PE");
  }
}

void add_result(GemmResult& sum, const GemmResult& part) {
  sum.cycles = checked_add(sum.cycles, part.cycles, "cycles");
  sum.tiles = checked_add(sum.tiles, part.tiles, "tiles");
  sum.activity += part.activity;
  add_map(sum.pe_toggles, part.pe_toggles);
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
    const GemmResult own = run_instances(layer, Design::arrayflex, report.k);
    const GemmResult conventional = run_instances(layer, Design::conventional, 1);
    report.tiles = own.tiles;
    report.arrayflex = figures(own, Design::arrayflex, report.k);
    report.conventional = figures(conventional, Design::conventional, 1);
    add_map(pe_toggles, own.pe_toggles);
    return report;
  }

 private:
  GemmResult run_instances(const Layer& layer, Design design, int k) {
    if (runner_.is_exact()) {
      GemmResult sum;
      for (std::int64_t i = 0; i < layer.repeat; ++i) add_result(sum, run_one(layer, i, design, k));
      return sum;
    }
    GemmResult result = run_one(layer, 0, design, k);
    result.cycles = checked_mul(result.cycles, layer.repeat, "cycles");
    result.tiles = checked_mul(result.tiles, layer.repeat, "tiles");
    return result;
  }

  GemmResult run_one(const Layer& layer, std::int64_t instance, Design design, int k) {
    DiscardResult discard;
    const bool keep = design == Design::arrayflex && job_.result != nullptr;
    ProgressSink sink(keep ? *job_.result : static_cast<ResultSink&>(discard), progress_);
    return runner_.run(design, layer.gemm, k, *job_.operands(layer, instance), sink);
  }

  DesignFigures figures(const GemmResult& result, Design design, int k) const {
    DesignFigures figures;
    figures.cycles = result.cycles;
    figures.time_ns = time_ns(result.cycles, config_.period_ps(design, k));
    if (runner_.is_exact()) figures.activity = result.activity;
    return figures;
  }

  const ArrayConfig& config_;
  const Job& job_;
  GemmRunner& runner_;
  Progress& progress_;
};

}  // namespace

double progress_total(const ArrayConfig& config, const std::vector<Layer>& layers) {
  double total = 0;
  for (const Layer& layer : layers) {
    const TilePlan plan(layer.gemm, config.rows(), config.cols());
    total += 2.0 * static_cast<double>(layer.gemm.t) * static_cast<double>(plan.count()) *
             static_cast<double>(layer.repeat);
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
        result.layers.push_back(layer_run.run(layer, result.pe_toggles));
      } catch (const OverflowError& error) {
        throw OverflowError(fmt::format("layer {}: {}", layer.name, error.what()));
      }
      spdlog::info("layer {}: k = {}, {} cycles", layer.name, result.layers.back().k,
                   result.layers.back().arrayflex.cycles);
    }
  });
  return result;
}

}  // namespace arrayflex::command
