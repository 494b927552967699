// What is known of a tensor before anything runs: its sizes, and the values of small ones.
//
// Exporters compute a Reshape's target, a Slice's bounds or a Resize's scales by nodes: from the
// sizes of other tensors and from constants. So shapes need values, and values need shapes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace arrayflex::workloads {

using Sizes = std::vector<std::int64_t>;

/// A size that is not known.
inline constexpr std::int64_t kUnknownSize = -1;

/// Values are followed for tensors of at most so many elements.
inline constexpr std::int64_t kMostValues = 4096;

/// The elements of a small tensor, row by row. `long double` holds every 64-bit integer and every
/// float exactly; NaN stands for an element that is not known.
struct Value {
  int type = 0;  ///< onnx::TensorProto::DataType
  Sizes shape;   ///< all known; its product is the number of elements
  std::vector<long double> numbers;

  /// Whether every element is known.
  bool is_known() const;
};

/// What is known of one tensor, or of a sequence of tensors.
struct Tensor {
  std::optional<Sizes> shape;  ///< empty: not even the number of axes; sizes may be unknown
  std::optional<Value> value;
  std::shared_ptr<const std::vector<Tensor>> sequence;  ///< its elements, if it is a sequence
  std::string why_no_shape;  ///< for messages, where shape or one of its sizes is unknown
  std::string why_no_value;  ///< for messages, where value is empty
};

/// Whether all sizes are known.
bool is_known(const Sizes& sizes);
bool has_known_shape(const Tensor& tensor);

/// The product of sizes; unknown when one of them is, unless another one is 0, and beyond 2^63-1.
std::int64_t count_of(const Sizes& sizes);
std::int64_t multiplied(std::int64_t a, std::int64_t b);

/// "[2, ?, 8]".
std::string shown(const Sizes& sizes);

/// A number as the type stores it: a float rounded to float, an integer cut towards 0. Unknown
/// where an integer does not fit into 64 bits.
long double stored_as(int type, long double number);
bool is_integer_type(int type);

}  // namespace arrayflex::workloads
