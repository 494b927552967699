#include "run/output/npy_matrix.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <system_error>
#include <xtensor/xadapt.hpp>
#include <xtensor/xnpy.hpp>

#include "arrayflex/core/error.h"

namespace arrayflex::command {
namespace {

// NumPy's own headers of a matrix are below 200 bytes; much longer ones are not worth parsing.
constexpr std::size_t kMaxHeaderBytes = 4096;
constexpr std::size_t kMagicBytes = 6;

struct Header {
  std::string type;
  bool fortran_order = false;
  std::vector<std::size_t> shape;
  std::size_t data_offset = 0;
};

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

  Header read_header();
  template <class T>
  std::vector<T> read_data(const Header& header);

 private:
  std::size_t read_header_length();
  void check_shape(const Header& header) const;

  std::string path_;
  std::ifstream stream_;
  std::uintmax_t size_ = 0;
};

std::size_t NpyFile::read_header_length() {
  unsigned char start[kMagicBytes + 2] = {};
  stream_.read(reinterpret_cast<char*>(start), sizeof(start));
  if (!stream_ || std::memcmp(start, "\x93NUMPY", kMagicBytes) != 0) {
    fail("no .npy file", "must start with \\x93NUMPY and a version");
  }
  const int major = start[kMagicBytes];
  if (major < 1 || major > 3) {
    fail(fmt::format("format version {}.{}", major, start[kMagicBytes + 1]),
         "allowed are versions 1 to 3");
  }
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  unsigned char bytes[4] = {};
  stream_.read(reinterpret_cast<char*>(bytes), static_cast<std::streamsize>(length_bytes));
  if (!stream_) fail("truncated", "ends within its header");
  std::size_t length = 0;
  for (std::size_t i = length_bytes; i-- > 0;) length = length << 8 | bytes[i];
  return length;
}

Header NpyFile::read_header() {
  const std::size_t length = read_header_length();
  if (length < 2 || length > kMaxHeaderBytes) {
    fail(fmt::format("header of {} bytes", length),
         fmt::format("allowed are 2..{}", kMaxHeaderBytes));
  }
  std::string text(length, '\0');
  stream_.read(text.data(), static_cast<std::streamsize>(length));
  if (!stream_) fail("truncated", "ends within its header");
  Header header;
  header.data_offset = static_cast<std::size_t>(stream_.tellg());
  try {
    xt::detail::parse_header(text, header.type, &header.fortran_order, header.shape);
  } catch (const std::exception& error) {
    fail(fmt::format("malformed header ({})", error.what()),
         "must have descr, fortran_order and shape as NumPy writes them");
  }
  check_shape(header);
  return header;
}

void NpyFile::check_shape(const Header& header) const {
  if (header.type != "|i1" && header.type != "<i2" && header.type != "<i4") {
    fail(fmt::format("type {}", header.type),
         "allowed are int8 (|i1) and little-endian int16 (<i2) and int32 (<i4)");
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
      header.data_offset + std::uintmax_t{header.shape[0]} * header.shape[1] * word_bytes;
  if (size_ != expected) {
    fail(fmt::format("{} bytes long", size_),
         fmt::format("a {} {} matrix needs exactly {} bytes, header included",
                     fmt::join(header.shape, " x "), header.type, expected));
  }
}

template <class T>
std::vector<T> NpyFile::read_data(const Header& header) {
  std::vector<T> data(header.shape[0] * header.shape[1]);
  stream_.read(reinterpret_cast<char*>(data.data()),
               static_cast<std::streamsize>(data.size() * sizeof(T)));
  if (!stream_) fail("unreadable", "its data could not be read");
  return data;
}

template <class T>
NpyMatrix to_matrix(NpyFile& file, const Header& header, const ArrayConfig& config) {
  const std::vector<T> data = file.read_data<T>(header);
  NpyMatrix matrix;
  const std::size_t rows = header.shape[0];
  const std::size_t cols = header.shape[1];
  matrix.rows = static_cast<std::int64_t>(rows);
  matrix.cols = static_cast<std::int64_t>(cols);
  matrix.values.resize(data.size());
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < cols; ++j) {
      const auto value =
          static_cast<std::int32_t>(data[header.fortran_order ? j * rows + i : i * cols + j]);
      if (value < config.operand_min() || value > config.operand_max()) {
        file.fail(fmt::format("value {} at row {}, column {} (from 0)", value, i, j),
                  fmt::format("{}-bit operands are {}..{}", config.data_width_bits(),
                              config.operand_min(), config.operand_max()));
      }
      matrix.values[i * cols + j] = value;
    }
  }
  return matrix;
}

template <class T>
std::string dump(const std::vector<T>& values, std::int64_t rows, std::int64_t cols) {
  const std::vector<std::size_t> shape{static_cast<std::size_t>(rows),
                                       static_cast<std::size_t>(cols)};
  return xt::dump_npy(xt::adapt(values, shape));
}

}  // namespace

NpyMatrix read_npy_matrix(const std::string& path, const ArrayConfig& config) {
  NpyFile file(path);
  const Header header = file.read_header();
  if (header.type == "|i1") return to_matrix<std::int8_t>(file, header, config);
  if (header.type == "<i2") return to_matrix<std::int16_t>(file, header, config);
  return to_matrix<std::int32_t>(file, header, config);
}

std::string npy_text(const std::vector<std::int64_t>& values, std::int64_t rows, std::int64_t cols,
                     int bits) {
  if (bits != 32) return dump(values, rows, cols);
  return dump(std::vector<std::int32_t>(values.begin(), values.end()), rows, cols);
}

}  // namespace arrayflex::command
