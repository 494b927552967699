// Operators that move elements, on values: where each element of the output comes from.
#include <algorithm>
#include <cmath>

#include "workloads/onnx/shapes/slice.h"
#include "workloads/onnx/shapes/values.h"

namespace arrayflex::workloads {
namespace {

using Result = std::optional<Value>;

/// The output's elements, each taken from where `source` says.
template <class Source>
Value moved(const Value& from, const Sizes& shape, const Source& source) {
  Value result{from.type, shape, {}};
  const auto count = static_cast<std::size_t>(count_of(shape));
  Places places(shape);
  for (std::size_t i = 0; i < count; ++i) {
    result.numbers.push_back(from.numbers.at(source(places.at())));
    places.next();
  }
  return result;
}

/// The same elements in the same order.
Result relabelled(const Node& node, const Sizes& shape) {
  const Value* input = node.value(0);
  return input == nullptr ? std::nullopt : Result(Value{input->type, shape, input->numbers});
}

Result transposed(const Node& node, const Sizes& shape) {
  const Value* input = node.value(0);
  if (input == nullptr) return std::nullopt;
  Sizes order;
  for (std::size_t i = shape.size(); i > 0; --i) order.push_back(static_cast<std::int64_t>(i - 1));
  if (const auto given = node.attribute_integers("perm")) order = *given;
  return moved(*input, shape, [&](const Sizes& place) {
    Sizes source(place.size());
    for (std::size_t i = 0; i < order.size(); ++i)
      source[static_cast<std::size_t>(order[i])] = place[i];
    return index_of(input->shape, source);
  });
}

Result expanded(const Node& node, const Sizes& shape) {
  const Value* input = node.value(0);
  if (input == nullptr) return std::nullopt;
  return moved(*input, shape, [&](const Sizes& place) { return index_of(input->shape, place); });
}

Result tiled(const Node& node, const Sizes& shape) {
  const Value* input = node.value(0);
  if (input == nullptr || input->shape.size() != shape.size()) return std::nullopt;
  return moved(*input, shape, [&](const Sizes& place) {
    Sizes source = place;
    for (std::size_t i = 0; i < source.size(); ++i) source[i] %= input->shape[i];
    return index_of(input->shape, source);
  });
}

Result sliced(const Node& node, const Sizes& shape) {
  const Value* input = node.value(0);
  if (input == nullptr) return std::nullopt;
  const auto slices = slices_of(node, input->shape);
  if (!slices) return std::nullopt;
  return moved(*input, shape, [&](const Sizes& place) {
    Sizes source = place;
    for (std::size_t i = 0; i < source.size(); ++i) {
      const AxisSlice& slice = (*slices)[i];
      if (!slice.is_whole) source[i] = slice.start + place[i] * slice.step;
    }
    return index_of(input->shape, source);
  });
}

Result gathered(const Node& node, const Sizes& shape) {
  const Value *input = node.value(0), *indices = node.value(1);
  if (input == nullptr || indices == nullptr || !indices->is_known()) return std::nullopt;
  const std::size_t axis = node.axis(node.integer("axis", 0), input->shape.size());
  const std::size_t count = indices->shape.size();
  const std::int64_t size = input->shape[axis];
  for (const long double index : indices->numbers) {
    if (index < -size || index >= size) {
      node.fail("an index lies outside of the tensor");
    }
  }
  return moved(*input, shape, [&](const Sizes& place) {
    const auto first = place.begin() + static_cast<std::ptrdiff_t>(axis);
    const auto last = first + static_cast<std::ptrdiff_t>(count);
    const auto index =
        static_cast<std::int64_t>(indices->numbers[index_of(indices->shape, Sizes(first, last))]);
    Sizes source(place.begin(), first);
    source.push_back(index < 0 ? index + size : index);
    source.insert(source.end(), last, place.end());
    return index_of(input->shape, source);
  });
}

/// A tensor without a value gives unknown elements: what other tensors give is still known.
Result concatenated(const Node& node, const Sizes& shape) {
  const std::size_t axis = node.axis(node.integer("axis", 1), shape.size());
  Value result{onnx::TensorProto::INT64, shape,
               std::vector<long double>(static_cast<std::size_t>(count_of(shape)), NAN)};
  std::int64_t offset = 0;
  bool has_any = false;
  for (int i = 0; i < node.input_count(); ++i) {
    if (node.shape(i) == nullptr) return std::nullopt;
    const Value* part = node.value(i);
    if (part != nullptr) {
      result.type = part->type;
      has_any = true;
      Places places(part->shape);
      for (const long double number : part->numbers) {
        Sizes target = places.at();
        target[axis] += offset;
        result.numbers[index_of(shape, target)] = number;
        places.next();
      }
    }
    offset += (*node.shape(i))[axis];
  }
  return has_any ? Result(result) : std::nullopt;
}

Result part_of_split(const Node& node, const Sizes& shape, int output) {
  const Value* input = node.value(0);
  if (input == nullptr) return std::nullopt;
  const std::size_t axis = node.axis(node.integer("axis", 0), shape.size());
  std::int64_t offset = 0;
  const auto given = node.list("split", 1);
  for (int i = 0; i < output; ++i) {
    const auto place = static_cast<std::size_t>(i);
    // Without a list all parts but the last are equal.
    const std::int64_t equal = (input->shape[axis] + node.output_count() - 1) / node.output_count();
    offset += given && place < given->size() ? (*given)[place] : equal;
  }
  return moved(*input, shape, [&](const Sizes& place) {
    Sizes source = place;
    source[axis] += offset;
    return index_of(input->shape, source);
  });
}

/// Zeros, or another constant, around.
Result padded(const Node& node, const Sizes& shape) {
  const Value* input = node.value(0);
  const auto pads = node.list("pads", 1);
  if (input == nullptr || !pads || node.has_input(3) || pads->size() != 2 * shape.size() ||
      node.text("mode", "constant") != "constant") {
    return std::nullopt;
  }
  const Value* filling = node.value(2);
  if (node.has_input(2) && (filling == nullptr || filling->numbers.size() != 1)) {
    return std::nullopt;
  }
  Value result{input->type, shape, {}};
  Places places(shape);
  for (std::int64_t i = 0; i < count_of(shape); ++i, places.next()) {
    Sizes source = places.at();
    bool is_inside = true;
    for (std::size_t axis = 0; axis < source.size(); ++axis) {
      source[axis] -= (*pads)[axis];
      is_inside = is_inside && source[axis] >= 0 && source[axis] < input->shape[axis];
    }
    result.numbers.push_back(is_inside            ? input->numbers[index_of(input->shape, source)]
                             : filling != nullptr ? filling->numbers[0]
                                                  : 0);
  }
  return result;
}

/// Single elements replaced: indices [count, axes].
Result scattered(const Node& node, const Sizes& shape) {
  const Value *input = node.value(0), *indices = node.value(1), *updates = node.value(2);
  if (input == nullptr || indices == nullptr || updates == nullptr || !indices->is_known() ||
      indices->shape.empty() || indices->shape.back() != static_cast<std::int64_t>(shape.size()) ||
      shape.empty()) {
    return std::nullopt;
  }
  Value result = *input;
  for (std::size_t i = 0; i < updates->numbers.size(); ++i) {
    Sizes place;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const long double at = indices->numbers.at(i * shape.size() + axis);
      place.push_back(static_cast<std::int64_t>(at < 0 ? at + shape[axis] : at));
      if (place.back() < 0 || place.back() >= shape[axis]) return std::nullopt;
    }
    std::size_t index = 0;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      index = index * static_cast<std::size_t>(shape[axis]) + static_cast<std::size_t>(place[axis]);
    }
    result.numbers[index] = updates->numbers[i];
  }
  return result;
}

}  // namespace

std::optional<Value> evaluate_movement(const Node& node, const Sizes& shape, int output) {
  const std::string& op = node.op();
  if (op == "Split") return part_of_split(node, shape, output);
  if (output != 0) return std::nullopt;
  if (op == "Reshape" || op == "Squeeze" || op == "Unsqueeze" || op == "Flatten") {
    return relabelled(node, shape);
  }
  if (op == "Transpose") return transposed(node, shape);
  if (op == "Expand") return expanded(node, shape);
  if (op == "Tile") return tiled(node, shape);
  if (op == "Slice") return sliced(node, shape);
  if (op == "Gather") return gathered(node, shape);
  if (op == "Concat") return concatenated(node, shape);
  if (op == "Pad") return padded(node, shape);
  if (op == "ScatterND") return scattered(node, shape);
  return std::nullopt;
}

}  // namespace arrayflex::workloads
