// What the user asked for on the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/study/traces/trace_settings.h"
#include "run/commands/import_command.h"
#include "run/options/engine_options.h"
#include "run/options/technology_options.h"
#include "workloads/scale_sim/report.h"
#include "workloads/synthetic_operands.h"

namespace arrayflex::command {

enum class Action { run, gemm, list_workloads, html_report, technology, import_model, show_text };

/// Options as given; what was not given is empty, so that a configuration file can fill it in.
struct ArrayOptions {
  std::string config_path;
  std::optional<int> rows, cols, data_width_bits, acc_width_bits;
  std::optional<std::vector<int>> modes;
  std::string k = "auto";
  std::optional<Technology> technology;  ///< --tech
  std::string technology_path;           ///< the same as given: a name or a path
};

struct OutputOptions {
  std::string directory;  ///< report.json and layers.csv; empty: none
  std::string json_path, csv_path, pe_map_path, result_path;
  bool pe_maps = false;                                 ///< pe_map.npy and pe_maps/ in `directory`
  std::optional<workloads::ScaleSimVersion> scale_sim;  ///< --report
  bool quiet = false;
  int verbosity = 0;
};

struct Options {
  Action action = Action::show_text;
  ArrayOptions array;
  EngineOptions engine;
  OutputOptions output;
  study::TraceSettings traces;
  std::string workload;         ///< run
  std::string topology;         ///< run: -t, until it is put into `workload`
  workloads::OnnxOptions onnx;  ///< run
  ImportOptions import;
  std::vector<std::string> layers;  ///< run: patterns
  std::uint64_t seed = 1;
  workloads::SyntheticRecipe recipe;              ///< run
  std::string a_path, b_path;                     ///< gemm
  std::string report_directory;                   ///< html_report
  std::vector<std::string> compared_directories;  ///< html_report
  TechnologyCommandOptions technology;
  std::string text;  ///< show_text: help or version
};

/// Parses the command line. Throws InputError for bad usage, the message being one line.
Options parse_command_line(int argc, const char* const* argv);

/// The array that options and configuration file describe together. Where neither names the modes,
/// those of the default modes that fit the array are taken; where only the operand width is given,
/// the sums get the width that goes with it. Clocks that the configuration file does not give are
/// those of the technology. Throws InputError.
ArrayConfig resolve_array(const ArrayOptions& options);

/// The collapse factor of --k; empty for auto. Throws InputError.
std::optional<int> resolve_k(const ArrayOptions& options, const ArrayConfig& config);

}  // namespace arrayflex::command
