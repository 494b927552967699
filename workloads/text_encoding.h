// Text files as other programs write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace arrayflex::workloads {

/// Text in UTF-8 whose lines end in LF or CRLF.
struct DecodedText {
  std::string text;
  std::vector<std::string> notes;  ///< what had to be changed, one sentence each
};

/// Reads UTF-8, UTF-16 with a byte order mark, and Latin-1 (what is no UTF-8); lines that end in CR
/// alone end in LF then. A byte order mark is dropped. Throws InputError naming `source` for UTF-16
/// that is damaged or without a mark.
DecodedText decode_text(std::string_view bytes, const std::string& source);

}  // namespace arrayflex::workloads
