#include "arrayflex/study/layer_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/error.h"
#include "arrayflex/core/group_packing.h"
#include "arrayflex/core/latency.h"
#include "arrayflex/report/report_energy.h"
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

bool tries_every_mode(const LayerRuns& runs) {
  return !runs.k && runs.objective != Objective::time;
}

// Those that a choice looks at.
std::vector<int> modes_with_a_clock(const ArrayConfig& config) {
  std::vector<int> modes;
  for (const int k : config.modes()) {
    if (config.period_ps(Design::arrayflex, k)) modes.push_back(k);
  }
  return modes;
}

class LayerRun {
 public:
  LayerRun(const ArrayConfig& config, const LayerRuns& runs, Runner& runner,
           ProgressListener* progress)
      : config_(config), runs_(runs), runner_(runner), progress_(progress) {
    priced_.array = config.parameters();
    priced_.technology = runs.technology;
  }

  LayerReport run(const Layer& layer, PeToggleMap& pe_toggles) {
    LayerReport report;
    report.name = layer.name;
    report.gemm = layer.gemm;
    report.repeat = layer.repeat;
    report.groups_per_tile = groups_per_tile(layer, config_, runs_.group_packing);
    report.k = runs_.k ? *runs_.k : best_collapse_factor(config_, layer.gemm);
    report.macs = checked_mul(macs(layer.gemm), layer.repeat, "macs");
    const std::vector<PackedProducts> products = packed_products(layer, report.groups_per_tile);
    if (tries_every_mode(runs_)) {
      run_best_mode(layer, products, report, pe_toggles);
    } else {
      report.buffers = plan_buffers(products, report.k);
      take(run_design(layer, products, Design::arrayflex, report.k), report, pe_toggles);
    }
    const BatchResult conventional = run_design(layer, products, Design::conventional, 1);
    report.conventional = figures(conventional, Design::conventional, 1);
    return report;
  }

 private:
  // How the layer goes through finite buffers, k being ArrayFlex's; the runner has to know, too.
  std::optional<BufferUse> plan_buffers(const std::vector<PackedProducts>& products, int k) {
    std::optional<BufferUse> use;
    for (const PackedProducts& some : products) {
      const auto plan = runner_.plan(some.shape, k);
      if (!plan) continue;
      AllBufferAccesses accesses = PlannedProduct(config_, some.shape, *plan).accesses();
      for (BufferAccesses& of_buffer : accesses) {
        of_buffer.writes = checked_mul(of_buffer.writes, some.count, "buffer accesses");
        of_buffer.reads = checked_mul(of_buffer.reads, some.count, "buffer accesses");
      }
      if (!use) {
        use = BufferUse{*plan, accesses};
        continue;
      }
      for (std::size_t i = 0; i < accesses.size(); ++i) use->accesses[i] += accesses[i];
    }
    return use;
  }

  BatchResult run_design(const Layer& layer, const std::vector<PackedProducts>& products,
                         Design design, int k) {
    DiscardResult discard;
    // X is the same in every mode: the first one delivers it.
    const bool keep = design == Design::arrayflex && runs_.result != nullptr && !has_result_;
    ProgressSink sink(keep ? *runs_.result : static_cast<ResultSink&>(discard), progress_);
    LayerBatches batches;
    for (const PackedProducts& some : products) {
      ProductBatch& batch = batches.emplace_back();
      batch.shape = some.shape;
      batch.count = some.count;
      batch.operands = [&](std::int64_t product) { return operands_of(layer, some, product); };
      batch.result = [&](std::int64_t) -> ResultSink& { return sink; };
    }
    // Not one of the instances: the sample must not follow their operands.
    return runner_.run(design, batches, k, workloads::operand_stream(layer.name, -1));
  }

  std::shared_ptr<const OperandSource> operands_of(const Layer& layer, const PackedProducts& some,
                                                   std::int64_t product) const {
    const std::int64_t first = some.first_group_of(product);
    if (some.groups == 1) return runs_.operands(layer, first);
    std::vector<std::shared_ptr<const OperandSource>> groups;
    groups.reserve(static_cast<std::size_t>(some.groups));
    for (std::int64_t i = 0; i < some.groups; ++i) {
      groups.push_back(runs_.operands(layer, first + i));
    }
    return std::make_shared<PackedOperands>(layer.gemm, std::move(groups));
  }

  // ArrayFlex's part of the report, in the report's mode.
  void take(BatchResult result, LayerReport& report, PeToggleMap& pe_toggles) const {
    report.tiles = result.gemm.tiles;
    report.arrayflex = figures(result, Design::arrayflex, report.k);
    pe_toggles = std::move(result.gemm.pe_toggles);
  }

  // Runs every mode; the best one stays. On a tie that with less energy, then the smaller k.
  void run_best_mode(const Layer& layer, const std::vector<PackedProducts>& products,
                     LayerReport& report, PeToggleMap& pe_toggles) {
    const int fastest_k = report.k;
    std::optional<FastestMode> fastest;
    std::optional<std::pair<double, double>> best;  // the objective's figure, the energy
    LayerReport trial = report;
    for (const int k : modes_with_a_clock(config_)) {
      PeToggleMap map;
      trial.k = k;
      trial.buffers = plan_buffers(products, k);
      take(run_design(layer, products, Design::arrayflex, k), trial, map);
      const DesignEnergy energy = layer_energy(priced_, trial).arrayflex.value();
      const FastestMode mode = fastest_mode_of(k, energy);
      if (k == fastest_k) fastest = mode;
      const double energy_pj = objective_energy_pj(runs_.objective, mode.exact_pj, mode.busy_pj);
      const std::pair<double, double> value{
          objective_value(runs_.objective, energy_pj, mode.time_ns), energy_pj};
      has_result_ = true;
      if (best && !(value < *best)) continue;
      best = value;
      report = trial;
      pe_toggles = std::move(map);
    }
    has_result_ = false;
    report.fastest = fastest;
    plan_buffers(products, report.k);  // both designs go by the same plan
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
  RunReport priced_;         // what the energies of a layer depend on
  bool has_result_ = false;  // of the layer, from another mode
};

}  // namespace

double total_work(const ArrayConfig& config, const LayerRuns& runs, const RunnerOptions& options) {
  const std::size_t modes = tries_every_mode(runs) ? modes_with_a_clock(config).size() : 1;
  const auto runs_of_a_product = static_cast<double>(modes + 1);  // and the conventional array
  double total = 0;
  const auto add = [&](const PackedProducts& products) {
    const TilePlan plan(products.shape, config.rows(), config.cols());
    const std::int64_t deliveries =
        options.delivers_every_tile() ? plan.count() : plan.col_blocks();
    double tiles = static_cast<double>(deliveries) * static_cast<double>(products.count);
    if (options.sample_tiles) {
      const std::int64_t sample =
          sampled_tiles(plan, products.count, config.overlap(), *options.sample_tiles);
      tiles = std::min(tiles, static_cast<double>(sample));
    }
    total += runs_of_a_product * static_cast<double>(products.shape.t) * tiles;
  };
  for (const Layer& layer : runs.layers) {
    const std::int64_t together = groups_per_tile(layer, config, runs.group_packing);
    for (const PackedProducts& products : packed_products(layer, together)) add(products);
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
