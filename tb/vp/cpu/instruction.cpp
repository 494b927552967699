#include "vp/cpu/instruction.h"

namespace arrayflex::vp {
namespace {

constexpr std::uint32_t kOpcodeLoad = 0x03, kOpcodeStore = 0x23, kOpcodeSystem = 0x73;

constexpr std::uint32_t bits(std::uint32_t value, unsigned first, unsigned count) {
  return (value >> first) & ((1U << count) - 1);
}

constexpr std::int64_t sign_extend(std::uint32_t value, unsigned width) {
  const std::int64_t sign = std::int64_t{1} << (width - 1);
  return (std::int64_t{value} ^ sign) - sign;
}

std::optional<LoadStore> decode_load(std::uint32_t i) {
  const std::uint32_t width = bits(i, 12, 3);
  if (width == 7) return std::nullopt;
  return LoadStore{false,         width < 4,      1U << (width & 3),
                   bits(i, 7, 5), bits(i, 15, 5), sign_extend(bits(i, 20, 12), 12)};
}

std::optional<LoadStore> decode_store(std::uint32_t i) {
  const std::uint32_t width = bits(i, 12, 3);
  if (width > 3) return std::nullopt;
  return LoadStore{true,           false,
                   1U << width,    bits(i, 20, 5),
                   bits(i, 15, 5), sign_extend(bits(i, 25, 7) << 5 | bits(i, 7, 5), 12)};
}

/// c.lw, c.ld, c.sw, c.sd: registers x8..x15.
std::optional<LoadStore> decode_compressed(std::uint32_t i) {
  const std::uint32_t function = bits(i, 13, 3);
  const bool is_store = function >= 6;
  const bool is_double = (function & 1U) != 0;
  if (function != 2 && function != 3 && function != 6 && function != 7) return std::nullopt;
  const std::uint32_t offset = is_double
                                   ? bits(i, 10, 3) << 3 | bits(i, 5, 2) << 6
                                   : bits(i, 10, 3) << 3 | bits(i, 6, 1) << 2 | bits(i, 5, 1) << 6;
  return LoadStore{is_store,          !is_store,         is_double ? 8U : 4U,
                   8 + bits(i, 2, 3), 8 + bits(i, 7, 3), offset};
}

/// c.lwsp, c.ldsp, c.swsp, c.sdsp: relative to the stack pointer.
std::optional<LoadStore> decode_compressed_stack(std::uint32_t i) {
  constexpr unsigned kStackPointer = 2;
  switch (bits(i, 13, 3)) {
    case 2:
      return LoadStore{false,
                       true,
                       4,
                       bits(i, 7, 5),
                       kStackPointer,
                       bits(i, 12, 1) << 5 | bits(i, 4, 3) << 2 | bits(i, 2, 2) << 6};
    case 3:
      return LoadStore{false,
                       true,
                       8,
                       bits(i, 7, 5),
                       kStackPointer,
                       bits(i, 12, 1) << 5 | bits(i, 5, 2) << 3 | bits(i, 2, 3) << 6};
    case 6:
      return LoadStore{true,          false,         4,
                       bits(i, 2, 5), kStackPointer, bits(i, 9, 4) << 2 | bits(i, 7, 2) << 6};
    case 7:
      return LoadStore{true,          false,         8,
                       bits(i, 2, 5), kStackPointer, bits(i, 10, 3) << 3 | bits(i, 7, 3) << 6};
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<std::uint32_t> instruction_at(const unsigned char* code, std::size_t available) {
  if (available < 2) return std::nullopt;
  const std::uint32_t low = code[0] | static_cast<std::uint32_t>(code[1]) << 8;
  if (length_of(static_cast<std::uint16_t>(low)) == 2) return low;
  if (available < 4) return std::nullopt;
  return low | static_cast<std::uint32_t>(code[2]) << 16 |
         static_cast<std::uint32_t>(code[3]) << 24;
}

std::optional<LoadStore> decode_load_store(std::uint32_t instruction) {
  switch (bits(instruction, 0, 2)) {
    case 0:
      return decode_compressed(instruction);
    case 2:
      return decode_compressed_stack(instruction);
    case 3:
      if (bits(instruction, 0, 7) == kOpcodeLoad) return decode_load(instruction);
      if (bits(instruction, 0, 7) == kOpcodeStore) return decode_store(instruction);
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<CsrAccess> decode_csr_access(std::uint32_t instruction) {
  const std::uint32_t function = bits(instruction, 12, 3);
  if (bits(instruction, 0, 7) != kOpcodeSystem || (function & 3U) == 0) return std::nullopt;
  constexpr CsrAccess::Kind kKinds[] = {CsrAccess::Kind::write, CsrAccess::Kind::set,
                                        CsrAccess::Kind::clear};
  return CsrAccess{kKinds[(function & 3U) - 1], bits(instruction, 20, 12), bits(instruction, 7, 5),
                   function >= 4, bits(instruction, 15, 5)};
}

bool is_ebreak(std::uint32_t instruction) {
  return instruction == 0x00100073 || instruction == 0x9002;
}

bool is_mret(std::uint32_t instruction) { return instruction == 0x30200073; }

bool is_fence_i(std::uint32_t instruction) { return (instruction & 0x707F) == 0x100F; }

}  // namespace arrayflex::vp
