// Values of the small integer tensors by which a graph computes shapes.
//
// Exporters write a Reshape's target as Shape, Gather, Concat and arithmetic on the sizes of other
// tensors. The onnx library infers shapes, but takes the target from constants only.
#pragma once

#include <onnx/onnx_pb.h>

namespace arrayflex::workloads {

/// Evaluates those nodes of the main graph whose inputs are known (Shape of a tensor with a known
/// shape, Constant, Identity, Cast, Gather, Concat, Squeeze, Unsqueeze, Slice, Add, Sub, Mul, Div
/// on integers of at most one axis) and adds the results as initializers, unless there is one
/// already. Returns whether any was added: shapes can then be inferred once more.
bool add_shape_values(onnx::ModelProto& model);

}  // namespace arrayflex::workloads
