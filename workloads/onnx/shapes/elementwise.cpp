// Operators that keep the shape of an input, and those that broadcast several.
#include <algorithm>
#include <string_view>
#include <vector>

#include "workloads/onnx/shapes/rules.h"

namespace arrayflex::workloads {
namespace {

std::int64_t broadcast_size(const Node& node, const Sizes& a, const Sizes& b, std::int64_t of_a,
                            std::int64_t of_b) {
  if (of_a == of_b || of_b == 1) return of_a;
  if (of_a == 1) return of_b;
  if (of_a == kUnknownSize) return of_b;
  if (of_b == kUnknownSize) return of_a;
  node.fail_to_fit(a, b);
}

void broadcast_inputs(Node& node) {
  // Operator sets below 7 stretch the second operand only.
  const bool is_old = is_of_onnx(node.proto()) && node.opset() > 0 && node.opset() < 7;
  if (is_old && node.input_count() == 2) return keep_shape(node);
  Sizes result;
  for (int i = 0; i < node.input_count(); ++i) {
    const Sizes* shape = node.shape(i);
    if (shape == nullptr) return;
    result = broadcast(node, result, *shape);
  }
  node.set(0, result);
}

void keep_shape_twice(Node& node) {
  keep_shape(node);
  if (node.shape(0) != nullptr) node.set(1, *node.shape(0));
}

/// The further outputs are statistics, one per channel.
void batch_normalization(Node& node) {
  keep_shape(node);
  const Sizes* shape = node.shape(0);
  if (shape == nullptr || shape->size() < 2) return;
  for (int i = 1; i < node.output_count(); ++i) node.set(i, {(*shape)[1]});
}

/// The further outputs are statistics of the axes from `axis` on, which become 1.
void layer_normalization(Node& node) {
  keep_shape(node);
  const Sizes* shape = node.shape(0);
  if (shape == nullptr || shape->empty()) return;
  Sizes statistics = *shape;
  for (std::size_t i = node.axis(node.integer("axis", -1), shape->size()); i < shape->size(); ++i) {
    statistics[i] = 1;
  }
  node.set(1, statistics);
  node.set(2, statistics);
}

void quantised_dynamically(Node& node) {
  keep_shape(node);
  node.set(1, {});
  node.set(2, {});
}

constexpr const char* kKeepingShape =
    "Abs Acos Acosh Affine Asin Asinh Atan Atanh Bernoulli BitwiseNot Cast CastLike Ceil Celu "
    "Clip Cos Cosh CumSum Elu Erf Exp EyeLike Floor Gelu GroupNormalization HardSigmoid "
    "HardSwish Hardmax Identity ImageScaler InstanceNormalization IsInf IsNaN LRN LeakyRelu "
    "Log LogSoftmax LpNormalization MeanVarianceNormalization Mish Neg Not PRelu "
    "ParametricSoftplus RandomNormalLike RandomUniformLike Reciprocal Relu ReverseSequence "
    "RMSNormalization Round ScaledTanh Scatter ScatterElements ScatterND Selu Shrink Sigmoid "
    "Sign Sin Sinh Softmax Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu Trilu ";

constexpr const char* kBroadcasting =
    "Add And BitShift BitwiseAnd BitwiseOr BitwiseXor Div Equal Greater GreaterOrEqual Less "
    "LessOrEqual Max Mean Min Mod Mul Or Pow Sub Sum Where Xor ";

/// The words of a text that lives as long as the program.
std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> result;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    if (end > start) result.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return result;
}

}  // namespace

void keep_shape(Node& node) {
  if (node.shape(0) != nullptr) node.set(0, *node.shape(0));
}

Sizes broadcast(const Node& node, const Sizes& a, const Sizes& b) {
  const bool a_is_longer = a.size() >= b.size();
  Sizes result = a_is_longer ? a : b;
  const Sizes& other = a_is_longer ? b : a;
  const std::size_t offset = result.size() - other.size();
  for (std::size_t i = 0; i < other.size(); ++i) {
    result[offset + i] = broadcast_size(node, a, b, result[offset + i], other[i]);
  }
  return result;
}

void add_elementwise_rules(RuleTable& rules) {
  for (const std::string_view op : words(kKeepingShape)) rules[op] = keep_shape;
  for (const std::string_view op : words(kBroadcasting)) rules[op] = broadcast_inputs;
  rules["Dropout"] = keep_shape_twice;
  rules["BatchNormalization"] = batch_normalization;
  rules["LayerNormalization"] = layer_normalization;
  rules["SimplifiedLayerNormalization"] = layer_normalization;
  rules["DynamicQuantizeLinear"] = quantised_dynamically;
}

}  // namespace arrayflex::workloads
