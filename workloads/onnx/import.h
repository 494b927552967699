// Reads ONNX models: the matrix products among their nodes become layers.
//
// Imported are Conv, Gemm and MatMul and their quantised forms QLinearConv, ConvInteger,
// MatMulInteger and QLinearMatMul, in the order of the file, which is an execution order. The onnx
// library parses, checks and infers shapes; weights are not read. docs/onnx.md has the lowering of
// each operator.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "workloads/layer_table.h"

namespace arrayflex::workloads {

/// The way in which messages tell the user to give a dimension its value.
enum class DimSyntax {
  option,   ///< --dim 'batch=VALUE'
  mapping,  ///< dims = {'batch': VALUE}, for callers in Python
};

struct OnnxOptions {
  /// Values of dynamic dimensions, 1..kMaxLayerDim, by the dimension's name ("batch") or by its
  /// place ("input[0]", which wins).
  std::map<std::string, std::int64_t> dims;
  DimSyntax syntax = DimSyntax::option;
};

/// Nodes of one operator that are no layers.
struct SkippedOperator {
  std::string op_type;  ///< with "<domain>." in front unless the domain is ONNX's own
  std::int64_t count = 0;
  bool in_subgraph = false;  ///< in a body of If, Loop, Scan or of a model's own function
};

struct OnnxNetwork {
  /// `notes` says what was skipped and what else a reader must know.
  Workload workload;
  std::string layer_table;               ///< the workload in the native format
  std::vector<SkippedOperator> skipped;  ///< by subgraph or not, then by name
};

/// Whether a file of this name is taken for an ONNX model: it ends in ".onnx", in any case.
bool is_onnx_path(const std::string& path);

/// Whether this build has the onnx library.
bool has_onnx();

/// Imports a model. The library works in a child process, so that a damaged file that makes it
/// crash is an error like any other. Throws InputError: no onnx library in this build, a file that
/// cannot be read, is no ONNX model or fails the library's checker (external data that is missing
/// included), a dynamic dimension without a value (naming all of them), a value for a dimension
/// that the model does not have or out of bounds, a shape that cannot be inferred, invalid
/// attributes, shapes that do not fit each other or are out of bounds, a model without any matrix
/// product.
OnnxNetwork import_onnx(const std::string& path, const OnnxOptions& options = {});

/// Any workload: an ONNX model by import_onnx(), everything else by load(). Throws InputError as
/// these do, and for values of dimensions that are given for anything but a model.
Workload load_network(const std::string& name_or_path, const OnnxOptions& options = {});

}  // namespace arrayflex::workloads
