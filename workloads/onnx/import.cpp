#include "workloads/onnx/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "arrayflex/core/text.h"

#ifdef ARRAYFLEX_WITH_ONNX
#include <nlohmann/json.hpp>

#include "workloads/onnx/isolation.h"
#include "workloads/onnx/layers.h"
#include "workloads/onnx/model.h"
#endif

namespace arrayflex::workloads {

namespace {

const char* item_of(DimSyntax syntax) { return syntax == DimSyntax::option ? "--dim" : "dims"; }

}  // namespace

bool is_onnx_path(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".onnx";
}

#ifdef ARRAYFLEX_WITH_ONNX

namespace {

using Json = nlohmann::ordered_json;

void require_readable(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    throw InputError("ONNX model", path, "there is no such file");
  }
  if (std::filesystem::is_directory(path, ignored)) {
    throw InputError("ONNX model", path, "it is a folder; a file is needed");
  }
}

void require_in_bounds(const OnnxOptions& options) {
  for (const auto& [name, value] : options.dims) {
    if (value < 1 || value > kMaxLayerDim) {
      throw InputError(fmt::format("{}: {}", item_of(options.syntax), name), value,
                       fmt::format("allowed are 1..{}", kMaxLayerDim));
    }
  }
}

// Names in a damaged file need not be UTF-8.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The answer of the child process.
std::string extract(const std::string& path, const OnnxOptions& options) {
  try {
    const OnnxModel model(path, options);
    const OnnxLayers layers = extract_layers(model);
    Json skipped = Json::array();
    for (const SkippedOperator& op : layers.skipped) {
      skipped.push_back({op.op_type, op.count, op.in_subgraph});
    }
    return dump(Json{{"table", layers.table}, {"skipped", skipped}, {"notes", layers.notes}});
  } catch (const InputError& error) {
    throw InputError(Json::parse(dump(Json(error.what()))).get<std::string>());
  }
}

}  // namespace

bool has_onnx() { return true; }

OnnxNetwork import_onnx(const std::string& path, const OnnxOptions& options) {
  require_readable(path);
  require_in_bounds(options);
  const Json answer = Json::parse(run_isolated(path, [&] { return extract(path, options); }));
  OnnxNetwork network;
  network.layer_table = answer.at("table").get<std::string>();
  for (const Json& entry : answer.at("skipped")) {
    network.skipped.push_back(
        {entry.at(0).get<std::string>(), entry.at(1).get<std::int64_t>(), entry.at(2).get<bool>()});
  }
  // Through the table, so that a run of the model and a run of the imported table are the same.
  network.workload = parse(network.layer_table, path);
  network.workload.notes = answer.at("notes").get<std::vector<std::string>>();
  return network;
}

#else

bool has_onnx() { return false; }

OnnxNetwork import_onnx(const std::string& path, const OnnxOptions&) {
  throw InputError("ONNX model", path,
                   "this build has no onnx library; install libonnx-dev and configure again");
}

#endif

Workload load_network(const std::string& name_or_path, const OnnxOptions& options) {
  if (is_onnx_path(name_or_path)) return import_onnx(name_or_path, options).workload;
  if (!options.dims.empty()) {
    throw InputError(item_of(options.syntax), options.dims.begin()->first,
                     without_control_characters(
                         name_or_path + " is no ONNX model and has no dynamic dimensions", ' '));
  }
  return load(name_or_path);
}

}  // namespace arrayflex::workloads
