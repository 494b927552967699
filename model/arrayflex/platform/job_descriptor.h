// The job descriptor in memory: one matrix product X = A*B, or X += A*B.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/core/gemm.h"
#include "arrayflex/platform/software/registers.h"

namespace arrayflex::platform {

inline constexpr std::uint32_t kDescriptorBytes = 128;
inline constexpr std::uint32_t kDescriptorAlignment = 8;
/// "AFJD" as bytes in memory.
inline constexpr std::uint32_t kDescriptorMagic = 0x444A4641;
inline constexpr std::uint32_t kDescriptorVersion = 1;

inline constexpr std::uint32_t kFlagAccumulate = 1U << 0;
inline constexpr std::uint32_t kFlagInterrupt = 1U << 1;
inline constexpr std::uint32_t kFlagAll = kFlagAccumulate | kFlagInterrupt;

/// Fields; the value is the byte offset in the descriptor. Little-endian.
enum class DescriptorField : std::uint32_t {
  magic = 0x00,
  version = 0x04,
  t = 0x08,
  n = 0x0C,
  m = 0x10,
  k = 0x14,
  flags = 0x18,
  reserved = 0x1C,
  a_address = 0x20,
  a_stride = 0x28,
  b_address = 0x30,
  b_stride = 0x38,
  x_address = 0x40,
  x_stride = 0x48,
  next = 0x50,
  reserved_tail = 0x58,
};

/// One field, for the generated documents.
struct DescriptorFieldInfo {
  DescriptorField id;
  const char* name;
  int width_bits;
  const char* meaning;
};
const std::vector<DescriptorFieldInfo>& descriptor_fields();

/// A matrix in memory, row-major; the first element of row i is at address + i*stride.
struct MatrixLocation {
  std::uint64_t address = 0;
  std::uint64_t stride_bytes = 0;
};

/// A decoded descriptor.
struct JobDescriptor {
  std::uint32_t magic = kDescriptorMagic;
  std::uint32_t version = kDescriptorVersion;
  std::uint32_t t = 0, n = 0, m = 0;
  std::uint32_t k = 0;  ///< 0: the fastest mode
  std::uint32_t flags = 0;
  MatrixLocation a, b, x;
  std::uint64_t next = 0;           ///< 0: the last of its chain
  bool reserved_bytes_set = false;  ///< decode() only: a reserved byte is not zero

  bool accumulate() const { return (flags & kFlagAccumulate) != 0; }
  bool interrupt_when_done() const { return (flags & kFlagInterrupt) != 0; }
};

using DescriptorBytes = std::array<unsigned char, kDescriptorBytes>;
DescriptorBytes encode(const JobDescriptor& descriptor);
JobDescriptor decode(const DescriptorBytes& bytes);

/// A job that can run.
struct ValidJob {
  GemmShape shape;
  int k = 1;
  MatrixLocation a, b, x;
  bool accumulate = false;
};

/// Why a job cannot run or ended early.
struct JobError {
  ErrorCode code = ErrorCode::none;
  std::uint64_t fault_address = 0;
};

/// Checks a descriptor that was read from descriptor_address. On success fills `job` and returns
/// nothing. T must not exceed max_t.
std::optional<JobError> validate(const JobDescriptor& descriptor, std::uint64_t descriptor_address,
                                 const ArrayConfig& config, std::uint32_t max_t, ValidJob& job);

}  // namespace arrayflex::platform
