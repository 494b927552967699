// The register map of the accelerator. A register has its offset here and everything else, what its
// reads and writes do included, in its declaration in registers.cpp; docs/registers.md and
// arrayflex_registers.h (for firmware) are generated from both.
#pragma once

#include <cstdint>
#include <vector>

namespace arrayflex::platform {

/// Registers; the value is the byte offset in the register window.
enum class Register : std::uint32_t {
  id = 0x000,
  version = 0x004,
  array_rows = 0x008,
  array_cols = 0x00C,
  capabilities = 0x010,
  chain_limit = 0x014,
  mode_bitmap = 0x018,
  mode_select = 0x020,
  mode_value = 0x024,
  max_t = 0x028,
  overlap = 0x02C,
  control = 0x030,
  status = 0x034,
  irq_enable = 0x038,
  irq_status = 0x03C,
  error_code = 0x040,
  error_count = 0x044,
  fault_address = 0x048,
  fault_descriptor = 0x050,
  job_descriptor = 0x058,
  doorbell = 0x060,
  current_descriptor = 0x068,
  cycles = 0x080,
  stall_cycles = 0x088,
  time_fs = 0x090,
  tiles = 0x098,
  jobs_done = 0x0A0,
  dma_bytes_read = 0x0A8,
  dma_bytes_written = 0x0B0,
  dma_bytes_a = 0x0B8,
  dma_bytes_b = 0x0C0,
  dma_bytes_x_read = 0x0C8,
  dma_bytes_descriptor = 0x0D0,
  toggles = 0x100,
};

/// Size of the register window in bytes; accesses beyond get an address error.
inline constexpr std::uint32_t kRegisterWindowBytes = 0x200;

/// Value of the ID register: "AFLX" read as big-endian text.
inline constexpr std::uint32_t kIdValue = 0x41464C58;
/// Version of the register map and of the job descriptor: major << 16 | minor << 8 | patch.
inline constexpr std::uint32_t kVersionValue = 0x00010000;

/// Accesses that a register allows.
enum class Access { read_only, read_write, write_only, write_one_to_clear };

/// "RO", "RW", "WO" or "W1C".
const char* name_of(Access access);

/// One field of a register: bits [low, low + width).
struct BitField {
  const char* name;
  int low;
  int width;
  const char* meaning;
};

/// One register, or `count` registers of the same kind one after the other.
struct RegisterInfo {
  Register id;
  const char* name;
  int width_bits;  ///< 32 or 64
  Access access;
  std::uint64_t reset_value;  ///< meaningless where `configured`
  bool configured;            ///< the value depends on the accelerator's parameters
  int count;
  const char* description;
  std::vector<BitField> fields;

  std::uint32_t offset() const { return static_cast<std::uint32_t>(id); }
};

/// All registers by ascending offset.
const std::vector<RegisterInfo>& register_map();

// Bits used by the model itself; the same values stand in the fields of register_map().
inline constexpr std::uint32_t kControlSoftReset = 1U << 0;
inline constexpr std::uint32_t kControlClearCounters = 1U << 1;
inline constexpr std::uint32_t kStatusIdle = 1U << 0;
inline constexpr std::uint32_t kStatusBusy = 1U << 1;
inline constexpr std::uint32_t kStatusDone = 1U << 2;
inline constexpr std::uint32_t kStatusError = 1U << 3;
inline constexpr std::uint32_t kStatusQueueFull = 1U << 4;
inline constexpr int kStatusQueueLevelShift = 8;
inline constexpr std::uint32_t kIrqJobDone = 1U << 0;
inline constexpr std::uint32_t kIrqError = 1U << 1;
inline constexpr std::uint32_t kIrqQueueOverflow = 1U << 2;
inline constexpr std::uint32_t kIrqAll = kIrqJobDone | kIrqError | kIrqQueueOverflow;

/// Why a job ended with an error: the value of the ERROR_CODE register.
enum class ErrorCode : std::uint32_t {
  none = 0,
  descriptor_misaligned = 1,
  descriptor_magic = 2,
  descriptor_version = 3,
  descriptor_reserved = 4,
  size_zero = 5,
  size_too_large = 6,
  address_misaligned = 7,
  stride_misaligned = 8,
  stride_too_small = 9,
  address_overflow = 10,
  operand_overlap = 11,
  collapse_factor = 12,
  chain_loop = 13,
  chain_too_long = 14,
  bus_address = 16,
  bus_command = 17,
  bus_burst = 18,
  bus_byte_enable = 19,
  bus_generic = 20,
  bus_incomplete = 21,
  bus_timeout = 22,
  counter_overflow = 32,
  internal = 33,
};

/// One error code with its meaning, for the generated documents.
struct ErrorInfo {
  ErrorCode code;
  const char* name;
  const char* meaning;  ///< includes what FAULT_ADDRESS holds
};

/// All error codes by ascending value.
const std::vector<ErrorInfo>& error_codes();

}  // namespace arrayflex::platform
