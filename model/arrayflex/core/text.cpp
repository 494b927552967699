#include "arrayflex/core/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace arrayflex {

std::string without_control_characters(std::string text, char replacement) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, replacement);
  return text;
}

std::string shortened(const std::string& text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::optional<NumberWithUnit> parse_number_with_unit(const std::string& text) {
  NumberWithUnit result;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, result.number);
  if (error != std::errc() || !std::isfinite(result.number) || result.number < 0) {
    return std::nullopt;
  }
  result.unit.assign(rest, end);
  return result;
}

std::optional<double> femtoseconds_per(const std::string& unit) {
  static constexpr std::pair<const char*, double> kUnits[] = {
      {"fs", 1e0}, {"ps", 1e3}, {"ns", 1e6}, {"us", 1e9}, {"ms", 1e12}, {"s", 1e15}};
  for (const auto& [name, femtoseconds] : kUnits) {
    if (unit == name) return femtoseconds;
  }
  return std::nullopt;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace arrayflex
