#include "workloads/text_encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "arrayflex/core/error.h"
#include "arrayflex/core/text.h"

namespace arrayflex::workloads {
namespace {

void append_utf8(std::string& text, std::uint32_t point) {
  const auto tail = [&](int shift) {
    text += static_cast<char>(0x80U | ((point >> shift) & 0x3FU));
  };
  if (point < 0x80) {
    text += static_cast<char>(point);
  } else if (point < 0x800) {
    text += static_cast<char>(0xC0U | (point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    text += static_cast<char>(0xE0U | (point >> 12));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0U | (point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::uint32_t unit_at(std::string_view bytes, std::size_t at, bool is_little) {
  const auto low = static_cast<unsigned char>(bytes[at + (is_little ? 0 : 1)]);
  const auto high = static_cast<unsigned char>(bytes[at + (is_little ? 1 : 0)]);
  return static_cast<std::uint32_t>(high) << 8 | low;
}

std::string from_utf16(std::string_view bytes, bool is_little, const std::string& source) {
  const auto reject = [&] {
    throw InputError(fmt::format("{}: damaged UTF-16; save the file as UTF-8", source));
  };
  if (bytes.size() % 2 != 0) reject();
  std::string text;
  for (std::size_t at = 2; at < bytes.size(); at += 2) {
    std::uint32_t point = unit_at(bytes, at, is_little);
    if (point >= 0xD800 && point < 0xE000) {  // a pair stands for one character
      at += 2;
      if (point >= 0xDC00 || at >= bytes.size()) reject();
      const std::uint32_t second = unit_at(bytes, at, is_little);
      if (second < 0xDC00 || second >= 0xE000) reject();
      point = 0x10000 + ((point - 0xD800) << 10) + (second - 0xDC00);
    }
    append_utf8(text, point);
  }
  return text;
}

std::string from_latin1(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) append_utf8(text, static_cast<unsigned char>(byte));
  return text;
}

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

/// plain_text() replaces what belongs to no character, and control characters.
bool is_utf8(const std::string& text) {
  return plain_text(text, '?') == without_control_characters(text, '?');
}

}  // namespace

DecodedText decode_text(std::string_view bytes, const std::string& source) {
  DecodedText result;
  const bool is_little = starts_with(bytes, "\xFF\xFE"), is_big = starts_with(bytes, "\xFE\xFF");
  if (is_little || is_big) {
    result.text = from_utf16(bytes, is_little, source);
    result.notes.push_back(fmt::format("{}: read as UTF-16.", source));
  } else {
    if (starts_with(bytes, "\xEF\xBB\xBF")) bytes.remove_prefix(3);
    if (bytes.find('\0') != std::string_view::npos) {
      throw InputError(fmt::format(
          "{}: it holds NUL bytes: UTF-16 without a byte order mark, or no text; save it as UTF-8",
          source));
    }
    result.text = std::string(bytes);
    if (!is_utf8(result.text)) {
      result.text = from_latin1(bytes);
      result.notes.push_back(fmt::format("{}: no UTF-8, read as Latin-1.", source));
    }
  }
  std::string& text = result.text;
  if (text.find('\n') == std::string::npos) std::replace(text.begin(), text.end(), '\r', '\n');
  return result;
}

}  // namespace arrayflex::workloads
