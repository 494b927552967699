#include "run/options/option_parsers.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

#include "arrayflex/core/config.h"
#include "arrayflex/core/error.h"

namespace arrayflex::command {

template <class Integer>
Integer parse_integer(const std::string& item, const std::string& text, Integer min, Integer max) {
  Integer value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < min || value > max) {
    throw InputError(item, text.empty() ? "''" : text,
                     fmt::format("allowed is an integer from {} to {}", min, max));
  }
  return value;
}

template int parse_integer(const std::string&, const std::string&, int, int);
template std::int64_t parse_integer(const std::string&, const std::string&, std::int64_t,
                                    std::int64_t);
template std::uint64_t parse_integer(const std::string&, const std::string&, std::uint64_t,
                                     std::uint64_t);

std::vector<int> parse_modes(const std::string& item, const std::string& text) {
  std::vector<int> modes;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = text.find(',', begin);
    modes.push_back(parse_integer<int>(item, text.substr(begin, end - begin), 1, kMaxArrayDim));
    if (end == std::string::npos) return modes;
    begin = end + 1;
  }
}

double parse_share(const std::string& item, const std::string& text, double min) {
  try {
    std::size_t used = 0;
    const double value = std::stod(text, &used);
    if (used == text.size() && value >= min && value <= 1.0) return value;
  } catch (const std::logic_error&) {
    // falls through to the message below
  }
  throw InputError(item, text, fmt::format("allowed is a number from {} to 1", min));
}

bool parse_switch(const std::string& item, const std::string& text) {
  if (text == "on") return true;
  if (text == "off") return false;
  throw InputError(item, text.empty() ? "''" : text, "allowed are on and off");
}

std::string parse_path(const std::string& item, const std::string& text) {
  if (text.empty()) throw InputError(item, "''", "allowed is the path of a file or folder");
  return text;
}

}  // namespace arrayflex::command
