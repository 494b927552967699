// A whole workload on both designs: the report that the command `arrayflex run` writes.
#include <fmt/format.h>
#include <pybind11/stl.h>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/error.h"
#include "arrayflex/core/latency.h"
#include "arrayflex/report/report.h"
#include "arrayflex/report/report_energy.h"
#include "bindings.h"
#include "workloads/layer_table.h"
#include "workloads/synthetic_operands.h"

namespace arrayflex::python {
namespace {

namespace py = pybind11;

struct RunOptions {
  std::string engine;  // analytic or fast
  int k = 0;           // 0: per layer the fastest mode
  bool activity = true;
  int threads = 1;
  std::string kernel;
  std::optional<std::int64_t> sample_tiles;
  std::uint64_t seed = 1;
  workloads::SyntheticRecipe recipe;
};

struct BatchFigures {
  GemmResult gemm;
  std::optional<ToggleSampling> sampling = std::nullopt;
};

class LayerRunner {
 public:
  LayerRunner(const ArrayConfig& config, const RunOptions& options)
      : config_(config), options_(options) {}

  LayerReport run(const Layer& layer) const {
    LayerReport report;
    report.name = layer.name;
    report.gemm = layer.gemm;
    report.repeat = layer.repeat;
    report.k = resolve_k(config_, layer.gemm, options_.k);
    report.macs = checked_mul(macs(layer.gemm), layer.repeat, "macs");
    const BatchFigures own = run_design(layer, Design::arrayflex, report.k);
    const BatchFigures conventional = run_design(layer, Design::conventional, 1);
    report.tiles = own.gemm.tiles;
    report.arrayflex = figures(own, Design::arrayflex, report.k);
    report.conventional = figures(conventional, Design::conventional, 1);
    return report;
  }

 private:
  bool is_analytic() const { return options_.engine == "analytic"; }

  BatchFigures run_design(const Layer& layer, Design design, int k) const {
    if (is_analytic()) return closed_form(layer, k);
    DiscardResult discard;
    ProductBatch batch;
    batch.shape = layer.gemm;
    batch.count = layer.repeat;
    batch.operands = [&](std::int64_t instance) {
      return std::make_shared<workloads::SyntheticOperands>(
          config_, layer.gemm, options_.recipe, options_.seed,
          workloads::operand_stream(layer.name, instance));
    };
    batch.result = [&](std::int64_t) -> ResultSink& { return discard; };
    const FastEngine engine(config_, design, {options_.activity, false, options_.kernel},
                            options_.threads);
    if (!options_.sample_tiles) return {engine.run_batch(batch, k)};
    // Not one of the instances: the sample must not follow their operands.
    SampledResult sampled = run_sampled(engine, batch, k, *options_.sample_tiles, options_.seed,
                                        workloads::operand_stream(layer.name, -1));
    return {std::move(sampled.gemm), sampled.sampling};
  }

  BatchFigures closed_form(const Layer& layer, int k) const {
    BatchFigures figures;
    figures.gemm.cycles = layer_cycles(config_, layer, k);
    const TilePlan plan(layer.gemm, config_.rows(), config_.cols());
    figures.gemm.tiles = checked_mul(plan.count(), layer.repeat, "tiles");
    return figures;
  }

  DesignFigures figures(const BatchFigures& batch, Design design, int k) const {
    DesignFigures figures;
    figures.cycles = batch.gemm.cycles;
    figures.time_ns = time_ns(figures.cycles, config_.period_ps(design, k));
    if (!is_analytic() && options_.activity) figures.activity = batch.gemm.activity;
    figures.sampling = batch.sampling;
    return figures;
  }

  const ArrayConfig& config_;
  const RunOptions& options_;
};

void validate(const RunOptions& options, const ArrayConfig& config) {
  const bool analytic = options.engine == "analytic";
  if (!analytic && options.engine != "fast") {
    throw InputError(
        "engine", options.engine,
        "allowed are analytic and fast; the command `arrayflex run` has pin and cycle");
  }
  if (options.sample_tiles) {
    const std::int64_t tiles = *options.sample_tiles;
    if (analytic) throw InputError("sample_tiles", tiles, "only the fast engine samples");
    if (!options.activity) {
      throw InputError("sample_tiles", tiles, "there is nothing to estimate without activity");
    }
  }
  if (options.k != 0) config.require_collapse_factor(options.k);
  workloads::validate(options.recipe, config);
}

RunReport describe_run(const ModelledArray& array, const workloads::Workload& workload,
                       const RunOptions& options) {
  RunReport report;
  report.workload = workload.name;
  report.array = array.config.parameters();
  if (options.k != 0) report.k = options.k;
  report.engine = options.engine;
  report.seed = options.seed;
  report.notes = workload.notes;
  if (options.engine == "fast") {
    report.kernel = options.kernel.empty() ? available_kernels().front() : options.kernel;
    report.operand_recipe = workloads::recipe_entries(options.recipe, array.config);
  }
  if (options.sample_tiles) add_sampling_note(report, *options.sample_tiles);
  add_technology(report, *array.technology);
  return report;
}

RunReport run_workload(const ModelledArray& array, const workloads::Workload& workload,
                       const RunOptions& options) {
  validate(options, array.config);
  RunReport report = describe_run(array, workload, options);
  const LayerRunner runner(array.config, options);
  for (const Layer& layer : workload.layers) {
    try {
      const py::gil_scoped_release release;
      report.layers.push_back(runner.run(layer));
    } catch (const OverflowError& error) {
      throw OverflowError(fmt::format("layer {}: {}", layer.name, error.what()));
    }
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();  // Ctrl-C, between two layers
  }
  return report;
}

}  // namespace

void bind_report(py::module_& m) {
  py::class_<RunReport>(m, "Report")
      .def("to_json", [](const RunReport& report) { return to_json(report); })
      .def("to_csv", [](const RunReport& report) { return to_csv(report); });
  m.def(
      "run_workload",
      [](const ModelledArray& array, const workloads::Workload& workload, const std::string& engine,
         int k, bool activity, int threads, const std::string& kernel,
         std::optional<std::int64_t> sample_tiles, std::uint64_t seed, double zero_share,
         double activation_spread, double weight_spread, int magnitude_bits) {
        return run_workload(array, workload,
                            {engine,
                             k,
                             activity,
                             threads,
                             kernel,
                             sample_tiles,
                             seed,
                             {zero_share, activation_spread, weight_spread, magnitude_bits}});
      },
      py::arg("array"), py::arg("workload"), py::arg("engine"), py::arg("k"), py::arg("activity"),
      py::arg("threads"), py::arg("kernel"), py::arg("sample_tiles"), py::arg("seed"),
      py::arg("zero_share"), py::arg("activation_spread"), py::arg("weight_spread"),
      py::arg("magnitude_bits"));
}

}  // namespace arrayflex::python
