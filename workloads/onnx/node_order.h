// The order in which the nodes of a graph can run.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>
#include <vector>

namespace arrayflex::workloads {

/// The order of the file where every node follows those whose outputs it takes, as the format asks
/// for; else an order in which that is so. Throws InputError naming `source` where there is none.
std::vector<const onnx::NodeProto*> in_execution_order(
    const google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes, const std::string& source);

}  // namespace arrayflex::workloads
