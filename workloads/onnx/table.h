// Writes native layer tables (layer_table.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "arrayflex/core/gemm.h"

namespace arrayflex::workloads {

/// One row: a convolution where `convolution` is given, else `repeat` products; all of it `times`.
struct TableRow {
  std::string name;
  std::optional<ConvolutionShape> convolution;
  GemmShape gemm;
  std::int64_t repeat = 1;  ///< products of one run of the node: groups of a convolution
  std::int64_t times = 1;   ///< how often the node runs
  std::string op;           ///< the operator it comes from, for messages
};

/// The table, comment lines first. parse() of it gives the same layers: a convolution keeps all its
/// parameters. Names must be unique, not empty and free of line ends; comments are single lines.
std::string to_layer_table(const std::vector<TableRow>& rows,
                           const std::vector<std::string>& comments);

}  // namespace arrayflex::workloads
