// Operators on sequences of tensors, as PyTorch's split, chunk and unbind become.
#include <algorithm>

#include "workloads/onnx/shapes/rules.h"

namespace arrayflex::workloads {
namespace {

using Tensors = std::vector<Tensor>;

void give(Node& node, Tensors tensors) {
  if (node.output_count() > 0) {
    node.output(0).sequence = std::make_shared<const Tensors>(std::move(tensors));
  }
}

/// A position, counted from the end where it is negative; `otherwise` where the node has none.
std::optional<std::int64_t> place_in(const Node& node, int input, std::int64_t size,
                                     std::int64_t otherwise) {
  if (!node.has_input(input)) return otherwise;
  const auto given = node.integers(input);
  if (!given || given->size() != 1) return std::nullopt;
  const std::int64_t place = given->front() < 0 ? given->front() + size : given->front();
  if (place < 0 || place > size) node.fail("the position lies outside of the sequence");
  return place;
}

void construct(Node& node) {
  Tensors tensors;
  for (int i = 0; i < node.input_count(); ++i) tensors.push_back(node.input(i));
  give(node, tensors);
}

void empty(Node& node) { give(node, {}); }

void insert(Node& node) {
  const auto& sequence = node.input(0).sequence;
  if (!sequence) return;
  const auto size = static_cast<std::int64_t>(sequence->size());
  const auto place = place_in(node, 2, size, size);
  if (!place) return;
  Tensors tensors = *sequence;
  tensors.insert(tensors.begin() + *place, node.input(1));
  give(node, tensors);
}

void erase(Node& node) {
  const auto& sequence = node.input(0).sequence;
  if (!sequence) return;
  const auto size = static_cast<std::int64_t>(sequence->size());
  const auto place = place_in(node, 1, size, size - 1);
  if (!place || *place >= size) return;
  Tensors tensors = *sequence;
  tensors.erase(tensors.begin() + *place);
  give(node, tensors);
}

void at(Node& node) {
  const auto& sequence = node.input(0).sequence;
  if (!sequence || sequence->empty() || node.output_count() < 1) return;
  const auto size = static_cast<std::int64_t>(sequence->size());
  const auto place = place_in(node, 1, size, 0);
  if (place && *place < size) {
    node.output(0) = (*sequence)[static_cast<std::size_t>(*place)];
    return;
  }
  const Tensor& first = sequence->front();
  const bool all_alike = std::all_of(sequence->begin(), sequence->end(), [&](const Tensor& other) {
    return other.shape == first.shape;
  });
  if (all_alike) node.output(0).shape = first.shape;
}

void length(Node& node) {
  node.set(0, {});
  const auto& sequence = node.input(0).sequence;
  if (!sequence || node.output_count() < 1) return;
  node.output(0).value =
      Value{onnx::TensorProto::INT64, {}, {static_cast<long double>(sequence->size())}};
}

/// Sizes of the parts along the axis; empty where they are not known.
std::optional<Sizes> parts_of(const Node& node, std::int64_t size) {
  Sizes parts;
  auto given = node.integers(1);
  if (node.has_input(1) && !given) return std::nullopt;
  const bool is_list = given && node.shape(1) != nullptr && !node.shape(1)->empty();
  if (is_list) return given;
  const std::int64_t part = given ? given->front() : 1;
  if (part < 1 || size < 0 || size / part > kMostValues) return std::nullopt;
  for (std::int64_t start = 0; start < size; start += part) {
    parts.push_back(std::min(part, size - start));
  }
  return parts;
}

void split(Node& node) {
  const Sizes* shape = node.shape(0);
  if (shape == nullptr) return;
  const std::size_t axis = node.axis(node.integer("axis", 0), shape->size());
  const auto parts = parts_of(node, (*shape)[axis]);
  if (!parts) return;
  const bool drops_axis = !node.has_input(1) && node.integer("keepdims", 1) == 0;
  Tensors tensors;
  for (const std::int64_t part : *parts) {
    Tensor tensor;
    tensor.shape = *shape;
    (*tensor.shape)[axis] = part;
    if (drops_axis) tensor.shape->erase(tensor.shape->begin() + static_cast<std::ptrdiff_t>(axis));
    tensors.push_back(tensor);
  }
  give(node, tensors);
}

void concat(Node& node) {
  const auto& sequence = node.input(0).sequence;
  if (!sequence || sequence->empty() || !sequence->front().shape) return;
  Sizes result = *sequence->front().shape;
  const bool is_new = node.integer("new_axis", 0) != 0;
  const std::size_t axis = node.axis(node.integer("axis", 0), result.size() + (is_new ? 1 : 0));
  if (is_new) {
    result.insert(result.begin() + static_cast<std::ptrdiff_t>(axis),
                  static_cast<std::int64_t>(sequence->size()));
    return node.set(0, result);
  }
  result[axis] = 0;
  for (const Tensor& tensor : *sequence) {
    if (!tensor.shape || tensor.shape->size() != result.size()) return;
    const std::int64_t size = (*tensor.shape)[axis];
    result[axis] = size < 0 || result[axis] < 0 ? kUnknownSize : result[axis] + size;
  }
  node.set(0, result);
}

}  // namespace

void add_sequence_rules(RuleTable& rules) {
  rules["SequenceConstruct"] = construct;
  rules["SequenceEmpty"] = empty;
  rules["SequenceInsert"] = insert;
  rules["SequenceErase"] = erase;
  rules["SequenceAt"] = at;
  rules["SequenceLength"] = length;
  rules["SplitToSequence"] = split;
  rules["ConcatFromSequence"] = concat;
}

}  // namespace arrayflex::workloads
