#include "arrayflex/study/study.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "arrayflex/core/error.h"
#include "arrayflex/report/report_energy.h"
#include "arrayflex/study/checks.h"
#include "arrayflex/study/layer_filter.h"
#include "arrayflex/study/layer_runs.h"
#include "arrayflex/study/traces/saif_totals.h"

namespace arrayflex::study {
namespace {

Technology technology_of(const StudyRequest& request) {
  return request.technology ? *request.technology : shipped_technology(kDefaultTechnology);
}

// A technology that was asked for must have numbers for the operands; the default one need not.
void require_width(const StudyRequest& request, const ArrayConfig& config) {
  if (!request.technology || !request.array.technology_clocks) return;
  try {
    request.technology->require_numbers(config.data_width_bits(), config.overlap());
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", item_name(request.wording, "tech"), error.what()));
  }
}

ArrayConfig checked_array(const StudyRequest& request, const Technology& technology) {
  ArrayConfig config = resolve_array(request.array, technology, request.k);
  require_width(request, config);
  check_k(request, config);
  check_objective(request, config, technology);
  workloads::validate(request.operands, config);
  return config;
}

}  // namespace

class Study::Impl {
 public:
  Impl(StudyRequest request, StudyHooks hooks, bool wants_result)
      : request_(std::move(request)),
        hooks_(std::move(hooks)),
        technology_(technology_of(request_)),
        config_(checked_array(request_, technology_)),
        options_(resolve_runner(request_, wants_result, hooks_.log)),
        runner_(make_runner(options_, config_)) {}

  const ArrayConfig& config() const { return config_; }

  RunReport run_network() {
    const workloads::Workload workload = load_workload();
    LayerRuns runs;
    runs.layers =
        select_layers(workload.layers, request_.layers, item_name(request_.wording, "layers"));
    runs.operands = [this](const Layer& layer, std::int64_t instance) {
      return std::make_shared<workloads::SyntheticOperands>(
          config_, layer.gemm, request_.operands, request_.seed,
          workloads::operand_stream(layer.name, instance));
    };
    RunReport report = describe(request_.workload, workload.notes);
    report.seed = request_.seed;
    if (options_.has_values()) {
      report.operand_recipe = workloads::recipe_entries(request_.operands, config_);
    }
    return run(std::move(runs), std::move(report), workload.notes);
  }

  RunReport run_product(const Product& product) {
    LayerRuns runs;
    runs.layers = {Layer{"gemm", product.shape, 1}};
    runs.operands = [&](const Layer&, std::int64_t) { return product.operands; };
    runs.result = product.result;
    RunReport report = describe("gemm", {});
    if (options_.sample_tiles) report.seed = request_.seed;
    return run(std::move(runs), std::move(report), {});
  }

 private:
  workloads::Workload load_workload() const {
    if (request_.network.empty()) {
      return workloads::load_network(request_.workload, request_.onnx);
    }
    workloads::Workload workload;
    workload.layers = request_.network;
    for (const Layer& layer : workload.layers) validate(layer);
    return workload;
  }

  // The report but for its layers; notes in the order of what they speak of.
  RunReport describe(std::string workload, const std::vector<std::string>& workload_notes) const {
    RunReport report;
    report.workload = std::move(workload);
    report.array = config_.parameters();
    report.k = request_.k;
    report.objective = objective_of(request_);
    report.engine = request_.engine;
    report.kernel = options_.kernel_in_use();
    report.notes = workload_notes;
    report.notes.insert(report.notes.end(), request_.notes.begin(), request_.notes.end());
    if (options_.sample_tiles) add_sampling_note(report, *options_.sample_tiles);
    if (options_.memory) add_memory(report);
    add_technology(report, technology_);
    return report;
  }

  void add_memory(RunReport& report) const {
    const MemoryModel& model = options_.memory->model;
    report.memory = {study::describe(model),
                     model.bytes_per_cycle,
                     model.latency_ns,
                     report.array.clocks.conventional_ps.value(),
                     options_.memory->dma_burst_bytes,
                     options_.memory->dma_outstanding,
                     {},
                     {},
                     {},
                     {}};
    if (options_.memory->has_buffers()) {
      report.memory->buffers = options_.memory->buffers;
      report.memory->buffer_port_bytes = options_.memory->buffer_port_bytes;
      report.memory->mapping = name_of(options_.memory->mapping);
    }
    if (options_.memory->dma_alignment != platform::BurstAlignment::any) {
      report.memory->dma_alignment = name_of(options_.memory->dma_alignment);
    }
    if (!report.k && !model.is_ideal()) {
      report.notes.push_back("k is chosen by the compute cycles alone, as without a memory model");
    }
  }

  RunReport run(LayerRuns runs, RunReport report, const std::vector<std::string>& workload_notes) {
    if (hooks_.ready) hooks_.ready(runs.layers);
    require_pe_map();
    log_notes(workload_notes, request_.workload + ": ");
    warn_about_modes(request_, config_, hooks_.log);
    log_notes(request_.notes, "");
    runs.k = request_.k;
    runs.objective = objective_of(request_);
    if (runs.objective != Objective::time) runs.technology = technology_;
    runs.group_packing = request_.group_packing;
    runs.has_activity = options_.has_activity();
    runs.pe_map = request_.pe_map;
    if (hooks_.progress != nullptr) {
      hooks_.progress->begin(total_work(config_, runs, options_));
    }
    LayerRunsResult result = run_layers(config_, runs, *runner_, hooks_);
    report.layers = std::move(result.layers);
    write_saif_totals(options_.traces, report, result.pe_toggles, hooks_.log);
    if (request_.pe_map && hooks_.total_map) hooks_.total_map(result.pe_toggles);
    return report;
  }

  void require_pe_map() const {
    if (!request_.pe_map || options_.has_values()) return;
    throw InputError(
        item_name(request_.wording, "pe_map"), "given",
        fmt::format("the {} engine has no such result; use {}", name_of(request_.engine),
                    names_of_engines_with(&EngineCapabilities::values)));
  }

  void log_notes(const std::vector<std::string>& notes, const std::string& prefix) const {
    if (!hooks_.log) return;
    for (const std::string& note : notes) hooks_.log(LogLevel::warning, prefix + note);
  }

  StudyRequest request_;
  StudyHooks hooks_;
  Technology technology_;
  ArrayConfig config_;
  RunnerOptions options_;
  std::unique_ptr<Runner> runner_;
};

ArrayConfig array_of(const StudyRequest& request) {
  return resolve_array(request.array, technology_of(request), request.k);
}

Study::Study(StudyRequest request, StudyHooks hooks, bool wants_result)
    : impl_(std::make_unique<Impl>(std::move(request), std::move(hooks), wants_result)) {}

Study::~Study() = default;

const ArrayConfig& Study::config() const { return impl_->config(); }

RunReport Study::run_network() { return impl_->run_network(); }

RunReport Study::run_product(const Product& product) { return impl_->run_product(product); }

RunReport run_network(const StudyRequest& request, const StudyHooks& hooks) {
  return Study(request, hooks).run_network();
}

RunReport run_product(const StudyRequest& request, const Product& product,
                      const StudyHooks& hooks) {
  return Study(request, hooks, product.result != nullptr).run_product(product);
}

}  // namespace arrayflex::study
