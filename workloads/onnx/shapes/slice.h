// What a Slice node takes of each axis.
#pragma once

#include <optional>
#include <vector>

#include "workloads/onnx/shapes/node.h"

namespace arrayflex::workloads {

/// Elements start, start + step, ... of an axis.
struct AxisSlice {
  bool is_whole = true;
  std::int64_t start = 0, step = 1;
  std::int64_t count = kUnknownSize;  ///< unknown where the bounds or the axis' size are
};

/// One for each axis of `shape`. Empty where the node's list of axes is not known. Throws
/// InputError where its lists do not fit.
std::optional<std::vector<AxisSlice>> slices_of(const Node& node, const Sizes& shape);

}  // namespace arrayflex::workloads
