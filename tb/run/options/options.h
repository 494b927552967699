// The command line of `arrayflex`, parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "arrayflex/study/request.h"
#include "run/commands/import_command.h"
#include "run/commands/technology_command.h"
#include "workloads/scale_sim/report.h"

namespace arrayflex::command {

enum class Action { run, gemm, list_workloads, html_report, technology, import_model, show_text };

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
  /// run, gemm: as given on the command line; resolve_request() adds what the files hold.
  study::StudyRequest request;
  std::string config_path;          ///< --config
  bool overrides_dataflow = false;  ///< --dataflow-override ws
  std::string k = "auto";           ///< --k
  std::string technology_path;      ///< --tech as given: a name or a path
  std::string topology;             ///< run: -t, until it is put into the request
  std::string a_path, b_path;       ///< gemm
  OutputOptions output;
  ImportOptions import;
  std::string report_directory;                   ///< html_report
  std::vector<std::string> compared_directories;  ///< html_report
  TechnologyCommandOptions technology;
  std::string text;  ///< show_text: help or version
};

/// Parses the command line. Throws InputError for bad usage, the message being one line.
Options parse_command_line(int argc, const char* const* argv);

/// The request with the configuration file read behind it and --k understood. Throws InputError.
study::StudyRequest resolve_request(const Options& options);

}  // namespace arrayflex::command
