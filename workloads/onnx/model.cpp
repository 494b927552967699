#include "workloads/onnx/model.h"

#include <fmt/format.h>
#include <onnx/checker.h>
#include <onnx/defs/schema.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "arrayflex/core/text.h"
#include "workloads/onnx/shapes/node.h"
#include "workloads/onnx/shapes/stored.h"

namespace arrayflex::workloads {
namespace {

constexpr std::uintmax_t kLargestMessage = 0x7fffffff;  // protobuf's limit
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

/// Exporters write 0 and -1, too, for a size that is to be set.
bool is_fixed(const onnx::TensorShapeProto::Dimension& dimension) {
  return dimension.has_dim_value() && dimension.dim_value() > 0;
}

std::string place_of(const std::string& tensor, int axis) {
  return fmt::format("{}[{}]", tensor, axis);
}

// Puts the values of --dim into the shapes of inputs and remembers what it met.
class DimensionFiller {
 public:
  explicit DimensionFiller(const std::map<std::string, std::int64_t>& dims) : dims_(dims) {}

  void fill(onnx::ValueInfoProto& tensor) {
    if (!tensor.type().has_tensor_type() || !tensor.type().tensor_type().has_shape()) return;
    auto* shape = tensor.mutable_type()->mutable_tensor_type()->mutable_shape();
    for (int axis = 0; axis < shape->dim_size(); ++axis) {
      if (!is_fixed(shape->dim(axis))) {
        fill(*shape->mutable_dim(axis), place_of(tensor.name(), axis));
      }
    }
  }

  /// Keys that a value may be given for, and those that still need one.
  const std::set<std::string>& known() const { return known_; }
  const std::vector<std::string>& missing() const { return missing_; }

 private:
  void fill(onnx::TensorShapeProto::Dimension& dimension, const std::string& place) {
    const std::string name = dimension.dim_param();
    known_.insert(place);
    if (!name.empty()) known_.insert(name);
    auto given = dims_.find(place);
    if (given == dims_.end() && !name.empty()) given = dims_.find(name);
    if (given != dims_.end()) {
      dimension.set_dim_value(given->second);
      return;
    }
    // 0 elements are possible, such as those of an empty cache.
    if (dimension.has_dim_value() && dimension.dim_value() == 0) return;
    const std::string& key = name.empty() ? place : name;
    if (std::find(missing_.begin(), missing_.end(), key) == missing_.end()) {
      missing_.push_back(key);
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

OnnxModel::OnnxModel(const std::string& path, const OnnxOptions& options)
    : source_(path), dims_(options.dims), syntax_(options.syntax) {
  read();
  check();
  fill_in_dimensions();
}

void OnnxModel::fail(const std::string& message) const {
  throw InputError(tidy(source_ + ": " + message));
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

// What the library's checker dislikes, ONNX Runtime often runs: it advises, and the shapes decide.
void OnnxModel::check() {
  const std::int64_t opset = opset_of(model_);
  if (model_.ir_version() > onnx::Version::IR_VERSION || opset > newest_opset()) {
    notes_.push_back(fmt::format(
        "the model (IR version {}, operator set {}) is newer than the onnx library (IR version {}, "
        "operator set {}): it was not checked",
        model_.ir_version(), opset, static_cast<int>(onnx::Version::IR_VERSION), newest_opset()));
    return;
  }
  check_external_data();
}

void OnnxModel::check_external_data() {
  const std::filesystem::path folder = std::filesystem::path(source_).parent_path();
  std::set<std::string> missing;
  bool has_external = false;
  for (const auto& tensor : model_.graph().initializer()) {
    const std::string file = external_file_of(tensor);
    std::error_code ignored;
    has_external = has_external || !file.empty();
    if (!file.empty() && !std::filesystem::exists(folder / file, ignored)) missing.insert(file);
  }
  if (!missing.empty()) {
    notes_.push_back(tidy(
        fmt::format("the weights in {} are missing, which changes nothing: weights are not read",
                    fmt::join(missing, ", "))));
  }
  if (has_external) return;  // the checker would look for the files in the current folder
  try {
    onnx::checker::check_model(model_);
  } catch (const std::exception& error) {
    notes_.push_back("the onnx library's checker objects: " + tidy(error.what()));
  }
}

void OnnxModel::fill_in_dimensions() {
  DimensionFiller filler(dims_);
  onnx::GraphProto& graph = *model_.mutable_graph();
  std::set<std::string> initializers;
  for (const auto& tensor : graph.initializer()) initializers.insert(tensor.name());
  for (auto& input : *graph.mutable_input()) {
    if (initializers.count(input.name()) == 0) filler.fill(input);
  }
  require_known(filler.known());
  missing_ = filler.missing();
}

void OnnxModel::ask_for_missing() const {
  fail(fmt::format("dynamic dimensions without a value: {}; give each of them one: {}",
                   fmt::join(missing_, ", "), how_to_give(missing_, syntax_)));
}

void OnnxModel::require_known(const std::set<std::string>& known) const {
  const bool is_option = syntax_ == DimSyntax::option;
  for (const auto& [name, value] : dims_) {
    if (known.count(name) != 0) continue;
    throw InputError(
        is_option ? "--dim" : "dims", fmt::format(is_option ? "{}={}" : "{}: {}", name, value),
        known.empty()
            ? fmt::format("{} has no dynamic dimension", source_)
            : fmt::format("the dynamic dimensions of {} are {}", source_, fmt::join(known, ", ")));
  }
}

}  // namespace arrayflex::workloads
