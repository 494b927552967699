#include "run/commands/commands.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <utility>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/error.h"
#include "arrayflex/report/report.h"
#include "arrayflex/report/report_energy.h"
#include "arrayflex/study/gemm_runner.h"
#include "arrayflex/study/job.h"
#include "arrayflex/study/layer_filter.h"
#include "arrayflex/study/output_file.h"
#include "arrayflex/study/traces/saif_totals.h"
#include "run/options/scale_sim_options.h"
#include "run/options/technology_options.h"
#include "run/options/trace_options.h"
#include "run/output/html_report.h"
#include "run/output/npy_matrix.h"
#include "run/output/report_maps.h"
#include "run/output/table.h"
#include "workloads/layer_table.h"
#include "workloads/onnx/import.h"

namespace arrayflex::command {
namespace {

// Largest result that `gemm --result` collects: 8 GiB of sums.
constexpr std::int64_t kMaxResultElements = std::int64_t{1} << 30;

// Everything about the outputs that can go wrong before the run goes wrong here.
class Outputs {
 public:
  using Paths = std::vector<std::string>;

  Outputs(const OutputOptions& options, const study::TraceSettings& traces, bool is_exact,
          std::size_t layer_count, const Paths& inputs)
      : options_(options) {
    if (!is_exact) {
      require_exact("--pe-map", options.pe_map_path);
      if (options.pe_maps) require_exact("--pe-maps", "given");
      require_exact("--result", options.result_path);
    }
    if (!options.directory.empty()) {
      study::create_output_directory("--out", options.directory);
      const std::filesystem::path directory = options.directory;
      add("--out", (directory / "report.json").string(), json_paths_);
      add("--out", (directory / "layers.csv").string(), csv_paths_);
    }
    add("--json", options.json_path, json_paths_);
    add("--csv", options.csv_path, csv_paths_);
    add("--pe-map", options.pe_map_path, pe_map_paths_);
    if (options.pe_maps) prepare_layer_maps(layer_count);
    if (options.scale_sim) {
      for (ScaleSimFile& file : scale_sim_files(options.directory)) {
        add("--report", file.path, scale_sim_paths_);
        scale_sim_files_.push_back(std::move(file));
      }
    }
    add("--result", options.result_path, result_paths_);
    add("--trace", traces.vcd_path, trace_paths_);
    add("--saif", traces.saif_path, trace_paths_);
    study::require_distinct(all_, inputs);
  }

  /// What Job::layer_map is to be; empty unless maps of layers are asked for.
  std::function<void(std::size_t, const PeToggleMap&)> layer_map() const {
    if (!options_.pe_maps) return nullptr;
    return [this](std::size_t layer, const PeToggleMap& map) {
      study::write_file(layer_map_paths_.at(layer), npy_text(map.toggles, map.rows, map.cols, 64));
    };
  }

  void write_report(const RunReport& report, const PeToggleMap& map) const {
    write_all(json_paths_, [&] { return to_json(report); });
    write_all(csv_paths_, [&] { return to_csv(report); });
    for (const ScaleSimFile& file : scale_sim_files_) {
      write_all({file.path}, [&] { return scale_sim_text(file, report, *options_.scale_sim); });
    }
    write_all(pe_map_paths_, [&] { return npy_text(map.toggles, map.rows, map.cols, 64); });
    if (!options_.quiet) print(format_table(report) + '\n' + format_summary(report));
  }

  void write_result(const DenseResult& result, const GemmShape& shape, int bits) const {
    write_all(result_paths_, [&] { return npy_text(result.values(), shape.t, shape.m, bits); });
  }

 private:
  static void require_exact(const char* option, const std::string& path) {
    if (!path.empty()) {
      throw InputError(option, path, "the analytic engine has no such result; use fast or pin");
    }
  }

  void add(const char* option, const std::string& path, Paths& paths) {
    if (path.empty()) return;
    study::require_writable(option, path);
    paths.push_back(path);
    all_.push_back(path);
  }

  void prepare_layer_maps(std::size_t layer_count) {
    if (options_.directory.empty()) {
      throw InputError("--pe-maps", "given", "the maps go to the folder of --out; give that too");
    }
    add("--pe-maps", total_map_path(options_.directory), pe_map_paths_);
    study::create_output_directory("--pe-maps", layer_map_directory(options_.directory));
    for (std::size_t layer = 0; layer < layer_count; ++layer) {
      add("--pe-maps", layer_map_path(options_.directory, layer), layer_map_paths_);
    }
  }

  template <class Text>
  static void write_all(const Paths& paths, Text text) {
    for (const std::string& path : paths) {
      study::write_file(path, text());
      spdlog::info("wrote {}", path);
    }
  }

  OutputOptions options_;
  Paths json_paths_, csv_paths_, pe_map_paths_, layer_map_paths_, result_paths_, trace_paths_,
      scale_sim_paths_, all_;
  std::vector<ScaleSimFile> scale_sim_files_;
};

// What the configuration file holds and the run did not heed.
void add_configuration_notes(RunReport& report, const std::string& path) {
  for (std::string& note : configuration_notes(path)) {
    spdlog::warn("{}", note);
    report.notes.push_back(std::move(note));
  }
}

void warn_about_modes(const ArrayConfig& config, const std::optional<int>& k) {
  const std::vector<int>& modes = config.modes();
  if (k) {
    if (std::find(modes.begin(), modes.end(), *k) == modes.end()) {
      spdlog::warn("--k {} is none of the array's modes {}", *k, fmt::join(modes, ","));
    }
    if (!config.period_ps(Design::arrayflex, *k)) {
      spdlog::warn("no clock period is known for k = {}: its time is not reported", *k);
    }
    return;
  }
  const auto has_clock = [&](int mode) {
    return config.period_ps(Design::arrayflex, mode).has_value();
  };
  // Without any clock the run will be refused, for a reason it states itself.
  if (std::none_of(modes.begin(), modes.end(), has_clock)) return;
  for (const int mode : modes) {
    if (!has_clock(mode)) {
      spdlog::warn("no clock period is known for k = {}: --k auto does not consider it", mode);
    }
  }
}

study::RunnerOptions resolve_runner(const Options& options) {
  const OutputOptions& output = options.output;
  study::TraceSettings traces = options.traces;
  resolve_traces(traces, options.engine);
  const bool pe_map = output.pe_maps || !output.pe_map_path.empty() || needs_pe_map(traces);
  study::RunnerOptions runner = resolve_engine(options.engine, pe_map, !output.result_path.empty());
  runner.traces = std::move(traces);
  runner.seed = options.seed;
  return runner;
}

void add_memory(RunReport& report, const study::RunnerOptions& options) {
  if (!options.memory) return;
  const study::MemoryModel& model = options.memory->model;
  report.memory = {describe(model),
                   model.bytes_per_cycle,
                   model.latency_ns,
                   report.array.clocks.conventional_ps.value(),
                   options.memory->dma_burst_bytes,
                   options.memory->dma_outstanding};
  if (!report.k && !model.is_ideal()) {
    report.notes.push_back("k is chosen by the compute cycles alone, as without a memory model");
  }
}

RunReport make_report(std::string workload, const ArrayConfig& config, std::optional<int> k,
                      const study::GemmRunner& runner) {
  RunReport report;
  report.workload = std::move(workload);
  report.array = config.parameters();
  report.k = k;
  report.engine = runner.engine();
  report.kernel = runner.kernel();
  return report;
}

// What both commands say of how the figures came about.
void describe_settings(RunReport& report, const Options& options,
                       const study::RunnerOptions& runner, Technology technology) {
  add_configuration_notes(report, options.array.config_path);
  if (runner.sample_tiles) add_sampling_note(report, *runner.sample_tiles);
  add_memory(report, runner);
  add_technology(report, std::move(technology));
}

// Runs the job, puts its layers into the report and returns the toggles per PE.
PeToggleMap run_layers(const study::Job& job, const ArrayConfig& config, const Options& options,
                       study::GemmRunner& runner, RunReport& report) {
  study::Progress progress(study::progress_total(config, job.layers, options.engine.sample_tiles,
                                                 runner.delivers_every_tile()),
                           !options.output.quiet);
  study::JobResult result = study::run_job(config, job, runner, progress);
  report.layers = std::move(result.layers);
  return std::move(result.pe_toggles);
}

}  // namespace

void print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw study::OutputError("cannot write to the standard output");
  }
}

void run_workload(const Options& options) {
  const ArrayConfig config = resolve_array(options.array);
  Technology technology = resolve_technology(options.array.technology, config);
  study::Job job;
  job.k = resolve_k(options.array, config);
  workloads::validate(options.recipe, config);
  const study::RunnerOptions runner_options = resolve_runner(options);
  const auto runner = study::make_gemm_runner(runner_options, config);
  const workloads::Workload workload = workloads::load_network(options.workload, options.onnx);
  job.layers = study::select_layers(workload.layers, options.layers);
  const Outputs outputs(
      options.output, options.traces, runner->is_exact(), job.layers.size(),
      {options.workload, options.array.config_path, options.array.technology_path});
  job.layer_map = outputs.layer_map();
  for (const std::string& note : workload.notes) spdlog::warn("{}: {}", options.workload, note);
  warn_about_modes(config, job.k);
  job.operands = [&](const Layer& layer, std::int64_t instance) {
    return std::make_shared<workloads::SyntheticOperands>(
        config, layer.gemm, options.recipe, options.seed,
        workloads::operand_stream(layer.name, instance));
  };

  RunReport report = make_report(options.workload, config, job.k, *runner);
  report.seed = options.seed;
  report.notes = workload.notes;
  describe_settings(report, options, runner_options, std::move(technology));
  if (runner->is_exact()) report.operand_recipe = workloads::recipe_entries(options.recipe, config);
  const PeToggleMap map = run_layers(job, config, options, *runner, report);
  study::write_saif_totals(runner_options.traces, report, map);
  outputs.write_report(report, map);
}

void run_gemm(const Options& options) {
  const ArrayConfig config = resolve_array(options.array);
  Technology technology = resolve_technology(options.array.technology, config);
  study::Job job;
  job.k = resolve_k(options.array, config);
  const study::RunnerOptions runner_options = resolve_runner(options);
  const auto runner = study::make_gemm_runner(runner_options, config);
  NpyMatrix a = read_npy_matrix(options.a_path, config);
  NpyMatrix b = read_npy_matrix(options.b_path, config);
  if (a.cols != b.rows) {
    throw InputError(
        options.b_path, fmt::format("{} x {} matrix", b.rows, b.cols),
        fmt::format("must have {} rows, as {} is {} x {}", a.cols, options.a_path, a.rows, a.cols));
  }
  const GemmShape shape{a.rows, a.cols, b.cols};
  const bool keep_result = !options.output.result_path.empty();
  if (keep_result && shape.t > kMaxResultElements / shape.m) {
    throw InputError("--result", fmt::format("{} x {} matrix", shape.t, shape.m),
                     fmt::format("allowed are at most {} elements", kMaxResultElements));
  }
  const Outputs outputs(
      options.output, options.traces, runner->is_exact(), 1,
      {options.a_path, options.b_path, options.array.config_path, options.array.technology_path});
  job.layer_map = outputs.layer_map();
  warn_about_modes(config, job.k);
  const auto operands =
      std::make_shared<DenseOperands>(config, shape, std::move(a.values), std::move(b.values));
  DenseResult result(keep_result ? shape : GemmShape{}, config.acc_width_bits());
  job.layers = {Layer{"gemm", shape, 1}};
  job.operands = [&](const Layer&, std::int64_t) -> std::shared_ptr<const OperandSource> {
    return operands;
  };
  if (keep_result) job.result = &result;

  RunReport report = make_report("gemm", config, job.k, *runner);
  if (runner_options.sample_tiles) report.seed = options.seed;
  describe_settings(report, options, runner_options, std::move(technology));
  const PeToggleMap map = run_layers(job, config, options, *runner, report);
  outputs.write_result(result, shape, config.acc_width_bits());
  study::write_saif_totals(runner_options.traces, report, map);
  outputs.write_report(report, map);
}

void make_html_report(const Options& options) {
  print(fmt::format("wrote {}\n",
                    write_html_report(options.report_directory, options.compared_directories)));
}

void list_workloads() {
  std::string text;
  const auto shipped = workloads::shipped();
  std::size_t width = 0;
  for (const auto& entry : shipped) width = std::max(width, entry.name.size());
  for (const auto& entry : shipped) {
    text += fmt::format("{:<{}}  {}\n", entry.name, width, entry.description);
  }
  print(text);
}

}  // namespace arrayflex::command
