// Switching activity of the RTL, counted on its own nets and clock enables.
#pragma once

#include <cstdint>
#include <vector>

#include "arrayflex/core/activity.h"
#include "lock_step.h"
#include "net_pairs.h"

namespace arrayflex::cosim {

/// Counts since the last reset: the Hamming distances between the values that each net settles at
/// in successive cycles, and per register class the bits that each clock edge clocks or holds. The
/// counts of a tile are complete when its drain cycle is over.
class RtlActivity final : public CycleObserver {
 public:
  RtlActivity(const std::vector<NetPair>& nets, const RtlModel& rtl);

  const ActivityCounters& counters() const { return counters_; }

  void reset() override;
  void before_edge() override;
  void after_edge() override;

 private:
  struct CountedNet {
    NetClass net_class;
    RtlNet rtl;
    std::uint64_t before;
  };

  std::vector<CountedNet> nets_;
  std::vector<ClockEnable> enables_;
  RtlNet phase_;
  bool was_busy_ = false;  // the cycle before belongs to a tile
  ActivityCounters counters_;
};

}  // namespace arrayflex::cosim
