// An ONNX model, checked, its dynamic dimensions filled in and its shapes inferred. The onnx
// library's types stay within workloads/onnx_*.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "workloads/onnx/import.h"

namespace arrayflex::workloads {

class OnnxModel {
 public:
  /// Throws as import_onnx() does.
  OnnxModel(const std::string& path, const OnnxOptions& options);

  const std::string& source() const { return source_; }
  const onnx::ModelProto& proto() const { return model_; }
  const std::vector<std::string>& notes() const { return notes_; }

  /// Sizes of the tensor, each >= 0. Throws InputError naming tensor and `node` when the shape or
  /// one of its dimensions is not known.
  std::vector<std::int64_t> shape(const std::string& tensor, const onnx::NodeProto& node) const;

 private:
  void read();
  void check();
  void check_windows() const;
  void fill_in_dimensions(const OnnxOptions& options);
  void require_known(const OnnxOptions& options, const std::set<std::string>& known) const;
  void infer_shapes();
  void collect_shapes();
  std::string inference_error() const;
  [[noreturn]] void fail(const std::string& message) const;

  std::string source_;
  onnx::ModelProto model_;
  bool is_newer_than_library_ = false;
  std::map<std::string, onnx::TensorShapeProto> shapes_;
  std::vector<std::string> notes_;
};

/// Name of a node in messages: its own, else that of its first output.
std::string name_of(const onnx::NodeProto& node);

/// The first line of a message of the library, without control characters, at most 300 of them.
std::string tidy(const std::string& message);

}  // namespace arrayflex::workloads
