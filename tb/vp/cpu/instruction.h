// As much decoding of RISC-V instructions (RV64IMAC) as the CPU model needs: lengths, loads and
// stores, and the system instructions that the platform executes itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace arrayflex::vp {

/// Bytes of the instruction that starts with these 16 bits: 2 or 4.
constexpr unsigned length_of(std::uint16_t first_half) { return (first_half & 3U) == 3U ? 4 : 2; }

/// The instruction at `code`, of which `available` bytes may be read; empty where it is cut off. A
/// compressed instruction fills the lower half.
std::optional<std::uint32_t> instruction_at(const unsigned char* code, std::size_t available);

struct LoadStore {
  bool is_store;
  bool is_signed;           ///< loads: sign-extended to 64 bits
  unsigned bytes;           ///< 1, 2, 4 or 8
  unsigned register_index;  ///< destination of a load, source of a store
  unsigned base_index;      ///< address = base register + offset
  std::int64_t offset;
};

/// Integer loads and stores, compressed ones included; no atomics, no floating point.
std::optional<LoadStore> decode_load_store(std::uint32_t instruction);

struct CsrAccess {
  enum class Kind { write, set, clear } kind;
  unsigned csr;
  unsigned destination_index;
  bool is_immediate;
  unsigned source;  ///< register index, or the immediate
};

std::optional<CsrAccess> decode_csr_access(std::uint32_t instruction);

bool is_ebreak(std::uint32_t instruction);
bool is_mret(std::uint32_t instruction);
bool is_fence_i(std::uint32_t instruction);

}  // namespace arrayflex::vp
