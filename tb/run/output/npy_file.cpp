#include "run/output/npy_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace arrayflex::command {
namespace {

constexpr char kMagic[] = "\x93NUMPY";
constexpr std::size_t kMagicBytes = sizeof kMagic - 1;
constexpr std::size_t kAlignment = 64;

[[noreturn]] void malformed(const std::string& problem) {
  throw NpyError(fmt::format("malformed header ({})", problem),
                 "must have descr, fortran_order and shape as NumPy writes them");
}

/// The text between the two delimiters, which must be the first and the last character.
std::string_view unwrap(std::string_view text, char front, char back) {
  if (text.size() < 2 || text.front() != front || text.back() != back)
    malformed("unable to unwrap");
  return text.substr(1, text.size() - 2);
}

/// The value of a key in the inside of a dictionary without blanks: a tuple, or all up to a comma.
std::string_view value_of(std::string_view dictionary, const char* key) {
  const std::string quoted = fmt::format("'{}'", key);
  const std::size_t at = dictionary.find(quoted);
  if (at == std::string_view::npos) malformed(fmt::format("missing {} key", quoted));
  std::string_view rest = dictionary.substr(at + quoted.size());
  if (!rest.empty() && rest.front() == ':') rest.remove_prefix(1);
  const bool tuple = !rest.empty() && rest.front() == '(';
  const std::size_t end = tuple ? rest.find(')') : rest.find(',');
  if (end == std::string_view::npos) return rest;
  return rest.substr(0, tuple ? end + 1 : end);
}

std::string parse_type(std::string_view value) {
  const std::string_view type = unwrap(value, '\'', '\'');
  const bool valid = type.size() >= 3 && std::strchr("<>|", type[0]) != nullptr &&
                     std::strchr("ifucb", type[1]) != nullptr &&
                     std::all_of(type.begin() + 2, type.end(),
                                 [](unsigned char c) { return std::isdigit(c) != 0; });
  if (!valid) malformed("invalid typestring");
  return std::string(type);
}

bool parse_bool(std::string_view value) {
  if (value != "True" && value != "False") malformed("invalid fortran_order value");
  return value == "True";
}

/// "(4,3)", "(4,)", "()". A number beyond all bounds is the largest there is: shapes are judged by
/// who knows what is allowed.
std::vector<std::size_t> parse_shape(std::string_view value) {
  const std::string text(unwrap(value, '(', ')'));
  std::vector<std::size_t> shape;
  const char* at = text.c_str();
  while (*at != '\0') {
    char* end = nullptr;
    shape.push_back(std::strtoull(at, &end, 10));
    if (end == at || (*end != ',' && *end != '\0')) malformed("invalid shape");
    at = *end == ',' ? end + 1 : end;
  }
  return shape;
}

}  // namespace

NpyLayout read_npy_layout(std::istream& stream) {
  unsigned char start[kMagicBytes + 2] = {};
  stream.read(reinterpret_cast<char*>(start), sizeof start);
  if (!stream || std::memcmp(start, kMagic, kMagicBytes) != 0) {
    throw NpyError("no .npy file", "must start with \\x93NUMPY and a version");
  }
  const int major = start[kMagicBytes];
  if (major < 1 || major > 3) {
    throw NpyError(fmt::format("format version {}.{}", major, start[kMagicBytes + 1]),
                   "allowed are versions 1 to 3");
  }
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  unsigned char bytes[4] = {};
  stream.read(reinterpret_cast<char*>(bytes), static_cast<std::streamsize>(length_bytes));
  if (!stream) throw NpyError("truncated", "ends within its header");
  NpyLayout layout;
  for (std::size_t i = length_bytes; i-- > 0;) {
    layout.header_bytes = layout.header_bytes << 8 | bytes[i];
  }
  layout.data_offset = sizeof start + length_bytes + layout.header_bytes;
  return layout;
}

NpyHeader read_npy_header(std::istream& stream, const NpyLayout& layout) {
  std::string text(layout.header_bytes, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream) throw NpyError("truncated", "ends within its header");
  if (text.empty() || text.back() != '\n') malformed("invalid header");
  text.pop_back();
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  const std::string_view dictionary = unwrap(text, '{', '}');
  NpyHeader header;
  header.type = parse_type(value_of(dictionary, "descr"));
  header.fortran_order = parse_bool(value_of(dictionary, "fortran_order"));
  header.shape = parse_shape(value_of(dictionary, "shape"));
  return header;
}

template <class T>
std::vector<T> read_npy_values(std::istream& stream, const NpyHeader& header) {
  const std::size_t rows = header.shape.at(0);
  const std::size_t cols = header.shape.at(1);
  std::vector<T> values(rows * cols);
  stream.read(reinterpret_cast<char*>(values.data()),
              static_cast<std::streamsize>(values.size() * sizeof(T)));
  if (!stream) throw NpyError("unreadable", "its data could not be read");
  if (!header.fortran_order) return values;
  std::vector<T> row_major(values.size());
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < cols; ++j) row_major[i * cols + j] = values[j * rows + i];
  }
  return row_major;
}

template std::vector<std::int8_t> read_npy_values(std::istream&, const NpyHeader&);
template std::vector<std::int16_t> read_npy_values(std::istream&, const NpyHeader&);
template std::vector<std::int32_t> read_npy_values(std::istream&, const NpyHeader&);
template std::vector<std::int64_t> read_npy_values(std::istream&, const NpyHeader&);
template std::vector<std::uint64_t> read_npy_values(std::istream&, const NpyHeader&);
template std::vector<std::uint32_t> read_npy_values(std::istream&, const NpyHeader&);
template std::vector<std::uint16_t> read_npy_values(std::istream&, const NpyHeader&);
template std::vector<std::uint8_t> read_npy_values(std::istream&, const NpyHeader&);

std::string npy_header_text(const std::string& type, std::int64_t rows, std::int64_t cols) {
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}, {}), }}",
                                   type, rows, cols);
  // Blanks and a line end fill up to a multiple of the alignment, at least one blank.
  const std::size_t bytes_before = kMagicBytes + 2 + 2;
  header.append(kAlignment - (bytes_before + header.size() + 1) % kAlignment, ' ');
  header += '\n';
  std::string text(kMagic, kMagicBytes);
  text += '\1';
  text += '\0';
  text += static_cast<char>(header.size() & 0xFF);
  text += static_cast<char>(header.size() >> 8);
  return text + header;
}

}  // namespace arrayflex::command
