#include "workloads/onnx/shape_values.h"

#include <onnx/defs/tensor_proto_util.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace arrayflex::workloads {
namespace {

constexpr std::size_t kMostElements = 1024;

struct Value {
  std::vector<std::int64_t> data;
  bool is_scalar = false;
};
using Result = std::optional<Value>;

bool is_integer(int data_type) {
  return data_type == onnx::TensorProto::INT64 || data_type == onnx::TensorProto::INT32;
}

Result value_of(const onnx::TensorProto& tensor) {
  if (!is_integer(tensor.data_type()) || tensor.dims_size() > 1) return std::nullopt;
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL) return std::nullopt;
  const std::int64_t size = tensor.dims_size() == 0 ? 1 : tensor.dims(0);
  if (size < 0 || size > static_cast<std::int64_t>(kMostElements)) return std::nullopt;
  Value value;
  value.is_scalar = tensor.dims_size() == 0;
  if (tensor.data_type() == onnx::TensorProto::INT64) {
    value.data = onnx::ParseData<std::int64_t>(&tensor);
  } else {
    const auto narrow = onnx::ParseData<std::int32_t>(&tensor);
    value.data.assign(narrow.begin(), narrow.end());
  }
  if (value.data.size() != static_cast<std::size_t>(size)) return std::nullopt;
  return value;
}

class Evaluator {
 public:
  explicit Evaluator(onnx::GraphProto& graph) : graph_(graph) {
    for (const auto* tensors : {&graph.input(), &graph.value_info(), &graph.output()}) {
      for (const auto& tensor : *tensors) remember_shape(tensor);
    }
    for (const auto& tensor : graph.initializer()) {
      stored_.insert(tensor.name());
      if (Result value = value_of(tensor)) values_[tensor.name()] = std::move(*value);
    }
  }

  bool run() {
    bool has_new = false;
    for (const auto& node : graph_.node()) {
      if (node.output_size() != 1 || !(node.domain().empty() || node.domain() == "ai.onnx")) {
        continue;
      }
      const Result value = evaluate(node);
      if (!value || value->data.size() > kMostElements) continue;
      values_[node.output(0)] = *value;
      has_new = store(node.output(0), *value) || has_new;
    }
    return has_new;
  }

 private:
  void remember_shape(const onnx::ValueInfoProto& tensor) {
    if (!tensor.type().has_tensor_type() || !tensor.type().tensor_type().has_shape()) return;
    Value sizes;
    for (const auto& dimension : tensor.type().tensor_type().shape().dim()) {
      if (!dimension.has_dim_value() || dimension.dim_value() < 0) return;
      sizes.data.push_back(dimension.dim_value());
    }
    shapes_[tensor.name()] = sizes;
  }

  bool store(const std::string& name, const Value& value) {
    if (!stored_.insert(name).second) return false;
    onnx::TensorProto& tensor = *graph_.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::INT64);
    if (!value.is_scalar) tensor.add_dims(static_cast<std::int64_t>(value.data.size()));
    for (const std::int64_t number : value.data) tensor.add_int64_data(number);
    return true;
  }

  const Value* input(const onnx::NodeProto& node, int index) const {
    if (index >= node.input_size()) return nullptr;
    const auto found = values_.find(node.input(index));
    return found == values_.end() ? nullptr : &found->second;
  }

  static const onnx::AttributeProto* attribute(const onnx::NodeProto& node, const char* name) {
    for (const auto& candidate : node.attribute()) {
      if (candidate.name() == name) return &candidate;
    }
    return nullptr;
  }

  static std::int64_t integer(const onnx::NodeProto& node, const char* name, std::int64_t other) {
    const auto* found = attribute(node, name);
    return found == nullptr ? other : found->i();
  }

  Result evaluate(const onnx::NodeProto& node) const {
    const std::string& op = node.op_type();
    if (op == "Shape") return shape(node);
    if (op == "Constant") return constant(node);
    if (op == "Concat") return concat(node);
    const Value* first = input(node, 0);
    if (first == nullptr) return std::nullopt;
    if (op == "Identity") return *first;
    if (op == "Cast") {
      const bool stays = is_integer(static_cast<int>(integer(node, "to", 0)));
      return stays ? Result(*first) : std::nullopt;
    }
    if (op == "Unsqueeze" && first->is_scalar) return Value{first->data, false};
    if (op == "Squeeze" && !first->is_scalar && first->data.size() == 1) {
      return Value{first->data, true};
    }
    if (op == "Gather") return gather(node, *first);
    if (op == "Slice") return slice(node, *first);
    if (const Value* second = input(node, 1)) return arithmetic(op, *first, *second);
    return std::nullopt;
  }

  Result shape(const onnx::NodeProto& node) const {
    if (node.input_size() != 1) return std::nullopt;
    const auto found = shapes_.find(node.input(0));
    if (found == shapes_.end()) return std::nullopt;
    const auto size = static_cast<std::int64_t>(found->second.data.size());
    return part(found->second, integer(node, "start", 0), integer(node, "end", size), 1);
  }

  static Result constant(const onnx::NodeProto& node) {
    if (const auto* tensor = attribute(node, "value")) return value_of(tensor->t());
    if (const auto* number = attribute(node, "value_int")) return Value{{number->i()}, true};
    if (const auto* list = attribute(node, "value_ints")) {
      return Value{{list->ints().begin(), list->ints().end()}, false};
    }
    return std::nullopt;
  }

  Result concat(const onnx::NodeProto& node) const {
    Value all;
    for (int i = 0; i < node.input_size(); ++i) {
      const Value* next = input(node, i);
      if (next == nullptr || next->is_scalar) return std::nullopt;
      all.data.insert(all.data.end(), next->data.begin(), next->data.end());
      if (all.data.size() > kMostElements) return std::nullopt;
    }
    return all;
  }

  Result gather(const onnx::NodeProto& node, const Value& from) const {
    const Value* indices = input(node, 1);
    if (indices == nullptr || from.is_scalar) return std::nullopt;
    const auto size = static_cast<std::int64_t>(from.data.size());
    Value result{{}, indices->is_scalar};
    for (const std::int64_t index : indices->data) {
      if (index < -size || index >= size) return std::nullopt;
      result.data.push_back(from.data[static_cast<std::size_t>(index < 0 ? index + size : index)]);
    }
    return result;
  }

  // Inputs since operator set 10, attributes before.
  Result slice(const onnx::NodeProto& node, const Value& from) const {
    if (from.is_scalar) return std::nullopt;
    const auto bound = [&](const char* name, int index) -> std::optional<std::int64_t> {
      const auto* list = attribute(node, name);
      if (list != nullptr && list->ints_size() == 1) return list->ints(0);
      const Value* value = input(node, index);
      if (value != nullptr && value->data.size() == 1) return value->data[0];
      return std::nullopt;
    };
    const auto start = bound("starts", 1), end = bound("ends", 2);
    const bool has_steps = node.input_size() > 4 && !node.input(4).empty();
    const auto step = has_steps ? bound("steps", 4) : 1;
    if (!start || !end || !step || *step < 1) return std::nullopt;
    return part(from, *start, *end, *step);
  }

  static Value part(const Value& from, std::int64_t start, std::int64_t end, std::int64_t step) {
    const auto size = static_cast<std::int64_t>(from.data.size());
    const auto place = [size](std::int64_t at) {
      return std::clamp<std::int64_t>(at < 0 ? std::max(at, -size) + size : at, 0, size);
    };
    Value result;
    for (std::int64_t i = place(start); i < place(end); i += std::min(step, size)) {
      result.data.push_back(from.data[static_cast<std::size_t>(i)]);
    }
    return result;
  }

  static Result arithmetic(const std::string& op, const Value& a, const Value& b) {
    const std::size_t size = std::max(a.data.size(), b.data.size());
    const auto fits = [size](const Value& v) {
      return v.data.size() == size || v.data.size() == 1;
    };
    if (!fits(a) || !fits(b) || size == 0) return std::nullopt;
    Value result{{}, a.is_scalar && b.is_scalar};
    for (std::size_t i = 0; i < size; ++i) {
      const std::int64_t x = a.data[a.data.size() == 1 ? 0 : i];
      const std::int64_t y = b.data[b.data.size() == 1 ? 0 : i];
      std::int64_t z = 0;
      bool failed = true;
      if (op == "Add") failed = __builtin_add_overflow(x, y, &z);
      if (op == "Sub") failed = __builtin_sub_overflow(x, y, &z);
      if (op == "Mul") failed = __builtin_mul_overflow(x, y, &z);
      if (op == "Div" && y != 0 && x != std::numeric_limits<std::int64_t>::min()) {
        z = x / y;
        failed = false;
      }
      if (failed) return std::nullopt;
      result.data.push_back(z);
    }
    return result;
  }

  onnx::GraphProto& graph_;
  std::map<std::string, Value> shapes_, values_;
  std::set<std::string> stored_;
};

}  // namespace

bool add_shape_values(onnx::ModelProto& model) { return Evaluator(*model.mutable_graph()).run(); }

}  // namespace arrayflex::workloads
