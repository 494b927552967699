#include "workloads/onnx/shapes/stored.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace arrayflex::workloads {
namespace {

std::string entry_of(const onnx::TensorProto& tensor, const char* key) {
  for (const auto& entry : tensor.external_data()) {
    if (entry.key() == key) return entry.value();
  }
  return "";
}

std::size_t bytes_of(int type) {
  switch (type) {
    case onnx::TensorProto::BOOL:
    case onnx::TensorProto::INT8:
    case onnx::TensorProto::UINT8:
      return 1;
    case onnx::TensorProto::INT16:
    case onnx::TensorProto::UINT16:
      return 2;
    case onnx::TensorProto::INT32:
    case onnx::TensorProto::UINT32:
    case onnx::TensorProto::FLOAT:
      return 4;
    case onnx::TensorProto::INT64:
    case onnx::TensorProto::UINT64:
    case onnx::TensorProto::DOUBLE:
      return 8;
    default:
      return 0;  // half floats, texts, complex numbers: of no use for shapes
  }
}

template <class T>
std::vector<long double> unpacked(const std::string& bytes, std::size_t count) {
  std::vector<long double> numbers(count);
  for (std::size_t i = 0; i < count; ++i) {
    T number;
    std::memcpy(&number, bytes.data() + i * sizeof number, sizeof number);
    numbers[i] = static_cast<long double>(number);
  }
  return numbers;
}

std::vector<long double> numbers_in(const std::string& bytes, int type, std::size_t count) {
  switch (type) {
    case onnx::TensorProto::BOOL:
    case onnx::TensorProto::UINT8:
      return unpacked<std::uint8_t>(bytes, count);
    case onnx::TensorProto::INT8:
      return unpacked<std::int8_t>(bytes, count);
    case onnx::TensorProto::INT16:
      return unpacked<std::int16_t>(bytes, count);
    case onnx::TensorProto::UINT16:
      return unpacked<std::uint16_t>(bytes, count);
    case onnx::TensorProto::INT32:
      return unpacked<std::int32_t>(bytes, count);
    case onnx::TensorProto::UINT32:
      return unpacked<std::uint32_t>(bytes, count);
    case onnx::TensorProto::INT64:
      return unpacked<std::int64_t>(bytes, count);
    case onnx::TensorProto::UINT64:
      return unpacked<std::uint64_t>(bytes, count);
    case onnx::TensorProto::FLOAT:
      return unpacked<float>(bytes, count);
    default:
      return unpacked<double>(bytes, count);
  }
}

std::vector<long double> numbers_in_fields(const onnx::TensorProto& tensor) {
  const auto all = [](const auto& field) {
    return std::vector<long double>(field.begin(), field.end());
  };
  switch (tensor.data_type()) {
    case onnx::TensorProto::FLOAT:
      return all(tensor.float_data());
    case onnx::TensorProto::DOUBLE:
      return all(tensor.double_data());
    case onnx::TensorProto::INT64:
      return all(tensor.int64_data());
    case onnx::TensorProto::UINT32:
    case onnx::TensorProto::UINT64:
      return all(tensor.uint64_data());
    default:
      return all(tensor.int32_data());
  }
}

/// A few bytes of a file next to the model; empty where it is not there.
std::string external_bytes(const onnx::TensorProto& tensor, const std::string& folder,
                           std::size_t size) {
  const std::filesystem::path location = external_file_of(tensor);
  for (const auto& part : location) {
    if (part == "..") return "";
  }
  if (location.empty() || location.is_absolute()) return "";
  const std::string offset_text = entry_of(tensor, "offset");
  std::uint64_t offset = 0;
  std::from_chars(offset_text.data(), offset_text.data() + offset_text.size(), offset);
  std::error_code ignored;
  const std::filesystem::path path = std::filesystem::path(folder) / location;
  if (!std::filesystem::is_regular_file(path, ignored)) return "";
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  std::string bytes(size, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  return file ? bytes : "";
}

}  // namespace

std::string external_file_of(const onnx::TensorProto& tensor) {
  if (tensor.data_location() != onnx::TensorProto::EXTERNAL) return "";
  return entry_of(tensor, "location");
}

Tensor stored_tensor(const onnx::TensorProto& tensor, const std::string& folder) {
  Tensor result;
  result.shape = Sizes(tensor.dims().begin(), tensor.dims().end());
  const std::int64_t count = count_of(*result.shape);
  const std::size_t width = bytes_of(tensor.data_type());
  if (!is_known(*result.shape) || count < 0 || count > kMostValues || width == 0) {
    result.why_no_value = fmt::format(
        "it depends on the values of \"{}\", a tensor of {} elements that the file "
        "holds; so many are not followed",
        tensor.name(), count);
    return result;
  }
  const bool is_external = tensor.data_location() == onnx::TensorProto::EXTERNAL;
  const std::size_t size = static_cast<std::size_t>(count) * width;
  const std::string bytes = is_external ? external_bytes(tensor, folder, size) : tensor.raw_data();
  Value value{tensor.data_type(), *result.shape, {}};
  if (bytes.size() == size && (is_external || tensor.has_raw_data())) {
    value.numbers = numbers_in(bytes, tensor.data_type(), static_cast<std::size_t>(count));
  } else if (!is_external) {
    value.numbers = numbers_in_fields(tensor);
  }
  if (value.numbers.size() == static_cast<std::size_t>(count)) {
    result.value = value;
  } else {
    result.why_no_value =
        is_external
            ? fmt::format(
                  "it follows from the values of \"{}\", which are in the file \"{}\"; that "
                  "file is missing or too short",
                  tensor.name(), external_file_of(tensor))
            : fmt::format("the values of \"{}\" are damaged", tensor.name());
  }
  return result;
}

}  // namespace arrayflex::workloads
