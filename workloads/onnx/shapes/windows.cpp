// Operators that slide a window over the spatial axes: convolutions and pools.
#include "workloads/onnx/shapes/windows.h"

#include <fmt/format.h>

#include <algorithm>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/gemm.h"
#include "workloads/onnx/shapes/rules.h"

namespace arrayflex::workloads {
namespace {

/// Last axis to second place, or back.
Sizes channels_to_front(Sizes shape) {
  if (shape.size() > 2) std::rotate(shape.begin() + 1, shape.end() - 1, shape.end());
  return shape;
}
Sizes channels_to_back(Sizes shape) {
  if (shape.size() > 2) std::rotate(shape.begin() + 1, shape.begin() + 2, shape.end());
  return shape;
}

bool is_channels_last(const Node& node) {
  return node.op() == "NhwcMaxPool" || node.op() == "NhwcConv" || node.op() == "NhwcFusedConv" ||
         node.integer("channels_last", 0) != 0;
}

/// Where it rounds up, the last window may begin in the padding, as in ONNX Runtime up to 1.20.
std::int64_t window_outputs(const WindowAxis& axis, bool rounds_up) {
  if (axis.input < 0 || axis.kernel < 0) return kUnknownSize;
  const std::int64_t reach = axis.dilation * (axis.kernel - 1) + 1;
  const std::int64_t room = axis.input + axis.pad_before + axis.pad_after - reach;
  if (room < 0) return 0;
  return (rounds_up ? ceil_div(room, axis.stride) : room / axis.stride) + 1;
}

void pool(Node& node) {
  const Sizes* shape = node.shape(0);
  const auto kernel = node.attribute_integers("kernel_shape");
  if (shape == nullptr || shape->size() < 2 || !kernel) return;
  const bool is_last = is_channels_last(node);
  const Sizes input = is_last ? channels_to_front(*shape) : *shape;
  const bool rounds_up = node.integer("ceil_mode", 0) != 0;
  Sizes result{input[0], input[1]};
  for (const WindowAxis& axis : window_axes(node, input, *kernel)) {
    result.push_back(window_outputs(axis, rounds_up));
  }
  if (is_last) result = channels_to_back(result);
  for (int i = 0; i < node.output_count(); ++i) node.set(i, result);
}

void global_pool(Node& node) {
  const Sizes* shape = node.shape(0);
  if (shape == nullptr || shape->size() < 2) return;
  Sizes result = *shape;
  const bool is_last = is_channels_last(node);
  for (std::size_t i = 1; i < result.size(); ++i) {
    if (i != (is_last ? result.size() - 1 : 1)) result[i] = 1;
  }
  node.set(0, result);
}

void convolution(Node& node) {
  const int weights_input = node.op() == "QLinearConv" ? 3 : 1;
  const Sizes *shape = node.shape(0), *weights = node.shape(weights_input);
  if (shape == nullptr || weights == nullptr || shape->size() < 2 ||
      weights->size() != shape->size()) {
    return;
  }
  const bool is_last = is_channels_last(node);
  const Sizes input = is_last ? channels_to_front(*shape) : *shape;
  Sizes kernel(weights->begin() + 2, weights->end());
  if (const auto given = node.attribute_integers("kernel_shape")) {
    if (given->size() == kernel.size() && !is_known(kernel)) kernel = *given;
  }
  Sizes result{input[0], (*weights)[0]};
  for (const WindowAxis& axis : window_axes(node, input, kernel)) {
    result.push_back(window_outputs(axis, false));
  }
  node.set(0, is_last ? channels_to_back(result) : result);
}

std::int64_t transposed_outputs(const Node& node, const WindowAxis& axis, std::int64_t extra) {
  if (axis.input < 0 || axis.kernel < 0) return kUnknownSize;
  const std::string mode = node.text("auto_pad", "NOTSET");
  if (mode == "SAME_UPPER" || mode == "SAME_LOWER") return axis.input * axis.stride;
  return axis.stride * (axis.input - 1) + extra + axis.dilation * (axis.kernel - 1) + 1 -
         axis.pad_before - axis.pad_after;
}

void transposed_convolution(Node& node) {
  const Sizes *input = node.shape(0), *weights = node.shape(1);
  if (input == nullptr || weights == nullptr || input->size() < 2 ||
      weights->size() != input->size()) {
    return;
  }
  const std::size_t count = input->size() - 2;
  Sizes result{(*input)[0], multiplied((*weights)[1], node.integer("group", 1))};
  const auto given = node.attribute_integers("output_shape");
  if (given && given->size() >= count && count > 0) {
    result.insert(result.end(), given->end() - static_cast<std::ptrdiff_t>(count), given->end());
  } else {
    const Sizes extra = node.numbers("output_padding", count, 0, 0);
    const auto axes = window_axes(node, *input, Sizes(weights->begin() + 2, weights->end()));
    for (std::size_t i = 0; i < count; ++i) {
      result.push_back(std::max(kUnknownSize, transposed_outputs(node, axes[i], extra[i])));
    }
  }
  node.set(0, result);
}

/// Boxes [number, ...], each pooled to the same size.
void pool_boxes(Node& node) {
  const Sizes *shape = node.shape(0), *boxes = node.shape(1);
  if (shape == nullptr || boxes == nullptr || shape->size() < 2 || boxes->empty()) return;
  Sizes result{(*boxes)[0], (*shape)[1]};
  if (const auto given = node.attribute_integers("pooled_shape")) {
    result.insert(result.end(), given->begin(), given->end());
  } else {
    result.push_back(node.integer("output_height", 1));
    result.push_back(node.integer("output_width", 1));
  }
  node.set(0, result);
}

void unpool(Node& node) {
  if (const auto given = node.integers(2)) return node.set(0, *given);
  const Sizes* shape = node.shape(0);
  const auto kernel = node.attribute_integers("kernel_shape");
  if (shape == nullptr || shape->size() < 2 || !kernel || node.has_input(2)) return;
  Sizes result{(*shape)[0], (*shape)[1]};
  for (const WindowAxis& axis : window_axes(node, *shape, *kernel)) {
    result.push_back(std::max(kUnknownSize, transposed_outputs(node, axis, 0)));
  }
  node.set(0, result);
}

}  // namespace

std::vector<WindowAxis> window_axes(const Node& node, const Sizes& input, const Sizes& kernel) {
  const std::size_t count = input.size() - 2;
  const auto reject = [&] {
    node.fail(fmt::format("a kernel {} does not fit an input {}", shown(kernel), shown(input)));
  };
  if (kernel.size() != count) reject();
  const Sizes strides = node.numbers("strides", count, 1, 1);
  const Sizes dilations = node.numbers("dilations", count, 1, 1);
  const std::string mode = node.text("auto_pad", "NOTSET");
  const bool is_automatic = !mode.empty() && mode != "NOTSET";
  const Sizes pads = is_automatic ? Sizes(2 * count, 0) : node.numbers("pads", 2 * count, 0, 0);
  std::vector<WindowAxis> axes(count);
  for (std::size_t i = 0; i < count; ++i) {
    WindowAxis& axis = axes[i];
    axis = {input[i + 2], kernel[i], strides[i], dilations[i], pads[i], pads[count + i]};
    if (axis.kernel == 0 || axis.kernel > kMaxLayerDim || axis.input > kMaxLayerDim) reject();
    if (is_automatic && mode != "VALID" && axis.input >= 0 && axis.kernel > 0) {
      pad_to_same_size(axis, mode != "SAME_LOWER");
    }
  }
  return axes;
}

// out = ceil(in / stride); an odd zero goes to the end or the beginning.
void pad_to_same_size(WindowAxis& axis, bool more_at_the_end) {
  const std::int64_t reach = axis.dilation * (axis.kernel - 1) + 1;
  const std::int64_t outputs = ceil_div(axis.input, axis.stride);
  const std::int64_t total =
      std::max<std::int64_t>(0, (outputs - 1) * axis.stride + reach - axis.input);
  axis.pad_before = more_at_the_end ? total / 2 : total - total / 2;
  axis.pad_after = total - axis.pad_before;
}

void add_window_rules(RuleTable& rules) {
  for (const char* op : {"AveragePool", "LpPool", "MaxPool", "NhwcMaxPool", "QLinearAveragePool"}) {
    rules[op] = pool;
  }
  for (const char* op :
       {"GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool", "QLinearGlobalAveragePool"}) {
    rules[op] = global_pool;
  }
  for (const char* op : {"Conv", "ConvInteger", "DeformConv", "FusedConv", "NhwcConv",
                         "NhwcFusedConv", "QLinearConv"}) {
    rules[op] = convolution;
  }
  rules["ConvTranspose"] = transposed_convolution;
  rules["MaxRoiPool"] = pool_boxes;
  rules["RoiAlign"] = pool_boxes;
  rules["MaxUnpool"] = unpool;
}

}  // namespace arrayflex::workloads
