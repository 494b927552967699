// Reads the topology files of SCALE-Sim (github.com/scalesim-project/SCALE-Sim), so that a file its
// users have gives the layers, and hence the cycles, they know.
//
// Convolution topology, header
//   Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter,
//   Strides,
// T = out_h * out_w with out = ceil((H - F + S) / S) per axis, N = filter_h * filter_w * channels,
// M = filters, one product per layer. Conventions that differ from layer_table.h:
//  - Sizes are those of the padded input: SCALE-Sim adds no padding.
//  - The output size is rounded up; PyTorch's is floor((H + padding - F) / S) + 1. Where S does not
//    divide H - F the two differ by one row or column. The shipped tables have the networks' true
//    sizes instead.
//  - One stride for both axes, or "Stride height, Stride width" in its place, as SCALE-Sim writes
//    topologies itself; batch, groups and dilation are 1.
//  - SCALE-Sim's users mark depthwise layers by a naming trick ("DP" in the layer's name). It is
//    NOT applied: a row means what its numbers say. A depthwise layer of G channels is a row with
//    Channels = 1 and Num Filter = 1 and its product is one of G; in a native table, write groups.
//
// GEMM topology, header
//   Layer Name, M, N, K,
// SCALE-Sim multiplies M x K by K x N: its M is our T, its N our M, and its K our N.
//
// Accepted in both: the trailing comma or none, extra blank fields, tabs and spaces around fields,
// blank rows, CRLF, a UTF-8 byte order mark, any case in the header, and an optional column
// "Sparsity" (N:M, e.g. "2:4") at the end, which is ignored and reported in Workload::notes. Layer
// names need not be unique in such files: the second "Conv1" becomes "Conv1#2", with a note.
#pragma once

#include <string>
#include <string_view>

#include "workloads/layer_table.h"

namespace arrayflex::workloads {

/// Whether the first row that is neither blank nor a comment is the header of a SCALE-Sim topology
/// of either kind, going by its first two names. Throws InputError for quotes that do not match.
bool is_scale_sim_topology(std::string_view csv_text);

/// Parses a topology of either kind, told apart by the header row. Throws InputError:
/// "<source>:<line>:<column>: ..." with the column's name, the value and what is allowed, for an
/// unknown header, a missing, malformed or out-of-range value (1..kMaxLayerDim), text in a field
/// beyond the last column, a filter larger than its input, or a file without a layer.
Workload parse_scale_sim_topology(std::string_view csv_text, const std::string& source);

}  // namespace arrayflex::workloads
