// An ONNX model, its dynamic dimensions filled in. The onnx library's types stay within
// workloads/onnx.
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

  /// Values of dimensions by name or place, as given.
  const std::map<std::string, std::int64_t>& dims() const { return dims_; }
  /// Dimensions of inputs that have no value, by name or place.
  const std::vector<std::string>& missing() const { return missing_; }
  /// Throws InputError that lists the missing ones and tells how to give them.
  [[noreturn]] void ask_for_missing() const;

 private:
  void read();
  void check();
  void check_external_data();
  void fill_in_dimensions();
  void require_known(const std::set<std::string>& known) const;
  [[noreturn]] void fail(const std::string& message) const;

  std::string source_;
  std::map<std::string, std::int64_t> dims_;
  DimSyntax syntax_;
  onnx::ModelProto model_;
  std::vector<std::string> missing_;
  std::vector<std::string> notes_;
};

}  // namespace arrayflex::workloads
