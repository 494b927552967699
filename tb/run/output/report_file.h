// A run's report.json, read back and checked.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace arrayflex::command {

/// The report in `path`, as written by `run --out` or `--json`. Throws InputError naming the file,
/// and the key where there is one: not readable, no JSON, a figure of the table in
/// arrayflex/report/figures.h missing or none of its type. The parts that not every report
/// has (activity, energy, memory, ...) may be missing as a whole, but not in part.
nlohmann::ordered_json read_report(const std::string& path);

}  // namespace arrayflex::command
