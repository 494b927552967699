// Names and end of the many child modules of an array.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace arrayflex::pin {

/// "skew", 3 -> "skew_3".
inline std::string numbered(const std::string& stem, std::size_t i) {
  return stem + "_" + std::to_string(i);
}
inline std::string numbered(const std::string& stem, int i) {
  return stem + "_" + std::to_string(i);
}

/// The kernel searches its modules and channels from the front, and fills a gap with its last
/// entry: once an early one has gone, what goes in reverse order of creation is found in that gap.
/// It searches its ports from the end. Millions of modules would go in quadratic time otherwise.
template <class T>
void destroy_in_reverse(std::vector<std::unique_ptr<T>>& children) {
  while (!children.empty()) children.pop_back();
}

}  // namespace arrayflex::pin
