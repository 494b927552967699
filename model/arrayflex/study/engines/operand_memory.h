// The memory of a run: its operands are made when they are read, so that no matrix is ever held.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <vector>

#include "arrayflex/core/gemm.h"
#include "arrayflex/core/operands.h"
#include "arrayflex/platform/job_descriptor.h"
#include "arrayflex/platform/memory_target.h"
#include "arrayflex/study/engines/product_layout.h"

namespace arrayflex::study {

/// One product at a time: descriptor, A, B and X one after the other, each at a multiple of 4096,
/// rows without gaps. A and B are read from an OperandSource, writes to X go to a ResultSink;
/// accesses to the matrices are whole elements. Anything else gets an address error.
class OperandMemory final : public platform::MemoryTarget {
 public:
  /// Element sizes of the operands and of the sums, in bytes. Reads of anything but descriptor, A
  /// and B get an address error, unless they are bursts of `rounded_bytes` > 0, a power of two:
  /// what lies around is zeros then. Throws InputError as MemoryTarget.
  OperandMemory(const sc_core::sc_module_name& name, const platform::MemoryParameters& parameters,
                int operand_bytes, int sum_bytes, std::uint64_t rounded_bytes = 0);

  /// Puts a product into memory, in place of the one before, and returns the address of its
  /// descriptor, which raises the interrupt when done. The operands are kept until the next
  /// product, the sink must live as long. Throws InputError when the product needs more than 2^64
  /// bytes.
  std::uint64_t place(const GemmShape& shape, int k, std::shared_ptr<const OperandSource> operands,
                      ResultSink& result);

  /// Throws what operands or sink threw since place(); the access got an address error.
  void rethrow_error() const {
    if (error_) std::rethrow_exception(error_);
  }

 protected:
  bool load(std::uint64_t offset, unsigned char* data, std::uint64_t count) override;
  bool store(std::uint64_t offset, const unsigned char* data, std::uint64_t count) override;

 private:
  /// Rows [row, row + rows) by columns [col, col + cols) of a matrix.
  struct Block {
    std::int64_t row, rows, col, cols;
  };

  bool load_exact(std::uint64_t offset, unsigned char* data, std::uint64_t count);
  template <class Visit>
  static void for_each_block(const PlacedMatrix& matrix, std::uint64_t offset, std::uint64_t count,
                             Visit visit);
  void read_operands(const PlacedMatrix& matrix, std::uint64_t offset, unsigned char* data,
                     std::uint64_t count);
  void write_result(std::uint64_t offset, const unsigned char* data, std::uint64_t count);

  int operand_bytes_;
  int sum_bytes_;
  std::uint64_t rounded_bytes_;
  platform::DescriptorBytes descriptor_{};
  PlacedMatrix a_, b_, x_;
  std::shared_ptr<const OperandSource> operands_;
  ResultSink* result_ = nullptr;
  std::vector<std::int32_t> elements_;
  std::vector<std::int64_t> sums_;
  std::exception_ptr error_;
};

}  // namespace arrayflex::study
