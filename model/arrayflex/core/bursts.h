// What the DMA transfers, and which memory transactions it makes of a row of bytes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace arrayflex {

enum class BurstAlignment {
  any,      ///< as long as the row, burst_bytes and boundary_bytes allow, at any address
  natural,  ///< a power of two of bytes, at a multiple of its length: 20 bytes are 16 and 4
  whole,  ///< burst_bytes at a multiple of burst_bytes. Reads take more than was asked for, writes
          ///< disable the bytes around it (byte enables): memory must have whole bursts wherever
          ///< a matrix or descriptor lies
};

/// Their names, in order.
inline constexpr std::array<const char*, 3> kBurstAlignments{"any", "natural", "whole"};

inline const char* name_of(BurstAlignment alignment) {
  return kBurstAlignments[static_cast<std::size_t>(alignment)];
}

/// Rows of equal length in memory, as a DMA transfer takes them.
struct MemoryRows {
  std::uint64_t address = 0;
  std::uint64_t rows = 1;
  std::uint64_t row_bytes = 0;
  std::uint64_t stride_bytes = 0;

  /// Rows that follow each other without gaps are one long row, fewer and longer bursts.
  void join() {
    if (rows <= 1 || stride_bytes != row_bytes) return;
    row_bytes *= rows;
    rows = 1;
  }
};

/// What transactions keep to.
struct BurstRules {
  std::uint64_t burst_bytes = 4096;     ///< the longest one, a power of two
  std::uint64_t boundary_bytes = 4096;  ///< none crosses a multiple of this, a power of two
  BurstAlignment alignment = BurstAlignment::any;
};

/// A transaction of `bytes`, of which `used_bytes` were asked for, from `skip_bytes` on.
struct BurstCut {
  std::uint64_t bytes, skip_bytes, used_bytes;
};

/// The first of the transactions for `rest` >= 1 bytes from an address on. Of the address only its
/// place between two boundaries matters.
inline BurstCut first_burst(std::uint64_t address, std::uint64_t rest, const BurstRules& rules) {
  std::uint64_t bytes = std::min(rest, rules.burst_bytes);
  switch (rules.alignment) {
    case BurstAlignment::any:
      bytes = std::min(bytes, rules.boundary_bytes - address % rules.boundary_bytes);
      break;
    case BurstAlignment::natural:
      // No multiple of its length, a power of two up to burst_bytes, crosses a boundary.
      while ((bytes & (bytes - 1)) != 0) bytes &= bytes - 1;
      while (address % bytes != 0) bytes /= 2;
      break;
    case BurstAlignment::whole: {
      const std::uint64_t skip = address % rules.burst_bytes;
      return {rules.burst_bytes, skip, std::min(rest, rules.burst_bytes - skip)};
    }
  }
  return {bytes, 0, bytes};
}

}  // namespace arrayflex
