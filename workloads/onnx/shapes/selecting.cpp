// Operators that take parts of tensors, put them together or repeat them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "workloads/onnx/shapes/rules.h"
#include "workloads/onnx/shapes/slice.h"

namespace arrayflex::workloads {
namespace {

void concat(Node& node) {
  Sizes result;
  std::int64_t total = 0;
  std::size_t axis = 0;
  for (int i = 0; i < node.input_count(); ++i) {
    const Sizes* shape = node.shape(i);
    if (shape == nullptr) return;
    if (i == 0) {
      result = *shape;
      axis = node.axis(node.integer("axis", 1), result.size());
    }
    if (shape->size() != result.size()) node.fail_to_fit(result, *shape);
    total = total < 0 || (*shape)[axis] < 0 ? kUnknownSize : total + (*shape)[axis];
    for (std::size_t k = 0; k < result.size(); ++k) {
      if (k == axis) continue;
      if (result[k] < 0) result[k] = (*shape)[k];
      if ((*shape)[k] >= 0 && (*shape)[k] != result[k]) node.fail_to_fit(result, *shape);
    }
  }
  if (result.empty()) return;
  result[axis] = total;
  node.set(0, result);
}

/// Equal parts, the last one smaller where they do not fit.
Sizes equal_parts(std::int64_t size, std::int64_t count) {
  if (size < 0 || count < 1) return Sizes(static_cast<std::size_t>(count), kUnknownSize);
  const std::int64_t part = (size + count - 1) / count;
  Sizes parts(static_cast<std::size_t>(count), part);
  parts.back() = std::max<std::int64_t>(0, size - part * (count - 1));
  return parts;
}

void split(Node& node) {
  const Sizes* shape = node.shape(0);
  if (shape == nullptr) return;
  const std::size_t axis = node.axis(node.integer("axis", 0), shape->size());
  const std::int64_t size = (*shape)[axis];
  Sizes parts = equal_parts(size, node.output_count());
  if (node.has_list("split", 1)) {
    const auto given = node.list("split", 1);
    parts = given ? *given : Sizes(parts.size(), kUnknownSize);
    if (parts.size() < static_cast<std::size_t>(node.output_count())) {
      node.fail(fmt::format("split = {}: there are {} outputs", shown(parts), node.output_count()));
    }
    std::int64_t sum = 0;
    for (const std::int64_t part : parts) sum += std::max<std::int64_t>(0, part);
    if (given && size >= 0 && sum != size) {
      node.fail(fmt::format("the parts {} do not add up to the {} of axis {} of {}; {}",
                            shown(parts), size, axis, shown(*shape), kBakedSizeRemedy));
    }
  }
  for (int i = 0; i < node.output_count(); ++i) {
    Sizes part = *shape;
    part[axis] = parts[static_cast<std::size_t>(i)];
    node.set(i, part);
  }
}

void slice(Node& node) {
  const Sizes* shape = node.shape(0);
  if (shape == nullptr) return;
  Sizes result = *shape;
  const auto slices = slices_of(node, *shape);
  if (!slices) return node.set(0, Sizes(shape->size(), kUnknownSize));
  for (std::size_t i = 0; i < result.size(); ++i) {
    if ((*slices)[i].is_whole) continue;
    result[i] = (*slices)[i].count;
  }
  node.set(0, result);
}

void gather(Node& node) {
  const Sizes *shape = node.shape(0), *indices = node.shape(1);
  if (shape == nullptr || indices == nullptr) return;
  const std::size_t axis = node.axis(node.integer("axis", 0), shape->size());
  const auto place = shape->begin() + static_cast<std::ptrdiff_t>(axis);
  Sizes result(shape->begin(), place);
  result.insert(result.end(), indices->begin(), indices->end());
  result.insert(result.end(), place + 1, shape->end());
  node.set(0, result);
}

void gather_elements(Node& node) {
  if (node.shape(1) != nullptr) node.set(0, *node.shape(1));
}

void gather_nd(Node& node) {
  const Sizes *shape = node.shape(0), *indices = node.shape(1);
  if (shape == nullptr || indices == nullptr || indices->empty() || indices->back() < 0) return;
  const std::int64_t used = indices->back() + node.integer("batch_dims", 0);
  if (used < 0 || used > static_cast<std::int64_t>(shape->size())) {
    node.fail(fmt::format("indices {} do not fit data {}", shown(*indices), shown(*shape)));
  }
  Sizes result(indices->begin(), indices->end() - 1);
  result.insert(result.end(), shape->begin() + used, shape->end());
  node.set(0, result);
}

/// The elements of a list of sizes; NaN of it is unknown.
std::optional<Sizes> sizes_in(const Node& node, int input) {
  const Value* value = node.value(input);
  if (value == nullptr) {
    const Sizes* shape = node.shape(input);
    if (shape == nullptr || shape->size() != 1 || (*shape)[0] < 0 || (*shape)[0] > kMostValues) {
      return std::nullopt;
    }
    return Sizes(static_cast<std::size_t>((*shape)[0]), kUnknownSize);
  }
  Sizes sizes;
  for (const long double number : value->numbers) {
    sizes.push_back(std::isnan(number) ? kUnknownSize : static_cast<std::int64_t>(number));
  }
  return sizes;
}

void expand(Node& node) {
  const Sizes* shape = node.shape(0);
  const auto target = sizes_in(node, 1);
  if (shape != nullptr && target) node.set(0, broadcast(node, *shape, *target));
}

void tile(Node& node) {
  const Sizes* shape = node.shape(0);
  if (shape == nullptr) return;
  Sizes result = *shape;
  const auto repeats = sizes_in(node, 1);
  if (node.input_count() == 3) {  // operator set 1: how often, and which axis
    const auto axis = node.integers(2);
    if (!axis || axis->size() != 1 || !repeats || repeats->size() != 1) return;
    std::int64_t& size = result[node.axis(axis->front(), result.size())];
    size = multiplied(size, repeats->front());
  } else {
    if (repeats && repeats->size() != result.size()) {
      node.fail(fmt::format("{} repeats for the shape {}", repeats->size(), shown(*shape)));
    }
    for (std::size_t i = 0; i < result.size(); ++i) {
      result[i] = repeats ? multiplied(result[i], (*repeats)[i]) : kUnknownSize;
    }
  }
  node.set(0, result);
}

void pad(Node& node) {
  const Sizes* shape = node.shape(0);
  if (shape == nullptr) return;
  const char* name = node.attribute("paddings") != nullptr ? "paddings" : "pads";
  const auto pads = node.list(name, 1);
  if (!pads || (node.has_input(3) && !node.integers(3))) {
    return node.set(0, Sizes(shape->size(), kUnknownSize));
  }
  Sizes axes(shape->size());
  for (std::size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<std::int64_t>(i);
  if (const auto given = node.integers(3)) axes = *given;
  if (pads->size() != 2 * axes.size()) {
    node.fail(fmt::format("{} pads for the shape {}", pads->size(), shown(*shape)));
  }
  Sizes result = *shape;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    std::int64_t& size = result[node.axis(axes[i], result.size())];
    if (size >= 0) size = std::max(kUnknownSize, size + (*pads)[i] + (*pads)[axes.size() + i]);
  }
  node.set(0, result);
}

void one_hot(Node& node) {
  const Sizes* indices = node.shape(0);
  if (indices == nullptr) return;
  const auto depth = node.integers(1);
  Sizes result = *indices;
  const std::size_t axis = node.axis(node.integer("axis", -1), result.size() + 1);
  result.insert(result.begin() + static_cast<std::ptrdiff_t>(axis),
                depth && depth->size() == 1 ? depth->front() : kUnknownSize);
  node.set(0, result);
}

void top_k(Node& node) {
  const Sizes* shape = node.shape(0);
  if (shape == nullptr) return;
  const auto k = node.integers(1);
  Sizes result = *shape;
  result[node.axis(node.integer("axis", -1), result.size())] =
      k && k->size() == 1 ? k->front() : node.integer("k", kUnknownSize);
  node.set(0, result);
  node.set(1, result);
}

/// How many there are, the data decides.
void compress(Node& node) {
  const Sizes* shape = node.shape(0);
  if (node.attribute("axis") == nullptr) return node.set(0, {kUnknownSize});
  if (shape == nullptr) return;
  Sizes result = *shape;
  result[node.axis(node.integer("axis", 0), result.size())] = kUnknownSize;
  node.set(0, result);
}

void unique(Node& node) {
  compress(node);
  for (int i = 1; i < node.output_count(); ++i) node.set(i, {kUnknownSize});
}

void non_zero(Node& node) {
  const Sizes* shape = node.shape(0);
  const Value* value = node.value(0);
  std::int64_t count = kUnknownSize;
  if (value != nullptr && value->is_known()) {
    count = std::count_if(value->numbers.begin(), value->numbers.end(),
                          [](long double number) { return number != 0; });
  }
  const auto rank = shape == nullptr ? kUnknownSize : static_cast<std::int64_t>(shape->size());
  node.set(0, {rank, count});
}

}  // namespace

void add_selecting_rules(RuleTable& rules) {
  rules["Concat"] = concat;
  rules["Split"] = split;
  rules["Slice"] = slice;
  rules["DynamicSlice"] = slice;
  rules["Gather"] = gather;
  rules["GatherElements"] = gather_elements;
  rules["GatherND"] = gather_nd;
  rules["Expand"] = expand;
  rules["Tile"] = tile;
  rules["Pad"] = pad;
  rules["OneHot"] = one_hot;
  rules["TopK"] = top_k;
  rules["Compress"] = compress;
  rules["Unique"] = unique;
  rules["NonZero"] = non_zero;
}

}  // namespace arrayflex::workloads
