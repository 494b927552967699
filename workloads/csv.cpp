#include "workloads/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "arrayflex/core/error.h"
#include "arrayflex/core/gemm.h"
#include "arrayflex/core/text.h"
#include "workloads/text_encoding.h"

namespace arrayflex::workloads {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

constexpr std::string_view kNonBreaking = "\xC2\xA0";

std::string_view trim(std::string_view text) {
  for (;;) {
    const std::size_t size = text.size();
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    if (text.substr(0, 2) == kNonBreaking) text.remove_prefix(2);
    if (text.size() >= 2 && text.substr(text.size() - 2) == kNonBreaking) text.remove_suffix(2);
    if (text.size() == size) return text;
  }
}

/// The first row's: a comma, or where it has none a semicolon or a tab.
char separator_of(std::string_view text) {
  std::size_t start = 0;
  while (start < text.size()) {
    const std::string_view line = text.substr(start, text.find('\n', start) - start);
    const bool is_comment = !line.empty() && line.front() == '#';
    if (!is_comment && !trim(line).empty() && trim(line) != "\r") {
      if (line.find(',') != std::string_view::npos) return ',';
      if (line.find(';') != std::string_view::npos) return ';';
      return line.find('\t') != std::string_view::npos ? '\t' : ',';
    }
    start += line.size() + 1;
  }
  return ',';
}

class Scanner {
 public:
  Scanner(std::string_view text, CsvDocument& document)
      : text_(text), separator_(separator_of(text)), document_(document) {
    if (separator_ != ',') {
      document.notes.push_back(fmt::format("{}: fields are separated by {}.", document.source,
                                           separator_ == ';' ? "semicolons" : "tabs"));
    }
  }

  void scan() {
    while (position_ < text_.size()) {
      if (text_[position_] == '#') {
        scan_comment();
      } else {
        scan_row();
      }
    }
  }

 private:
  bool at_line_end() const {
    return position_ >= text_.size() || text_[position_] == '\n' ||
           text_.substr(position_, 2) == "\r\n" || text_.substr(position_) == "\r";
  }

  void skip_line_end() {
    const std::size_t newline = text_.find('\n', position_);
    position_ = newline == std::string_view::npos ? text_.size() : newline + 1;
    ++line_;
  }

  void skip_blanks() {
    while (!at_line_end() && is_blank(text_[position_]) && text_[position_] != separator_) {
      ++position_;
    }
  }

  void scan_comment() {
    const std::size_t start = position_ + 1;
    while (!at_line_end()) ++position_;
    if (document_.description.empty()) {
      document_.description = trim(text_.substr(start, position_ - start));
    }
    skip_line_end();
  }

  void scan_row() {
    CsvRow row;
    row.line = line_;
    for (;;) {
      row.fields.push_back(scan_field(row.fields.size()));
      if (at_line_end()) break;
      ++position_;  // the separator
    }
    skip_line_end();
    if (std::any_of(row.fields.begin(), row.fields.end(),
                    [](const std::string& field) { return !field.empty(); })) {
      document_.rows.push_back(std::move(row));
    }
  }

  std::string scan_field(std::size_t column_index) {
    const std::size_t start = position_;
    skip_blanks();
    if (!at_line_end() && text_[position_] == '"') {
      return scan_quoted(column_index);
    }
    while (!at_line_end() && text_[position_] != separator_) ++position_;
    return std::string(trim(text_.substr(start, position_ - start)));
  }

  std::string scan_quoted(std::size_t column_index) {
    const std::int64_t start_line = line_;
    std::string value;
    for (++position_;; ++position_) {
      if (position_ >= text_.size()) {
        throw InputError(fmt::format("{}: the quote that starts here is not closed",
                                     position(document_, start_line, column_index)));
      }
      if (text_[position_] == '"') {
        if (text_.substr(position_, 2) != "\"\"") break;
        ++position_;
      } else if (text_[position_] == '\n') {
        ++line_;
      }
      value += text_[position_];
    }
    ++position_;
    skip_blanks();
    if (!at_line_end() && text_[position_] != separator_) {
      throw InputError(
          fmt::format("{}: text after the closing quote; a comma or the end of the "
                      "line is allowed here, a quote inside quotes is doubled",
                      position(document_, line_, column_index)));
    }
    return value;
  }

  std::string_view text_;
  char separator_;
  CsvDocument& document_;
  std::size_t position_ = 0;
  std::int64_t line_ = 1;
};

// Values are shown as they are, but a broken file must not flood or garble the terminal.
std::string shown(const std::string& value) {
  constexpr std::size_t kLongest = 60;
  return fmt::format("\"{}\"", without_control_characters(shortened(value, kLongest), '?'));
}

}  // namespace

CsvDocument parse_csv(std::string_view text, const std::string& source) {
  CsvDocument document;
  document.source = source;
  const DecodedText decoded = decode_text(text, source);
  document.notes = decoded.notes;
  Scanner(decoded.text, document).scan();
  return document;
}

std::string position(const CsvDocument& document, std::int64_t line, std::size_t column_index) {
  return fmt::format("{}:{}:{}", document.source, line, column_index + 1);
}

void fail_at(const CsvDocument& document, std::int64_t line, std::size_t column_index,
             const std::string& column_name, const std::string& value, const std::string& allowed) {
  throw InputError(fmt::format("{}: {}", position(document, line, column_index), column_name),
                   shown(value), allowed);
}

std::int64_t parse_integer(const CsvDocument& document, const CsvRow& row, std::size_t column_index,
                           const std::string& column_name, std::int64_t least) {
  const std::string& text = field_or_blank(row, column_index);
  const bool digits_only = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return '0' <= c && c <= '9';
  });
  std::int64_t value = -1;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (!digits_only || result.ec != std::errc{} || value < least || value > kMaxLayerDim) {
    fail_at(document, row.line, column_index, column_name, text,
            fmt::format("a whole number {}..{} is needed", least, kMaxLayerDim));
  }
  return value;
}

const std::string& field_or_blank(const CsvRow& row, std::size_t column_index) {
  static const std::string blank;
  return column_index < row.fields.size() ? row.fields[column_index] : blank;
}

std::string stem_of(const std::string& source) {
  return std::filesystem::path(source).stem().string();
}

}  // namespace arrayflex::workloads
