// Access to YAML with messages that name the file. The library's types stay within workloads/yaml.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrayflex::workloads {

/// A file without what Timeloop's front end would have replaced before: lines of a template
/// language
/// ({{...}}) and merges of what such a line would have included.
struct YamlDocument {
  YAML::Node root;
  std::vector<std::string> dropped;  ///< those lines
};

/// Throws InputError naming the source and the place.
YamlDocument read_yaml(std::string_view text, const std::string& source);

/// The value of a key of a map, its merges (<<) included; empty where there is none.
std::optional<YAML::Node> find(const YAML::Node& map, const std::string& key);

/// The first of several spellings.
std::optional<YAML::Node> find_any(const YAML::Node& map, const std::vector<std::string>& keys);

/// All keys of a map, those of its merges included.
std::vector<std::string> keys_of(const YAML::Node& map);

/// A size 1..kMaxLayerDim. Throws InputError "<item> = ...".
std::int64_t size_in(const YAML::Node& node, const std::string& item);

/// The text of a scalar on one line; empty for anything else.
std::string text_in(const YAML::Node& node);

}  // namespace arrayflex::workloads
