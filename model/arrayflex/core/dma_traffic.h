// DMA traffic: the bytes of memory transactions, by what they were for.
#pragma once

#include <cstdint>

namespace arrayflex {

/// Bytes of transactions that succeeded.
struct DmaTraffic {
  std::uint64_t a = 0;            ///< A, read
  std::uint64_t b = 0;            ///< B, read
  std::uint64_t x_read = 0;       ///< X, read by jobs that accumulate
  std::uint64_t x_written = 0;    ///< X, written
  std::uint64_t descriptors = 0;  ///< descriptors of jobs, read

  std::uint64_t read() const { return a + b + x_read + descriptors; }
};

/// Name and place of each part of the traffic, in the order of reports.
struct DmaPart {
  const char* name;
  std::uint64_t DmaTraffic::*bytes;
};
inline constexpr DmaPart kDmaParts[] = {{"a", &DmaTraffic::a},
                                        {"b", &DmaTraffic::b},
                                        {"x_read", &DmaTraffic::x_read},
                                        {"x_written", &DmaTraffic::x_written},
                                        {"descriptors", &DmaTraffic::descriptors}};

inline bool operator==(const DmaTraffic& p, const DmaTraffic& q) {
  for (const DmaPart& part : kDmaParts) {
    if (p.*part.bytes != q.*part.bytes) return false;
  }
  return true;
}

/// Part by part; `earlier` is not above it.
inline DmaTraffic& operator-=(DmaTraffic& traffic, const DmaTraffic& earlier) {
  for (const DmaPart& part : kDmaParts) traffic.*part.bytes -= earlier.*part.bytes;
  return traffic;
}

}  // namespace arrayflex
