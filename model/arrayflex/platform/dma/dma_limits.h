// Bounds and defaults of the DMA's bursts, for all who have any: the accelerator, studies, the
// command and sweeps. Plain numbers, for those who know no SystemC.
#pragma once

#include <cstdint>

#include "arrayflex/core/bursts.h"

namespace arrayflex::platform {

/// Longest transaction, a power of two.
inline constexpr std::uint32_t kMinBurstBytes = 8, kMaxBurstBytes = 65536;

/// Transactions in flight, approximately timed only.
inline constexpr std::uint32_t kMinOutstanding = 1, kMaxOutstanding = 1024;

/// A page at a time, as much as AXI allows, and many of them: the memory's bandwidth and latency
/// decide, not the DMA's limits. A system whose bus allows less sets its own.
inline constexpr std::uint32_t kDefaultBurstBytes = 4096, kDefaultOutstanding = 64;

using arrayflex::BurstAlignment;
using arrayflex::kBurstAlignments;

}  // namespace arrayflex::platform
