// Reads the configuration files of SCALE-Sim, versions 1 to 3: INI text as Python's configparser
// takes it, keys and sections in any case, "key: value" or "key = value", comment lines with # or
// ;.
//
//   key            section                used as
//   ArrayHeight    architecture_presets   rows
//   ArrayWidth     architecture_presets   columns
//   Dataflow       architecture_presets   ws, the only one this array has [default: ws]; another
//   one
//                                         is an error, or overridden
//   TopologyCsvLoc network_presets        workload where no other is named
//
// Every other key is listed in ScaleSimConfig::ignored: sizes of SRAMs, addresses, banks, layouts,
// sparsity and bandwidths have no counterpart here; a note says which of them change SCALE-Sim's
// cycles. Sections that a version does not have need not
// be there.
#pragma once

#include <string>
#include <vector>

#include "arrayflex/core/config.h"

namespace arrayflex::workloads {

struct ScaleSimConfig {
  int rows = 0;                      ///< 1..kMaxArrayDim
  int cols = 0;                      ///< 1..kMaxArrayDim
  std::string topology;              ///< as written, without quotes; empty: none
  std::vector<std::string> ignored;  ///< keys, as written, in the order of the file
  /// Notes for readers: the ignored keys, one sentence each for those that would have changed
  /// SCALE-Sim's cycles.
  std::vector<std::string> notes;
};

/// Whether a configuration file is one of SCALE-Sim: by the extension .cfg, .ini or .conf, or, with
/// another one than .json, by its first character that is no blank: '[', '#' or ';'.
bool is_scale_sim_config(const std::string& path, const std::string& text);

/// Throws InputError "<source>: ..." naming section, key, value and what is allowed: text that is
/// no INI, a line of more than 190 characters, a key outside sections or given twice, ArrayHeight
/// or ArrayWidth missing or out of bounds, a dataflow other than ws unless it is overridden (a note
/// says so then), or a build without inih.
ScaleSimConfig parse_scale_sim_config(const std::string& text, const std::string& source,
                                      bool overrides_dataflow = false);

}  // namespace arrayflex::workloads
