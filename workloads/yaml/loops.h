// A layer as nested loops, and the product that it is.
#pragma once

#include <map>
#include <set>
#include <string>

#include "arrayflex/core/gemm.h"

namespace arrayflex::workloads {

/// Loops by name, and the indices of the three tensors.
struct LoopNest {
  std::map<std::string, std::int64_t> sizes;  ///< 1..kMaxLayerDim
  std::set<std::string> input, weights, output;
};

/// Rows are the loops of input and output, columns those of weights and output, sums those of input
/// and weights; loops of all three are products of their own. Loops of size 1 may stand anywhere.
/// Throws InputError, `item` in front, for a loop that fits none of these or a size beyond
/// kMaxLayerDim.
Layer product_of(const LoopNest& nest, const std::string& item);

}  // namespace arrayflex::workloads
