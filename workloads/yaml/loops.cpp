#include "workloads/yaml/loops.h"

#include <fmt/format.h>

#include "arrayflex/core/error.h"

namespace arrayflex::workloads {
namespace {

void multiply(std::int64_t& product, std::int64_t size, const std::string& item, const char* what) {
  if (product > kMaxLayerDim / size) {
    throw InputError(fmt::format("{}: {} may be at most {}", item, what, kMaxLayerDim));
  }
  product *= size;
}

}  // namespace

Layer product_of(const LoopNest& nest, const std::string& item) {
  Layer layer;
  layer.gemm = {1, 1, 1};
  for (const auto& [name, size] : nest.sizes) {
    if (size == 1) continue;
    const bool in_input = nest.input.count(name) != 0, in_weights = nest.weights.count(name) != 0;
    const bool in_output = nest.output.count(name) != 0;
    if (in_input && in_weights && in_output) {
      multiply(layer.repeat, size, item, "the number of products");
    } else if (in_input && in_output) {
      multiply(layer.gemm.t, size, item, "T, the number of rows,");
    } else if (in_weights && in_output) {
      multiply(layer.gemm.m, size, item, "M, the number of columns,");
    } else if (in_input && in_weights) {
      multiply(layer.gemm.n, size, item, "N, the length of the sums,");
    } else {
      throw InputError(
          fmt::format("{}: loop {}", item, name), size,
          "it is an index of fewer than two of input, weights and output, so the layer "
          "is no matrix product");
    }
  }
  return layer;
}

}  // namespace arrayflex::workloads
