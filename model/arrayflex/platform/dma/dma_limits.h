// Bounds and defaults of the DMA's bursts, for all who have any: the accelerator, studies, the
// command and sweeps. Plain numbers, for those who know no SystemC.
#pragma once

#include <array>
#include <cstdint>

namespace arrayflex::platform {

/// Longest transaction, a power of two.
inline constexpr std::uint32_t kMinBurstBytes = 8, kMaxBurstBytes = 65536;

/// Transactions in flight, approximately timed only.
inline constexpr std::uint32_t kMinOutstanding = 1, kMaxOutstanding = 1024;

/// A page at a time, as much as AXI allows, and many of them: the memory's bandwidth and latency
/// decide, not the DMA's limits. A system whose bus allows less sets its own.
inline constexpr std::uint32_t kDefaultBurstBytes = 4096, kDefaultOutstanding = 64;

/// Which transactions the DMA makes of a row of bytes.
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

}  // namespace arrayflex::platform
