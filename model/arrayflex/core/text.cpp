#include "arrayflex/core/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

namespace arrayflex {
namespace {

// Bytes of the UTF-8 character that begins at `at`; 0 where none does. RFC 3629: no overlong forms,
// no surrogates, nothing beyond U+10FFFF.
std::size_t utf8_bytes(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : std::uint32_t{0};
  };
  const std::uint32_t lead = byte(at);
  if (lead < 0x80) return 1;
  const std::size_t count = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  std::uint32_t code = lead & (0xFFU >> (count + 1));
  for (std::size_t i = 1; i < count; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(at + i) & 0x3F);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  const bool is_lead = lead >= 0xC0 && lead <= 0xF7;
  return is_lead && code >= kSmallest[count] && code <= 0x10FFFF && !is_surrogate ? count : 0;
}

}  // namespace

std::string without_control_characters(std::string text, char replacement) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, replacement);
  return text;
}

std::string plain_text(const std::string& text, char replacement) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t count = utf8_bytes(text, at);
    if (count == 0) {
      plain += replacement;
    } else {
      plain.append(text, at, count);
    }
    at += std::max(count, std::size_t{1});
  }
  return without_control_characters(std::move(plain), replacement);
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
