// Elementwise operators on values.
#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

#include "workloads/onnx/shapes/values.h"

namespace arrayflex::workloads {
namespace {

using Number = long double;
constexpr Number kUnknownNumber = NAN;

/// Whether the result keeps the type of the operands or is a truth value.
enum class Result { same, truth };

struct Unary {
  Number (*compute)(Number);
  Result result = Result::same;
};

struct Binary {
  Number (*compute)(Number, Number, bool is_integer);
  Result result = Result::same;
};

Number round_half_to_even(Number x) { return std::nearbyint(x); }

const std::map<std::string_view, Unary>& unary_operators() {
  static const std::map<std::string_view, Unary> all{
      {"Identity", {[](Number x) { return x; }}},
      {"Dropout", {[](Number x) { return x; }}},
      {"Neg", {[](Number x) { return -x; }}},
      {"Abs", {[](Number x) { return std::fabs(x); }}},
      {"Floor", {[](Number x) { return std::floor(x); }}},
      {"Ceil", {[](Number x) { return std::ceil(x); }}},
      {"Round", {round_half_to_even}},
      {"Sqrt", {[](Number x) { return std::sqrt(x); }}},
      {"Exp", {[](Number x) { return std::exp(x); }}},
      {"Log", {[](Number x) { return std::log(x); }}},
      {"Relu", {[](Number x) { return std::isnan(x) ? x : std::max<Number>(x, 0); }}},
      {"Reciprocal", {[](Number x) { return 1 / x; }}},
      {"Sign", {[](Number x) { return x > 0   ? Number{1}
                                      : x < 0 ? Number{-1}
                                              : x; }}},
      {"Not", {[](Number x) { return std::isnan(x) ? x : Number(x == 0); }, Result::truth}}};
  return all;
}

Number quotient(Number a, Number b, bool is_integer) {
  if (is_integer && b == 0) return kUnknownNumber;
  return is_integer ? std::trunc(a / b) : a / b;
}

/// The sign of the divisor, as Python's %; fmod's sign is that of the dividend.
Number remainder(Number a, Number b, bool is_integer) {
  if (b == 0) return kUnknownNumber;
  const Number rest = std::fmod(a, b);
  return is_integer && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

Number is_smaller(Number a, Number b, bool) { return a < b; }
Number is_at_most(Number a, Number b, bool) { return a <= b; }

const std::map<std::string_view, Binary>& binary_operators() {
  static const std::map<std::string_view, Binary> all{
      {"Add", {[](Number a, Number b, bool) { return a + b; }}},
      {"Sub", {[](Number a, Number b, bool) { return a - b; }}},
      {"Mul", {[](Number a, Number b, bool) { return a * b; }}},
      {"Div", {quotient}},
      {"Mod", {remainder}},
      {"Pow", {[](Number a, Number b, bool) { return std::pow(a, b); }}},
      {"Min", {[](Number a, Number b, bool) { return std::min(a, b); }}},
      {"Max", {[](Number a, Number b, bool) { return std::max(a, b); }}},
      {"Sum", {[](Number a, Number b, bool) { return a + b; }}},
      {"Less", {is_smaller, Result::truth}},
      {"LessOrEqual", {is_at_most, Result::truth}},
      {"Greater", {[](Number a, Number b, bool) { return Number(a > b); }, Result::truth}},
      {"GreaterOrEqual", {[](Number a, Number b, bool) { return Number(a >= b); }, Result::truth}},
      {"Equal", {[](Number a, Number b, bool) { return Number(a == b); }, Result::truth}},
      {"And", {[](Number a, Number b, bool) { return Number(a != 0 && b != 0); }, Result::truth}},
      {"Or", {[](Number a, Number b, bool) { return Number(a != 0 || b != 0); }, Result::truth}},
      {"Xor",
       {[](Number a, Number b, bool) { return Number((a != 0) != (b != 0)); }, Result::truth}}};
  return all;
}

Number at(const Value& value, const Sizes& place) {
  return value.numbers[index_of(value.shape, place)];
}

/// Of several operands, each broadcast to the shape.
template <class Compute>
Value combined(const Sizes& shape, int type, const Compute& compute) {
  Value result{type, shape, {}};
  const auto count = static_cast<std::size_t>(count_of(shape));
  Places places(shape);
  for (std::size_t i = 0; i < count; ++i) {
    result.numbers.push_back(stored_as(type, compute(places.at())));
    places.next();
  }
  return result;
}

std::optional<Value> binary(const Node& node, const Binary& op, const Sizes& shape) {
  std::vector<const Value*> values;
  for (int i = 0; i < node.input_count(); ++i) {
    if (node.value(i) == nullptr) return std::nullopt;
    values.push_back(node.value(i));
  }
  if (values.empty()) return std::nullopt;
  const int type = values[0]->type;
  const bool is_integer = is_integer_type(type);
  const int stored = op.result == Result::truth ? int{onnx::TensorProto::BOOL} : type;
  return combined(shape, stored, [&](const Sizes& place) {
    Number number = at(*values[0], place);
    for (std::size_t i = 1; i < values.size(); ++i) {
      const Number next = at(*values[i], place);
      const bool is_unknown = std::isnan(number) || std::isnan(next);
      number = is_unknown ? kUnknownNumber : op.compute(number, next, is_integer);
    }
    return number;
  });
}

std::optional<Value> where(const Node& node, const Sizes& shape) {
  const Value *condition = node.value(0), *yes = node.value(1), *no = node.value(2);
  if (condition == nullptr || (yes == nullptr && no == nullptr)) return std::nullopt;
  return combined(shape, yes != nullptr ? yes->type : no->type, [&](const Sizes& place) {
    const Number choice = at(*condition, place);
    const Value* chosen = choice != 0 ? yes : no;
    return std::isnan(choice) || chosen == nullptr ? kUnknownNumber : at(*chosen, place);
  });
}

std::optional<Value> clipped(const Node& node, const Sizes& shape) {
  const Value* input = node.value(0);
  if (input == nullptr) return std::nullopt;
  for (const int bound : {1, 2}) {
    if (node.has_input(bound) && node.value(bound) == nullptr) return std::nullopt;
  }
  const auto bound = [&](int index, const char* name, float otherwise) -> Number {
    const Value* value = node.value(index);
    return value != nullptr && value->numbers.size() == 1 ? value->numbers[0]
                                                          : node.real(name, otherwise);
  };
  const Number low = bound(1, "min", -INFINITY), high = bound(2, "max", INFINITY);
  return combined(shape, input->type, [&](const Sizes& place) {
    const Number number = at(*input, place);
    if (std::isnan(number) || std::isnan(low) || std::isnan(high)) return kUnknownNumber;
    return std::min(std::max(number, low), high);
  });
}

std::optional<Value> cast(const Node& node, const Sizes& shape) {
  const Value* input = node.value(0);
  if (input == nullptr) return std::nullopt;
  int type = static_cast<int>(node.integer("to", input->type));
  if (node.op() == "CastLike") {
    if (node.value(1) == nullptr) return std::nullopt;
    type = node.value(1)->type;
  }
  return combined(shape, type, [&](const Sizes& place) { return at(*input, place); });
}

}  // namespace

std::optional<Value> evaluate_elementwise(const Node& node, const Sizes& shape) {
  const std::string& op = node.op();
  if (op == "Cast" || op == "CastLike") return cast(node, shape);
  if (op == "Where") return where(node, shape);
  if (op == "Clip") return clipped(node, shape);
  const auto unary = unary_operators().find(op);
  if (unary != unary_operators().end()) {
    const Value* input = node.value(0);
    if (input == nullptr) return std::nullopt;
    const bool is_truth = unary->second.result == Result::truth;
    const int type = is_truth ? int{onnx::TensorProto::BOOL} : input->type;
    return combined(shape, type,
                    [&](const Sizes& place) { return unary->second.compute(at(*input, place)); });
  }
  const auto found = binary_operators().find(op);
  return found == binary_operators().end() ? std::nullopt : binary(node, found->second, shape);
}

}  // namespace arrayflex::workloads
