// Values of options, and how they are read from text and checked.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

namespace arrayflex::study {

/// std::monostate: not given.
using OptionValue = std::variant<std::monostate, bool, std::int64_t, double, std::string,
                                 std::vector<int>, std::vector<std::string>>;

enum class ValueType {
  integer,       ///< std::int64_t, min..max
  power_of_two,  ///< std::int64_t, min..max
  number,        ///< double, min..max
  choice,        ///< std::string, one of `choices`
  on_off,        ///< bool: on, off
  integers,      ///< std::vector<int>, each min..max; comma-separated
  text,          ///< std::string; whoever takes it looks at it
  texts,         ///< std::vector<std::string>; an option that may be repeated
  path,          ///< std::string, not empty
  flag,          ///< no value on the command line
};

/// "integer", "power of two", ...
const char* name_of(ValueType type);

/// The values that an option takes.
struct ValueKind {
  ValueType type = ValueType::text;
  double min = 0, max = 0;
  std::vector<std::string> choices = {};
  /// Integers: the only ones that make sense, where these are few. Whoever takes the value checks
  /// it against others, and says so; axes and documentation need them beforehand.
  std::vector<int> sensible = {};
};

/// Stands for std::numeric_limits<std::int64_t>::max() in bounds, which a double cannot hold.
inline constexpr double kMaxInt64Bound = 9223372036854775807.0;

ValueKind integer(std::int64_t min, std::int64_t max);
ValueKind power_of_two(std::int64_t min, std::int64_t max);
ValueKind number(double min, double max);
ValueKind choice(std::vector<std::string> choices);
ValueKind integers(int min, int max);
ValueKind of_type(ValueType type);

/// A bound as text: "4096", "0.0001", "2^63-1".
std::string bound_text(double bound);

/// "1..4096", "powers of two 8..65536", "nets or totals"; empty where anything goes.
std::string allowed_text(const ValueKind& kind);

/// A value as it is written on the command line; empty for one that was not given.
std::string to_text(const OptionValue& value);

/// The value that `text` stands for. Throws InputError naming `item`, the text and what is allowed.
/// Not for texts and flags.
OptionValue parse_value(const ValueKind& kind, const std::string& item, const std::string& text);

/// Whole number min..max, nothing before or behind it. Throws InputError.
std::int64_t parse_integer(const std::string& item, const std::string& text, std::int64_t min,
                           std::int64_t max);

/// Any text but none. Throws InputError.
std::string parse_path(const std::string& item, const std::string& text);

}  // namespace arrayflex::study
