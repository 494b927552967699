#include "workloads/onnx/layers.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <utility>

#include "arrayflex/core/text.h"
#include "workloads/onnx/operators.h"

namespace arrayflex::workloads {
namespace {

constexpr const char* kImported =
    "Conv, Gemm, MatMul, QLinearConv, ConvInteger, QLinearMatMul or MatMulInteger";

// Text of the file in a comment, a name or a note: one line.
std::string single_line(std::string text) {
  text = without_control_characters(std::move(text), '_');
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::string label_of(const onnx::NodeProto& node) {
  const bool is_own = node.domain().empty() || node.domain() == "ai.onnx";
  return single_line(is_own ? node.op_type() : node.domain() + "." + node.op_type());
}

// Operators that hold matrix products and are not imported must not go unnoticed among the others.
bool holds_products(const std::string& op_type) {
  static const std::set<std::string> recurrent{"RNN", "LSTM", "GRU", "Einsum"};
  const auto has = [&](const char* part) { return op_type.find(part) != std::string::npos; };
  return recurrent.count(op_type) != 0 || has("Conv") || has("MatMul") || has("Gemm") ||
         has("Attention");
}

class Extractor {
 public:
  explicit Extractor(const OnnxModel& model) : model_(model) {
    for (const auto& function : model.proto().functions()) {
      functions_.insert({function.domain(), function.name()});
    }
  }

  OnnxLayers extract() {
    for (const auto& node : model_.proto().graph().node()) read_node(node);
    for (const auto& function : model_.proto().functions()) skip_all(function.node());
    OnnxLayers layers;
    for (const auto& [key, count] : skipped_) {
      layers.skipped.push_back({key.second, count, key.first});
    }
    if (rows_.empty()) {
      throw InputError(fmt::format("{}: no node of the graph is a matrix product ({}){}",
                                   model_.source(), kImported, what_there_is()));
    }
    layers.notes = notes();
    std::vector<std::string> comments{description()};
    for (const std::string& note : layers.notes) comments.push_back(single_line(note));
    layers.table = to_layer_table(rows_, comments);
    return layers;
  }

 private:
  void read_node(const onnx::NodeProto& node) {
    if (is_imported(node)) {
      rows_.push_back(lower_node(model_, node, unique_name(node)));
    } else {
      skip(node, false);
    }
  }

  void skip(const onnx::NodeProto& node, bool in_subgraph) {
    ++skipped_[{in_subgraph, label_of(node)}];
    // The nodes of a model's own function are listed with its body.
    const bool is_call = functions_.count({node.domain(), node.op_type()}) != 0;
    if (!is_call && holds_products(node.op_type())) uncounted_.insert(label_of(node));
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_g()) skip_all(attribute.g().node());
      for (const auto& graph : attribute.graphs()) skip_all(graph.node());
    }
  }

  template <class Nodes>
  void skip_all(const Nodes& nodes) {
    for (const auto& node : nodes) skip(node, true);
  }

  std::string unique_name(const onnx::NodeProto& node) {
    std::string name = single_line(name_of(node));
    if (name.empty()) name = single_line(node.op_type());
    std::string unique = name;
    for (int copy = 2; !names_.insert(unique).second; ++copy) {
      unique = fmt::format("{}#{}", name, copy);
    }
    return unique;
  }

  std::string listed(bool in_subgraph) const {
    std::vector<std::string> entries;
    for (const auto& [key, count] : skipped_) {
      if (key.first == in_subgraph) entries.push_back(fmt::format("{} {}", key.second, count));
    }
    return fmt::format("{}", fmt::join(entries, ", "));
  }

  std::string what_there_is() const {
    const std::string outside = listed(false), inside = listed(true);
    std::string text = outside.empty() ? "" : "; there are " + outside;
    if (!inside.empty()) text += "; inside subgraphs and functions: " + inside;
    return text;
  }

  std::vector<std::string> notes() const {
    std::vector<std::string> notes = model_.notes();
    const std::string outside = listed(false), inside = listed(true);
    if (!outside.empty()) {
      notes.push_back(fmt::format("skipped nodes: {}", outside));
    }
    if (!inside.empty()) {
      notes.push_back(
          fmt::format("skipped nodes inside subgraphs (If, Loop, Scan) and functions, "
                      "as how often they run is not known: {}",
                      inside));
    }
    if (!uncounted_.empty()) {
      notes.push_back(fmt::format("NOT COUNTED although they hold matrix products: {}",
                                  fmt::join(uncounted_, ", ")));
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
  std::vector<TableRow> rows_;
  std::set<std::string> names_;
  std::set<std::pair<std::string, std::string>> functions_;
  std::map<std::pair<bool, std::string>, std::int64_t> skipped_;
  std::set<std::string> uncounted_;
};

}  // namespace

OnnxLayers extract_layers(const OnnxModel& model) { return Extractor(model).extract(); }

}  // namespace arrayflex::workloads
