// From the nodes of an ONNX graph to a native layer table.
#pragma once

#include <string>
#include <vector>

#include "workloads/onnx/import.h"
#include "workloads/onnx/model.h"

namespace arrayflex::workloads {

struct OnnxLayers {
  std::string table;  ///< CSV, see layer_table.h
  std::vector<SkippedOperator> skipped;
  std::vector<std::string> notes;  ///< the model's, and what was skipped
};

/// Throws InputError as import_onnx() does.
OnnxLayers extract_layers(const OnnxModel& model);

}  // namespace arrayflex::workloads
