// The equation of an Einsum node.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "workloads/onnx/shapes/node.h"

namespace arrayflex::workloads {

struct Einsum {
  /// A letter an axis, capital ones for those that "..." stands for.
  std::vector<std::string> inputs;
  std::string output;
  std::map<char, std::int64_t> sizes;  ///< of the letters

  Sizes output_shape() const;
};

/// Empty where the shape of an input is not known or the equation has a form that is not read
/// (letters that stand for axes of different sizes, more than 20 axes). Throws InputError where
/// equation and shapes do not fit.
std::optional<Einsum> parse_einsum(const Node& node);

}  // namespace arrayflex::workloads
