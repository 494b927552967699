#include "arrayflex/study/layer_filter.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <iterator>

#include "arrayflex/core/error.h"

namespace arrayflex::study {
namespace {

struct Patterns {
  std::vector<std::string> wanted;
  std::vector<std::string> unwanted;
};

void add_pattern(Patterns& patterns, std::string pattern, const std::string& item) {
  const bool exclude = !pattern.empty() && pattern.front() == '!';
  if (exclude) pattern.erase(0, 1);
  if (pattern.empty()) {
    throw InputError(item, "''", "allowed are comma-separated patterns, none of them empty");
  }
  (exclude ? patterns.unwanted : patterns.wanted).push_back(std::move(pattern));
}

Patterns split(const std::vector<std::string>& arguments, const std::string& item) {
  Patterns patterns;
  for (const std::string& argument : arguments) {
    std::size_t begin = 0;
    std::size_t end = 0;
    do {
      end = argument.find(',', begin);
      add_pattern(patterns, argument.substr(begin, end - begin), item);
      begin = end + 1;
    } while (end != std::string::npos);
  }
  return patterns;
}

bool matches(const std::string& pattern, const Layer& layer) {
  return fnmatch(pattern.c_str(), layer.name.c_str(), 0) == 0;
}

bool matches_any(const std::vector<std::string>& patterns, const Layer& layer) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches(pattern, layer); });
}

}  // namespace

std::vector<Layer> select_layers(const std::vector<Layer>& layers,
                                 const std::vector<std::string>& arguments,
                                 const std::string& item) {
  const Patterns patterns = split(arguments, item);
  const std::string allowed = fmt::format("must match a layer name, such as '{}' or '{}'",
                                          layers.front().name, layers.back().name);
  for (const std::string& pattern : patterns.wanted) {
    if (std::none_of(layers.begin(), layers.end(),
                     [&](const Layer& layer) { return matches(pattern, layer); })) {
      throw InputError(item, pattern, allowed);
    }
  }
  std::vector<Layer> selected;
  std::copy_if(layers.begin(), layers.end(), std::back_inserter(selected), [&](const Layer& layer) {
    const bool wanted = patterns.wanted.empty() || matches_any(patterns.wanted, layer);
    return wanted && !matches_any(patterns.unwanted, layer);
  });
  if (selected.empty()) {
    throw InputError(item, fmt::format("{}", fmt::join(arguments, ",")),
                     "must leave at least one layer");
  }
  return selected;
}

}  // namespace arrayflex::study
