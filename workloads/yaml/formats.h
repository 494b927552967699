// The kinds of YAML files that hold layers.
#pragma once

#include <string>
#include <vector>

#include "arrayflex/core/gemm.h"
#include "workloads/yaml/document.h"

namespace arrayflex::workloads {

/// What a file holds; names need not be unique.
struct YamlLayers {
  std::vector<Layer> layers;
  std::vector<std::string> skipped;  ///< what each layer that is no product is
  std::vector<std::string> notes;
};

/// Whether the file is one of Timeloop that holds problems.
bool is_timeloop(const YAML::Node& root);

/// Throws InputError as parse_yaml().
YamlLayers read_timeloop(const YamlDocument& document, const std::string& source);

/// Whether the file is a workload of ZigZag or Stream.
bool is_zigzag(const YAML::Node& root);

/// Throws InputError as parse_yaml().
YamlLayers read_zigzag(const YamlDocument& document, const std::string& source);

}  // namespace arrayflex::workloads
