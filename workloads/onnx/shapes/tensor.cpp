#include "workloads/onnx/shapes/tensor.h"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace arrayflex::workloads {

bool Value::is_known() const {
  return std::none_of(numbers.begin(), numbers.end(), [](long double x) { return std::isnan(x); });
}

bool is_known(const Sizes& sizes) {
  return std::none_of(sizes.begin(), sizes.end(), [](std::int64_t size) { return size < 0; });
}

bool has_known_shape(const Tensor& tensor) { return tensor.shape && is_known(*tensor.shape); }

std::int64_t multiplied(std::int64_t a, std::int64_t b) {
  if (a == 0 || b == 0) return 0;
  if (a < 0 || b < 0) return kUnknownSize;
  std::int64_t result = 0;
  return __builtin_mul_overflow(a, b, &result) ? kUnknownSize : result;
}

std::int64_t count_of(const Sizes& sizes) {
  std::int64_t count = 1;
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) return 0;
  for (const std::int64_t size : sizes) count = multiplied(count, size);
  return count;
}

std::string shown(const Sizes& sizes) {
  std::vector<std::string> texts;
  texts.reserve(sizes.size());
  for (const std::int64_t size : sizes) texts.push_back(size < 0 ? "?" : std::to_string(size));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

bool is_integer_type(int type) {
  switch (type) {
    case onnx::TensorProto::FLOAT:
    case onnx::TensorProto::DOUBLE:
    case onnx::TensorProto::FLOAT16:
    case onnx::TensorProto::BFLOAT16:
      return false;
    default:
      return true;
  }
}

long double stored_as(int type, long double number) {
  constexpr long double kUnknown = std::numeric_limits<long double>::quiet_NaN();
  if (type == onnx::TensorProto::BOOL) {
    return std::isnan(number) ? number : number != 0 ? 1 : 0;
  }
  if (type == onnx::TensorProto::DOUBLE) return static_cast<double>(number);
  if (!is_integer_type(type)) return static_cast<float>(number);
  constexpr long double kLimit = 9223372036854775808.0L;  // 2^63
  const long double whole = std::trunc(number);
  return whole >= -kLimit && whole < kLimit ? whole : kUnknown;
}

}  // namespace arrayflex::workloads
