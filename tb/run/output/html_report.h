// `arrayflex report DIR`: a run's files as one self-contained HTML page.
#pragma once

#include <string>
#include <vector>

namespace arrayflex::command {

/// Reads report.json and the PE maps of `directory`, which `run --out` wrote, and writes
/// report.html beside them: viewable offline, with everything inside. The totals of the runs in
/// `others` are set beside those of this one. Returns the path of the page. Throws InputError
/// naming file and key of what is missing or broken, or when this build has no Chart.js;
/// OutputError when the page could not be written.
std::string write_html_report(const std::string& directory, const std::vector<std::string>& others);

}  // namespace arrayflex::command
