// What the user asked for on the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "arrayflex/core/config.h"
#include "engine_options.h"
#include "workloads/synthetic_operands.h"

namespace arrayflex::command {

enum class Action { run, gemm, list_workloads, show_text };

/// Options as given; what was not given is empty, so that a configuration file can fill it in.
struct ArrayOptions {
  std::string config_path;
  std::optional<int> rows, cols, data_width_bits, acc_width_bits;
  std::optional<std::vector<int>> modes;
  std::string k = "auto";
};

struct OutputOptions {
  std::string directory;  ///< report.json and layers.csv; empty: none
  std::string json_path, csv_path, pe_map_path, result_path;
  bool quiet = false;
  int verbosity = 0;
};

struct Options {
  Action action = Action::show_text;
  ArrayOptions array;
  EngineOptions engine;
  OutputOptions output;
  std::string workload;             ///< run
  std::vector<std::string> layers;  ///< run: patterns
  std::uint64_t seed = 1;
  workloads::SyntheticRecipe recipe;  ///< run
  std::string a_path, b_path;         ///< gemm
  std::string text;                   ///< show_text: help or version
};

/// Parses the command line. Throws InputError for bad usage, the message being one line.
Options parse_command_line(int argc, const char* const* argv);

/// The array that options and configuration file describe together. Where neither names the modes,
/// those of the default modes that fit the array are taken; where only the operand width is given,
/// the sums get the width that goes with it. Throws InputError.
ArrayConfig resolve_array(const ArrayOptions& options);

/// The collapse factor of --k; empty for auto. Throws InputError.
std::optional<int> resolve_k(const ArrayOptions& options, const ArrayConfig& config);

}  // namespace arrayflex::command
