// One node as shape rules see it: attributes, what is known of its inputs, and its outputs.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "arrayflex/core/error.h"
#include "workloads/onnx/shapes/tensor.h"

namespace arrayflex::workloads {

/// A shape that a product needs is not known.
class UnknownShapeError : public InputError {
 public:
  using InputError::InputError;
};

/// What to do about a size that was fixed when the model was exported.
inline constexpr const char* kBakedSizeRemedy =
    "where a size was baked into the file at its export, give --dim the value of then, or export "
    "it "
    "again with that axis dynamic";

class Node {
 public:
  /// `source` names the file in messages, `opset` is the version of ONNX's own operators. The
  /// inputs are null where the node omits them; all arguments must outlive the node.
  Node(const onnx::NodeProto& proto, const std::string& source, std::int64_t opset,
       std::vector<const Tensor*> inputs);

  const onnx::NodeProto& proto() const { return proto_; }
  const std::string& op() const { return proto_.op_type(); }
  std::int64_t opset() const { return opset_; }
  bool is_of_microsoft() const;

  int input_count() const { return static_cast<int>(inputs_.size()); }
  bool has_input(int index) const;
  /// An empty tensor where the input is missing.
  const Tensor& input(int index) const;
  /// Null where not even the number of axes is known.
  const Sizes* shape(int index) const;
  /// Null where there is none.
  const Value* value(int index) const;
  /// All elements of an integer input, if they are known.
  std::optional<Sizes> integers(int index) const;
  /// The sizes of an input that a product needs. Throws InputError when it is missing,
  /// UnknownShapeError with the reason when it is not known.
  Sizes required_shape(int index) const;

  const onnx::AttributeProto* attribute(const char* name) const;
  std::int64_t integer(const char* name, std::int64_t otherwise) const;
  float real(const char* name, float otherwise) const;
  std::string text(const char* name, const char* otherwise) const;
  std::optional<Sizes> attribute_integers(const char* name) const;
  /// A list that is an attribute in older operator sets and an input in newer ones.
  bool has_list(const char* name, int index) const;
  std::optional<Sizes> list(const char* name, int index) const;
  /// A list of `count` numbers least..kMaxLayerDim; `otherwise` for all where it is not there.
  /// Throws InputError.
  Sizes numbers(const char* name, std::size_t count, std::int64_t least,
                std::int64_t otherwise) const;
  /// -rank..rank-1 as 0..rank-1. Throws InputError beyond.
  std::size_t axis(std::int64_t axis, std::size_t rank) const;

  int output_count() const { return proto_.output_size(); }
  Tensor& output(int index) { return outputs_.at(static_cast<std::size_t>(index)); }
  std::vector<Tensor>& outputs() { return outputs_; }
  /// Ignored where the node has no such output.
  void set(int index, Sizes shape);

  /// Throw InputError naming file and node.
  [[noreturn]] void fail(const std::string& message) const;
  /// Whether a message is one of fail().
  bool has_named(const std::string& message) const;
  [[noreturn]] void fail_to_fit(const Sizes& a, const Sizes& b) const;

 private:
  const onnx::NodeProto& proto_;
  const std::string& source_;
  std::int64_t opset_;
  std::vector<const Tensor*> inputs_;
  std::vector<Tensor> outputs_;
};

/// Name of a node in messages: its own, else that of its first output.
std::string name_of(const onnx::NodeProto& node);

/// Operator and name in messages: 'Conv "c1"'.
std::string described(const onnx::NodeProto& node);

/// Whether the node is one of ONNX's own operators.
bool is_of_onnx(const onnx::NodeProto& node);

/// The first line of a message, without control characters, at most 300 of them.
std::string tidy(const std::string& message);

}  // namespace arrayflex::workloads
