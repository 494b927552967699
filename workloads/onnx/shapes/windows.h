// Windows that slide over the spatial axes of a tensor.
#pragma once

#include <vector>

#include "workloads/onnx/shapes/node.h"

namespace arrayflex::workloads {

/// One spatial axis; input and kernel may be unknown.
struct WindowAxis {
  std::int64_t input = 0, kernel = 1, stride = 1, dilation = 1, pad_before = 0, pad_after = 0;
};

/// The axes of a tensor [batch, channels, ...] by the node's strides, dilations, pads and auto_pad.
/// Throws InputError where they do not fit.
std::vector<WindowAxis> window_axes(const Node& node, const Sizes& input, const Sizes& kernel);

/// auto_pad = SAME_UPPER or SAME_LOWER of an axis whose sizes are known: ceil(input / stride)
/// outputs.
void pad_to_same_size(WindowAxis& axis, bool more_at_the_end);

}  // namespace arrayflex::workloads
