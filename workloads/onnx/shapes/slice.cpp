#include "workloads/onnx/shapes/slice.h"

#include <algorithm>
#include <cmath>

namespace arrayflex::workloads {
namespace {

/// Bounds are attributes below operator set 10; elements of an input may be unknown.
std::optional<std::vector<long double>> bounds(const Node& node, const char* name, int index) {
  if (const auto old = node.attribute_integers(name)) {
    return std::vector<long double>(old->begin(), old->end());
  }
  const Value* value = node.value(index);
  return value == nullptr ? std::nullopt : std::optional(value->numbers);
}

AxisSlice slice_of(std::int64_t size, long double start, long double end, long double step) {
  AxisSlice slice;
  slice.is_whole = false;
  if (size < 0 || std::isnan(start) || std::isnan(end) || std::isnan(step) || step == 0) {
    return slice;
  }
  const auto limit = static_cast<long double>(size);
  const bool is_backward = step < 0;
  const auto place = [&](long double at) {
    if (at < 0) at += limit;
    return is_backward ? std::clamp(at, -1.0L, limit - 1) : std::clamp(at, 0.0L, limit);
  };
  const long double from = place(start), to = place(end);
  slice.start = static_cast<std::int64_t>(from);
  slice.step = static_cast<std::int64_t>(std::clamp(step, -limit - 1, limit + 1));
  slice.count = static_cast<std::int64_t>(std::max(0.0L, std::ceil((to - from) / step)));
  return slice;
}

}  // namespace

std::optional<std::vector<AxisSlice>> slices_of(const Node& node, const Sizes& shape) {
  const auto starts = bounds(node, "starts", 1), ends = bounds(node, "ends", 2);
  const auto steps = bounds(node, "steps", 4);
  const bool has_axes = node.has_list("axes", 3);
  const auto axes = node.list("axes", 3);
  std::vector<AxisSlice> result(shape.size());
  if (has_axes && !axes) return std::nullopt;
  std::size_t count = axes ? axes->size() : starts ? starts->size() : ends ? ends->size() : 0;
  if (!axes && !starts && !ends) {
    const Sizes* list = node.shape(1);
    if (list == nullptr || list->size() != 1 || (*list)[0] < 0) return std::nullopt;
    count = static_cast<std::size_t>((*list)[0]);
  }
  for (const auto* numbers : {&starts, &ends, &steps}) {
    if (*numbers && (*numbers)->size() != count)
      node.fail("starts, ends, axes and steps do not fit");
  }
  for (std::size_t i = 0; i < count; ++i) {
    const auto which = axes ? (*axes)[i] : static_cast<std::int64_t>(i);
    const std::size_t axis = node.axis(which, shape.size());
    const auto number = [i](const auto& list) { return list ? (*list)[i] : NAN; };
    const long double step = node.has_input(4) ? number(steps) : 1;
    result[axis] = slice_of(shape[axis], number(starts), number(ends), step);
  }
  return result;
}

}  // namespace arrayflex::workloads
