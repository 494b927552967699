// How long the DMA takes for a transfer: burst by burst as the simulated memory serves them, but
// without simulating.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "arrayflex/core/bursts.h"

namespace arrayflex {

/// A memory and how the DMA uses it. A burst takes the latency and bytes / bandwidth; latencies of
/// those in flight overlap, their transfers do not, and all are served in order.
struct MemoryTiming {
  bool is_ideal = false;        ///< no transfer takes any time
  std::int64_t latency_fs = 0;  ///< of each burst
  double bytes_per_ns = 1;      ///< > 0
  BurstRules bursts;
  std::uint32_t max_outstanding = 64;  ///< bursts in flight within a transfer
};

/// What a transfer costs.
struct TransferCost {
  std::int64_t duration_fs = 0;
  std::int64_t bytes = 0;  ///< of its bursts, what they take without being asked for included

  friend bool operator==(const TransferCost& a, const TransferCost& b) {
    return a.duration_fs == b.duration_fs && a.bytes == b.bytes;
  }
};

/// A time in femtoseconds, rounded as SystemC rounds it at that resolution.
std::int64_t femtoseconds(double ns);

/// Durations of transfers. Burst j of a transfer is issued when burst j - max_outstanding is done;
/// done_j = max(done_(j-1), issued_j + latency) + bytes_j / bandwidth, the quotient rounded to
/// femtoseconds. A transfer lasts until its last burst is done and depends on nothing before it.
/// Not thread-safe.
class TransferTimes {
 public:
  explicit TransferTimes(const MemoryTiming& memory);

  /// What was asked once is remembered.
  TransferCost cost_of(MemoryRows rows);

 private:
  struct Key {
    std::uint64_t phase, rows, row_bytes, stride;
    bool operator==(const Key& other) const {
      return phase == other.phase && rows == other.rows && row_bytes == other.row_bytes &&
             stride == other.stride;
    }
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };

  std::int64_t burst_fs(std::uint64_t bytes);
  void begin();
  void issue(std::uint64_t bytes);
  void issue_row(std::uint64_t address, std::uint64_t bytes);
  void issue_rows(const MemoryRows& rows);
  bool is_as_remembered() const;
  void remember();

  MemoryTiming memory_;
  std::unordered_map<Key, TransferCost, KeyHash> known_;

  std::vector<std::int64_t> done_;      ///< of the latest bursts, a ring of max_outstanding
  std::size_t next_ = 0;                ///< place in the ring of the next burst
  std::uint64_t bursts_ = 0;            ///< issued so far
  std::int64_t last_ = 0;               ///< when the latest one is done
  std::int64_t bytes_ = 0;              ///< of all of them
  std::vector<std::int64_t> snapshot_;  ///< last_ minus done_, the latest burst first
  std::int64_t snapshot_last_ = 0, snapshot_bytes_ = 0;

  struct BurstTime {
    std::uint64_t bytes = 0;
    std::int64_t fs = 0;
  };
  static constexpr std::size_t kBurstTimes = 64;
  std::vector<BurstTime> burst_times_;
};

}  // namespace arrayflex
