// Bounds and defaults of the DMA's bursts: the accelerator's, the command's and the sweep's. Plain
// numbers, for those who know no SystemC.
#pragma once

#include <cstdint>

namespace arrayflex::platform {

/// Longest transaction, a power of two.
inline constexpr std::uint32_t kMinBurstBytes = 8, kMaxBurstBytes = 65536;

/// Transactions in flight, approximately timed only.
inline constexpr std::uint32_t kMinOutstanding = 1, kMaxOutstanding = 1024;

/// Of an accelerator in a system: modest, whatever the bus; who knows the bus sets his own.
inline constexpr std::uint32_t kDefaultBurstBytes = 64, kDefaultOutstanding = 4;

/// Of studies: a page at a time and many of them, so that what is studied is the memory's bandwidth
/// and latency and not the DMA's limits.
inline constexpr std::uint32_t kStudyBurstBytes = 4096, kStudyOutstanding = 64;

}  // namespace arrayflex::platform
