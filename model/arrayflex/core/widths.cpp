#include "arrayflex/core/widths.h"

#include <fmt/format.h>

#include <algorithm>

namespace arrayflex {
namespace {

std::string enumeration(const std::vector<std::string>& items, const char* last) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += i + 1 == items.size() ? fmt::format(" {} ", last) : ", ";
    text += items[i];
  }
  return text;
}

}  // namespace

std::vector<int> operand_widths() {
  std::vector<int> widths;
  for (const WidthPair& pair : kWidthPairs) widths.push_back(pair.data_bits);
  std::sort(widths.begin(), widths.end());
  return widths;
}

std::string width_pairs_text() {
  std::vector<std::string> pairs;
  for (const WidthPair& pair : kWidthPairs) {
    pairs.push_back(fmt::format("{}/{}", pair.data_bits, pair.acc_bits));
  }
  return enumeration(pairs, "and");
}

std::string operand_widths_text() {
  std::vector<std::string> widths;
  for (const int bits : operand_widths()) widths.push_back(std::to_string(bits));
  return enumeration(widths, "or");
}

std::string npy_type(int bits) { return fmt::format("{}i{}", bits == 8 ? '|' : '<', bits / 8); }

}  // namespace arrayflex
