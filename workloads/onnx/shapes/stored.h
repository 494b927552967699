// Tensors that the file holds.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>

#include "workloads/onnx/shapes/tensor.h"

namespace arrayflex::workloads {

/// Shape, and the values where there are few. Values outside the file are read from `folder`, where
/// they are there; what is missing or damaged is a tensor without values.
Tensor stored_tensor(const onnx::TensorProto& tensor, const std::string& folder);

/// The file name that a tensor's values are in, empty where they are in the model itself.
std::string external_file_of(const onnx::TensorProto& tensor);

}  // namespace arrayflex::workloads
