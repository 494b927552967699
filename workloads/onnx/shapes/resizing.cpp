// Operators that resample images.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "workloads/onnx/shapes/rules.h"

namespace arrayflex::workloads {
namespace {

/// The axes that scales and sizes are for: all, unless the node lists some.
Sizes axes_of(const Node& node, std::size_t rank) {
  if (const auto given = node.attribute_integers("axes")) return *given;
  Sizes all(rank);
  for (std::size_t i = 0; i < rank; ++i) all[i] = static_cast<std::int64_t>(i);
  return all;
}

std::vector<long double> scales_of(const Node& node) {
  const auto* attribute = node.attribute("scales");
  if (attribute != nullptr) return {attribute->floats().begin(), attribute->floats().end()};
  if (node.attribute("height_scale") != nullptr) {
    return {1, 1, node.real("height_scale", 1), node.real("width_scale", 1)};
  }
  const bool is_early = node.op() == "Upsample" || (node.opset() == 10 && node.input_count() == 2);
  const Value* value = node.value(is_early ? 1 : 2);
  return value == nullptr ? std::vector<long double>{} : value->numbers;
}

/// The region that tf_crop_and_resize looks at does not count, as in ONNX Runtime.
void scale(Node& node, const Sizes& shape, const Sizes& axes) {
  Sizes result = shape;
  const auto scales = scales_of(node);
  if (!scales.empty() && scales.size() != axes.size()) {
    node.fail(fmt::format("{} scales for the shape {}", scales.size(), shown(shape)));
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    std::int64_t& size = result[node.axis(axes[i], result.size())];
    const long double factor = scales.empty() ? NAN : scales[i];
    // Multiplied as float, as ONNX Runtime does: 0.1f * 10 is 1.
    const float scaled = static_cast<float>(size) * static_cast<float>(factor);
    const bool is_good = size >= 0 && std::isfinite(scaled) && scaled >= 0 && scaled < 1e15F;
    size = is_good ? static_cast<std::int64_t>(std::floor(scaled)) : kUnknownSize;
  }
  node.set(0, result);
}

/// One factor for all axes, such that the image fits into the sizes, or covers them.
void keep_ratio(const Node& node, const Sizes& shape, const Sizes& axes, Sizes& sizes) {
  const std::string policy = node.text("keep_aspect_ratio_policy", "stretch");
  if (policy == "stretch") return;
  long double factor = NAN;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto size = shape[node.axis(axes[i], shape.size())];
    const long double own = size > 0 ? static_cast<long double>(sizes[i]) / size : NAN;
    const bool is_first = std::isnan(factor);
    factor = is_first                 ? own
             : policy == "not_larger" ? std::min(factor, own)
                                      : std::max(factor, own);
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto size = shape[node.axis(axes[i], shape.size())];
    sizes[i] = std::isnan(factor) ? kUnknownSize : std::llround(factor * size);
  }
}

void resize(Node& node) {
  const Sizes* shape = node.shape(0);
  if (shape == nullptr) return;
  const Sizes axes = axes_of(node, shape->size());
  if (!node.has_input(3)) return scale(node, *shape, axes);
  Sizes result = *shape;
  auto sizes = node.integers(3);
  if (sizes && sizes->size() != axes.size()) {
    node.fail(fmt::format("{} sizes for the shape {}", sizes->size(), shown(*shape)));
  }
  if (sizes) keep_ratio(node, *shape, axes, *sizes);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    result[node.axis(axes[i], result.size())] = sizes ? (*sizes)[i] : kUnknownSize;
  }
  node.set(0, result);
}

void upsample(Node& node) {
  if (node.shape(0) != nullptr) scale(node, *node.shape(0), axes_of(node, node.shape(0)->size()));
}

void crop_or_pad(Node& node) {
  const Sizes* shape = node.shape(0);
  if (shape == nullptr) return;
  const Sizes axes = axes_of(node, shape->size());
  const auto sizes = node.integers(1);
  Sizes result = *shape;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    result[node.axis(axes[i], result.size())] =
        sizes && i < sizes->size() ? (*sizes)[i] : kUnknownSize;
  }
  node.set(0, result);
}

/// Sampled at the places of the grid [batch, ..., axes].
void grid_sample(Node& node) {
  const Sizes *shape = node.shape(0), *grid = node.shape(1);
  if (shape == nullptr || grid == nullptr || shape->size() < 3 || grid->size() < 3) return;
  Sizes result{(*shape)[0], (*shape)[1]};
  result.insert(result.end(), grid->begin() + 1, grid->end() - 1);
  node.set(0, result);
}

void affine_grid(Node& node) {
  const auto size = node.integers(1);
  if (!size || size->size() < 4) return;
  Sizes result{size->front()};
  result.insert(result.end(), size->begin() + 2, size->end());
  result.push_back(static_cast<std::int64_t>(size->size()) - 2);
  node.set(0, result);
}

void columns_to_image(Node& node) {
  const Sizes* shape = node.shape(0);
  const auto image = node.integers(1), block = node.integers(2);
  if (shape == nullptr || shape->size() != 3 || !image || !block || count_of(*block) < 1) return;
  const std::int64_t rows = (*shape)[1];
  Sizes result{(*shape)[0], rows < 0 ? kUnknownSize : rows / count_of(*block)};
  result.insert(result.end(), image->begin(), image->end());
  node.set(0, result);
}

}  // namespace

void add_resizing_rules(RuleTable& rules) {
  rules["Resize"] = resize;
  rules["Upsample"] = upsample;
  rules["CenterCropPad"] = crop_or_pad;
  rules["GridSample"] = grid_sample;
  rules["AffineGrid"] = affine_grid;
  rules["Col2Im"] = columns_to_image;
}

}  // namespace arrayflex::workloads
