// Matrices in NumPy's .npy format.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/core/gemm.h"

namespace arrayflex::command {

/// A two-dimensional integer matrix, row-major.
struct NpyMatrix {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::vector<std::int32_t> values;
};

/// Reads int8, int16 or int32 (little-endian), and wider or unsigned integers whose values fit the
/// operands, C or Fortran order, two dimensions of at least 1.
/// Nothing larger than the file is allocated before the header is known to describe it. Throws
/// InputError naming the file: not readable, no .npy file, another type or number of dimensions, an
/// empty dimension, a length that does not fit the header, a value that does not fit the array's
/// operands.
NpyMatrix read_npy_matrix(const std::string& path, const ArrayConfig& config);

/// A .npy file (C order) of rows x cols values: int32 when bits is 32, else int64.
std::string npy_text(const std::vector<std::int64_t>& values, std::int64_t rows, std::int64_t cols,
                     int bits);

}  // namespace arrayflex::command
