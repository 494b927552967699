#include "workloads/onnx/operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "arrayflex/core/checked.h"
#include "workloads/onnx/attention.h"
#include "workloads/onnx/shapes/einsum.h"

namespace arrayflex::workloads {
namespace {

enum class Kind { convolution, gemm, matmul, packed, einsum, attention };

struct Operator {
  const char* type;
  Kind kind;
  int weights_input;  ///< index of W or B; X or A is the first
  bool is_of_microsoft = false;
};
constexpr std::array<Operator, 19> kOperators{{
    {"Conv", Kind::convolution, 1},
    {"ConvInteger", Kind::convolution, 1},
    {"QLinearConv", Kind::convolution, 3},
    {"Gemm", Kind::gemm, 1},
    {"MatMul", Kind::matmul, 1},
    {"MatMulInteger", Kind::matmul, 1},
    {"QLinearMatMul", Kind::matmul, 3},
    {"Einsum", Kind::einsum, 1},
    {"FusedConv", Kind::convolution, 1, true},
    {"FusedGemm", Kind::gemm, 1, true},
    {"QGemm", Kind::gemm, 3, true},
    {"FusedMatMul", Kind::matmul, 1, true},
    {"TransposeMatMul", Kind::matmul, 1, true},
    {"GemmFastGelu", Kind::matmul, 1, true},
    {"DynamicQuantizeMatMul", Kind::matmul, 1, true},
    {"MatMulInteger16", Kind::matmul, 1, true},
    {"MatMulIntegerToFloat", Kind::matmul, 1, true},
    {"MatMulBnb4", Kind::packed, 1, true},
    {"MatMulNBits", Kind::packed, 1, true},
}};
constexpr Operator kAttention{"Attention", Kind::attention, 1};

const Operator* find_operator(const onnx::NodeProto& node) {
  if (is_attention(node)) return &kAttention;
  const bool is_of_microsoft = node.domain() == "com.microsoft";
  if (!is_of_onnx(node) && !is_of_microsoft) return nullptr;
  for (const Operator& op : kOperators) {
    if (op.is_of_microsoft == is_of_microsoft && node.op_type() == op.type) return &op;
  }
  return nullptr;
}

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
                    shown(c.input), shown(c.weight)));
  }
  for (const Sizes* sizes : {&c.input, &c.weight}) {
    for (const std::int64_t size : *sizes) {
      if (size < 1 || size > kMaxLayerDim) {
        node.fail(fmt::format("input {} and weights {}: allowed sizes are 1..{}", shown(c.input),
                              shown(c.weight), kMaxLayerDim));
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
  const Sizes pads = node.numbers("pads", 2 * axes, 0, 0);
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
  c.input = node.required_shape(0);
  c.weight = node.required_shape(weights_input);
  c.groups = node.integer("group", 1);
  require_consistent(node, c);
  const std::size_t axes = c.axes();
  c.strides = node.numbers("strides", axes, 1, 1);
  c.dilations = node.numbers("dilations", axes, 1, 1);
  const Sizes kernel(c.weight.begin() + 2, c.weight.end());
  if (node.attribute("kernel_shape") != nullptr &&
      node.numbers("kernel_shape", axes, 1, 1) != kernel) {
    node.fail(fmt::format("kernel_shape is not that of the weights {}", shown(c.weight)));
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
  Sizes a = node.required_shape(0), b = node.required_shape(op.weights_input);
  if (a.size() != 2 || b.size() != 2) {
    node.fail(fmt::format("operands {} and {}: both must be matrices", shown(a), shown(b)));
  }
  if (node.integer("transA", 0) != 0) std::swap(a[0], a[1]);
  if (node.integer("transB", 0) != 0) std::swap(b[0], b[1]);
  if (a[1] != b[0]) {
    node.fail(fmt::format("operands {} and {} (after transposition): the inner sizes differ",
                          shown(a), shown(b)));
  }
  TableRow row;
  row.name = name;
  row.gemm = {a[0], a[1], b[1]};
  return row;
}

// As numpy.matmul. Where several matrices A meet one matrix B, their rows are streamed one after
// the other: B stays in the array. Each B is a product of its own.
TableRow lower_matmul_node(const Node& node, const Operator& op, const std::string& name) {
  Sizes a = node.required_shape(0), b = node.required_shape(op.weights_input);
  const std::string operands = fmt::format("operands {} and {}", shown(a), shown(b));
  if (a.empty() || b.empty()) node.fail(operands + ": a scalar is no matrix");
  if (a.size() == 1) a.insert(a.begin(), 1);
  if (b.size() == 1) b.push_back(1);
  if (node.integer("transA", 0) != 0) std::swap(a[a.size() - 2], a[a.size() - 1]);
  if (node.integer("transB", 0) != 0) std::swap(b[b.size() - 2], b[b.size() - 1]);
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

/// B is packed into a few bits; its sizes K x N are attributes.
TableRow lower_packed_node(const Node& node, const std::string& name) {
  const Sizes a = node.required_shape(0);
  const std::int64_t inner = node.integer("K", 0), outputs = node.integer("N", 0);
  if (a.empty() || a.back() != inner) {
    node.fail(fmt::format("operand {} and K = {}: the inner sizes differ", shown(a), inner));
  }
  TableRow row;
  row.name = name;
  row.gemm = {product(node, "T", a.begin(), a.end() - 1), inner, outputs};
  return row;
}

/// Two operands: letters of both are summed (N) where the output has them not, else a product each;
/// those of the first are rows (T), those of the second columns (M).
std::optional<TableRow> lower_einsum_node(const Node& node, const std::string& name) {
  for (int i = 0; i < node.input_count(); ++i) node.required_shape(i);
  const auto einsum = parse_einsum(node);
  if (!einsum || einsum->inputs.size() != 2) return std::nullopt;
  Sizes rows, inner, columns, repeats;
  for (const auto& [letter, size] : einsum->sizes) {
    const auto stands_in = [letter = letter](const std::string& term) {
      return term.find(letter) != std::string::npos;
    };
    const bool in_a = stands_in(einsum->inputs[0]), in_b = stands_in(einsum->inputs[1]);
    const bool in_output = stands_in(einsum->output);
    if (!in_output && in_a != in_b) return std::nullopt;  // summed before the product
    (in_a && in_b ? in_output ? repeats : inner : in_a ? rows : columns).push_back(size);
  }
  TableRow row;
  row.name = name;
  row.gemm = {product(node, "T", rows), product(node, "N", inner), product(node, "M", columns)};
  row.repeat = product(node, "the number of products", repeats);
  return row;
}

std::vector<TableRow> lower(const Node& node, const Operator& op, const std::string& name) {
  switch (op.kind) {
    case Kind::convolution:
      return {lower_convolution_node(node, op, name)};
    case Kind::gemm:
      return {lower_gemm_node(node, op, name)};
    case Kind::matmul:
      if (node.integer("transBatchA", 0) != 0 || node.integer("transBatchB", 0) != 0) return {};
      return {lower_matmul_node(node, op, name)};
    case Kind::packed:
      return {lower_packed_node(node, name)};
    case Kind::einsum: {
      const auto row = lower_einsum_node(node, name);
      return row ? std::vector<TableRow>{*row} : std::vector<TableRow>{};
    }
    case Kind::attention:
      break;
  }
  return lower_attention(node);
}

}  // namespace

bool is_imported(const onnx::NodeProto& node) { return find_operator(node) != nullptr; }

bool holds_products(const std::string& op_type) {
  static const std::set<std::string> others{
      "BeamSearch",      "CDist", "Einsum", "GRU", "GreedySearch", "LinearClassifier",
      "LinearRegressor", "MoE",   "QMoE",   "RNN", "Sampling",     "WhisperBeamSearch"};
  const auto has = [&](const char* part) { return op_type.find(part) != std::string::npos; };
  return others.count(op_type) != 0 || has("Conv") || has("MatMul") || has("Gemm") ||
         has("Attention") || has("LSTM") || has("GRU");
}

std::vector<TableRow> lower_node(const Node& node) {
  std::vector<TableRow> rows;
  try {
    rows = lower(node, *find_operator(node.proto()), name_of(node.proto()));
    for (TableRow& row : rows) {
      row.op = node.op();
      validate(Layer{row.name, row.gemm, row.repeat});
    }
  } catch (const UnknownShapeError&) {
    throw;
  } catch (const InputError& error) {
    if (node.has_named(error.what())) throw;
    node.fail(error.what());
  }
  return rows;
}

}  // namespace arrayflex::workloads
