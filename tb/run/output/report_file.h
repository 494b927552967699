// A run's report.json, read back and checked.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace arrayflex::command {

/// The report in `path`, as written by `run --out` or `--json`. Throws InputError naming the file,
/// and the key where there is one: not readable, no JSON, a key missing or of a type that the page
/// could not show. Times, activity, energy and memory may be missing; what is there must be whole.
nlohmann::ordered_json read_report(const std::string& path);

}  // namespace arrayflex::command
