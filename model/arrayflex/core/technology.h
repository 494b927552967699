// Technology files: numbers that belong to a process and a publication, each with its source.
#pragma once

#include <string>
#include <vector>

#include "arrayflex/core/config.h"

namespace arrayflex {

/// A technology file (JSON). Its keys: name, description, clock_frequency_ghz or clock_period_ps
/// (objects with keys "conventional", "1", "2", ...), and source, the provenance of the numbers.
struct Technology {
  std::string name;
  std::string description;
  std::string source;
  ClockPeriods clocks;
};

/// Names of the technology files shipped in the library.
std::vector<std::string> shipped_technologies();

/// A shipped technology; throws InputError listing the known names when there is none of that name.
Technology shipped_technology(const std::string& name);

/// Parses a technology file; throws InputError naming `source_name` and the offending key.
Technology parse_technology(const std::string& json_text, const std::string& source_name);

}  // namespace arrayflex
