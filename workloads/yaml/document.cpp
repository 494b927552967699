#include "workloads/yaml/document.h"

#include <fmt/format.h>

#include <charconv>
#include <sstream>

#include "arrayflex/core/error.h"
#include "arrayflex/core/gemm.h"
#include "arrayflex/core/text.h"
#include "workloads/text_encoding.h"

namespace arrayflex::workloads {
namespace {

constexpr int kMostMerges = 8;  // of merges that merge

bool is_template(const std::string& line) {
  const std::size_t first = line.find_first_not_of(" \t");
  return first != std::string::npos &&
         (line.compare(first, 2, "{{") == 0 || line.compare(first, 2, "{%") == 0);
}

/// "<<: *name" or "<<<: *name" whose &name the file does not have.
bool merges_what_is_missing(const std::string& line, const std::string& text) {
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == std::string::npos || line.compare(first, 2, "<<") != 0) return false;
  const std::size_t star = line.find('*');
  if (star == std::string::npos) return false;
  std::string name = line.substr(star + 1);
  name.erase(name.find_last_not_of(" \t\r") + 1);
  return text.find("&" + name) == std::string::npos;
}

bool is_merge(const std::string& key) { return key == "<<" || key == "<<<"; }

std::optional<YAML::Node> find_within(const YAML::Node& map, const std::string& key, int depth) {
  if (!map.IsMap() || depth > kMostMerges) return std::nullopt;
  for (const auto& entry : map) {
    if (entry.first.IsScalar() && entry.first.Scalar() == key) return entry.second;
  }
  for (const auto& entry : map) {
    if (!entry.first.IsScalar() || !is_merge(entry.first.Scalar())) continue;
    if (entry.second.IsSequence()) {
      for (const auto& part : entry.second) {
        if (auto found = find_within(part, key, depth + 1)) return found;
      }
    } else if (auto found = find_within(entry.second, key, depth + 1)) {
      return found;
    }
  }
  return std::nullopt;
}

void collect_keys(const YAML::Node& map, std::vector<std::string>& keys, int depth) {
  if (!map.IsMap() || depth > kMostMerges) return;
  for (const auto& entry : map) {
    if (!entry.first.IsScalar()) continue;
    if (!is_merge(entry.first.Scalar())) {
      keys.push_back(entry.first.Scalar());
    } else if (entry.second.IsSequence()) {
      for (const auto& part : entry.second) collect_keys(part, keys, depth + 1);
    } else {
      collect_keys(entry.second, keys, depth + 1);
    }
  }
}

}  // namespace

YamlDocument read_yaml(std::string_view text, const std::string& source) {
  const DecodedText decoded = decode_text(text, source);
  YamlDocument document;
  std::istringstream lines(decoded.text);
  std::string plain, line;
  while (std::getline(lines, line)) {
    if (is_template(line) || merges_what_is_missing(line, decoded.text)) {
      document.dropped.push_back(line);
      line.clear();
    }
    plain += line + '\n';
  }
  try {
    document.root = YAML::Load(plain);
  } catch (const YAML::Exception& error) {
    throw InputError(fmt::format("{}:{}:{}: no YAML: {}", source, error.mark.line + 1,
                                 error.mark.column + 1,
                                 without_control_characters(shortened(error.msg, 200), ' ')));
  }
  return document;
}

std::optional<YAML::Node> find(const YAML::Node& map, const std::string& key) {
  return find_within(map, key, 0);
}

std::optional<YAML::Node> find_any(const YAML::Node& map, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    if (auto found = find(map, key)) return found;
  }
  return std::nullopt;
}

std::vector<std::string> keys_of(const YAML::Node& map) {
  std::vector<std::string> keys;
  collect_keys(map, keys, 0);
  return keys;
}

std::int64_t size_in(const YAML::Node& node, const std::string& item) {
  const std::string text = text_in(node);
  std::int64_t size = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || stop != text.data() + text.size() || size < 1 ||
      size > kMaxLayerDim) {
    throw InputError(item, text.empty() ? "''" : shortened(text, 60),
                     fmt::format("a whole number 1..{} is needed", kMaxLayerDim));
  }
  return size;
}

std::string text_in(const YAML::Node& node) {
  return node.IsScalar() ? without_control_characters(node.Scalar(), ' ') : "";
}

}  // namespace arrayflex::workloads
