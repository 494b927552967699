#include "rtl_activity.h"

#include <bitset>

namespace arrayflex::cosim {

RtlActivity::RtlActivity(const std::vector<NetPair>& nets, const RtlModel& rtl)
    : enables_(clock_enables(rtl)), phase_(rtl.net("controller.phase")) {
  for (const NetPair& net : nets) {
    if (net.net_class) nets_.push_back({*net.net_class, net.rtl, 0});
  }
}

void RtlActivity::reset() {
  counters_ = {};
  was_busy_ = false;
  for (CountedNet& net : nets_) net.before = 0;
}

// What a clock enable clocks counts, also while a stall lasts. Cycles in which it is held count
// where they belong to a tile: as many as it has load and stream cycles, for the pipeline one cycle
// later, since it is clocked once more in the drain cycle.
void RtlActivity::before_edge() {
  const bool is_busy = phase_.bits() != 0;
  for (const ClockEnable& clock : enables_) {
    const bool is_load = net_info_of(clock.register_class).phase == NetPhase::load;
    if (clock.enable.bits() != 0) {
      counters_.add_clocked(clock.register_class, clock.clocked_bits);
    } else if (is_load ? is_busy : was_busy_) {
      counters_.add_gated(clock.register_class, clock.clocked_bits);
    }
  }
  was_busy_ = is_busy;
}

void RtlActivity::after_edge() {
  for (CountedNet& net : nets_) {
    const std::uint64_t now = net.rtl.bits();
    counters_.add_toggles(net.net_class,
                          static_cast<std::int64_t>(std::bitset<64>(now ^ net.before).count()));
    net.before = now;
  }
}

}  // namespace arrayflex::cosim
