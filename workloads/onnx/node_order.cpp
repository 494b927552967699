#include "workloads/onnx/node_order.h"

#include <fmt/format.h>

#include <map>

#include "arrayflex/core/error.h"
#include "workloads/onnx/shapes/node.h"

namespace arrayflex::workloads {
namespace {

using Nodes = google::protobuf::RepeatedPtrField<onnx::NodeProto>;

/// Names that a node takes, those of its bodies included.
void collect_inputs(const onnx::NodeProto& node, std::vector<std::string>& names) {
  for (const std::string& name : node.input()) {
    if (!name.empty()) names.push_back(name);
  }
  for (const auto& attribute : node.attribute()) {
    for (const auto& inside : attribute.g().node()) collect_inputs(inside, names);
  }
}

class Sorter {
 public:
  Sorter(const Nodes& nodes, const std::string& source) : nodes_(nodes), source_(source) {
    for (int i = 0; i < nodes.size(); ++i) {
      for (const std::string& name : nodes[i].output()) {
        if (!name.empty()) producers_.emplace(name, i);
      }
    }
  }

  std::vector<const onnx::NodeProto*> sorted() {
    needed_.resize(static_cast<std::size_t>(nodes_.size()));
    bool is_sorted = true;
    for (int i = 0; i < nodes_.size(); ++i) {
      std::vector<std::string> names;
      collect_inputs(nodes_[i], names);
      for (const std::string& name : names) {
        const auto producer = producers_.find(name);
        if (producer == producers_.end() || producer->second == i) continue;
        needed_[static_cast<std::size_t>(i)].push_back(producer->second);
        is_sorted = is_sorted && producer->second < i;
      }
    }
    state_.assign(needed_.size(), State::open);
    for (int i = 0; i < nodes_.size(); ++i) {
      if (is_sorted) {
        order_.push_back(&nodes_[i]);
      } else {
        place(i);
      }
    }
    return order_;
  }

 private:
  enum class State { open, waiting, placed };

  State& state(int node) { return state_[static_cast<std::size_t>(node)]; }

  // With a stack of its own: a file can be as long as it likes.
  void place(int first) {
    std::vector<int> stack{first};
    while (!stack.empty()) {
      const int node = stack.back();
      if (state(node) == State::placed) {
        stack.pop_back();
        continue;
      }
      const bool returns = state(node) == State::waiting;
      state(node) = State::waiting;
      bool is_ready = true;
      for (const int other : needed_[static_cast<std::size_t>(node)]) {
        if (state(other) == State::placed) continue;
        if (returns || state(other) == State::waiting) {
          throw InputError(tidy(fmt::format("{}: {} needs its own result: the graph has a cycle",
                                            source_, described(nodes_[node]))));
        }
        stack.push_back(other);
        is_ready = false;
      }
      if (!is_ready) continue;
      state(node) = State::placed;
      order_.push_back(&nodes_[node]);
      stack.pop_back();
    }
  }

  const Nodes& nodes_;
  const std::string& source_;
  std::map<std::string, int> producers_;
  std::vector<std::vector<int>> needed_;
  std::vector<State> state_;
  std::vector<const onnx::NodeProto*> order_;
};

}  // namespace

std::vector<const onnx::NodeProto*> in_execution_order(const Nodes& nodes,
                                                       const std::string& source) {
  return Sorter(nodes, source).sorted();
}

}  // namespace arrayflex::workloads
