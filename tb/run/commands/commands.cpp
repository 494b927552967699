#include "run/commands/commands.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>

#include "arrayflex/core/error.h"
#include "arrayflex/report/evaluated_report.h"
#include "arrayflex/report/report.h"
#include "arrayflex/study/output_file.h"
#include "arrayflex/study/study.h"
#include "run/options/scale_sim_options.h"
#include "run/output/html_report.h"
#include "run/output/npy_matrix.h"
#include "run/output/progress_bar.h"
#include "run/output/report_maps.h"
#include "run/output/table.h"
#include "workloads/layer_table.h"

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

  void write_layer_map(std::size_t layer, const PeToggleMap& map) const {
    study::write_file(layer_map_paths_.at(layer), npy_text(map.toggles, map.rows, map.cols, 64));
  }

  void write_report(const RunReport& report, const PeToggleMap& map) const {
    const EvaluatedReport evaluated(report);
    write_all(json_paths_, [&] { return to_json(evaluated); });
    write_all(csv_paths_, [&] { return to_csv(evaluated); });
    for (const ScaleSimFile& file : scale_sim_files_) {
      write_all({file.path}, [&] { return scale_sim_text(file, report, *options_.scale_sim); });
    }
    write_all(pe_map_paths_, [&] { return npy_text(map.toggles, map.rows, map.cols, 64); });
    if (!options_.quiet) print(format_table(evaluated) + '\n' + format_summary(evaluated));
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

// The news of a study as messages of the command; `outputs` is made when it is ready to run.
class Reporter {
 public:
  Reporter(const Options& options, const study::StudyRequest& request,
           std::vector<std::string> inputs)
      : options_(options),
        request_(request),
        inputs_(std::move(inputs)),
        progress_(!options.output.quiet) {}

  study::StudyHooks hooks() {
    study::StudyHooks hooks;
    hooks.log = [](study::LogLevel level, const std::string& text) {
      spdlog::log(level_of(level), "{}", text);
    };
    hooks.ready = [this](const std::vector<Layer>& layers) {
      outputs_.emplace(options_.output, request_.traces, capabilities_of(request_.engine).values,
                       layers.size(), inputs_);
    };
    hooks.progress = &progress_;
    if (options_.output.pe_maps) {
      hooks.layer_map = [this](std::size_t layer, const PeToggleMap& map) {
        outputs_->write_layer_map(layer, map);
      };
    }
    hooks.total_map = [this](const PeToggleMap& map) { map_ = map; };
    return hooks;
  }

  const Outputs& outputs() const { return *outputs_; }
  void write_report(const RunReport& report) const { outputs_->write_report(report, map_); }

 private:
  static spdlog::level::level_enum level_of(study::LogLevel level) {
    switch (level) {
      case study::LogLevel::debug:
        return spdlog::level::debug;
      case study::LogLevel::info:
        return spdlog::level::info;
      case study::LogLevel::warning:
        break;
    }
    return spdlog::level::warn;
  }

  const Options& options_;
  const study::StudyRequest& request_;
  std::vector<std::string> inputs_;
  ProgressBar progress_;
  std::optional<Outputs> outputs_;
  PeToggleMap map_;
};

// The operands of `gemm`, which must fit each other.
struct Tensors {
  NpyMatrix a, b;
  GemmShape shape;
};

Tensors read_tensors(const Options& options, const ArrayConfig& config) {
  NpyMatrix a = read_npy_matrix(options.a_path, config);
  NpyMatrix b = read_npy_matrix(options.b_path, config);
  if (a.cols != b.rows) {
    throw InputError(
        options.b_path, fmt::format("{} x {} matrix", b.rows, b.cols),
        fmt::format("must have {} rows, as {} is {} x {}", a.cols, options.a_path, a.rows, a.cols));
  }
  const GemmShape shape{a.rows, a.cols, b.cols};
  if (!options.output.result_path.empty() && shape.t > kMaxResultElements / shape.m) {
    throw InputError("--result", fmt::format("{} x {} matrix", shape.t, shape.m),
                     fmt::format("allowed are at most {} elements", kMaxResultElements));
  }
  return {std::move(a), std::move(b), shape};
}

}  // namespace

void print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw study::OutputError("cannot write to the standard output");
  }
}

void run_workload(const Options& options) {
  const study::StudyRequest request = resolve_request(options);
  Reporter reporter(options, request,
                    {request.workload, options.config_path, options.technology_path});
  const RunReport report = study::run_network(request, reporter.hooks());
  reporter.write_report(report);
}

void run_gemm(const Options& options) {
  const study::StudyRequest request = resolve_request(options);
  Reporter reporter(options, request,
                    {options.a_path, options.b_path, options.config_path, options.technology_path});
  const bool keep_result = !options.output.result_path.empty();
  study::Study study(request, reporter.hooks(), keep_result);
  const ArrayConfig& config = study.config();
  Tensors tensors = read_tensors(options, config);
  const GemmShape shape = tensors.shape;
  DenseResult result(keep_result ? shape : GemmShape{}, config.acc_width_bits());
  study::Product product;
  product.shape = shape;
  product.operands = std::make_shared<DenseOperands>(config, shape, std::move(tensors.a.values),
                                                     std::move(tensors.b.values));
  if (keep_result) product.result = &result;
  const RunReport report = study.run_product(product);
  reporter.outputs().write_result(result, shape, config.acc_width_bits());
  reporter.write_report(report);
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
