// Operators of com.microsoft, as ONNX Runtime's optimiser and its exporters of language models
// write them; and ONNX's own Attention.
#include "workloads/onnx/shapes/rules.h"

namespace arrayflex::workloads {
namespace {

std::int64_t divided(std::int64_t size, std::int64_t by) {
  return size < 0 || by < 1 ? kUnknownSize : size / by;
}

/// Weights [input, q + k + v] in one matrix.
void packed_attention(Node& node) {
  const Sizes *input = node.shape(0), *weights = node.shape(1);
  if (input == nullptr || input->empty()) return;
  std::int64_t width = kUnknownSize;
  const auto hidden = node.attribute_integers("qkv_hidden_sizes");
  if (hidden && hidden->size() == 3) {
    width = hidden->back();
  } else if (weights != nullptr && weights->size() == 2) {
    width = divided((*weights)[1], 3);
  }
  Sizes result = *input;
  result.back() = width;
  node.set(0, result);
}

/// Sizes of ONNX's own Attention: heads apart (4 axes) or side by side (3).
void plain_attention(Node& node) {
  const Sizes *query = node.shape(0), *value = node.shape(2);
  if (query == nullptr || value == nullptr || query->size() != value->size()) return;
  Sizes result = *query;
  if (query->size() == 4) {
    result.back() = value->back();
  } else if (query->size() == 3) {
    const std::int64_t of_head = divided(value->back(), node.integer("kv_num_heads", 0));
    result.back() = multiplied(of_head, node.integer("q_num_heads", 0));
  }
  node.set(0, result);
}

void attention(Node& node) {
  if (node.is_of_microsoft()) return packed_attention(node);
  plain_attention(node);
}

/// Query [batch, length, width], or [batch, length, heads, 3, width of a head] with k and v in it.
void multi_head_attention(Node& node) {
  const Sizes *query = node.shape(0), *value = node.shape(2);
  if (query == nullptr || query->size() < 3) return;
  Sizes result{(*query)[0], (*query)[1], (*query)[2]};
  if (query->size() == 5) {
    result[2] = multiplied((*query)[2], (*query)[4]);
  } else if (value != nullptr && value->size() == 4) {
    result[2] = multiplied((*value)[1], (*value)[3]);
  } else if (value != nullptr && value->size() == 3) {
    result[2] = (*value)[2];
  }
  node.set(0, result);
}

/// Fewer heads for k and v than for q; q alone where the three are packed.
void grouped_attention(Node& node) {
  const Sizes *query = node.shape(0), *past = node.shape(3);
  if (query == nullptr || query->size() != 3) return;
  Sizes result = *query;
  const std::int64_t heads = node.integer("num_heads", 0), shared = node.integer("kv_num_heads", 0);
  std::int64_t of_head = divided((*query)[2], heads);
  if (!node.has_input(1)) {
    of_head = divided((*query)[2], heads + 2 * shared);
    result[2] = multiplied(of_head, heads);
  }
  node.set(0, result);
  // How long the cache becomes, the data says; its buffer keeps its length where it is shared.
  const Sizes cache{(*query)[0], shared, kUnknownSize,
                    past != nullptr && past->size() == 4 ? past->back() : of_head};
  node.set(1, cache);
  node.set(2, cache);
}

void embedding(Node& node) {
  const Sizes *ids = node.shape(0), *table = node.shape(2);
  if (ids == nullptr || ids->empty() || table == nullptr || table->empty()) return;
  Sizes result = *ids;
  result.push_back(table->back());
  node.set(0, result);
  node.set(1, {ids->front()});
  node.set(2, result);
}

/// The sum that was normalised is the last output.
void skip_normalization(Node& node) {
  keep_shape(node);
  const Sizes* shape = node.shape(0);
  if (shape == nullptr || shape->empty()) return;
  Sizes statistics = *shape;
  statistics.back() = 1;
  node.set(1, node.op() == "SkipGroupNorm" ? *shape : statistics);
  node.set(2, statistics);
  node.set(3, *shape);
}

void halve_last(Node& node) {
  const Sizes* shape = node.shape(0);
  if (shape == nullptr || shape->empty()) return;
  Sizes result = *shape;
  result.back() = divided(result.back(), 2);
  node.set(0, result);
}

}  // namespace

void add_microsoft_rules(RuleTable& rules) {
  for (const char* op :
       {"BiasAdd", "BiasDropout", "BiasGelu", "BiasSoftmax", "FastGelu", "GroupNorm", "Inverse",
        "LongformerAttention", "MoE", "QMoE", "QuickGelu", "RotaryEmbedding"}) {
    rules[op] = keep_shape;
  }
  for (const char* op :
       {"SkipGroupNorm", "SkipLayerNormalization", "SkipSimplifiedLayerNormalization"}) {
    rules[op] = skip_normalization;
  }
  for (const char* op : {"EmbedLayerNormalization", "QEmbedLayerNormalization"}) {
    rules[op] = embedding;
  }
  for (const char* op : {"DecoderMaskedMultiHeadAttention", "MultiHeadAttention"}) {
    rules[op] = multi_head_attention;
  }
  rules["Attention"] = attention;
  rules["QAttention"] = packed_attention;
  rules["GroupQueryAttention"] = grouped_attention;
  rules["BiasSplitGelu"] = halve_last;
}

}  // namespace arrayflex::workloads
