// Comma-separated text as the readers of this folder see it: fields with their positions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arrayflex::workloads {

/// One row. Fields have the spaces (non-breaking ones, too) and tabs around them removed, unless
/// they were quoted.
struct CsvRow {
  std::int64_t line = 1;            ///< 1-based, where the row starts
  std::vector<std::string> fields;  ///< at least one is not empty
};

/// The rows of a file, without blank ones and comments.
struct CsvDocument {
  std::string source;       ///< the file's name in messages
  std::string description;  ///< the first comment, without '#'
  std::vector<CsvRow> rows;
  std::vector<std::string> notes;  ///< on encoding and separator, one sentence each
};

/// Splits text, in the encodings of decode_text(), into rows. LF and CRLF end a line; a
/// line whose first character is '#' is a comment; where the first row has no comma but semicolons
/// or tabs, these separate fields; fields may be quoted as in RFC 4180, then with
/// commas, line ends and doubled quotes inside. Throws InputError with line and column for a quote
/// that is not closed, or closed and followed by text.
CsvDocument parse_csv(std::string_view text, const std::string& source);

/// "<source>:<line>:<column>", the column 1-based.
std::string position(const CsvDocument& document, std::int64_t line, std::size_t column_index);

/// Throws InputError "<position>: <column name> = "<value>": <allowed>". column_index from 0.
[[noreturn]] void fail_at(const CsvDocument& document, std::int64_t line, std::size_t column_index,
                          const std::string& column_name, const std::string& value,
                          const std::string& allowed);

/// A field as a whole number least..kMaxLayerDim, digits only: no sign, blank or exponent. Throws
/// like fail_at().
std::int64_t parse_integer(const CsvDocument& document, const CsvRow& row, std::size_t column_index,
                           const std::string& column_name, std::int64_t least);

/// The row's field, or an empty one where the row ends before it.
const std::string& field_or_blank(const CsvRow& row, std::size_t column_index);

/// A source's name without folder and extension.
std::string stem_of(const std::string& source);

}  // namespace arrayflex::workloads
