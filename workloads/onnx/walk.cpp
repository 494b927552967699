#include "workloads/onnx/walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "arrayflex/core/text.h"
#include "workloads/onnx/node_order.h"
#include "workloads/onnx/operators.h"
#include "workloads/onnx/shapes/rules.h"
#include "workloads/onnx/shapes/stored.h"
#include "workloads/onnx/shapes/values.h"

namespace arrayflex::workloads {
namespace {

constexpr std::int64_t kMostVisits = 1000000;
constexpr int kMostDepth = 64;

template <class Opsets>
std::int64_t opset_in(const Opsets& opsets) {
  std::int64_t opset = 0;
  for (const auto& entry : opsets) {
    if (entry.domain().empty() || entry.domain() == "ai.onnx") opset = entry.version();
  }
  return opset;
}

bool lacks_value(const Tensor& tensor) { return !tensor.value || !tensor.value->is_known(); }

/// Why a size of the node's outputs is not known: by the first input whose shape is not, else by
/// the last one whose values are not.
std::string why_no_shape(const Node& node) {
  for (int i = 0; i < node.input_count(); ++i) {
    const Tensor& input = node.input(i);
    if (node.has_input(i) && !has_known_shape(input) && !input.sequence) return input.why_no_shape;
  }
  if (find_rule(node.proto()) == nullptr) {
    return fmt::format(
        "{} is an operator without a shape rule here; where the file states the shape of its "
        "output "
        "(value_info), that is used",
        described(node.proto()));
  }
  for (int i = node.input_count() - 1; i >= 0; --i) {
    if (node.has_input(i) && lacks_value(node.input(i))) return node.input(i).why_no_value;
  }
  return fmt::format("{} has a form that is not read", described(node.proto()));
}

std::string why_no_value(const Node& node) {
  if (node.op() == "Shape" || node.op() == "Size") return node.input(0).why_no_shape;
  for (int i = 0; i < node.input_count(); ++i) {
    if (node.has_input(i) && lacks_value(node.input(i))) return node.input(i).why_no_value;
  }
  return fmt::format("the values that {} computes are not followed", described(node.proto()));
}

Tensor tensor_from_nowhere() {
  Tensor tensor;
  tensor.why_no_shape = tensor.why_no_value = "nothing in the file gives it";
  return tensor;
}

/// The node with the call's attributes in place of those that refer to them.
onnx::NodeProto bound(const onnx::NodeProto& node, const onnx::NodeProto& call) {
  onnx::NodeProto result = node;
  result.clear_attribute();
  for (const auto& attribute : node.attribute()) {
    if (attribute.ref_attr_name().empty()) {
      *result.add_attribute() = attribute;
      continue;
    }
    for (const auto& given : call.attribute()) {
      if (given.name() != attribute.ref_attr_name()) continue;
      auto& added = *result.add_attribute();
      added = given;
      added.set_name(attribute.name());
    }
  }
  return result;
}

bool refers_to_call(const onnx::NodeProto& node) {
  return std::any_of(node.attribute().begin(), node.attribute().end(),
                     [](const auto& attribute) { return !attribute.ref_attr_name().empty(); });
}

}  // namespace

std::string single_line(std::string text) {
  text = without_control_characters(std::move(text), '_');
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::string label_of(const onnx::NodeProto& node) {
  return single_line(is_of_onnx(node) ? node.op_type() : node.domain() + "." + node.op_type());
}

void Harvest::add(const Harvest& other, std::int64_t times) {
  for (TableRow row : other.rows) {
    if (times < 1) break;
    if (row.times > kMaxLayerDim / times) {
      throw InputError(row.name, times, fmt::format("it repeats more than {} times", kMaxLayerDim));
    }
    row.times *= times;
    rows.push_back(std::move(row));
  }
  for (const auto& [key, count] : other.skipped) skipped[key] += count;
  uncounted.insert(other.uncounted.begin(), other.uncounted.end());
  notes.insert(notes.end(), other.notes.begin(), other.notes.end());
}

const Tensor* Scope::find(const std::string& name) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->outer) {
    const auto found = scope->tensors.find(name);
    if (found != scope->tensors.end()) return &found->second;
  }
  return nullptr;
}

Walker::Walker(const OnnxModel& model) : model_(model) {
  for (const auto& function : model.proto().functions()) {
    functions_[{function.domain(), function.name()}] = &function;
  }
}

Harvest Walker::walk() {
  Harvest harvest;
  Scope scope;
  const onnx::GraphProto& graph = model_.proto().graph();
  scope.opset = opset_in(model_.proto().opset_import());
  for (const auto& input : graph.input()) {
    Tensor tensor;
    if (input.type().has_tensor_type() && input.type().tensor_type().has_shape()) {
      tensor.shape = stated_sizes(input.type().tensor_type().shape());
    }
    tensor.why_no_shape =
        fmt::format("the file does not state the shape of input \"{}\"", input.name());
    tensor.why_no_value =
        fmt::format("it depends on the values of input \"{}\", which are data", input.name());
    scope.tensors[input.name()] = tensor;
  }
  walk_graph(graph, scope, harvest);
  return harvest;
}

Sizes Walker::stated_sizes(const onnx::TensorShapeProto& shape) const {
  Sizes sizes;
  for (const auto& dimension : shape.dim()) {
    const auto given = model_.dims().find(dimension.dim_param());
    if (dimension.has_dim_value()) {
      sizes.push_back(std::max(kUnknownSize, dimension.dim_value()));
    } else {
      sizes.push_back(given == model_.dims().end() ? kUnknownSize : given->second);
    }
  }
  return sizes;
}

void Walker::read_stored(const onnx::GraphProto& graph, Scope& scope) const {
  const std::string folder = std::filesystem::path(model_.source()).parent_path().string();
  for (const auto& tensor : graph.initializer()) {
    scope.tensors[tensor.name()] = stored_tensor(tensor, folder);
  }
  for (const auto& tensor : graph.sparse_initializer()) {
    Tensor& stored = scope.tensors[tensor.values().name()];
    stored.shape = Sizes(tensor.dims().begin(), tensor.dims().end());
    stored.why_no_value = "it depends on the values of a sparse tensor";
  }
}

void Walker::read_stated(const onnx::GraphProto& graph, Scope& scope) const {
  for (const auto* tensors : {&graph.value_info(), &graph.output()}) {
    for (const onnx::ValueInfoProto& tensor : *tensors) {
      if (!tensor.type().has_tensor_type() || !tensor.type().tensor_type().has_shape()) continue;
      scope.stated[tensor.name()] = stated_sizes(tensor.type().tensor_type().shape());
    }
  }
}

void Walker::walk_graph(const onnx::GraphProto& graph, Scope& scope, Harvest& harvest) {
  if (++depth_ > kMostDepth) {
    throw InputError(fmt::format("{}: bodies and functions are nested more than {} deep",
                                 model_.source(), kMostDepth));
  }
  read_stored(graph, scope);
  read_stated(graph, scope);
  for (const onnx::NodeProto* node : in_execution_order(graph.node(), model_.source())) {
    visit(*node, scope, harvest);
  }
  --depth_;
}

void Walker::visit(const onnx::NodeProto& proto, Scope& scope, Harvest& harvest) {
  if (++visits_ > kMostVisits) {
    throw InputError(
        fmt::format("{}: more than {} nodes would run, calls of functions and turns of "
                    "loops counted each",
                    model_.source(), kMostVisits));
  }
  static const Tensor nowhere = tensor_from_nowhere();
  const bool is_bound = scope.call != nullptr && refers_to_call(proto);
  const onnx::NodeProto own = is_bound ? bound(proto, *scope.call) : onnx::NodeProto();
  std::vector<const Tensor*> inputs;
  for (const std::string& name : proto.input()) {
    const Tensor* found = name.empty() ? nullptr : scope.find(name);
    inputs.push_back(name.empty() || found != nullptr ? found : &nowhere);
  }
  Node node(is_bound ? own : proto, model_.source(), scope.opset, std::move(inputs));
  infer(node, scope, harvest);
  reconcile(node, scope);
  for (int i = 0; i < node.output_count(); ++i) {
    if (!proto.output(i).empty()) scope.tensors[proto.output(i)] = std::move(node.output(i));
  }
}

void Walker::infer(Node& node, Scope& scope, Harvest& harvest) {
  if (control(node, scope, harvest)) return;
  if (const onnx::FunctionProto* function = find_function(node.proto())) {
    return call_function(node, *function, scope, node.outputs(), harvest);
  }
  count(node, scope, harvest);
  if (const Rule rule = find_rule(node.proto())) {
    rule(node);
  } else {
    apply_library_rule(node);
  }
}

// Compares what was computed with what the file states, and takes the one where the other is not
// known.
void Walker::reconcile(Node& node, const Scope& scope) const {
  for (int i = 0; i < node.output_count(); ++i) {
    const auto found = scope.stated.find(node.proto().output(i));
    if (found == scope.stated.end()) continue;
    Tensor& output = node.output(i);
    const Sizes& stated = found->second;
    if (!output.shape) {
      output.shape = stated;
      continue;
    }
    const Sizes computed = *output.shape;
    bool differs = computed.size() != stated.size();
    for (std::size_t axis = 0; !differs && axis < stated.size(); ++axis) {
      // Sloppy writers put 0 for a size that they do not know.
      differs = computed[axis] >= 0 && stated[axis] > 0 && computed[axis] != stated[axis];
      if (computed[axis] < 0) (*output.shape)[axis] = stated[axis];
    }
    if (differs) {
      node.fail(
          fmt::format("the file states {} for the output \"{}\", but {} follows from its "
                      "inputs; {}, or remove the stated shape",
                      shown(stated), node.proto().output(i), shown(computed), kBakedSizeRemedy));
    }
  }
  evaluate(node);
  for (Tensor& output : node.outputs()) {
    const bool has_shape = has_known_shape(output) || output.sequence;
    if (!has_shape && output.why_no_shape.empty()) output.why_no_shape = why_no_shape(node);
    if (lacks_value(output) && output.why_no_value.empty())
      output.why_no_value = why_no_value(node);
  }
}

void Walker::count(const Node& node, const Scope& scope, Harvest& harvest) const {
  if (is_imported(node.proto())) {
    std::vector<TableRow> rows = lower_node(node);
    for (TableRow& row : rows) {
      row.name = scope.prefix + single_line(row.name);
      harvest.rows.push_back(std::move(row));
    }
    if (!rows.empty()) return;
    harvest.uncounted.insert(label_of(node.proto()));
  }
  ++harvest.skipped[{false, label_of(node.proto())}];
  if (holds_products(node.proto().op_type())) harvest.uncounted.insert(label_of(node.proto()));
}

const onnx::FunctionProto* Walker::find_function(const onnx::NodeProto& node) const {
  const auto found = functions_.find({node.domain(), node.op_type()});
  return found == functions_.end() ? nullptr : found->second;
}

void Walker::call_function(const Node& node, const onnx::FunctionProto& function,
                           const Scope& scope, Tensors& outputs, Harvest& harvest) {
  if (++depth_ > kMostDepth) node.fail("functions call each other without an end");
  Scope inner;
  inner.opset = opset_in(function.opset_import());
  inner.prefix = scope.prefix + single_line(name_of(node.proto())) + "/";
  inner.call = &node.proto();
  for (int i = 0; i < function.input_size(); ++i) {
    if (node.has_input(i)) inner.tensors[function.input(i)] = node.input(i);
  }
  for (const onnx::NodeProto* inside : in_execution_order(function.node(), model_.source())) {
    visit(*inside, inner, harvest);
  }
  const int count = std::min(function.output_size(), static_cast<int>(outputs.size()));
  for (int i = 0; i < count; ++i) {
    const Tensor* result = inner.find(function.output(i));
    if (result != nullptr) outputs[static_cast<std::size_t>(i)] = *result;
  }
  --depth_;
}

}  // namespace arrayflex::workloads
