// Matrix products of all kinds.
#include <algorithm>
#include <map>
#include <utility>

#include "workloads/onnx/shapes/einsum.h"
#include "workloads/onnx/shapes/rules.h"

namespace arrayflex::workloads {
namespace {

/// Sizes of the product as numpy.matmul has them; operands of one axis lose it again.
void set_product(Node& node, Sizes a, Sizes b) {
  if (a.empty() || b.empty()) node.fail("a scalar is no matrix");
  const bool is_row = a.size() == 1, is_column = b.size() == 1;
  if (is_row) a.insert(a.begin(), 1);
  if (is_column) b.push_back(1);
  const std::int64_t inner_a = a.back(), inner_b = b[b.size() - 2];
  if (inner_a >= 0 && inner_b >= 0 && inner_a != inner_b) node.fail_to_fit(a, b);
  Sizes result = broadcast(node, Sizes(a.begin(), a.end() - 2), Sizes(b.begin(), b.end() - 2));
  if (!is_row) result.push_back(a[a.size() - 2]);
  if (!is_column) result.push_back(b.back());
  node.set(0, result);
}

void transpose_last(Sizes& shape) {
  if (shape.size() >= 2) std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
}

void multiply(Node& node, int b_input) {
  const Sizes *a = node.shape(0), *b = node.shape(b_input);
  if (a == nullptr || b == nullptr) return;
  if (node.integer("transBatchA", 0) != 0 || node.integer("transBatchB", 0) != 0) return;
  Sizes left = *a, right = *b;
  if (node.integer("transA", 0) != 0) transpose_last(left);
  if (node.integer("transB", 0) != 0) transpose_last(right);
  set_product(node, left, right);
}

void matmul(Node& node) { multiply(node, 1); }
void matmul_with_scales(Node& node) { multiply(node, 3); }

/// B is packed, its sizes are attributes.
void matmul_packed(Node& node) {
  const Sizes* a = node.shape(0);
  if (a == nullptr || a->empty()) return;
  Sizes result = *a;
  result.back() = node.integer("N", kUnknownSize);
  node.set(0, result);
}

void einsum(Node& node) {
  if (const auto parsed = parse_einsum(node)) node.set(0, parsed->output_shape());
}

void determinant(Node& node) {
  const Sizes* shape = node.shape(0);
  if (shape != nullptr && shape->size() >= 2) {
    node.set(0, Sizes(shape->begin(), shape->end() - 2));
  }
}

/// [sequence, directions, batch, hidden]; with layout = 1 the batch comes first.
void recurrent(Node& node) {
  const Sizes* x = node.shape(0);
  const std::int64_t hidden = node.integer("hidden_size", kUnknownSize);
  if (x == nullptr || x->size() != 3) return;
  const std::int64_t directions = node.text("direction", "forward") == "bidirectional" ? 2 : 1;
  const bool batch_first = node.integer("layout", 0) != 0;
  const std::int64_t length = (*x)[batch_first ? 1 : 0], batch = (*x)[batch_first ? 0 : 1];
  const Sizes state =
      batch_first ? Sizes{batch, directions, hidden} : Sizes{directions, batch, hidden};
  node.set(0, batch_first ? Sizes{batch, length, directions, hidden}
                          : Sizes{length, directions, batch, hidden});
  node.set(1, state);
  node.set(2, state);
}

}  // namespace

void add_matrix_rules(RuleTable& rules) {
  for (const char* op : {"DynamicQuantizeMatMul", "FusedMatMul", "FusedMatMulActivation",
                         "GemmFastGelu", "Gemm", "FusedGemm", "MatMul", "MatMulInteger",
                         "MatMulInteger16", "MatMulIntegerToFloat", "TransposeMatMul"}) {
    rules[op] = matmul;
  }
  for (const char* op : {"QGemm", "QLinearMatMul"}) rules[op] = matmul_with_scales;
  for (const char* op : {"MatMulBnb4", "MatMulNBits"}) rules[op] = matmul_packed;
  for (const char* op : {"DynamicQuantizeLSTM", "GRU", "LSTM", "RNN"}) rules[op] = recurrent;
  rules["Einsum"] = einsum;
  rules["Det"] = determinant;
}

}  // namespace arrayflex::workloads
