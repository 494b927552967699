// Which axes a reduction reduces.
#pragma once

#include <optional>
#include <vector>

#include "workloads/onnx/shapes/node.h"

namespace arrayflex::workloads {

/// A flag for each of `rank` axes: by the attribute `axes`, by the input of that name (operator
/// sets 13 and 18 on), or all. Empty where that input is not known.
std::optional<std::vector<bool>> reduced_axes(const Node& node, std::size_t rank);

}  // namespace arrayflex::workloads
