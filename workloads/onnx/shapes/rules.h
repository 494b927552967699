// How each operator's output sizes follow from its inputs: a table of rules, a file a family.
//
// Source: the operators' specifications, https://onnx.ai/onnx/operators/ and
// https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md.
#pragma once

#include <map>
#include <string_view>

#include "workloads/onnx/shapes/node.h"

namespace arrayflex::workloads {

/// Sets what it can of the shapes of the node's outputs. Throws InputError naming the node where
/// attributes or shapes do not fit.
using Rule = void (*)(Node&);
using RuleTable = std::map<std::string_view, Rule>;

void add_elementwise_rules(RuleTable& rules);
void add_matrix_rules(RuleTable& rules);
void add_microsoft_rules(RuleTable& rules);
void add_quantised_rules(RuleTable& rules);
void add_reduction_rules(RuleTable& rules);
void add_rearranging_rules(RuleTable& rules);
void add_resizing_rules(RuleTable& rules);
void add_selecting_rules(RuleTable& rules);
void add_sequence_rules(RuleTable& rules);
void add_source_rules(RuleTable& rules);
void add_window_rules(RuleTable& rules);

/// The rule of an operator of ONNX, of com.microsoft or of the domains of quantisers (Brevitas,
/// QONNX, FINN); null where there is none.
Rule find_rule(const onnx::NodeProto& node);

/// The output has the shape of the first input.
void keep_shape(Node& node);

/// The shapes of all of them, broadcast as numpy does. Throws InputError when they do not fit.
Sizes broadcast(const Node& node, const Sizes& a, const Sizes& b);

/// Applies the onnx library's own rule to a node that has none here; whatever it complains of is
/// ignored.
void apply_library_rule(Node& node);

}  // namespace arrayflex::workloads
