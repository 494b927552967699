#include "arrayflex/study/engines/operand_memory.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "arrayflex/platform/little_endian.h"

namespace arrayflex::study {
namespace {

constexpr std::uint64_t kDescriptorAddress = ProductLayout::kDescriptorAddress;

platform::MemoryParameters everywhere(platform::MemoryParameters parameters) {
  parameters.base_address = 0;
  parameters.size_bytes = ~std::uint64_t{0};
  parameters.grant_dmi = false;
  return parameters;
}

// Bytes as a constant, so that an element is one store or load.
template <int Bytes>
void store_elements(const std::vector<std::int32_t>& elements, unsigned char* data) {
  for (const std::int32_t element : elements) {
    platform::store_unsigned(data, static_cast<std::uint32_t>(element), Bytes);
    data += Bytes;
  }
}

template <int Bytes>
void load_sums(const unsigned char* data, std::vector<std::int64_t>& sums) {
  for (std::int64_t& sum : sums) {
    sum = sign_extend(platform::load_unsigned(data, Bytes), 8 * Bytes);
    data += Bytes;
  }
}

}  // namespace

OperandMemory::OperandMemory(const sc_core::sc_module_name& name,
                             const platform::MemoryParameters& parameters, int operand_bytes,
                             int sum_bytes, std::uint64_t rounded_bytes)
    : MemoryTarget(name, everywhere(parameters)),
      operand_bytes_(operand_bytes),
      sum_bytes_(sum_bytes),
      rounded_bytes_(rounded_bytes) {}

std::uint64_t OperandMemory::place(const GemmShape& shape, int k,
                                   std::shared_ptr<const OperandSource> operands,
                                   ResultSink& result) {
  const ProductLayout layout = layout_of(shape, operand_bytes_, sum_bytes_, rounded_bytes_);
  a_ = layout.a, b_ = layout.b, x_ = layout.x;
  platform::JobDescriptor descriptor;
  descriptor.t = static_cast<std::uint32_t>(shape.t);
  descriptor.n = static_cast<std::uint32_t>(shape.n);
  descriptor.m = static_cast<std::uint32_t>(shape.m);
  descriptor.k = static_cast<std::uint32_t>(k);
  descriptor.flags = platform::kFlagInterrupt;
  descriptor.a = a_.location();
  descriptor.b = b_.location();
  descriptor.x = x_.location();
  descriptor_ = platform::encode(descriptor);
  operands_ = std::move(operands);
  result_ = &result;
  error_ = nullptr;
  return kDescriptorAddress;
}

bool OperandMemory::load(std::uint64_t offset, unsigned char* data, std::uint64_t count) {
  if (load_exact(offset, data, count)) return true;
  if (error_ || rounded_bytes_ == 0) return false;
  std::memset(data, 0, count);
  const auto load_part = [&](std::uint64_t first, std::uint64_t bytes) {
    const std::uint64_t from = std::max(first, offset);
    const std::uint64_t to = std::min(first + bytes, offset + count);
    return from >= to || load_exact(from, data + (from - offset), to - from);
  };
  return load_part(kDescriptorAddress, descriptor_.size()) && load_part(a_.first, a_.bytes) &&
         load_part(b_.first, b_.bytes);
}

bool OperandMemory::load_exact(std::uint64_t offset, unsigned char* data, std::uint64_t count) {
  const std::uint64_t in_descriptor = offset - kDescriptorAddress;
  if (in_descriptor < descriptor_.size() && count <= descriptor_.size() - in_descriptor) {
    std::memcpy(data, &descriptor_[in_descriptor], count);
    return true;
  }
  for (const PlacedMatrix* matrix : {&a_, &b_}) {
    if (!matrix->holds(offset, count)) continue;
    try {
      read_operands(*matrix, offset, data, count);
      return true;
    } catch (...) {
      error_ = std::current_exception();
      return false;
    }
  }
  return false;
}

bool OperandMemory::store(std::uint64_t offset, const unsigned char* data, std::uint64_t count) {
  if (!x_.holds(offset, count)) return false;
  try {
    write_result(offset, data, count);
    return true;
  } catch (...) {
    error_ = std::current_exception();
    return false;
  }
}

template <class Visit>
void OperandMemory::for_each_block(const PlacedMatrix& matrix, std::uint64_t offset,
                                   std::uint64_t count, Visit visit) {
  std::uint64_t element = (offset - matrix.first) / matrix.element_bytes;
  const std::uint64_t end = element + count / matrix.element_bytes;
  while (element < end) {
    const std::uint64_t row = element / matrix.cols, col = element % matrix.cols;
    const std::uint64_t left = end - element;
    const bool whole_rows = col == 0 && left >= matrix.cols;
    const std::uint64_t rows = whole_rows ? left / matrix.cols : 1;
    const std::uint64_t cols = whole_rows ? matrix.cols : std::min(matrix.cols - col, left);
    visit(Block{static_cast<std::int64_t>(row), static_cast<std::int64_t>(rows),
                static_cast<std::int64_t>(col), static_cast<std::int64_t>(cols)});
    element += rows * cols;
  }
}

void OperandMemory::read_operands(const PlacedMatrix& matrix, std::uint64_t offset,
                                  unsigned char* data, std::uint64_t count) {
  elements_.resize(count / matrix.element_bytes);
  std::int32_t* next = elements_.data();
  for_each_block(matrix, offset, count, [&](const Block& block) {
    if (&matrix == &a_) {
      operands_->read_a(block.row, block.rows, block.col, block.cols, next, block.cols);
    } else {
      operands_->read_b(block.row, block.rows, block.col, block.cols, next, block.cols);
    }
    next += block.rows * block.cols;
  });
  if (operand_bytes_ == 4) return store_elements<4>(elements_, data);
  if (operand_bytes_ == 2) return store_elements<2>(elements_, data);
  store_elements<1>(elements_, data);
}

void OperandMemory::write_result(std::uint64_t offset, const unsigned char* data,
                                 std::uint64_t count) {
  sums_.resize(count / x_.element_bytes);
  if (sum_bytes_ == 8) {
    load_sums<8>(data, sums_);
  } else {
    load_sums<4>(data, sums_);
  }
  const std::int64_t* next = sums_.data();
  for_each_block(x_, offset, count, [&](const Block& block) {
    result_->accumulate(block.row, block.rows, block.col, block.cols, next, block.cols);
    next += block.rows * block.cols;
  });
}

}  // namespace arrayflex::study
