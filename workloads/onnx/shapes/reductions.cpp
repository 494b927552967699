// Operators that reduce axes to one element.
#include "workloads/onnx/shapes/reduction.h"
#include "workloads/onnx/shapes/rules.h"

namespace arrayflex::workloads {
namespace {

void reduce(Node& node) {
  const Sizes* shape = node.shape(0);
  if (shape == nullptr) return;
  const auto reduced = reduced_axes(node, shape->size());
  const bool keeps = node.integer("keepdims", 1) != 0;
  if (!reduced) {
    if (keeps) node.set(0, Sizes(shape->size(), kUnknownSize));
    return;
  }
  Sizes result;
  for (std::size_t i = 0; i < shape->size(); ++i) {
    if (!(*reduced)[i]) result.push_back((*shape)[i]);
    if ((*reduced)[i] && keeps) result.push_back(1);
  }
  node.set(0, result);
}

/// The place of the largest or smallest element.
void arg_reduce(Node& node) {
  const Sizes* shape = node.shape(0);
  if (shape == nullptr) return;
  Sizes result = *shape;
  const std::size_t axis = node.axis(node.integer("axis", 0), result.size());
  if (node.integer("keepdims", 1) != 0) {
    result[axis] = 1;
  } else {
    result.erase(result.begin() + static_cast<std::ptrdiff_t>(axis));
  }
  node.set(0, result);
}

}  // namespace

std::optional<std::vector<bool>> reduced_axes(const Node& node, std::size_t rank) {
  const int axes_input = node.op() == "QLinearReduceMean" ? -1 : 1;
  const auto axes = node.list("axes", axes_input);
  if (node.has_list("axes", axes_input) && !axes) return std::nullopt;
  if (!axes || axes->empty()) {
    return std::vector<bool>(rank, node.integer("noop_with_empty_axes", 0) == 0);
  }
  std::vector<bool> result(rank, false);
  for (const std::int64_t axis : *axes) result[node.axis(axis, rank)] = true;
  return result;
}

void add_reduction_rules(RuleTable& rules) {
  for (const char* op : {"QLinearReduceMean", "ReduceL1", "ReduceL2", "ReduceLogSum",
                         "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd",
                         "ReduceSum", "ReduceSumInteger", "ReduceSumSquare"}) {
    rules[op] = reduce;
  }
  for (const char* op : {"ArgMax", "ArgMin"}) rules[op] = arg_reduce;
}

}  // namespace arrayflex::workloads
