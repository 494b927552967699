// The parameters of the DMA and how a transfer is cut into bursts.
#pragma once

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

/// What a transfer is for.
using Region = MemoryRows;

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
    region_.join();
  }

  bool done() const { return row_ == region_.rows; }

  Burst next() {
    const std::uint64_t address = region_.address + row_ * region_.stride_bytes + offset_;
    const BurstCut cut =
        first_burst(address, region_.row_bytes - offset_,
                    {parameters_.burst_bytes, parameters_.boundary_bytes, parameters_.alignment});
    const Burst burst{address - cut.skip_bytes, buffer_ + row_ * region_.row_bytes + offset_,
                      static_cast<std::uint32_t>(cut.bytes),
                      static_cast<std::uint32_t>(cut.skip_bytes),
                      static_cast<std::uint32_t>(cut.used_bytes)};
    offset_ += burst.used_bytes;
    if (offset_ == region_.row_bytes) {
      offset_ = 0;
      ++row_;
    }
    return burst;
  }

 private:
  Region region_;
  unsigned char* buffer_;
  const DmaParameters& parameters_;
  std::uint64_t row_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace arrayflex::platform
