// Layer tables: the matrix products of a network, shipped with the library or read from a CSV file.
//
// The native CSV format. Lines end in LF or CRLF; a UTF-8 byte order mark, blank rows, spaces and
// tabs around a field and fields quoted as in RFC 4180 are accepted; a line that starts with '#' is
// a comment, and the first one is the table's description. The first other row names the columns,
// in any order, each at most once, case as below (or all of them in capitals, "Name,Type"):
//
//   column                                       for       default      allowed
//   name                                         all       required     not empty, unique
//   type                                         all       required     conv or gemm
//   batch                                        conv      1            1..kMaxLayerDim
//   in_h, in_w                                   conv      required     1..kMaxLayerDim
//   in_channels, out_channels                    conv      required     1..kMaxLayerDim
//   kernel_h, kernel_w                           conv      required     1..kMaxLayerDim
//   stride_h, stride_w, dilation_h, dilation_w   conv      1            1..kMaxLayerDim
//   pad_top, pad_bottom, pad_left, pad_right     conv      0            0..kMaxLayerDim
//   groups                                       conv      1            divides both channel counts
//   t, n, m                                      gemm      required     1..kMaxLayerDim
//   repeat                                       all       1            1..kMaxLayerDim
//
// A blank field, a missing field at the end of a row and a column that the header leaves out all
// stand for the default. A value in a column of the other type is an error. A convolution is one
// product per group (see lower_convolution()), each of them run `repeat` times.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "arrayflex/core/error.h"
#include "arrayflex/core/gemm.h"

namespace arrayflex::workloads {

/// A network as the array sees it: its matrix products in execution order. Names are unique and not
/// empty, every layer is valid, and there is at least one.
struct Workload {
  std::string name;
  std::string description;  ///< empty where the file has none
  std::vector<Layer> layers;
  std::vector<std::string> notes;  ///< what was ignored while reading, one sentence each
};

/// An entry of shipped().
struct ShippedWorkload {
  std::string name;
  std::string description;
};

/// The layer tables shipped with the library, by name in alphabetical order. SOURCES.md says where
/// each comes from.
std::vector<ShippedWorkload> shipped();

/// A shipped table by its name, else the file of that path: YAML by its name (yaml/import.h), or
/// CSV, a native table or a SCALE-Sim topology (scale_sim/topology.h). The workload of a file is
/// named after the file, without folder and extension. Throws InputError: neither a shipped name
/// (the message lists them) nor a readable file, or the errors of the readers.
Workload load(const std::string& name_or_path);

/// The same from text. `source` stands for the file in messages and names the workload. Every
/// mistake throws InputError: "<source>:<line>:<column>: ..." with the 1-based line and field
/// number, the column's name, the value and what is allowed. Mistakes: no header or no layer, an
/// unknown, duplicate or missing column, more fields than columns, a missing required value, a
/// number that is malformed or out of bounds, a value in a column of the other type, a layer name
/// that is empty or taken, a convolution that lower_convolution() rejects, a quote that is not
/// closed or followed by text.
Workload parse(std::string_view csv_text, const std::string& source);

}  // namespace arrayflex::workloads
