// Operators on quantised tensors: those of ONNX, ONNX Runtime's QOperator format, and the
// quantisers of Brevitas, QONNX, FINN and Deeploy.
#include <algorithm>

#include "workloads/onnx/shapes/rules.h"

namespace arrayflex::workloads {
namespace {

void broadcast_these(Node& node, std::initializer_list<int> inputs) {
  Sizes result;
  for (const int input : inputs) {
    if (node.shape(input) == nullptr) return;
    result = broadcast(node, result, *node.shape(input));
  }
  node.set(0, result);
}

/// a, its scale and zero point, then the same of b.
void binary(Node& node) { broadcast_these(node, {0, 3}); }

/// The condition, then x and y with scale and zero point each.
void where(Node& node) { broadcast_these(node, {0, 1, 4}); }

/// Scale and zero point of the result, then threes: a tensor, its scale, its zero point.
void concat(Node& node) {
  const Sizes* first = node.shape(2);
  if (first == nullptr) return;
  Sizes result = *first;
  const std::size_t axis = node.axis(node.integer("axis", 0), result.size());
  for (int i = 5; i < node.input_count(); i += 3) {
    const Sizes* shape = node.shape(i);
    if (shape == nullptr) return;
    if (shape->size() != result.size()) node.fail_to_fit(result, *shape);
    std::int64_t& size = result[axis];
    size = size < 0 || (*shape)[axis] < 0 ? kUnknownSize : size + (*shape)[axis];
  }
  node.set(0, result);
}

}  // namespace

void add_quantised_rules(RuleTable& rules) {
  for (const char* op : {"BipolarQuant", "DequantizeLinear", "FloatQuant", "IntQuant",
                         "MultiThreshold", "QLinearLeakyRelu", "QLinearSigmoid", "QLinearSoftmax",
                         "Quant", "QuantizeLinear", "RequantShift", "Trunc"}) {
    rules[op] = keep_shape;
  }
  for (const char* op : {"QLinearAdd", "QLinearMul"}) rules[op] = binary;
  rules["QLinearConcat"] = concat;
  rules["QLinearWhere"] = where;
}

}  // namespace arrayflex::workloads
