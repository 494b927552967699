// The memory behind an accelerator, as --memory gives it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "arrayflex/core/block_plan.h"
#include "arrayflex/platform/dma/dma_limits.h"

namespace arrayflex::study {

/// A memory behind the accelerator: every transaction takes latency + bytes / bandwidth; latencies
/// of transactions in flight overlap, their transfers do not. The ideal one takes no time.
struct MemoryModel {
  /// In bytes per cycle of the conventional array's clock, whatever the design and its mode: the
  /// memory is a device of its own. Empty: unlimited, the ideal memory.
  std::optional<double> bytes_per_cycle;
  double latency_ns = 0;

  bool is_ideal() const { return !bytes_per_cycle; }
};

inline constexpr double kMinBytesPerCycle = 0.001, kMaxBytesPerCycle = 1e6;
inline constexpr double kMaxLatencyNs = 1e6;

/// "ideal" or "BYTES_PER_CYCLE:LATENCY_NS", e.g. "64:100". Throws InputError naming `item`.
MemoryModel parse_memory_model(const std::string& item, const std::string& text);

/// The text parse_memory_model() takes.
std::string describe(const MemoryModel& model);

/// The memory and how the DMA uses it.
struct MemoryOptions {
  MemoryModel model;
  std::uint32_t dma_burst_bytes = platform::kDefaultBurstBytes;  ///< DmaParameters::burst_bytes
  /// DmaParameters::max_outstanding
  std::uint32_t dma_outstanding = platform::kDefaultOutstanding;
  platform::BurstAlignment dma_alignment = platform::BurstAlignment::any;
  BufferParameters buffers;
  std::optional<std::int64_t> buffer_port_bytes;  ///< per cycle of the array, 1..kMaxBufferPort
  Mapping mapping = Mapping::traffic;

  /// Whether the buffers are anything but the default ones.
  bool has_buffers() const {
    return !buffers.is_unlimited() || buffers.banks != 2 || buffer_port_bytes;
  }
};

}  // namespace arrayflex::study
