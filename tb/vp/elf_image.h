// Firmware files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace arrayflex::vp {

struct ElfSegment {
  std::uint64_t address;     ///< physical
  std::uint64_t size_bytes;  ///< in memory; what lies behind `content` is 0
  std::vector<unsigned char> content;
};

struct ElfImage {
  std::uint64_t entry;
  std::vector<ElfSegment> segments;
};

/// Reads an executable for this CPU: ELF, 64 bits, little-endian, RISC-V, statically linked. Throws
/// InputError naming the file and what is wrong.
ElfImage load_elf(const std::string& path);

/// Copies the segments into RAM and clears what they leave open. Throws InputError naming a segment
/// outside of [base, base + ram.size()), or an entry point outside of all segments.
void place(const ElfImage& image, const std::string& path, std::uint64_t base,
           std::vector<unsigned char>& ram);

}  // namespace arrayflex::vp
