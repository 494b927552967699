#include "workloads/onnx/operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "arrayflex/core/checked.h"

namespace arrayflex::workloads {
namespace {

using Sizes = std::vector<std::int64_t>;

enum class Kind { convolution, gemm, matmul };

struct Operator {
  const char* type;
  Kind kind;
  int weights_input;  ///< index of W or B; X or A is the first
};
constexpr std::array<Operator, 7> kOperators{{{"Conv", Kind::convolution, 1},
                                              {"ConvInteger", Kind::convolution, 1},
                                              {"QLinearConv", Kind::convolution, 3},
                                              {"Gemm", Kind::gemm, 1},
                                              {"MatMul", Kind::matmul, 1},
                                              {"MatMulInteger", Kind::matmul, 1},
                                              {"QLinearMatMul", Kind::matmul, 3}}};

const Operator* find_operator(const onnx::NodeProto& node) {
  if (!node.domain().empty() && node.domain() != "ai.onnx") return nullptr;
  for (const Operator& op : kOperators) {
    if (node.op_type() == op.type) return &op;
  }
  return nullptr;
}

// One node with its attributes and the errors about it.
class Node {
 public:
  Node(const OnnxModel& model, const onnx::NodeProto& proto) : model_(model), proto_(proto) {}

  [[noreturn]] void fail(const std::string& message) const {
    throw InputError(tidy(fmt::format("{}: {} \"{}\": {}", model_.source(), proto_.op_type(),
                                      name_of(proto_), message)));
  }

  Sizes shape_of_input(int index) const {
    if (index >= proto_.input_size() || proto_.input(index).empty()) {
      fail(fmt::format("input {} is missing", index));
    }
    return model_.shape(proto_.input(index), proto_);
  }

  const onnx::AttributeProto* attribute(const char* name) const {
    for (const auto& candidate : proto_.attribute()) {
      if (candidate.name() == name) return &candidate;
    }
    return nullptr;
  }

  std::int64_t integer(const char* name, std::int64_t otherwise) const {
    const auto* found = attribute(name);
    return found == nullptr ? otherwise : found->i();
  }

  std::string text(const char* name, const char* otherwise) const {
    const auto* found = attribute(name);
    return found == nullptr ? otherwise : found->s();
  }

  /// A list of `count` numbers, each at least `least`.
  Sizes integers(const char* name, std::size_t count, std::int64_t least,
                 std::int64_t otherwise) const {
    const auto* found = attribute(name);
    if (found == nullptr || found->ints_size() == 0) return Sizes(count, otherwise);
    Sizes values(found->ints().begin(), found->ints().end());
    if (values.size() != count) {
      fail(fmt::format("{} = [{}]: {} numbers are needed", name, fmt::join(values, ", "), count));
    }
    for (const std::int64_t value : values) {
      if (value < least || value > kMaxLayerDim) {
        fail(fmt::format("{} = [{}]: allowed is {}..{}", name, fmt::join(values, ", "), least,
                         kMaxLayerDim));
      }
    }
    return values;
  }

  std::string shown(const Sizes& shape) const {
    return fmt::format("[{}]", fmt::join(shape, ", "));
  }

 private:
  const OnnxModel& model_;
  const onnx::NodeProto& proto_;
};

std::int64_t product(const Node& node, const char* what, Sizes::const_iterator begin,
                     Sizes::const_iterator end) {
  std::int64_t result = 1;
  for (auto size = begin; size != end; ++size) {
    if (*size < 1 || *size > kMaxLayerDim / result) {
      node.fail(fmt::format("{} is the product of {}: allowed is 1..{}", what,
                            fmt::join(begin, end, " x "), kMaxLayerDim));
    }
    result *= *size;
  }
  return result;
}

std::int64_t product(const Node& node, const char* what, const Sizes& sizes) {
  return product(node, what, sizes.begin(), sizes.end());
}

// A convolution of any number of spatial axes.
struct Convolution {
  Sizes input;   ///< batch, channels, then the spatial axes
  Sizes weight;  ///< out channels, in channels / groups, then the kernel
  Sizes strides, dilations;
  Sizes pads_before, pads_after;
  std::int64_t groups = 1;

  std::size_t axes() const { return input.size() - 2; }
};

void require_consistent(const Node& node, const Convolution& c) {
  if (c.input.size() < 3 || c.weight.size() != c.input.size()) {
    node.fail(
        fmt::format("input {} and weights {}: both must have the same number of axes, 3 or "
                    "more",
                    node.shown(c.input), node.shown(c.weight)));
  }
  for (const Sizes* sizes : {&c.input, &c.weight}) {
    for (const std::int64_t size : *sizes) {
      if (size < 1 || size > kMaxLayerDim) {
        node.fail(fmt::format("input {} and weights {}: allowed sizes are 1..{}",
                              node.shown(c.input), node.shown(c.weight), kMaxLayerDim));
      }
    }
  }
  if (c.groups < 1 || c.groups > c.weight[0] || c.weight[0] % c.groups != 0 ||
      c.weight[1] > kMaxLayerDim / c.groups || c.weight[1] * c.groups != c.input[1]) {
    node.fail(
        fmt::format("group = {}: it must divide the {} output channels, and the input's {} "
                    "channels must be group x {}",
                    c.groups, c.weight[0], c.input[1], c.weight[1]));
  }
}

// SAME_UPPER and SAME_LOWER: out = ceil(in / stride); an odd zero goes to the end or the beginning.
void pad_to_same_size(Convolution& c, bool more_at_the_end) {
  for (std::size_t axis = 0; axis < c.axes(); ++axis) {
    const std::int64_t size = c.input[axis + 2];
    const std::int64_t reach = c.dilations[axis] * (c.weight[axis + 2] - 1) + 1;
    const std::int64_t outputs = ceil_div(size, c.strides[axis]);
    const std::int64_t total =
        std::max<std::int64_t>(0, (outputs - 1) * c.strides[axis] + reach - size);
    c.pads_before[axis] = more_at_the_end ? total / 2 : total - total / 2;
    c.pads_after[axis] = total - c.pads_before[axis];
  }
}

void read_pads(const Node& node, Convolution& c) {
  const std::size_t axes = c.axes();
  const Sizes pads = node.integers("pads", 2 * axes, 0, 0);
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(axes);
  c.pads_before.assign(pads.begin(), middle);
  c.pads_after.assign(middle, pads.end());
  const std::string mode = node.text("auto_pad", "NOTSET");
  if (mode == "NOTSET" || mode.empty()) return;
  if (mode != "VALID" && mode != "SAME_UPPER" && mode != "SAME_LOWER") {
    node.fail(fmt::format("auto_pad = \"{}\": allowed are NOTSET, VALID, SAME_UPPER and SAME_LOWER",
                          mode));
  }
  if (std::any_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad != 0; })) {
    node.fail(fmt::format("pads = [{}]: auto_pad = {} allows none", fmt::join(pads, ", "), mode));
  }
  if (mode != "VALID") pad_to_same_size(c, mode == "SAME_UPPER");
}

Convolution read_convolution(const Node& node, int weights_input) {
  Convolution c;
  c.input = node.shape_of_input(0);
  c.weight = node.shape_of_input(weights_input);
  c.groups = node.integer("group", 1);
  require_consistent(node, c);
  const std::size_t axes = c.axes();
  c.strides = node.integers("strides", axes, 1, 1);
  c.dilations = node.integers("dilations", axes, 1, 1);
  const Sizes kernel(c.weight.begin() + 2, c.weight.end());
  if (node.attribute("kernel_shape") != nullptr &&
      node.integers("kernel_shape", axes, 1, 1) != kernel) {
    node.fail(fmt::format("kernel_shape is not that of the weights {}", node.shown(c.weight)));
  }
  read_pads(node, c);
  return c;
}

// One axis of a convolution is a 1-D ConvolutionShape: its checks and its output size.
ConvolutionShape axis_of(const Convolution& c, std::size_t axis) {
  ConvolutionShape shape;
  shape.in_w = c.input[axis + 2];
  shape.kernel_w = c.weight[axis + 2];
  shape.stride_w = c.strides[axis];
  shape.dilation_w = c.dilations[axis];
  shape.pad_left = c.pads_before[axis];
  shape.pad_right = c.pads_after[axis];
  return shape;
}

ConvolutionShape planar_shape(const Convolution& c) {
  const std::size_t last = c.axes() - 1;
  ConvolutionShape shape = axis_of(c, last);
  shape.batch = c.input[0];
  shape.in_channels = c.input[1];
  shape.out_channels = c.weight[0];
  shape.groups = c.groups;
  if (last == 1) {
    const ConvolutionShape vertical = axis_of(c, 0);
    shape.in_h = vertical.in_w;
    shape.kernel_h = vertical.kernel_w;
    shape.stride_h = vertical.stride_w;
    shape.dilation_h = vertical.dilation_w;
    shape.pad_top = vertical.pad_left;
    shape.pad_bottom = vertical.pad_right;
  }
  return shape;
}

TableRow lower_convolution_node(const Node& node, const Operator& op, const std::string& name) {
  const Convolution c = read_convolution(node, op.weights_input);
  TableRow row;
  row.name = name;
  if (c.axes() <= 2) {
    row.convolution = planar_shape(c);
    const Layer layer = lower_convolution(name, *row.convolution);
    row.gemm = layer.gemm;
    row.repeat = layer.repeat;
    return row;
  }
  Sizes outputs{c.input[0]};
  for (std::size_t axis = 0; axis < c.axes(); ++axis) outputs.push_back(axis_of(c, axis).out_w());
  row.gemm.t = product(node, "T", outputs);
  row.gemm.n = product(node, "N", c.weight.begin() + 1, c.weight.end());
  row.gemm.m = c.weight[0] / c.groups;
  row.repeat = c.groups;
  return row;
}

TableRow lower_gemm_node(const Node& node, const Operator& op, const std::string& name) {
  Sizes a = node.shape_of_input(0), b = node.shape_of_input(op.weights_input);
  if (a.size() != 2 || b.size() != 2) {
    node.fail(
        fmt::format("operands {} and {}: both must be matrices", node.shown(a), node.shown(b)));
  }
  if (node.integer("transA", 0) != 0) std::swap(a[0], a[1]);
  if (node.integer("transB", 0) != 0) std::swap(b[0], b[1]);
  if (a[1] != b[0]) {
    node.fail(fmt::format("operands {} and {} (after transposition): the inner sizes differ",
                          node.shown(a), node.shown(b)));
  }
  TableRow row;
  row.name = name;
  row.gemm = {a[0], a[1], b[1]};
  return row;
}

// As numpy.matmul. Where several matrices A meet one matrix B, their rows are streamed one after
// the other: B stays in the array. Each B is a product of its own.
TableRow lower_matmul_node(const Node& node, const Operator& op, const std::string& name) {
  Sizes a = node.shape_of_input(0), b = node.shape_of_input(op.weights_input);
  const std::string operands = fmt::format("operands {} and {}", node.shown(a), node.shown(b));
  if (a.empty() || b.empty()) node.fail(operands + ": a scalar is no matrix");
  if (a.size() == 1) a.insert(a.begin(), 1);
  if (b.size() == 1) b.push_back(1);
  TableRow row;
  row.name = name;
  row.gemm = {a[a.size() - 2], a.back(), b.back()};
  if (b[b.size() - 2] != row.gemm.n) node.fail(operands + ": the inner sizes differ");
  Sizes stacked{row.gemm.t}, repeats;
  const std::size_t axes = std::max(a.size(), b.size());
  for (std::size_t axis = 2; axis < axes; ++axis) {  // counted from the back
    const std::int64_t of_a = axis < a.size() ? a[a.size() - 1 - axis] : 1;
    const std::int64_t of_b = axis < b.size() ? b[b.size() - 1 - axis] : 1;
    if (of_a != of_b && of_a != 1 && of_b != 1) {
      node.fail(operands + ": the outer sizes do not fit each other");
    }
    if (of_b == 1) {
      stacked.push_back(of_a);
    } else {
      repeats.push_back(of_b);
    }
  }
  row.gemm.t = product(node, "T", stacked);
  row.repeat = product(node, "the number of products", repeats);
  return row;
}

TableRow lower(const Node& node, const Operator& op, const std::string& name) {
  switch (op.kind) {
    case Kind::convolution:
      return lower_convolution_node(node, op, name);
    case Kind::gemm:
      return lower_gemm_node(node, op, name);
    case Kind::matmul:
      break;
  }
  return lower_matmul_node(node, op, name);
}

}  // namespace

bool is_imported(const onnx::NodeProto& node) { return find_operator(node) != nullptr; }

TableRow lower_node(const OnnxModel& model, const onnx::NodeProto& proto, const std::string& name) {
  const Node node(model, proto);
  TableRow row;
  try {
    row = lower(node, *find_operator(proto), name);
    validate(Layer{row.name, row.gemm, row.repeat});
  } catch (const InputError& error) {
    const std::string message = error.what();
    if (message.compare(0, model.source().size(), model.source()) == 0) throw;
    node.fail(message);
  }
  return row;
}

}  // namespace arrayflex::workloads
