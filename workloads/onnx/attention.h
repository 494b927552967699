// The products inside of attention operators.
#pragma once

#include <vector>

#include "workloads/onnx/shapes/node.h"
#include "workloads/onnx/table.h"

namespace arrayflex::workloads {

/// Whether nodes of this operator are attention whose products may be countable: com.microsoft's
/// Attention, QAttention and MultiHeadAttention, and ONNX's own Attention.
bool is_attention(const onnx::NodeProto& node);

/// Its rows: NAME/qkv where the operator has the weights of the projection, then NAME/scores, q
/// times k transposed, and NAME/context, scores times v, one product for each batch and head; where
/// heads of q share one of k, their rows are streamed one after the other. Lengths are those of the
/// tensors (a causal mask saves nothing), what is kept of earlier tokens included. Empty where the
/// length of k is data (a cache in a buffer of fixed length) or the form is not read. Throws
/// UnknownShapeError where a shape is not known.
std::vector<TableRow> lower_attention(const Node& node);

}  // namespace arrayflex::workloads
