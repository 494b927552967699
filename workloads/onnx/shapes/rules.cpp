#include "workloads/onnx/shapes/rules.h"

#include <string>

namespace arrayflex::workloads {
namespace {

RuleTable all_rules() {
  RuleTable rules;
  add_elementwise_rules(rules);
  add_matrix_rules(rules);
  add_microsoft_rules(rules);
  add_quantised_rules(rules);
  add_reduction_rules(rules);
  add_rearranging_rules(rules);
  add_resizing_rules(rules);
  add_selecting_rules(rules);
  add_sequence_rules(rules);
  add_source_rules(rules);
  add_window_rules(rules);
  return rules;
}

/// Domains whose operators are only known by the quantisers among them.
RuleTable quantisers() {
  RuleTable rules;
  add_quantised_rules(rules);
  return rules;
}

}  // namespace

Rule find_rule(const onnx::NodeProto& node) {
  static const RuleTable rules = all_rules(), others = quantisers();
  const bool is_common = is_of_onnx(node) || node.domain() == "com.microsoft";
  const RuleTable& table = is_common ? rules : others;
  const auto found = table.find(node.op_type());
  return found == table.end() ? nullptr : found->second;
}

}  // namespace arrayflex::workloads
