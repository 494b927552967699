// Each imported operator as rows of a layer table.
#pragma once

#include <string>
#include <vector>

#include "workloads/onnx/shapes/node.h"
#include "workloads/onnx/table.h"

namespace arrayflex::workloads {

/// Whether nodes of this operator are matrix products that are imported.
bool is_imported(const onnx::NodeProto& node);

/// Whether an operator that is not imported holds products all the same, going by its name.
bool holds_products(const std::string& op_type);

/// The rows of such a node, named after it. Throws InputError naming file, node and what is wrong
/// with its attributes or shapes; UnknownShapeError where a shape is not known. Empty where the
/// node has a form whose products are not read.
std::vector<TableRow> lower_node(const Node& node);

}  // namespace arrayflex::workloads
