#include "workloads/onnx/attention.h"

#include <optional>
#include <set>
#include <string>

namespace arrayflex::workloads {
namespace {

/// The sizes of one attention.
struct Heads {
  std::int64_t batch = 0;
  std::int64_t of_q = 0, of_k = 0;          ///< numbers of heads
  std::int64_t length_q = 0, length_k = 0;  ///< rows of q, and of k and v
  std::int64_t width = 0, width_v = 0;      ///< of a head
};

std::int64_t exact_quotient(std::int64_t a, std::int64_t b) {
  return b > 0 && a % b == 0 ? a / b : 0;
}

TableRow row_of(const Node& node, const char* part, const GemmShape& gemm, std::int64_t repeat) {
  TableRow row;
  row.name = name_of(node.proto()) + "/" + part;
  row.gemm = gemm;
  row.repeat = repeat;
  row.op = node.op();
  return row;
}

std::vector<TableRow> products_of(const Node& node, const Heads& h) {
  const std::int64_t sharing = exact_quotient(h.of_q, h.of_k);
  const std::int64_t rows = multiplied(h.length_q, sharing);
  const std::int64_t repeat = multiplied(h.batch, h.of_k);
  for (const std::int64_t size : {rows, h.length_k, h.width, h.width_v, repeat}) {
    if (size < 1) return {};
  }
  return {row_of(node, "scores", {rows, h.width, h.length_k}, repeat),
          row_of(node, "context", {rows, h.length_k, h.width_v}, repeat)};
}

/// Rows kept of earlier tokens, [.., length, width]; empty where they stand in a buffer of which
/// the data say how much is in use.
std::optional<std::int64_t> kept_rows(const Node& node, int input) {
  if (!node.has_input(input)) return 0;
  if (node.integer("past_present_share_buffer", 0) != 0) return std::nullopt;
  const Sizes past = node.required_shape(input);
  return past.size() < 4 ? std::nullopt : std::optional(past[past.size() - 2]);
}

std::vector<TableRow> with_projection(const Node& node) {
  const Sizes input = node.required_shape(0), weights = node.required_shape(1);
  const auto kept = kept_rows(node, node.op() == "QAttention" ? 8 : 4);
  if (input.size() != 3 || weights.size() != 2 || !kept) return {};
  Sizes hidden = node.attribute_integers("qkv_hidden_sizes").value_or(Sizes());
  if (hidden.size() != 3) hidden.assign(3, exact_quotient(weights[1], 3));
  Heads h;
  h.batch = input[0];
  h.of_q = h.of_k = node.integer("num_heads", 0);
  h.length_q = input[1];
  h.length_k = input[1] + *kept;
  h.width = exact_quotient(hidden[0], h.of_q);
  h.width_v = exact_quotient(hidden[2], h.of_q);
  std::vector<TableRow> rows = products_of(node, h);
  if (rows.empty()) return rows;
  const GemmShape projection{multiplied(input[0], input[1]), input[2], weights[1]};
  rows.insert(rows.begin(), row_of(node, "qkv", projection, 1));
  return rows;
}

/// q, k and v as separate inputs, heads side by side ([batch, length, width of all]) or apart
/// ([batch, heads, length, width]).
std::vector<TableRow> without_projection(const Node& node, std::int64_t heads_q,
                                         std::int64_t heads_k, int past_input) {
  if (!node.has_input(1) || !node.has_input(2)) return {};
  const Sizes q = node.required_shape(0), k = node.required_shape(1), v = node.required_shape(2);
  const auto kept = kept_rows(node, past_input);
  const bool is_apart = k.size() == 4;
  if ((q.size() != 3 && q.size() != 4) || k.size() != v.size() || !kept ||
      (k.size() != 3 && !is_apart)) {
    return {};
  }
  Heads h;
  h.batch = q[0];
  h.of_q = q.size() == 4 ? q[1] : heads_q;
  h.of_k = is_apart ? k[1] : heads_k;
  h.length_q = q.size() == 4 ? q[2] : q[1];
  h.length_k = (is_apart ? k[2] : k[1]) + *kept;
  h.width = q.size() == 4 ? q[3] : exact_quotient(q[2], h.of_q);
  h.width_v = is_apart ? v[3] : exact_quotient(v[2], h.of_k);
  return products_of(node, h);
}

}  // namespace

bool is_attention(const onnx::NodeProto& node) {
  if (is_of_onnx(node)) return node.op_type() == "Attention";
  static const std::set<std::string> others{"Attention", "MultiHeadAttention", "QAttention"};
  return node.domain() == "com.microsoft" && others.count(node.op_type()) != 0;
}

std::vector<TableRow> lower_attention(const Node& node) {
  if (!node.is_of_microsoft()) {
    return without_projection(node, node.integer("q_num_heads", 0), node.integer("kv_num_heads", 0),
                              4);
  }
  if (node.op() == "MultiHeadAttention") {
    const std::int64_t heads = node.integer("num_heads", 0);
    return without_projection(node, heads, heads, 6);
  }
  return with_projection(node);
}

}  // namespace arrayflex::workloads
