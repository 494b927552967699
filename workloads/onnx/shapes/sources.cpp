// Operators whose output does not come from the elements of a tensor: constants, ranges, sizes.
#include <algorithm>
#include <cmath>

#include "workloads/onnx/shapes/rules.h"
#include "workloads/onnx/shapes/stored.h"

namespace arrayflex::workloads {
namespace {

void constant(Node& node) {
  if (node.output_count() < 1) return;
  if (const auto* sparse = node.attribute("sparse_value")) {
    return node.set(0,
                    {sparse->sparse_tensor().dims().begin(), sparse->sparse_tensor().dims().end()});
  }
  Value value;
  if (const auto* tensor = node.attribute("value")) {
    node.output(0) = stored_tensor(tensor->t(), "");
    return;
  }
  const auto* text = node.attribute("value_string");
  const auto* texts = node.attribute("value_strings");
  if (text != nullptr || texts != nullptr) {
    return node.set(0, texts == nullptr ? Sizes{} : Sizes{texts->strings_size()});
  }
  const auto take = [&](int type, bool is_list, const auto& numbers) {
    value.type = type;
    if (is_list) value.shape = {static_cast<std::int64_t>(numbers.size())};
    value.numbers.assign(numbers.begin(), numbers.end());
    node.set(0, value.shape);
    node.output(0).value = value;
  };
  using Numbers = std::vector<long double>;
  if (const auto* one = node.attribute("value_int")) {
    take(onnx::TensorProto::INT64, false, Numbers{static_cast<long double>(one->i())});
  } else if (const auto* list = node.attribute("value_ints")) {
    take(onnx::TensorProto::INT64, true, list->ints());
  } else if (const auto* real = node.attribute("value_float")) {
    take(onnx::TensorProto::FLOAT, false, Numbers{real->f()});
  } else if (const auto* reals = node.attribute("value_floats")) {
    take(onnx::TensorProto::FLOAT, true, reals->floats());
  }
}

void constant_of_shape(Node& node) {
  const Value* sizes = node.value(0);
  const Sizes* list = node.shape(0);
  if (sizes == nullptr) {
    if (list != nullptr && list->size() == 1 && (*list)[0] >= 0 && (*list)[0] < kMostValues) {
      node.set(0, Sizes(static_cast<std::size_t>((*list)[0]), kUnknownSize));
    }
    return;
  }
  Sizes result;
  for (const long double size : sizes->numbers) {
    result.push_back(std::isnan(size) ? kUnknownSize : static_cast<std::int64_t>(size));
  }
  node.set(0, result);
}

void range(Node& node) {
  long double numbers[3] = {NAN, NAN, NAN};
  for (int i = 0; i < 3; ++i) {
    const Value* value = node.value(i);
    if (value != nullptr && value->numbers.size() == 1) numbers[i] = value->numbers[0];
  }
  const long double count = std::ceil((numbers[1] - numbers[0]) / numbers[2]);
  const bool is_known = count < 9e18L;  // false for NaN, too
  node.set(0, {is_known ? static_cast<std::int64_t>(std::max(0.0L, count)) : kUnknownSize});
}

void shape_of(Node& node) {
  const Sizes* shape = node.shape(0);
  if (shape == nullptr) return node.set(0, {kUnknownSize});
  const auto rank = static_cast<std::int64_t>(shape->size());
  const auto place = [rank](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const std::int64_t start = place(node.integer("start", 0));
  const std::int64_t end = std::max(start, place(node.integer("end", rank)));
  Value value{onnx::TensorProto::INT64, {end - start}, {}};
  for (std::int64_t i = start; i < end; ++i) {
    const std::int64_t size = (*shape)[static_cast<std::size_t>(i)];
    value.numbers.push_back(size < 0 ? NAN : static_cast<long double>(size));
  }
  node.set(0, value.shape);
  if (node.output_count() > 0) node.output(0).value = value;
}

void size_of(Node& node) {
  node.set(0, {});
  if (node.output_count() < 1 || node.shape(0) == nullptr) return;
  const std::int64_t count = count_of(*node.shape(0));
  const long double number = count < 0 ? NAN : static_cast<long double>(count);
  node.output(0).value = Value{onnx::TensorProto::INT64, {}, {number}};
}

void random_numbers(Node& node) {
  if (const auto shape = node.attribute_integers("shape")) node.set(0, *shape);
}

void multinomial(Node& node) {
  const Sizes* shape = node.shape(0);
  if (shape != nullptr && shape->size() == 2) {
    node.set(0, {(*shape)[0], node.integer("sample_size", 1)});
  }
}

/// Rows (batch, class, box): how many, the data decides.
void boxes(Node& node) { node.set(0, {kUnknownSize, 3}); }

}  // namespace

void add_source_rules(RuleTable& rules) {
  rules["Constant"] = constant;
  rules["ConstantOfShape"] = constant_of_shape;
  rules["Range"] = range;
  rules["Shape"] = shape_of;
  rules["Size"] = size_of;
  rules["RandomNormal"] = random_numbers;
  rules["RandomUniform"] = random_numbers;
  rules["Multinomial"] = multinomial;
  rules["NonMaxSuppression"] = boxes;
}

}  // namespace arrayflex::workloads
