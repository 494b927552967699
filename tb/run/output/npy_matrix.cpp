#include "run/output/npy_matrix.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <type_traits>

#include "arrayflex/core/error.h"
#include "arrayflex/core/widths.h"
#include "run/output/npy_file.h"

namespace arrayflex::command {
namespace {

// NumPy's own headers of a matrix are below 200 bytes; much longer ones are not worth parsing.
constexpr std::size_t kMaxHeaderBytes = 4096;

class NpyFile {
 public:
  explicit NpyFile(const std::string& path) : path_(path) {
    std::error_code error;
    // Opening something else, such as a pipe, might block.
    if (std::filesystem::is_regular_file(path, error)) stream_.open(path, std::ios::binary);
    if (!stream_.is_open()) {
      throw InputError("tensor file", path, "must be a readable .npy file");
    }
    size_ = std::filesystem::file_size(path);
  }

  [[noreturn]] void fail(const std::string& problem, const std::string& allowed) const {
    throw InputError(fmt::format("{}: {}: {}", path_, problem, allowed));
  }

  NpyHeader read_header();
  template <class T>
  std::vector<T> read_values(const NpyHeader& header) {
    return or_fail([&] { return read_npy_values<T>(stream_, header); });
  }

 private:
  template <class Read>
  auto or_fail(const Read& read) -> decltype(read()) {
    try {
      return read();
    } catch (const NpyError& error) {
      fail(error.what(), error.allowed());
    }
  }
  void check_shape(const NpyHeader& header, std::uintmax_t data_offset) const;

  std::string path_;
  std::ifstream stream_;
  std::uintmax_t size_ = 0;
};

NpyHeader NpyFile::read_header() {
  const NpyLayout layout = or_fail([&] { return read_npy_layout(stream_); });
  if (layout.header_bytes < 2 || layout.header_bytes > kMaxHeaderBytes) {
    fail(fmt::format("header of {} bytes", layout.header_bytes),
         fmt::format("allowed are 2..{}", kMaxHeaderBytes));
  }
  NpyHeader header = or_fail([&] { return read_npy_header(stream_, layout); });
  check_shape(header, layout.data_offset);
  return header;
}

void NpyFile::check_shape(const NpyHeader& header, std::uintmax_t data_offset) const {
  static const std::vector<std::string> types{"|i1", "<i2", "<i4", "<i8",
                                              "|u1", "<u2", "<u4", "<u8"};
  if (std::find(types.begin(), types.end(), header.type) == types.end()) {
    fail(fmt::format("type {}", header.type),
         "allowed are int8 (|i1) and little-endian int16 (<i2) and int32 (<i4), and where the "
         "values "
         "fit the operands int64 (<i8), uint8 (|u1), uint16 (<u2), uint32 (<u4) and uint64 (<u8)");
  }
  if (header.shape.size() != 2) {
    fail(fmt::format("{} dimension(s)", header.shape.size()), "must be a matrix, two dimensions");
  }
  for (const std::size_t dimension : header.shape) {
    if (dimension < 1 || dimension > static_cast<std::size_t>(kMaxLayerDim)) {
      fail(fmt::format("shape {}", fmt::join(header.shape, " x ")),
           fmt::format("each dimension must be 1..{}", kMaxLayerDim));
    }
  }
  const auto word_bytes = static_cast<std::size_t>(header.type[2] - '0');
  // Both dimensions are below 2^31: no overflow.
  const std::uintmax_t expected =
      data_offset + std::uintmax_t{header.shape[0]} * header.shape[1] * word_bytes;
  if (size_ != expected) {
    fail(fmt::format("{} bytes long", size_),
         fmt::format("a {} {} matrix needs exactly {} bytes, header included",
                     fmt::join(header.shape, " x "), header.type, expected));
  }
}

template <class T>
bool fits(T value, const ArrayConfig& config) {
  // Only an unsigned type can be beyond 64 bits with sign, and then it is too large.
  if constexpr (std::is_unsigned_v<T>) {
    if (value > static_cast<std::uint64_t>(config.operand_max())) return false;
  }
  const auto number = static_cast<std::int64_t>(value);
  return number >= config.operand_min() && number <= config.operand_max();
}

template <class T>
NpyMatrix to_matrix(NpyFile& file, const NpyHeader& header, const ArrayConfig& config) {
  const std::vector<T> data = file.read_values<T>(header);
  NpyMatrix matrix;
  matrix.rows = static_cast<std::int64_t>(header.shape[0]);
  matrix.cols = static_cast<std::int64_t>(header.shape[1]);
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (!fits(data[i], config)) {
      file.fail(fmt::format("value {} at row {}, column {} (from 0)", data[i], i / header.shape[1],
                            i % header.shape[1]),
                fmt::format("{}-bit operands are {}..{}", config.data_width_bits(),
                            config.operand_min(), config.operand_max()));
    }
  }
  matrix.values.reserve(data.size());
  for (const T value : data) matrix.values.push_back(static_cast<std::int32_t>(value));
  return matrix;
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

}  // namespace

NpyMatrix read_npy_matrix(const std::string& path, const ArrayConfig& config) {
  NpyFile file(path);
  const NpyHeader header = file.read_header();
  if (header.type == npy_type(8)) return to_matrix<std::int8_t>(file, header, config);
  if (header.type == npy_type(16)) return to_matrix<std::int16_t>(file, header, config);
  if (header.type == npy_type(32)) return to_matrix<std::int32_t>(file, header, config);
  if (header.type == "<i8") return to_matrix<std::int64_t>(file, header, config);
  if (header.type == "|u1") return to_matrix<std::uint8_t>(file, header, config);
  if (header.type == "<u2") return to_matrix<std::uint16_t>(file, header, config);
  if (header.type == "<u4") return to_matrix<std::uint32_t>(file, header, config);
  return to_matrix<std::uint64_t>(file, header, config);
}

std::string npy_text(const std::vector<std::int64_t>& values, std::int64_t rows, std::int64_t cols,
                     int bits) {
  const std::string header = npy_header_text(npy_type(bits), rows, cols);
  if (bits != 32) return header + bytes_of(values);
  return header + bytes_of(std::vector<std::int32_t>(values.begin(), values.end()));
}

}  // namespace arrayflex::command
