#include "workloads/onnx/shapes/values.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "workloads/onnx/shapes/reduction.h"
#include "workloads/onnx/shapes/stored.h"

namespace arrayflex::workloads {
namespace {

std::optional<Value> filled(const Node& node, const Sizes& shape) {
  const auto count = static_cast<std::size_t>(count_of(shape));
  const auto* filling = node.attribute("value");
  if (filling == nullptr) {
    return Value{onnx::TensorProto::FLOAT, shape, std::vector<long double>(count, 0)};
  }
  const Tensor stored = stored_tensor(filling->t(), "");
  if (!stored.value || stored.value->numbers.size() != 1) return std::nullopt;
  return Value{stored.value->type, shape,
               std::vector<long double>(count, stored.value->numbers.front())};
}

std::optional<Value> counted(const Node& node, const Sizes& shape) {
  const Value *start = node.value(0), *step = node.value(2);
  if (start == nullptr || step == nullptr || start->numbers.size() != 1 ||
      step->numbers.size() != 1) {
    return std::nullopt;
  }
  Value value{start->type, shape, {}};
  for (std::int64_t i = 0; i < shape.front(); ++i) {
    const long double number = start->numbers[0] + static_cast<long double>(i) * step->numbers[0];
    value.numbers.push_back(stored_as(value.type, number));
  }
  return value;
}

/// Places of the elements that are not 0, an axis a row.
std::optional<Value> places_of_non_zero(const Node& node, const Sizes& shape) {
  const Value* input = node.value(0);
  if (input == nullptr || !input->is_known()) return std::nullopt;
  Value value{onnx::TensorProto::INT64, shape, {}};
  for (std::size_t axis = 0; axis < input->shape.size(); ++axis) {
    Places places(input->shape);
    for (const long double number : input->numbers) {
      if (number != 0) value.numbers.push_back(static_cast<long double>(places.at()[axis]));
      places.next();
    }
  }
  return value;
}

using Fold = std::function<long double(long double, long double)>;

struct Reduction {
  const char* op;
  long double start;
  Fold fold;
};

const std::vector<Reduction>& reductions() {
  static const std::vector<Reduction> all{
      {"ReduceProd", 1, std::multiplies<>()},
      {"ReduceSum", 0, std::plus<>()},
      {"ReduceMean", 0, std::plus<>()},
      {"ReduceMax", -INFINITY,
       [](long double a, long double b) { return std::isnan(b) ? b : std::max(a, b); }},
      {"ReduceMin", INFINITY,
       [](long double a, long double b) { return std::isnan(b) ? b : std::min(a, b); }}};
  return all;
}

}  // namespace

void Places::next() {
  for (std::size_t axis = shape_.size(); axis > 0; --axis) {
    if (++place_[axis - 1] < shape_[axis - 1]) return;
    place_[axis - 1] = 0;
  }
}

std::size_t index_of(const Sizes& shape, const Sizes& place) {
  std::size_t index = 0;
  const std::size_t offset = place.size() - std::min(place.size(), shape.size());
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const std::int64_t at = shape[axis] == 1 ? 0 : place[offset + axis];
    index = index * static_cast<std::size_t>(shape[axis]) + static_cast<std::size_t>(at);
  }
  return index;
}

std::optional<Value> evaluate_reduction(const Node& node, const Sizes& shape) {
  const Value* input = node.value(0);
  const auto& all = reductions();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Reduction& r) { return node.op() == r.op; });
  if (found == all.end() || input == nullptr) return std::nullopt;
  const auto axes = reduced_axes(node, input->shape.size());
  if (!axes) return std::nullopt;
  Sizes kept = input->shape;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if ((*axes)[i]) kept[i] = 1;
  }
  Value value{input->type, shape, {}};
  value.numbers.assign(static_cast<std::size_t>(count_of(kept)), found->start);
  if (value.numbers.empty() || count_of(kept) != count_of(shape)) return std::nullopt;
  Places places(input->shape);
  for (const long double number : input->numbers) {
    long double& sum = value.numbers[index_of(kept, places.at())];
    sum = stored_as(value.type, found->fold(sum, number));
    places.next();
  }
  if (node.op() == "ReduceMean") {
    const std::size_t count = input->numbers.size() / value.numbers.size();
    const auto share = static_cast<long double>(count);
    for (long double& number : value.numbers) number = stored_as(value.type, number / share);
  }
  return value;
}

void evaluate(Node& node) {
  if (!is_of_onnx(node.proto())) return;
  for (int i = 0; i < node.output_count(); ++i) {
    Tensor& output = node.output(i);
    if (output.value || !has_known_shape(output)) continue;
    const std::int64_t count = count_of(*output.shape);
    if (count < 0 || count > kMostValues) continue;
    const Sizes& shape = *output.shape;
    std::optional<Value> value;
    if (node.op() == "ConstantOfShape") value = filled(node, shape);
    if (node.op() == "Range") value = counted(node, shape);
    if (node.op() == "NonZero") value = places_of_non_zero(node, shape);
    if (!value && i == 0) value = evaluate_elementwise(node, shape);
    if (!value && i == 0) value = evaluate_reduction(node, shape);
    if (!value) value = evaluate_movement(node, shape, i);
    if (value && value->numbers.size() == static_cast<std::size_t>(count)) output.value = value;
  }
}

}  // namespace arrayflex::workloads
