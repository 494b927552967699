// The onnx library's own rule for one node.
#include <onnx/defs/schema.h>

#include <algorithm>

#include "workloads/onnx/shapes/rules.h"

namespace arrayflex::workloads {
namespace {

/// Types of elements are not followed; float stands for all that no value tells.
onnx::TypeProto type_of(const Tensor& tensor) {
  onnx::TypeProto type;
  auto& description = *type.mutable_tensor_type();
  description.set_elem_type(tensor.value ? tensor.value->type : onnx::TensorProto::FLOAT);
  if (!tensor.shape) return type;
  auto& shape = *description.mutable_shape();
  for (const std::int64_t size : *tensor.shape) {
    auto& dimension = *shape.add_dim();
    if (size >= 0) dimension.set_dim_value(size);
  }
  return type;
}

onnx::TensorProto data_of(const Value& value) {
  onnx::TensorProto tensor;
  tensor.set_data_type(value.type);
  for (const std::int64_t size : value.shape) tensor.add_dims(size);
  for (const long double number : value.numbers) {
    if (value.type == onnx::TensorProto::INT64) {
      tensor.add_int64_data(static_cast<std::int64_t>(number));
    } else if (value.type == onnx::TensorProto::FLOAT) {
      tensor.add_float_data(static_cast<float>(number));
    } else {
      tensor.add_int32_data(static_cast<std::int32_t>(number));
    }
  }
  return tensor;
}

class Context final : public onnx::InferenceContext {
 public:
  explicit Context(const Node& node) : node_(node) {
    for (int i = 0; i < node.input_count(); ++i) {
      types_.push_back(type_of(node.input(i)));
      const Value* value = node.value(i);
      const bool has_data = value != nullptr && value->is_known();
      data_.push_back(has_data ? data_of(*value) : onnx::TensorProto());
    }
    outputs_.resize(static_cast<std::size_t>(node.output_count()));
  }

  const onnx::AttributeProto* getAttribute(const std::string& name) const override {
    return node_.attribute(name.c_str());
  }
  std::size_t getNumInputs() const override { return types_.size(); }
  const onnx::TypeProto* getInputType(std::size_t i) const override {
    return node_.has_input(static_cast<int>(i)) ? &types_[i] : nullptr;
  }
  const onnx::TensorProto* getInputData(std::size_t i) const override {
    return i < data_.size() && data_[i].has_data_type() ? &data_[i] : nullptr;
  }
  std::size_t getNumOutputs() const override { return outputs_.size(); }
  onnx::TypeProto* getOutputType(std::size_t i) override { return &outputs_.at(i); }
  onnx::GraphInferencer* getGraphAttributeInferencer(const std::string&) override {
    return nullptr;
  }
  const onnx::SparseTensorProto* getInputSparseData(std::size_t) const override { return nullptr; }
  const onnx::TensorShapeProto* getSymbolicInput(std::size_t) const override { return nullptr; }

 private:
  const Node& node_;
  std::vector<onnx::TypeProto> types_, outputs_;
  std::vector<onnx::TensorProto> data_;
};

}  // namespace

void apply_library_rule(Node& node) {
  const std::string domain = is_of_onnx(node.proto()) ? "" : node.proto().domain();
  const int version =
      node.opset() > 0 ? static_cast<int>(std::min<std::int64_t>(node.opset(), 17)) : 17;
  try {
    const onnx::OpSchema* schema =
        onnx::OpSchemaRegistry::Schema(node.op(), domain.empty() ? version : 3, domain);
    if (schema == nullptr) return;
    Context context(node);
    schema->GetTypeAndShapeInferenceFunction()(context);
    for (int i = 0; i < node.output_count(); ++i) {
      const onnx::TypeProto& type = *context.getOutputType(static_cast<std::size_t>(i));
      if (!type.has_tensor_type() || !type.tensor_type().has_shape()) continue;
      Sizes sizes;
      for (const auto& dimension : type.tensor_type().shape().dim()) {
        const bool is_known = dimension.has_dim_value() && dimension.dim_value() >= 0;
        sizes.push_back(is_known ? dimension.dim_value() : kUnknownSize);
      }
      node.set(i, sizes);
    }
  } catch (const std::exception&) {
    // A help, not a judge: types are guessed above, so its complaints mean little.
  }
}

}  // namespace arrayflex::workloads
