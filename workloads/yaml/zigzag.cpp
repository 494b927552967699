// Workloads of ZigZag and Stream, https://kuleuven-micas.github.io/zigzag/workload.html.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "arrayflex/core/error.h"
#include "workloads/yaml/formats.h"
#include "workloads/yaml/loops.h"

namespace arrayflex::workloads {
namespace {

/// A tensor of an equation: its name and indices, O[b][k].
struct Operand {
  std::string name;
  std::set<std::string> indices;
};

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// O[b][k]+=W[k][c]*I[b][c]: the output first. Empty where it is something else.
std::vector<Operand> operands_of(const std::string& equation) {
  std::vector<Operand> operands;
  std::size_t at = 0;
  while (at < equation.size()) {
    if (!is_word(equation[at])) {
      ++at;
      continue;
    }
    Operand operand;
    while (at < equation.size() && is_word(equation[at])) operand.name += equation[at++];
    while (at < equation.size() && equation[at] == '[') {
      const std::size_t end = equation.find(']', at);
      if (end == std::string::npos) return {};
      operand.indices.insert(lower_case(equation.substr(at + 1, end - at - 1)));
      at = end + 1;
    }
    operands.push_back(operand);
  }
  return operands;
}

/// The loops of "ix=2*ox+1*fx", by the index on the left.
void add_relation(const std::string& text,
                  std::map<std::string, std::set<std::string>>& relations) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return;
  std::string left = lower_case(text.substr(0, equals)), word;
  left.erase(std::remove(left.begin(), left.end(), ' '), left.end());
  for (const char c : lower_case(text.substr(equals + 1)) + " ") {
    if (is_word(c)) {
      word += c;
      continue;
    }
    if (!word.empty() && std::isdigit(static_cast<unsigned char>(word[0])) == 0) {
      relations[left].insert(word);
    }
    word.clear();
  }
}

class LayerReader {
 public:
  LayerReader(const YAML::Node& layer, std::string item) : layer_(layer), item_(std::move(item)) {}

  /// Empty where the layer is no product.
  std::optional<Layer> read() {
    const auto equation = find(layer_, "equation");
    if (!equation) return std::nullopt;
    const std::string text = text_in(*equation);
    const std::vector<Operand> operands = operands_of(text);
    if (operands.size() < 2) {
      throw InputError(item_ + ": equation", text, "as in O[b][k]+=W[k][c]*I[b][c]");
    }
    const bool is_product = operands.size() == 3 && text.find('*') != std::string::npos;
    if (!is_product || is_pool()) return std::nullopt;
    read_relations();
    read_sizes();
    // The first one streams unless one of them is called weights.
    const bool first_is_weights = operands[1].name == "W" || operands[2].name == "I";
    nest_.output = loops_of(operands[0]);
    nest_.weights = loops_of(operands[first_is_weights ? 1 : 2]);
    nest_.input = loops_of(operands[first_is_weights ? 2 : 1]);
    give_lost_loops();
    return product_of(nest_, item_);
  }

 private:
  bool is_pool() const {
    const auto type = find(layer_, "operator_type");
    return type && lower_case(text_in(*type)).find("pool") != std::string::npos;
  }

  void read_relations() {
    const auto relations = find_any(layer_, {"dimension_relations", "equation_relations"});
    if (!relations || !relations->IsSequence()) return;
    for (const auto& relation : *relations) add_relation(text_in(relation), relations_);
  }

  void read_sizes() {
    const auto older = find(layer_, "loop_dim_size");
    if (older && older->IsMap()) {
      for (const auto& entry : *older) add_size(text_in(entry.first), entry.second);
      return;
    }
    const auto names = find(layer_, "loop_dims"), sizes = find(layer_, "loop_sizes");
    if (!names || !sizes || !names->IsSequence() || !sizes->IsSequence() ||
        names->size() != sizes->size()) {
      throw InputError(item_ + ": loop_dims and loop_sizes must be lists of the same length");
    }
    for (std::size_t i = 0; i < names->size(); ++i) add_size(text_in((*names)[i]), (*sizes)[i]);
  }

  void add_size(const std::string& name, const YAML::Node& size) {
    nest_.sizes[lower_case(name)] = size_in(size, fmt::format("{}: {}", item_, name));
  }

  std::set<std::string> loops_of(const Operand& operand) const {
    std::set<std::string> loops;
    for (const std::string& index : operand.indices) {
      const auto relation = relations_.find(index);
      if (relation == relations_.end()) {
        loops.insert(index);
      } else {
        loops.insert(relation->second.begin(), relation->second.end());
      }
    }
    return loops;
  }

  /// ZigZag's own parser leaves indices out of the weights: W[k][c][fy][fx] where each group has
  /// weights of its own, W[g][c][fy][fx] where each group has k outputs.
  void give_lost_loops() {
    for (const char* loop : {"g", "k"}) {
      const bool is_lost = nest_.output.count(loop) != 0 && nest_.sizes.count(loop) != 0;
      if (is_lost) nest_.weights.insert(loop);
    }
  }

  const YAML::Node& layer_;
  std::string item_;
  LoopNest nest_;
  std::map<std::string, std::set<std::string>> relations_;
};

bool looks_like_a_layer(const YAML::Node& node) {
  return node.IsMap() && find(node, "equation") &&
         (find(node, "loop_dims") || find(node, "loop_dim_size"));
}

std::string name_in(const YAML::Node& layer, std::size_t place) {
  const auto name = find(layer, "name");
  if (name && !text_in(*name).empty()) return text_in(*name);
  const auto type = find(layer, "operator_type"), id = find(layer, "id");
  return fmt::format("{}_{}", type ? text_in(*type) : "layer",
                     id ? text_in(*id) : std::to_string(place));
}

std::vector<YAML::Node> layers_in(const YAML::Node& root) {
  std::vector<YAML::Node> layers;
  YAML::Node list = root;
  if (root.IsMap()) {
    const auto found = find_any(root, {"layers", "workload", "nodes"});
    if (found) list = *found;
  }
  if (list.IsSequence()) {
    for (const auto& layer : list) layers.push_back(layer);
  }
  return layers;
}

}  // namespace

bool is_zigzag(const YAML::Node& root) {
  const std::vector<YAML::Node> layers = layers_in(root);
  return std::any_of(layers.begin(), layers.end(), looks_like_a_layer);
}

YamlLayers read_zigzag(const YamlDocument& document, const std::string& source) {
  YamlLayers result;
  const std::vector<YAML::Node> layers = layers_in(document.root);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string name = name_in(layers[i], i);
    auto layer = LayerReader(layers[i], fmt::format("{}: layer \"{}\"", source, name)).read();
    if (layer) {
      layer->name = name;
      result.layers.push_back(*layer);
    } else {
      const auto type = find(layers[i], "operator_type");
      result.skipped.push_back(type ? text_in(*type) : "layer without a type");
    }
  }
  return result;
}

}  // namespace arrayflex::workloads
