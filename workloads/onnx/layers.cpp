#include "workloads/onnx/layers.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <utility>

#include "arrayflex/core/text.h"
#include "workloads/onnx/walk.h"

namespace arrayflex::workloads {
namespace {

constexpr const char* kImported =
    "Conv, Gemm, MatMul, QLinearConv, ConvInteger, QLinearMatMul or MatMulInteger";

class Extractor {
 public:
  explicit Extractor(const OnnxModel& model) : model_(model) {}

  OnnxLayers extract() {
    walk();
    OnnxLayers layers;
    for (const auto& [key, count] : harvest_.skipped) {
      layers.skipped.push_back({key.second, count, key.first});
    }
    if (harvest_.rows.empty()) {
      throw InputError(fmt::format("{}: no node of the graph is a matrix product ({}){}",
                                   model_.source(), kImported, what_there_is()));
    }
    layers.notes = notes();
    std::vector<std::string> comments{description()};
    for (const std::string& note : layers.notes) comments.push_back(single_line(note));
    layers.table = to_layer_table(harvest_.rows, comments);
    return layers;
  }

 private:
  void walk() {
    try {
      harvest_ = Walker(model_).walk();
    } catch (const UnknownShapeError&) {
      if (!model_.missing().empty()) model_.ask_for_missing();
      throw;
    }
    std::set<std::string> names;
    std::map<std::string, int> copies;  // per name, the number given last
    for (TableRow& row : harvest_.rows) {
      if (row.name.empty()) row.name = single_line(row.op);
      const std::string name = row.name;
      while (!names.insert(row.name).second) {
        row.name = fmt::format("{}#{}", name, ++copies.try_emplace(name, 1).first->second);
      }
    }
  }

  std::string listed(bool in_subgraph) const {
    std::vector<std::string> entries;
    for (const auto& [key, count] : harvest_.skipped) {
      if (key.first == in_subgraph) entries.push_back(fmt::format("{} {}", key.second, count));
    }
    return fmt::format("{}", fmt::join(entries, ", "));
  }

  std::string what_there_is() const {
    const std::string outside = listed(false), inside = listed(true);
    std::string text = outside.empty() ? "" : "; there are " + outside;
    if (!inside.empty()) text += "; inside subgraphs: " + inside;
    return text;
  }

  std::vector<std::string> notes() const {
    std::vector<std::string> notes = model_.notes();
    notes.insert(notes.end(), harvest_.notes.begin(), harvest_.notes.end());
    const std::string outside = listed(false), inside = listed(true);
    if (!outside.empty()) {
      notes.push_back(fmt::format("skipped nodes: {}", outside));
    }
    if (!inside.empty()) {
      notes.push_back(
          fmt::format("skipped nodes inside subgraphs (If, Loop, Scan), "
                      "as how often they run is not known: {}",
                      inside));
    }
    if (!harvest_.uncounted.empty()) {
      notes.push_back(fmt::format("NOT COUNTED although they hold matrix products: {}",
                                  fmt::join(harvest_.uncounted, ", ")));
    }
    return notes;
  }

  std::string description() const {
    const onnx::ModelProto& proto = model_.proto();
    const std::string file = std::filesystem::path(model_.source()).filename().string();
    const std::string producer =
        single_line(proto.producer_name() + " " + proto.producer_version());
    return single_line(
        fmt::format("Imported from {}{}", file, producer.empty() ? "" : ", made by " + producer));
  }

  const OnnxModel& model_;
  Harvest harvest_;
};

}  // namespace

OnnxLayers extract_layers(const OnnxModel& model) { return Extractor(model).extract(); }

}  // namespace arrayflex::workloads
