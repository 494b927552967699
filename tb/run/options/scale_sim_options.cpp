#include "run/options/scale_sim_options.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include "arrayflex/core/error.h"
#include "arrayflex/study/output_file.h"
#include "workloads/scale_sim/config.h"

namespace arrayflex::command {
namespace {

using workloads::ScaleSimConfig;
using workloads::ScaleSimVersion;

// The configuration, if it is one of SCALE-Sim. A file that cannot be read is the business of
// whoever takes it for JSON.
std::optional<ScaleSimConfig> find_scale_sim_config(const std::string& path,
                                                    bool overrides_dataflow) {
  std::error_code ignored;
  std::ifstream file(path, std::ios::binary);
  if (path.empty() || !file || std::filesystem::is_directory(path, ignored)) return std::nullopt;
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!workloads::is_scale_sim_config(path, text)) return std::nullopt;
  return workloads::parse_scale_sim_config(text, path, overrides_dataflow);
}

}  // namespace

study::ArrayRequest load_configuration(const std::string& path, bool overrides_dataflow) {
  const std::optional<ScaleSimConfig> config = find_scale_sim_config(path, overrides_dataflow);
  if (!config) return study::load_array_request(path);
  study::ArrayRequest request;
  request.rows = config->rows;
  request.cols = config->cols;
  return request;
}

std::vector<std::string> configuration_notes(const std::string& path, bool overrides_dataflow) {
  const std::optional<ScaleSimConfig> config = find_scale_sim_config(path, overrides_dataflow);
  return config ? config->notes : std::vector<std::string>{};
}

std::string choose_workload(const std::string& positional, const std::string& topology,
                            const std::string& config_path, bool overrides_dataflow) {
  if (!positional.empty() && !topology.empty()) {
    throw InputError("-t", topology, "WORKLOAD is given, too: " + positional);
  }
  if (!positional.empty()) return positional;
  if (!topology.empty()) return topology;
  const std::optional<ScaleSimConfig> config =
      find_scale_sim_config(config_path, overrides_dataflow);
  if (config && !config->topology.empty()) return config->topology;
  throw InputError("no workload given: run needs WORKLOAD or -t FILE (see 'arrayflex run --help')");
}

std::vector<ScaleSimFile> scale_sim_files(const std::string& directory) {
  if (directory.empty()) {
    throw InputError("--report", "scalesim",
                     "the reports go to the folder of --out; give that too");
  }
  const std::filesystem::path outer = directory, inner = outer / "arrayflex";
  study::create_output_directory("--report", inner.string());
  const char* const compute = "COMPUTE_REPORT.csv";
  const char* const bandwidth = "BANDWIDTH_REPORT.csv";
  return {{(outer / compute).string(), Design::conventional, false},
          {(outer / bandwidth).string(), Design::conventional, true},
          {(inner / compute).string(), Design::arrayflex, false},
          {(inner / bandwidth).string(), Design::arrayflex, true}};
}

std::string scale_sim_note(Overlap overlap) {
  if (overlap == Overlap::none) return {};
  return fmt::format(
      "--report scalesim: SCALE-Sim overlaps no tiles, so its own cycles are those of overlap "
      "none; "
      "the columns here mean what they mean without, with the cycles of overlap {}",
      name_of(overlap));
}

std::string scale_sim_text(const ScaleSimFile& file, const RunReport& report,
                           ScaleSimVersion version) {
  return file.is_bandwidth ? workloads::to_scale_sim_bandwidth_report(report, file.design)
                           : workloads::to_scale_sim_compute_report(report, file.design, version);
}

}  // namespace arrayflex::command
