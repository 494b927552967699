#include "arrayflex/study/options/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "arrayflex/core/error.h"

namespace arrayflex::study {
namespace {

std::string quoted_if_empty(const std::string& text) { return text.empty() ? "''" : text; }

std::int64_t to_integer(double bound) {
  return bound >= kMaxInt64Bound ? std::numeric_limits<std::int64_t>::max()
                                 : static_cast<std::int64_t>(bound);
}

// "a, b and c"
std::string enumerate(const std::vector<std::string>& names, const char* last_separator) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 < names.size() ? ", " : last_separator;
    text += names[i];
  }
  return text;
}

std::int64_t parse_power_of_two(const std::string& item, const std::string& text, std::int64_t min,
                                std::int64_t max) {
  const std::int64_t value = parse_integer(item, text, min, max);
  if ((value & (value - 1)) == 0) return value;
  throw InputError(item, value, fmt::format("allowed is a power of two from {} to {}", min, max));
}

double parse_number(const std::string& item, const std::string& text, double min, double max) {
  try {
    std::size_t used = 0;
    const double value = std::stod(text, &used);
    if (used == text.size() && value >= min && value <= max) return value;
  } catch (const std::logic_error&) {
    // falls through to the message below
  }
  throw InputError(item, text, fmt::format("allowed is a number from {} to {}", min, max));
}

std::vector<int> parse_integers(const std::string& item, const std::string& text, std::int64_t min,
                                std::int64_t max) {
  std::vector<int> values;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = text.find(',', begin);
    const std::string part = text.substr(begin, end - begin);
    values.push_back(static_cast<int>(parse_integer(item, part, min, max)));
    if (end == std::string::npos) return values;
    begin = end + 1;
  }
}

bool parse_switch(const std::string& item, const std::string& text) {
  if (text == "on") return true;
  if (text == "off") return false;
  throw InputError(item, quoted_if_empty(text), "allowed are on and off");
}

std::string parse_choice(const ValueKind& kind, const std::string& item, const std::string& text) {
  if (std::find(kind.choices.begin(), kind.choices.end(), text) != kind.choices.end()) return text;
  throw InputError(item, quoted_if_empty(text), "allowed are " + enumerate(kind.choices, " and "));
}

}  // namespace

const char* name_of(ValueType type) {
  constexpr std::array<const char*, 10> names{"integer", "power_of_two", "number", "choice",
                                              "on_off",  "integers",     "text",   "texts",
                                              "path",    "flag"};
  return names.at(static_cast<std::size_t>(type));
}

ValueKind integer(std::int64_t min, std::int64_t max) {
  return {ValueType::integer, static_cast<double>(min), static_cast<double>(max)};
}

ValueKind power_of_two(std::int64_t min, std::int64_t max) {
  return {ValueType::power_of_two, static_cast<double>(min), static_cast<double>(max)};
}

ValueKind number(double min, double max) { return {ValueType::number, min, max}; }

ValueKind choice(std::vector<std::string> choices) {
  return {ValueType::choice, 0, 0, std::move(choices)};
}

ValueKind integers(int min, int max) {
  return {ValueType::integers, static_cast<double>(min), static_cast<double>(max)};
}

ValueKind of_type(ValueType type) { return {type}; }

std::string bound_text(double bound) {
  return bound >= kMaxInt64Bound ? "2^63-1" : fmt::format("{}", bound);
}

std::string allowed_text(const ValueKind& kind) {
  std::string bounds = fmt::format("{}..{}", bound_text(kind.min), bound_text(kind.max));
  switch (kind.type) {
    case ValueType::integer:
      if (!kind.sensible.empty()) return fmt::format("{}", fmt::join(kind.sensible, ", "));
      return bounds;
    case ValueType::number:
      return bounds;
    case ValueType::power_of_two:
      return "powers of two " + bounds;
    case ValueType::integers:
      return "each " + bounds;
    case ValueType::choice:
      return fmt::format("{}", fmt::join(kind.choices, ", "));
    case ValueType::on_off:
      return "on, off";
    case ValueType::text:
    case ValueType::texts:
    case ValueType::path:
    case ValueType::flag:
      break;
  }
  return "";
}

std::string to_text(const OptionValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "on" : "off";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *number);
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* list = std::get_if<std::vector<int>>(&value)) {
    return fmt::format("{}", fmt::join(*list, ","));
  }
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    return fmt::format("{}", fmt::join(*list, ","));
  }
  return "";
}

OptionValue parse_value(const ValueKind& kind, const std::string& item, const std::string& text) {
  const std::int64_t min = to_integer(kind.min), max = to_integer(kind.max);
  switch (kind.type) {
    case ValueType::integer:
      return parse_integer(item, text, min, max);
    case ValueType::power_of_two:
      return parse_power_of_two(item, text, min, max);
    case ValueType::number:
      return parse_number(item, text, kind.min, kind.max);
    case ValueType::choice:
      return parse_choice(kind, item, text);
    case ValueType::on_off:
      return parse_switch(item, text);
    case ValueType::integers:
      return parse_integers(item, text, min, max);
    case ValueType::path:
      return parse_path(item, text);
    case ValueType::text:
      return text;
    case ValueType::texts:
    case ValueType::flag:
      break;
  }
  throw std::logic_error(item + ": has no value of one text");
}

std::int64_t parse_integer(const std::string& item, const std::string& text, std::int64_t min,
                           std::int64_t max) {
  std::int64_t value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  const bool is_minus_zero = value == 0 && !text.empty() && text.front() == '-';
  if (error != std::errc() || stop != end || value < min || value > max ||
      (is_minus_zero && min >= 0)) {
    throw InputError(item, quoted_if_empty(text),
                     fmt::format("allowed is an integer from {} to {}", min, max));
  }
  return value;
}

std::string parse_path(const std::string& item, const std::string& text) {
  if (text.empty()) throw InputError(item, "''", "allowed is the path of a file or folder");
  return text;
}

}  // namespace arrayflex::study
