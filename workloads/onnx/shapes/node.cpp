#include "workloads/onnx/shapes/node.h"

#include <fmt/format.h>

#include <utility>

#include "arrayflex/core/gemm.h"
#include "arrayflex/core/text.h"

namespace arrayflex::workloads {
namespace {

std::optional<Sizes> whole_numbers(const Value& value) {
  if (!value.is_known()) return std::nullopt;
  Sizes result;
  for (const long double number : value.numbers) {
    result.push_back(static_cast<std::int64_t>(stored_as(onnx::TensorProto::INT64, number)));
  }
  return result;
}

}  // namespace

std::string tidy(const std::string& message) {
  constexpr std::size_t kLongest = 400;
  const std::string first = message.substr(0, message.find('\n'));
  std::string line = without_control_characters(shortened(first, kLongest), ' ');
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

std::string name_of(const onnx::NodeProto& node) {
  if (!node.name().empty()) return node.name();
  for (const std::string& output : node.output()) {
    if (!output.empty()) return output;
  }
  return node.op_type();
}

std::string described(const onnx::NodeProto& node) {
  return fmt::format("{} \"{}\"", node.op_type(), name_of(node));
}

bool is_of_onnx(const onnx::NodeProto& node) {
  return node.domain().empty() || node.domain() == "ai.onnx";
}

Node::Node(const onnx::NodeProto& proto, const std::string& source, std::int64_t opset,
           std::vector<const Tensor*> inputs)
    : proto_(proto),
      source_(source),
      opset_(opset),
      inputs_(std::move(inputs)),
      outputs_(static_cast<std::size_t>(proto.output_size())) {}

bool Node::is_of_microsoft() const { return proto_.domain().rfind("com.microsoft", 0) == 0; }

bool Node::has_input(int index) const {
  return index >= 0 && index < input_count() && inputs_[static_cast<std::size_t>(index)] != nullptr;
}

const Tensor& Node::input(int index) const {
  static const Tensor none;
  return has_input(index) ? *inputs_[static_cast<std::size_t>(index)] : none;
}

const Sizes* Node::shape(int index) const {
  const Tensor& tensor = input(index);
  return tensor.shape ? &*tensor.shape : nullptr;
}

const Value* Node::value(int index) const {
  const Tensor& tensor = input(index);
  return tensor.value ? &*tensor.value : nullptr;
}

std::optional<Sizes> Node::integers(int index) const {
  const Value* found = value(index);
  return found == nullptr ? std::nullopt : whole_numbers(*found);
}

Sizes Node::required_shape(int index) const {
  if (!has_input(index)) fail(fmt::format("input {} is missing", index));
  const Tensor& tensor = input(index);
  const std::string& name = proto_.input(index);
  const auto reject = [&](const std::string& what) {
    throw UnknownShapeError(tidy(fmt::format("{}: {}: {} \"{}\" is not known; {}", source_,
                                             described(proto_), what, name, tensor.why_no_shape)));
  };
  if (!tensor.shape) reject("the shape of");
  for (std::size_t i = 0; i < tensor.shape->size(); ++i) {
    if ((*tensor.shape)[i] < 0) reject(fmt::format("dimension {} of", i));
  }
  return *tensor.shape;
}

const onnx::AttributeProto* Node::attribute(const char* name) const {
  for (const auto& candidate : proto_.attribute()) {
    if (candidate.name() == name) return &candidate;
  }
  return nullptr;
}

std::int64_t Node::integer(const char* name, std::int64_t otherwise) const {
  const auto* found = attribute(name);
  return found == nullptr ? otherwise : found->i();
}

float Node::real(const char* name, float otherwise) const {
  const auto* found = attribute(name);
  return found == nullptr ? otherwise : found->f();
}

std::string Node::text(const char* name, const char* otherwise) const {
  const auto* found = attribute(name);
  return found == nullptr ? otherwise : found->s();
}

std::optional<Sizes> Node::attribute_integers(const char* name) const {
  const auto* found = attribute(name);
  if (found == nullptr) return std::nullopt;
  return Sizes(found->ints().begin(), found->ints().end());
}

bool Node::has_list(const char* name, int index) const {
  return attribute(name) != nullptr || has_input(index);
}

std::optional<Sizes> Node::list(const char* name, int index) const {
  return attribute(name) != nullptr ? attribute_integers(name) : integers(index);
}

Sizes Node::numbers(const char* name, std::size_t count, std::int64_t least,
                    std::int64_t otherwise) const {
  const auto* found = attribute(name);
  if (found == nullptr || found->ints_size() == 0) return Sizes(count, otherwise);
  Sizes values(found->ints().begin(), found->ints().end());
  const std::string what = fmt::format("{} = [{}]", name, fmt::join(values, ", "));
  if (values.size() != count) fail(fmt::format("{}: {} numbers are needed", what, count));
  for (const std::int64_t value : values) {
    if (least == 1 && value < 1) fail(what + ": each must be 1 or more");
    if (value < least || value > kMaxLayerDim) {
      fail(fmt::format("{}: allowed is {}..{}", what, least, kMaxLayerDim));
    }
  }
  return values;
}

std::size_t Node::axis(std::int64_t axis, std::size_t rank) const {
  const auto limit = static_cast<std::int64_t>(rank);
  if (axis < -limit || axis >= limit) {
    fail(fmt::format("axis = {}: the tensor has {} axes", axis, rank));
  }
  return static_cast<std::size_t>(axis < 0 ? axis + limit : axis);
}

void Node::set(int index, Sizes shape) {
  if (index < output_count()) output(index).shape = std::move(shape);
}

void Node::fail(const std::string& message) const {
  throw InputError(tidy(fmt::format("{}: {}: {}", source_, described(proto_), message)));
}

bool Node::has_named(const std::string& message) const {
  return message.compare(0, source_.size(), source_) == 0;
}

void Node::fail_to_fit(const Sizes& a, const Sizes& b) const {
  fail(fmt::format("the shapes {} and {} do not fit each other; {}", shown(a), shown(b),
                   kBakedSizeRemedy));
}

}  // namespace arrayflex::workloads
