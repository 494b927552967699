// If, Loop and Scan: bodies that run as often as the file tells.
//
//   If    by a condition that the file decides: that branch. Else, where both branches hold the
//         same products: once. Outputs of both branches have one shape, or none is known.
//   Loop  with a trip count that the file decides and a condition that stays true: that often. A
//         state that keeps its shape is walked once; one that grows is walked turn by turn.
//   Scan  as often as its inputs are long.
//
// Everything else is skipped: its nodes are listed, its products named as not counted.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "workloads/onnx/operators.h"
#include "workloads/onnx/walk.h"

namespace arrayflex::workloads {
namespace {

constexpr std::int64_t kMostTurns = 1000;  // of a loop that is walked turn by turn

std::optional<bool> truth_of(const Tensor& tensor) {
  if (!tensor.value || tensor.value->numbers.size() != 1 || !tensor.value->is_known()) {
    return std::nullopt;
  }
  return tensor.value->numbers.front() != 0;
}

Tensor without_value(Tensor tensor, const std::string& reason) {
  tensor.value.reset();
  tensor.why_no_value = reason;
  return tensor;
}

/// What is known whichever of the two it is.
Tensor either(const Tensor& a, const Tensor& b, const std::string& reason) {
  Tensor result;
  result.why_no_shape = result.why_no_value = reason;
  if (a.sequence && b.sequence && a.sequence->size() == b.sequence->size()) {
    std::vector<Tensor> parts;
    for (std::size_t i = 0; i < a.sequence->size(); ++i) {
      parts.push_back(either((*a.sequence)[i], (*b.sequence)[i], reason));
    }
    result.sequence = std::make_shared<const std::vector<Tensor>>(std::move(parts));
  }
  if (!a.shape || !b.shape || a.shape->size() != b.shape->size()) return result;
  result.shape = *a.shape;
  for (std::size_t i = 0; i < a.shape->size(); ++i) {
    if ((*b.shape)[i] != (*a.shape)[i]) (*result.shape)[i] = kUnknownSize;
  }
  if (a.value && b.value && a.value->numbers == b.value->numbers) result.value = a.value;
  return result;
}

using Products = std::vector<std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>>;

Products products_of(const Harvest& harvest) {
  Products products;
  for (const TableRow& row : harvest.rows) {
    products.emplace_back(row.gemm.t, row.gemm.n, row.gemm.m, row.repeat * row.times);
  }
  std::sort(products.begin(), products.end());
  return products;
}

bool keeps_shapes(const std::vector<Tensor>& before, const std::vector<Tensor>& after,
                  std::size_t offset, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (!has_known_shape(before[i]) || before[i].shape != after[offset + i].shape) return false;
  }
  return true;
}

/// [count] and then the shape of each of them.
Tensor stacked(const Tensor& one, std::int64_t count, std::size_t axis) {
  Tensor result = one;
  result.value.reset();
  if (!result.shape) return result;
  const std::size_t place = std::min(axis, result.shape->size());
  result.shape->insert(result.shape->begin() + static_cast<std::ptrdiff_t>(place), count);
  return result;
}

/// A row for each node and shape; turns of a loop that are alike are counted together.
void merge(Harvest& all, Harvest&& turn) {
  std::vector<TableRow> rows = std::move(turn.rows);
  turn.rows.clear();
  all.add(turn, 1);
  for (TableRow& row : rows) {
    const auto same = std::find_if(all.rows.begin(), all.rows.end(), [&](const TableRow& other) {
      return other.name == row.name && other.gemm.t == row.gemm.t && other.gemm.n == row.gemm.n &&
             other.gemm.m == row.gemm.m && other.repeat == row.repeat;
    });
    if (same == all.rows.end()) {
      all.rows.push_back(std::move(row));
    } else {
      same->times += row.times;
    }
  }
}

/// Of an If whose condition is not known: products that both branches hold are counted once.
void count_branches(Harvest& yes, Harvest& no, Harvest& harvest) {
  const bool is_counted = products_of(yes) == products_of(no);
  for (Harvest* branch : {&yes, &no}) {
    Harvest listed;
    for (const auto& [key, count] : branch->skipped) listed.skipped[{true, key.second}] += count;
    listed.uncounted = branch->uncounted;
    listed.notes = branch->notes;
    if (is_counted && branch == &yes) listed.rows = branch->rows;
    for (const TableRow& row : branch->rows) {
      if (is_counted) break;
      ++listed.skipped[{true, row.op}];
      listed.uncounted.insert(row.op);
    }
    harvest.add(listed, 1);
  }
}

const onnx::GraphProto* body_of(const Node& node, const char* name) {
  const auto* attribute = node.attribute(name);
  return attribute == nullptr || !attribute->has_g() ? nullptr : &attribute->g();
}

}  // namespace

bool Walker::control(Node& node, const Scope& scope, Harvest& harvest) {
  if (!is_of_onnx(node.proto())) {
    // Bodies of other domains' operators, such as BeamSearch: how often they run, nobody says.
    for (const auto& attribute : node.proto().attribute()) {
      if (attribute.has_g()) skip_body(attribute.g(), harvest);
    }
    return false;
  }
  const bool is_control = node.op() == "If" || node.op() == "Loop" || node.op() == "Scan";
  if (!is_control) return false;
  ++harvest.skipped[{false, node.op()}];
  if (node.op() == "If") walk_if(node, scope, harvest);
  if (node.op() == "Loop") walk_loop(node, scope, harvest);
  if (node.op() == "Scan") walk_scan(node, scope, harvest);
  return true;
}

std::vector<Tensor> Walker::walk_body(const onnx::GraphProto& body, const Tensors& inputs,
                                      const Scope& scope, Harvest& harvest) {
  Scope inner;
  inner.outer = &scope;
  inner.opset = scope.opset;
  inner.prefix = scope.prefix;
  inner.call = scope.call;
  const auto count = static_cast<std::size_t>(body.input_size());
  for (std::size_t i = 0; i < count; ++i) {
    inner.tensors[body.input(static_cast<int>(i)).name()] =
        i < inputs.size() ? inputs[i] : Tensor();
  }
  const int depth = depth_;
  try {
    walk_graph(body, inner, harvest);
  } catch (const UnknownShapeError&) {
    depth_ = depth;
    throw;
  }
  Tensors outputs;
  for (const auto& output : body.output()) {
    const Tensor* found = inner.find(output.name());
    outputs.push_back(found == nullptr ? Tensor() : *found);
  }
  return outputs;
}

void Walker::skip_body(const onnx::GraphProto& body, Harvest& harvest) const {
  for (const auto& node : body.node()) {
    ++harvest.skipped[{true, label_of(node)}];
    if (holds_products(node.op_type()) || is_imported(node))
      harvest.uncounted.insert(label_of(node));
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_g()) skip_body(attribute.g(), harvest);
    }
  }
}

// Where dimensions have no value yet, they may be the reason: the user is asked for them.
void Walker::give_up(const Node& node, const UnknownShapeError& error, Harvest& harvest) const {
  if (!model_.missing().empty()) throw error;
  for (const auto& attribute : node.proto().attribute()) {
    if (attribute.has_g()) skip_body(attribute.g(), harvest);
  }
}

void Walker::walk_if(Node& node, const Scope& scope, Harvest& harvest) {
  const onnx::GraphProto *yes = body_of(node, "then_branch"), *no = body_of(node, "else_branch");
  if (yes == nullptr || no == nullptr) node.fail("a branch is missing");
  const auto condition = truth_of(node.input(0));
  const std::string reason = fmt::format("it depends on which branch {} takes; {}",
                                         described(node.proto()), node.input(0).why_no_value);
  if (condition) {
    Tensors outputs = walk_body(*condition ? *yes : *no, {}, scope, harvest);
    outputs.resize(node.outputs().size());
    node.outputs() = std::move(outputs);
    return;
  }
  try {
    Harvest of_yes, of_no;
    Tensors outputs = walk_body(*yes, {}, scope, of_yes);
    Tensors others = walk_body(*no, {}, scope, of_no);
    outputs.resize(node.outputs().size());
    others.resize(node.outputs().size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      node.outputs()[i] = either(outputs[i], others[i], reason);
    }
    count_branches(of_yes, of_no, harvest);
  } catch (const UnknownShapeError& error) {
    give_up(node, error, harvest);
  }
  for (Tensor& output : node.outputs()) {
    if (output.why_no_shape.empty()) output.why_no_shape = output.why_no_value = reason;
  }
}

void Walker::walk_loop(Node& node, const Scope& scope, Harvest& harvest) {
  const onnx::GraphProto* body = body_of(node, "body");
  if (body == nullptr) node.fail("the body is missing");
  const auto trips = node.integers(0);
  std::int64_t count = kUnknownSize;
  if (trips && trips->size() == 1) count = std::max<std::int64_t>(0, trips->front());
  if (node.has_input(1) && truth_of(node.input(1)) == std::optional<bool>(false)) count = 0;
  try {
    if (loop_steadily(node, scope, count, harvest)) return;
  } catch (const UnknownShapeError& error) {
    if (count < 0 || !model_.missing().empty()) give_up(node, error, harvest);
    if (count < 0) return;
  }
  try {
    if (count >= 0 && count <= kMostTurns && unroll(node, scope, count, harvest)) return;
    skip_body(*body, harvest);
  } catch (const UnknownShapeError& error) {
    give_up(node, error, harvest);
  }
  const std::string reason = fmt::format("it depends on how often {} runs, and how its state grows",
                                         described(node.proto()));
  for (Tensor& output : node.outputs()) output.why_no_shape = output.why_no_value = reason;
}

bool Walker::loop_steadily(Node& node, const Scope& scope, std::int64_t trips, Harvest& harvest) {
  const onnx::GraphProto& body = *body_of(node, "body");
  const std::string reason =
      fmt::format("it changes from turn to turn of {}", described(node.proto()));
  Tensors inputs(2);
  inputs[0].shape = inputs[1].shape = Sizes{};
  inputs[0].why_no_value = inputs[1].why_no_value = reason;
  const Value always{onnx::TensorProto::BOOL, {}, {1}};
  const bool starts_true =
      !node.has_input(1) || truth_of(node.input(1)) == std::optional<bool>(true);
  if (starts_true) inputs[1].value = always;
  for (int i = 2; i < node.input_count(); ++i)
    inputs.push_back(without_value(node.input(i), reason));
  Harvest turn;
  const Tensors outputs = walk_body(body, inputs, scope, turn);
  const std::size_t states = inputs.size() - 2;
  if (outputs.size() < states + 1) node.fail("the body has fewer outputs than the loop has states");
  const Tensors before(inputs.begin() + 2, inputs.end());
  if (!keeps_shapes(before, outputs, 1, states)) return false;
  const bool stays_true = truth_of(outputs[0]) == std::optional<bool>(true);
  const bool is_counted = trips >= 0 && (stays_true || trips == 0);
  if (is_counted) {
    harvest.add(turn, trips);
  } else {
    skip_body(body, harvest);
  }
  for (std::size_t i = 0; i < node.outputs().size() && i + 1 < outputs.size(); ++i) {
    const bool is_state = i < states;
    const Tensor one = without_value(outputs[i + 1], reason);
    Tensor& output = node.outputs()[i];
    output = is_state ? one : stacked(one, is_counted ? trips : kUnknownSize, 0);
    if (!has_known_shape(output)) {
      output.why_no_shape = fmt::format("it depends on how often {} runs", described(node.proto()));
    }
  }
  return true;
}

bool Walker::unroll(Node& node, const Scope& scope, std::int64_t trips, Harvest& harvest) {
  const onnx::GraphProto& body = *body_of(node, "body");
  Tensors states;
  for (int i = 2; i < node.input_count(); ++i) states.push_back(node.input(i));
  Harvest all;
  std::vector<Tensors> scanned;
  std::optional<bool> condition = true;
  for (std::int64_t turn = 0; turn < trips && *condition; ++turn) {
    Tensors inputs(2);
    inputs[0].shape = inputs[1].shape = Sizes{};
    inputs[0].value = Value{onnx::TensorProto::INT64, {}, {static_cast<long double>(turn)}};
    inputs[1].value = Value{onnx::TensorProto::BOOL, {}, {1}};
    inputs.insert(inputs.end(), states.begin(), states.end());
    Harvest of_turn;
    Tensors outputs = walk_body(body, inputs, scope, of_turn);
    if (outputs.size() < states.size() + 1) node.fail("the body has too few outputs");
    condition = truth_of(outputs[0]);
    if (!condition) return false;
    merge(all, std::move(of_turn));
    const auto middle = outputs.begin() + 1 + static_cast<std::ptrdiff_t>(states.size());
    states.assign(outputs.begin() + 1, middle);
    scanned.emplace_back(middle, outputs.end());
  }
  harvest.add(all, 1);
  for (std::size_t i = 0; i < node.outputs().size(); ++i) {
    Tensor& output = node.outputs()[i];
    if (i < states.size()) {
      output = states[i];
    } else if (!scanned.empty() && i - states.size() < scanned.front().size()) {
      output =
          stacked(scanned.front()[i - states.size()], static_cast<std::int64_t>(scanned.size()), 0);
    }
  }
  return true;
}

void Walker::walk_scan(Node& node, const Scope& scope, Harvest& harvest) {
  const onnx::GraphProto* body = body_of(node, "body");
  const std::int64_t scanned = node.integer("num_scan_inputs", 0);
  const std::int64_t states = node.input_count() - scanned;
  if (body == nullptr || scanned < 1 || states < 0 || scope.opset == 8) {
    if (body != nullptr) skip_body(*body, harvest);
    return;
  }
  const std::string reason =
      fmt::format("it changes from turn to turn of {}", described(node.proto()));
  const auto axes = node.attribute_integers("scan_input_axes");
  const auto out_axes = node.attribute_integers("scan_output_axes");
  std::int64_t trips = kUnknownSize;
  try {
    Tensors inputs;
    for (int i = 0; i < node.input_count(); ++i) {
      Tensor input = without_value(node.input(i), reason);
      if (i >= states) {
        Sizes sizes = node.required_shape(i);
        const auto place = static_cast<std::size_t>(i - states);
        const std::size_t axis =
            node.axis(axes && place < axes->size() ? (*axes)[place] : 0, sizes.size());
        trips = sizes[axis];
        sizes.erase(sizes.begin() + static_cast<std::ptrdiff_t>(axis));
        input.shape = sizes;
      }
      inputs.push_back(std::move(input));
    }
    Harvest turn;
    const Tensors outputs = walk_body(*body, inputs, scope, turn);
    harvest.add(turn, trips);
    for (std::size_t i = 0; i < node.outputs().size() && i < outputs.size(); ++i) {
      const Tensor one = without_value(outputs[i], reason);
      const std::size_t place = i - std::min(i, static_cast<std::size_t>(states));
      const std::int64_t axis = out_axes && place < out_axes->size() ? (*out_axes)[place] : 0;
      const std::int64_t rank = one.shape ? static_cast<std::int64_t>(one.shape->size()) : 0;
      const auto at = static_cast<std::size_t>(axis < 0 && one.shape ? rank + 1 + axis : axis);
      node.outputs()[i] = static_cast<std::int64_t>(i) < states ? one : stacked(one, trips, at);
    }
  } catch (const UnknownShapeError& error) {
    give_up(node, error, harvest);
  }
}

}  // namespace arrayflex::workloads
