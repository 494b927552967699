#include "numpy_matrix.h"

#include <fmt/format.h>

#include <cstring>
#include <type_traits>

#include "arrayflex/core/error.h"

namespace arrayflex::python {
namespace {

namespace py = pybind11;

ElementType element_type(const py::array& matrix, const std::string& name) {
  const py::dtype type = matrix.dtype();
  const auto text = py::str(static_cast<const py::object&>(type)).cast<std::string>();
  const char kind = type.kind();
  if (kind != 'i' && kind != 'u') {
    throw InputError(fmt::format(
        "{}: dtype = {}: allowed are integers (int8 .. int64, uint8 .. uint64)", name, text));
  }
  if (!type.attr("isnative").cast<bool>()) {
    throw InputError(
        fmt::format("{}: dtype = {}: must be in this machine's byte order; use "
                    "{}.astype({}.dtype.newbyteorder('='))",
                    name, text, name, name));
  }
  const bool is_signed = kind == 'i';
  switch (type.itemsize()) {
    case 1:
      return is_signed ? ElementType::i8 : ElementType::u8;
    case 2:
      return is_signed ? ElementType::i16 : ElementType::u16;
    case 4:
      return is_signed ? ElementType::i32 : ElementType::u32;
    default:
      return is_signed ? ElementType::i64 : ElementType::u64;
  }
}

template <class Element>
Element load(const char* from) {
  Element value;
  std::memcpy(&value, from, sizeof value);  // numpy arrays need not be aligned
  return value;
}

// Calls body with a value of the element's C++ type.
template <class Body>
void with_type(ElementType type, Body body) {
  switch (type) {
    case ElementType::i8:
      return body(std::int8_t{});
    case ElementType::i16:
      return body(std::int16_t{});
    case ElementType::i32:
      return body(std::int32_t{});
    case ElementType::i64:
      return body(std::int64_t{});
    case ElementType::u8:
      return body(std::uint8_t{});
    case ElementType::u16:
      return body(std::uint16_t{});
    case ElementType::u32:
      return body(std::uint32_t{});
    case ElementType::u64:
      return body(std::uint64_t{});
  }
}

template <class Element>
bool exceeds(Element value, std::int64_t min, std::int64_t max) {
  if constexpr (std::is_signed_v<Element>) {
    return value < min || value > max;
  } else {
    return value > static_cast<std::uint64_t>(max);
  }
}

template <class Element>
bool may_exceed(std::int64_t min, std::int64_t max) {
  using Limits = std::numeric_limits<Element>;
  return exceeds(Limits::min(), min, max) || exceeds(Limits::max(), min, max);
}

}  // namespace

MatrixView::MatrixView(const py::array& matrix, const std::string& name)
    : name_(name), data_(static_cast<const char*>(matrix.data())) {
  if (matrix.ndim() != 2) {
    throw InputError(fmt::format("{}: shape = {}: must have two dimensions, not {}", name,
                                 std::string(py::str(matrix.attr("shape"))), matrix.ndim()));
  }
  type_ = element_type(matrix, name);
  rows_ = matrix.shape(0);
  cols_ = matrix.shape(1);
  if (rows_ < 1 || cols_ < 1) {
    throw InputError(fmt::format("{}: shape = ({}, {}): neither may be 0", name, rows_, cols_));
  }
  row_bytes_ = matrix.strides(0);
  col_bytes_ = matrix.strides(1);
}

void MatrixView::require_operand_range(const ArrayConfig& config) const {
  const std::int64_t min = config.operand_min();
  const std::int64_t max = config.operand_max();
  with_type(type_, [&](auto zero) {
    using Element = decltype(zero);
    if (!may_exceed<Element>(min, max)) return;
    for (std::int64_t r = 0; r < rows_; ++r) {
      for (std::int64_t c = 0; c < cols_; ++c) {
        const auto value = load<Element>(data_ + r * row_bytes_ + c * col_bytes_);
        if (exceeds(value, min, max)) {
          throw InputError(fmt::format("{}[{}, {}]", name_, r, c), fmt::format("{}", value),
                           fmt::format("allowed are {}..{}, the {}-bit operands of the array", min,
                                       max, config.data_width_bits()));
        }
      }
    }
  });
}

void MatrixView::read(std::int64_t r0, std::int64_t row_count, std::int64_t c0,
                      std::int64_t col_count, std::int32_t* dst, std::int64_t row_stride) const {
  with_type(type_, [&](auto zero) {
    using Element = decltype(zero);
    for (std::int64_t i = 0; i < row_count; ++i) {
      const char* from = data_ + (r0 + i) * row_bytes_ + c0 * col_bytes_;
      std::int32_t* to = dst + i * row_stride;
      for (std::int64_t j = 0; j < col_count; ++j) {
        to[j] = static_cast<std::int32_t>(load<Element>(from + j * col_bytes_));
      }
    }
  });
}

}  // namespace arrayflex::python
