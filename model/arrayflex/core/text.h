// Text on its way into files and onto terminals.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace arrayflex {

/// The text with each control character (0..31 and 127) replaced: names out of files may hold
/// anything, and what is printed stays one line and plain text.
std::string without_control_characters(std::string text, char replacement);

/// The same, and each byte that belongs to no UTF-8 character replaced, too: for text of unknown
/// origin.
std::string plain_text(const std::string& text, char replacement);

/// The text, or where it is longer its first `limit` bytes and "..."; cut before a UTF-8 character
/// rather than within one.
std::string shortened(const std::string& text, std::size_t limit);

/// "10.5ns": a number and the unit behind it, which may be empty.
struct NumberWithUnit {
  double number = 0;  ///< finite, >= 0
  std::string unit;
};

/// Empty where the text does not begin with such a number.
std::optional<NumberWithUnit> parse_number_with_unit(const std::string& text);

/// Femtoseconds in one fs, ps, ns, us, ms or s; empty for another unit.
std::optional<double> femtoseconds_per(const std::string& unit);

/// The text as a field of a CSV file, quoted where RFC 4180 asks for it.
std::string csv_field(const std::string& text);

}  // namespace arrayflex
