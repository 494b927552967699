// NumPy's .npy format: header and data of an array of numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <stdexcept>
#include <string>
#include <vector>

namespace arrayflex::command {

/// A file is not what NumPy writes.
class NpyError : public std::runtime_error {
 public:
  NpyError(const std::string& problem, std::string allowed)
      : std::runtime_error(problem), allowed_(std::move(allowed)) {}
  /// The rule that is broken; what() says how.
  const std::string& allowed() const { return allowed_; }

 private:
  std::string allowed_;
};

/// Where in a file its parts are, in bytes.
struct NpyLayout {
  std::uintmax_t header_bytes = 0;
  std::uintmax_t data_offset = 0;
};

struct NpyHeader {
  std::string type;  ///< byte order, kind and bytes per element: "<i4"
  bool fortran_order = false;
  std::vector<std::size_t> shape;
};

/// Reads up to the header, from the beginning of a file of version 1, 2 or 3. Throws NpyError.
NpyLayout read_npy_layout(std::istream& stream);

/// Reads the header, which follows; allocates header_bytes. Throws NpyError.
NpyHeader read_npy_header(std::istream& stream, const NpyLayout& layout);

/// Reads the data of a matrix, which follows, into row-major order; the caller has compared
/// header.type with T, and the file's size with the shape. Throws NpyError when the data end early.
template <class T>
std::vector<T> read_npy_values(std::istream& stream, const NpyHeader& header);
extern template std::vector<std::int8_t> read_npy_values(std::istream&, const NpyHeader&);
extern template std::vector<std::int16_t> read_npy_values(std::istream&, const NpyHeader&);
extern template std::vector<std::int32_t> read_npy_values(std::istream&, const NpyHeader&);
extern template std::vector<std::int64_t> read_npy_values(std::istream&, const NpyHeader&);
extern template std::vector<std::uint64_t> read_npy_values(std::istream&, const NpyHeader&);
extern template std::vector<std::uint32_t> read_npy_values(std::istream&, const NpyHeader&);
extern template std::vector<std::uint16_t> read_npy_values(std::istream&, const NpyHeader&);
extern template std::vector<std::uint8_t> read_npy_values(std::istream&, const NpyHeader&);

/// A file of version 1 without its data: a matrix in C order.
std::string npy_header_text(const std::string& type, std::int64_t rows, std::int64_t cols);

}  // namespace arrayflex::command
