// Each imported ONNX operator as a row of a layer table.
#pragma once

#include "workloads/onnx/model.h"
#include "workloads/onnx/table.h"

namespace arrayflex::workloads {

/// Whether nodes of this operator are matrix products that are imported.
bool is_imported(const onnx::NodeProto& node);

/// The row of such a node, named `name`. Throws InputError naming file, node and what is wrong with
/// its attributes or shapes.
TableRow lower_node(const OnnxModel& model, const onnx::NodeProto& node, const std::string& name);

}  // namespace arrayflex::workloads
