// Reads layers from the YAML files of other models of accelerators.
//
//  - Timeloop problems (github.com/NVlabs/timeloop): `problem:` with the sizes in `instance:` or
//    beside `shape:`, one or a list. A shape with data spaces says by itself which loops are rows,
//    columns and sums; the names cnn-layer and gemm-ABZ, and problems without a shape, stand for
//    Timeloop's own shapes.
//  - ZigZag and Stream workloads (github.com/KULeuven-MICAS/zigzag): a list of layers with
//    operator_type, equation, loop_dims and loop_sizes (or the older loop_dim_size).
//
// Both describe a layer as nested loops around one multiply-accumulate. Of a loop whose index
// stands in
//   the output, the input, not the weights    the product has rows (T),
//   the weights, the output, not the input    columns (M),
//   the input, the weights, not the output    a sum (N),
//   all three                                 one for each turn: groups, batches of both operands.
// Layers that are no products (additions, pools) are skipped and listed in Workload::notes.
#pragma once

#include <string>
#include <string_view>

#include "workloads/layer_table.h"

namespace arrayflex::workloads {

/// Whether a file of this name is taken for YAML: it ends in ".yaml" or ".yml", in any case.
bool is_yaml_path(const std::string& path);

/// The layers of a file of either kind, told apart by what is in it. `source` stands for the file
/// in messages and names the workload. Throws InputError naming file, layer, value and what is
/// allowed: no YAML, another kind of file, a size that is missing or not 1..kMaxLayerDim, a loop
/// that fits no product, an equation that cannot be read, no product at all, or a build without
/// yaml-cpp.
Workload parse_yaml(std::string_view text, const std::string& source);

/// The workload as a native table (layer_table.h), its notes as comments: the table gives the same
/// layers.
std::string layer_table_of(const Workload& workload);

}  // namespace arrayflex::workloads
