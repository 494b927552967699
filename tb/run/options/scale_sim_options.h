// Options shared with SCALE-Sim: -c scale.cfg, --dataflow-override, -t topology.csv, --report
// scalesim.
#pragma once

#include <string>
#include <vector>

#include "arrayflex/report/report.h"
#include "arrayflex/study/array_request.h"
#include "workloads/scale_sim/report.h"

namespace arrayflex::command {

/// Reads a configuration of either kind, SCALE-Sim's having rows and columns only. Throws
/// InputError, for another dataflow than ws unless that is overridden.
study::ArrayRequest load_configuration(const std::string& path, bool overrides_dataflow);

/// Notes on the configuration for readers of the report; empty for JSON and without a path.
std::vector<std::string> configuration_notes(const std::string& path, bool overrides_dataflow);

/// The workload to run: WORKLOAD or -t, and with neither of them the topology that a configuration
/// of SCALE-Sim names. Throws InputError when there is none, or both are given.
std::string choose_workload(const std::string& positional, const std::string& topology,
                            const std::string& config_path, bool overrides_dataflow);

/// A file of the report and the text that goes there.
struct ScaleSimFile {
  std::string path;
  Design design;
  bool is_bandwidth;
};

/// COMPUTE_REPORT.csv and BANDWIDTH_REPORT.csv of the conventional array in `directory`, those of
/// ArrayFlex in its folder `arrayflex`, which is created. Throws InputError where that fails, or
/// when the directory is empty.
std::vector<ScaleSimFile> scale_sim_files(const std::string& directory);

/// For readers of these files where tiles overlap, which SCALE-Sim's do not; else empty.
std::string scale_sim_note(Overlap overlap);

/// Text of one of them.
std::string scale_sim_text(const ScaleSimFile& file, const RunReport& report,
                           workloads::ScaleSimVersion version);

}  // namespace arrayflex::command
