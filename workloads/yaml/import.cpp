#include "workloads/yaml/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <set>

#include "arrayflex/core/error.h"
#include "arrayflex/core/text.h"
#include "workloads/csv.h"
#include "workloads/onnx/table.h"

#ifdef ARRAYFLEX_WITH_YAML
#include "workloads/yaml/formats.h"
#endif

namespace arrayflex::workloads {

bool is_yaml_path(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".yaml" || extension == ".yml";
}

std::string layer_table_of(const Workload& workload) {
  std::vector<TableRow> rows;
  for (const Layer& layer : workload.layers) {
    TableRow row;
    row.name = layer.name;
    row.gemm = layer.gemm;
    row.repeat = layer.repeat;
    rows.push_back(row);
  }
  std::vector<std::string> comments{workload.description};
  for (const std::string& note : workload.notes) {
    comments.push_back(without_control_characters(note, ' '));
  }
  return to_layer_table(rows, comments);
}

#ifdef ARRAYFLEX_WITH_YAML

namespace {

std::string skipped_note(const std::vector<std::string>& skipped) {
  std::map<std::string, int> counts;
  for (const std::string& type : skipped) ++counts[type];
  std::vector<std::string> entries;
  entries.reserve(counts.size());
  for (const auto& [type, count] : counts) entries.push_back(fmt::format("{} {}", type, count));
  return fmt::format("skipped layers that are no products: {}", fmt::join(entries, ", "));
}

void name_layers(Workload& workload) {
  std::set<std::string> names;
  for (Layer& layer : workload.layers) {
    const std::string name = layer.name.empty() ? workload.name : layer.name;
    layer.name = name;
    for (int copy = 2; !names.insert(layer.name).second; ++copy) {
      layer.name = fmt::format("{}#{}", name, copy);
    }
  }
}

}  // namespace

Workload parse_yaml(std::string_view text, const std::string& source) {
  const YamlDocument document = read_yaml(text, source);
  const bool is_zigzag_file = is_zigzag(document.root);
  if (!is_zigzag_file && !is_timeloop(document.root)) {
    throw InputError(fmt::format(
        "{}: no layers; expected are a problem of Timeloop (problem: with shape and instance, or a "
        "list of them) or a workload of ZigZag or Stream (a list of layers with equation, "
        "loop_dims "
        "and loop_sizes)",
        source));
  }
  YamlLayers read =
      is_zigzag_file ? read_zigzag(document, source) : read_timeloop(document, source);
  Workload workload;
  workload.name = stem_of(source);
  workload.description =
      fmt::format("Imported from {}", std::filesystem::path(source).filename().string());
  workload.layers = std::move(read.layers);
  workload.notes = std::move(read.notes);
  if (!read.skipped.empty()) workload.notes.push_back(skipped_note(read.skipped));
  if (workload.layers.empty()) {
    throw InputError(
        fmt::format("{}: no layer is a matrix product ({})", source, skipped_note(read.skipped)));
  }
  name_layers(workload);
  for (const Layer& layer : workload.layers) validate(layer);
  return workload;
}

#else

Workload parse_yaml(std::string_view, const std::string& source) {
  throw InputError("workload", source,
                   "this build cannot read YAML; install libyaml-cpp-dev and configure again");
}

#endif

}  // namespace arrayflex::workloads
