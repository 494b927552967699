#include "workloads/onnx/model.h"

#include <fmt/format.h>
#include <onnx/checker.h>
#include <onnx/defs/schema.h>
#include <onnx/shape_inference/implementation.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "arrayflex/core/text.h"
#include "workloads/onnx/shape_values.h"

namespace arrayflex::workloads {
namespace {

constexpr std::uintmax_t kLargestMessage = 0x7fffffff;  // protobuf's limit
constexpr int kLenient = 0;
constexpr int kStrict = 1;

onnx::ShapeInferenceOptions inference_options(int strictness) {
  // Data propagation follows shapes that are computed by nodes (Shape, Gather, Concat, ...).
  return onnx::ShapeInferenceOptions(false, strictness, true);
}

int newest_opset() {
  return onnx::OpSchemaRegistry::DomainToVersionRange::Instance().Map().at("").second;
}

std::int64_t opset_of(const onnx::ModelProto& model) {
  std::int64_t opset = 0;
  for (const auto& entry : model.opset_import()) {
    if (entry.domain().empty() || entry.domain() == "ai.onnx") opset = entry.version();
  }
  return opset;
}

bool has_value(const onnx::TensorShapeProto::Dimension& dimension) {
  return dimension.has_dim_value() && dimension.dim_value() >= 0;
}

std::string place_of(const std::string& tensor, int axis) {
  return fmt::format("{}[{}]", tensor, axis);
}

// Puts the values of --dim into shapes and remembers what it met.
class DimensionFiller {
 public:
  explicit DimensionFiller(const OnnxOptions& options) : dims_(options.dims) {}

  void fill(onnx::ValueInfoProto& tensor, bool is_input) {
    if (!tensor.type().has_tensor_type() || !tensor.type().tensor_type().has_shape()) return;
    auto* shape = tensor.mutable_type()->mutable_tensor_type()->mutable_shape();
    for (int axis = 0; axis < shape->dim_size(); ++axis) {
      if (!has_value(shape->dim(axis))) {
        fill(*shape->mutable_dim(axis), place_of(tensor.name(), axis), is_input);
      }
    }
  }

  /// Keys that a value may be given for, and those of inputs that still need one.
  const std::set<std::string>& known() const { return known_; }
  const std::vector<std::string>& missing() const { return missing_; }

 private:
  void fill(onnx::TensorShapeProto::Dimension& dimension, const std::string& place, bool is_input) {
    const std::string name = dimension.dim_param();
    if (is_input) known_.insert(place);
    if (is_input && !name.empty()) known_.insert(name);
    auto given = is_input ? dims_.find(place) : dims_.end();
    if (given == dims_.end() && !name.empty()) given = dims_.find(name);
    if (given != dims_.end()) {
      dimension.set_dim_value(given->second);
    } else if (is_input) {
      const std::string& key = name.empty() ? place : name;
      if (std::find(missing_.begin(), missing_.end(), key) == missing_.end()) {
        missing_.push_back(key);
      }
    }
  }

  const std::map<std::string, std::int64_t>& dims_;
  std::set<std::string> known_;
  std::vector<std::string> missing_;
};

std::string how_to_give(const std::vector<std::string>& names, DimSyntax syntax) {
  std::vector<std::string> parts;
  parts.reserve(names.size());
  for (const std::string& name : names) {
    parts.push_back(syntax == DimSyntax::option ? fmt::format("--dim '{}=VALUE'", name)
                                                : fmt::format("'{}': VALUE", name));
  }
  if (syntax == DimSyntax::option) return fmt::format("{}", fmt::join(parts, " "));
  return fmt::format("dims = {{{}}}", fmt::join(parts, ", "));
}

}  // namespace

std::string tidy(const std::string& message) {
  constexpr std::size_t kLongest = 300;
  const std::string first = message.substr(0, message.find('\n'));
  std::string line = without_control_characters(shortened(first, kLongest), ' ');
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

std::string name_of(const onnx::NodeProto& node) {
  if (!node.name().empty()) return node.name();
  return node.output_size() > 0 ? node.output(0) : node.op_type();
}

OnnxModel::OnnxModel(const std::string& path, const OnnxOptions& options) : source_(path) {
  read();
  check();
  check_windows();
  fill_in_dimensions(options);
  if (!is_newer_than_library_) infer_shapes();
  collect_shapes();
}

void OnnxModel::fail(const std::string& message) const {
  throw InputError(source_ + ": " + message);
}

void OnnxModel::read() {
  std::ifstream file(source_, std::ios::binary);
  if (!file) fail("the file cannot be read");
  if (!model_.ParseFromIstream(&file)) {
    std::error_code ignored;
    const auto size = std::filesystem::file_size(source_, ignored);
    if (!ignored && size > kLargestMessage) {
      fail(
          "the file has more than 2 GiB, which no ONNX file can; larger models keep their weights "
          "as external data");
    }
    fail("this is no ONNX model, or it is damaged");
  }
  if (!model_.has_ir_version() || !model_.has_graph()) {
    fail("this is no ONNX model: it has no version or no graph");
  }
}

void OnnxModel::check() {
  const std::int64_t opset = opset_of(model_);
  is_newer_than_library_ =
      model_.ir_version() > onnx::Version::IR_VERSION || opset > newest_opset();
  if (is_newer_than_library_) {
    notes_.push_back(fmt::format(
        "the model (IR version {}, operator set {}) is newer than the onnx library (IR version {}, "
        "operator set {}): it was not checked, and only shapes that the file states are used",
        model_.ir_version(), opset, static_cast<int>(onnx::Version::IR_VERSION), newest_opset()));
    return;
  }
  try {
    onnx::checker::check_model(source_);  // by path: external data lies next to the file
  } catch (const std::exception& error) {
    fail("the model is not valid: " + tidy(error.what()));
  }
}

// Shape inference divides by these without looking at them.
void OnnxModel::check_windows() const {
  for (const auto& node : model_.graph().node()) {
    for (const auto& attribute : node.attribute()) {
      const std::string& name = attribute.name();
      if (name != "strides" && name != "dilations" && name != "kernel_shape") continue;
      const auto& values = attribute.ints();
      if (std::any_of(values.begin(), values.end(), [](auto value) { return value < 1; })) {
        fail(tidy(fmt::format("{} \"{}\": {} = [{}]: each must be 1 or more", node.op_type(),
                              name_of(node), name, fmt::join(values, ", "))));
      }
    }
  }
}

void OnnxModel::fill_in_dimensions(const OnnxOptions& options) {
  DimensionFiller filler(options);
  onnx::GraphProto& graph = *model_.mutable_graph();
  std::set<std::string> initializers;
  for (const auto& tensor : graph.initializer()) initializers.insert(tensor.name());
  for (auto& input : *graph.mutable_input()) {
    filler.fill(input, initializers.count(input.name()) == 0);
  }
  for (auto& tensor : *graph.mutable_value_info()) filler.fill(tensor, false);
  for (auto& output : *graph.mutable_output()) filler.fill(output, false);
  require_known(options, filler.known());
  if (filler.missing().empty()) return;
  fail(tidy(fmt::format("dynamic dimensions without a value: {}; give each of them one: {}",
                        fmt::join(filler.missing(), ", "),
                        how_to_give(filler.missing(), options.syntax))));
}

void OnnxModel::require_known(const OnnxOptions& options,
                              const std::set<std::string>& known) const {
  const bool is_option = options.syntax == DimSyntax::option;
  for (const auto& [name, value] : options.dims) {
    if (known.count(name) != 0) continue;
    throw InputError(
        is_option ? "--dim" : "dims", fmt::format(is_option ? "{}={}" : "{}: {}", name, value),
        known.empty()
            ? fmt::format("{} has no dynamic dimension", source_)
            : fmt::format("the dynamic dimensions of {} are {}", source_, fmt::join(known, ", ")));
  }
}

void OnnxModel::infer_shapes() {
  try {
    do {  // each turn may reach one Reshape further, and adds a value at least
      onnx::shape_inference::InferShapes(model_, onnx::OpSchemaRegistry::Instance(),
                                         inference_options(kLenient));
    } while (add_shape_values(model_));
  } catch (const std::exception& error) {
    fail("shapes cannot be inferred: " + tidy(error.what()));
  }
}

void OnnxModel::collect_shapes() {
  const onnx::GraphProto& graph = model_.graph();
  for (const auto* tensors : {&graph.input(), &graph.value_info(), &graph.output()}) {
    for (const onnx::ValueInfoProto& tensor : *tensors) {
      if (tensor.type().has_tensor_type() && tensor.type().tensor_type().has_shape()) {
        shapes_[tensor.name()] = tensor.type().tensor_type().shape();
      }
    }
  }
  const auto add_stored = [&](const std::string& name, const auto& dims) {
    onnx::TensorShapeProto shape;
    for (const std::int64_t size : dims) shape.add_dim()->set_dim_value(size);
    shapes_[name] = shape;
  };
  for (const auto& tensor : graph.initializer()) add_stored(tensor.name(), tensor.dims());
  for (const auto& tensor : graph.sparse_initializer()) {
    add_stored(tensor.values().name(), tensor.dims());
  }
}

// Why a shape is not known: the first complaint of strict inference.
std::string OnnxModel::inference_error() const {
  if (is_newer_than_library_) return "the file does not state it";
  try {
    onnx::ModelProto copy = model_;
    onnx::shape_inference::InferShapes(copy, onnx::OpSchemaRegistry::Instance(),
                                       inference_options(kStrict));
  } catch (const std::exception& error) {
    return "shape inference says: " + tidy(error.what());
  }
  return "it depends on data, or on an operator that the onnx library does not know";
}

std::vector<std::int64_t> OnnxModel::shape(const std::string& tensor,
                                           const onnx::NodeProto& node) const {
  const auto found = shapes_.find(tensor);
  if (found == shapes_.end()) {
    fail(tidy(fmt::format("{} \"{}\": the shape of \"{}\" is not known; {}", node.op_type(),
                          name_of(node), tensor, inference_error())));
  }
  std::vector<std::int64_t> sizes;
  for (const auto& dimension : found->second.dim()) {
    if (!has_value(dimension)) {
      fail(tidy(fmt::format("{} \"{}\": dimension {} of \"{}\" is not known; {}", node.op_type(),
                            name_of(node), sizes.size(), tensor, inference_error())));
    }
    sizes.push_back(dimension.dim_value());
  }
  return sizes;
}

}  // namespace arrayflex::workloads
