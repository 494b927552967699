#include "run/output/html_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include "arrayflex/core/error.h"
#include "arrayflex/report/figures.h"
#include "arrayflex/study/output_file.h"
#include "run/output/report_file.h"
#include "run/output/report_maps.h"

namespace arrayflex {

// Defined in a source generated from report_page/ and Chart.js.
const std::vector<std::pair<std::string_view, std::string_view>>& embedded_report_page();

namespace command {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string_view embedded(const std::string& name) {
  for (const auto& [stem, content] : embedded_report_page()) {
    if (stem == name) return content;
  }
  throw InputError(
      fmt::format("arrayflex report: this build lacks {}.js: install libjs-chart.js, then "
                  "configure and build again",
                  name));
}

// JSON inside a script element: "<" occurs in strings only, where its escape means the same, and
// without it no text of a file can end the element.
std::string script_safe(const Json& json) {
  std::string safe;
  for (const char c : json.dump()) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

// The template with {{name}} replaced; what is put in is not looked at again.
std::string fill_in(std::string_view page,
                    const std::vector<std::pair<std::string_view, std::string_view>>& contents) {
  std::string filled;
  while (true) {
    const std::size_t open = page.find("{{");
    if (open == std::string_view::npos) return filled.append(page);
    const std::size_t close = page.find("}}", open);
    const std::string_view name = page.substr(open + 2, close - open - 2);
    filled.append(page.substr(0, open));
    for (const auto& [key, content] : contents) {
      if (key == name) filled.append(content);
    }
    page.remove_prefix(close + 2);
  }
}

std::string report_path(const std::string& directory) {
  if (!fs::is_directory(directory)) {
    throw InputError("report folder", directory, "must be a folder that arrayflex run --out wrote");
  }
  return (fs::path(directory) / "report.json").string();
}

// The part of a run that the page compares: its totals, and the names of workload and array.
Json compared_run(const std::string& directory, const Json& report) {
  Json run = {{"folder", directory},
              {"workload", report["workload"]},
              {"array", report["array"]},
              {"k", report["k"]},
              {"total", report["total"]}};
  if (report.contains("technology")) run["technology"] = report["technology"]["name"];
  return run;
}

Json compared_runs(const std::string& directory, const Json& report,
                   const std::vector<std::string>& others) {
  Json runs = Json::array({compared_run(directory, report)});
  for (const std::string& other : others) {
    runs.push_back(compared_run(other, read_report(report_path(other))));
  }
  return runs;
}

// The figures of the page's tables, in the order of the CSV text.
Json page_figures() {
  std::vector<const Figure*> shown;
  for (const Figure& figure : figures()) {
    if (figure.page != 0) shown.push_back(&figure);
  }
  std::stable_sort(shown.begin(), shown.end(),
                   [](const Figure* a, const Figure* b) { return a->section < b->section; });
  Json list = Json::array();
  for (const Figure* figure : shown) {
    list.push_back({{"key", figure->family_key},
                    {"title", figure->title},
                    {"unit", figure->unit},
                    {"when", condition_of(figure->when).name},
                    {"own", (figure->page & kOwnCell) != 0},
                    {"conventional", (figure->page & kConventionalCell) != 0},
                    {"change", (figure->page & kChangeCell) != 0}});
  }
  return list;
}

}  // namespace

std::string write_html_report(const std::string& directory,
                              const std::vector<std::string>& others) {
  const std::string_view chart = embedded("chart");
  const std::string source = report_path(directory);
  std::string target = (fs::path(directory) / "report.html").string();
  study::require_writable("report", target);
  Json data;
  data["generator"] = "arrayflex " ARRAYFLEX_VERSION;
  data["figures"] = page_figures();
  data["report"] = read_report(source);
  data["pe_maps"] = read_pe_maps(directory, data["report"]);
  data["compared"] = compared_runs(directory, data["report"], others);
  const std::string data_text = script_safe(data);
  std::vector<std::pair<std::string_view, std::string_view>> contents{
      {"style", embedded("style")}, {"chart", chart}, {"data", data_text}};
  for (const char* name : {"texts", "state", "charts", "maps", "compare", "script"}) {
    contents.emplace_back(name, embedded(name));
  }
  study::write_file(target, fill_in(embedded("page"), contents));
  return target;
}

}  // namespace command
}  // namespace arrayflex
