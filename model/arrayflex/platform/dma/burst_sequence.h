// The parameters of the DMA and how a transfer is cut into bursts.
#pragma once

#include <algorithm>
#include <cstdint>

#include "arrayflex/platform/dma/dma_limits.h"

namespace arrayflex::platform {

/// The DMA's way of talking to memory.
enum class DmaProtocol {
  loosely_timed,        ///< b_transport with annotated delay
  approximately_timed,  ///< nb_transport, base protocol, four phases
};

struct DmaParameters {
  /// Longest transaction: a power of two, kMinBurstBytes..kMaxBurstBytes.
  std::uint32_t burst_bytes = kDefaultBurstBytes;
  std::uint32_t boundary_bytes = 4096;  ///< no transaction crosses a multiple of this: a power of
                                        ///< two, burst_bytes..2^31
  BurstAlignment alignment = BurstAlignment::any;
  /// Transactions in flight, kMinOutstanding..kMaxOutstanding; approximately timed only.
  std::uint32_t max_outstanding = kDefaultOutstanding;
  DmaProtocol protocol = DmaProtocol::loosely_timed;
  bool use_dmi = false;  ///< loosely timed only: direct memory access where the target grants it
  /// Approximately timed only: when no phase of any transaction in flight has come for so long, the
  /// job ends with BUS_TIMEOUT. 0: never; up to 1e12. A number, since a time would fix the host's
  /// time resolution.
  double response_timeout_ns = 1e9;
};

/// Throws InputError naming the first parameter that is out of bounds.
void validate(const DmaParameters& parameters);

/// Rows of equal length in memory.
struct Region {
  std::uint64_t address = 0;
  std::uint64_t rows = 1;
  std::uint64_t row_bytes = 0;
  std::uint64_t stride_bytes = 0;
};

/// One transaction, for `used_bytes` at `data`, which lie in it from `skip_bytes` on.
struct Burst {
  std::uint64_t address;
  unsigned char* data;
  std::uint32_t bytes;
  std::uint32_t skip_bytes = 0;
  std::uint32_t used_bytes = bytes;

  bool is_rounded() const { return used_bytes != bytes; }
};

/// Cuts a region into bursts.
class BurstSequence {
 public:
  BurstSequence(const Region& region, unsigned char* buffer, const DmaParameters& parameters)
      : region_(region), buffer_(buffer), parameters_(parameters) {
    // Rows that follow each other without gaps are one long row: fewer, longer bursts.
    if (region_.rows > 1 && region_.stride_bytes == region_.row_bytes) {
      region_.row_bytes *= region_.rows;
      region_.rows = 1;
    }
  }

  bool done() const { return row_ == region_.rows; }

  Burst next() {
    const std::uint64_t address = region_.address + row_ * region_.stride_bytes + offset_;
    Burst burst = burst_at(address, region_.row_bytes - offset_);
    burst.data = buffer_ + row_ * region_.row_bytes + offset_;
    offset_ += burst.used_bytes;
    if (offset_ == region_.row_bytes) {
      offset_ = 0;
      ++row_;
    }
    return burst;
  }

 private:
  // The first of the bursts for `rest` bytes from an address on.
  Burst burst_at(std::uint64_t address, std::uint64_t rest) const {
    const std::uint64_t longest = parameters_.burst_bytes;
    std::uint64_t bytes = std::min(rest, longest);
    switch (parameters_.alignment) {
      case BurstAlignment::any:
        bytes = std::min(bytes, parameters_.boundary_bytes - address % parameters_.boundary_bytes);
        break;
      case BurstAlignment::natural:
        // No multiple of its length, a power of two up to burst_bytes, crosses a boundary.
        while ((bytes & (bytes - 1)) != 0) bytes &= bytes - 1;
        while (address % bytes != 0) bytes /= 2;
        break;
      case BurstAlignment::whole: {
        const std::uint64_t skip = address % longest;
        return {address - skip, nullptr, parameters_.burst_bytes, static_cast<std::uint32_t>(skip),
                static_cast<std::uint32_t>(std::min(rest, longest - skip))};
      }
    }
    return {address, nullptr, static_cast<std::uint32_t>(bytes)};
  }

  Region region_;
  unsigned char* buffer_;
  const DmaParameters& parameters_;
  std::uint64_t row_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace arrayflex::platform
