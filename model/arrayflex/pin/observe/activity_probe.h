// Counts switching activity at the pins of one array.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "arrayflex/core/activity.h"
#include "arrayflex/core/config.h"
#include "arrayflex/engine/tile_stream.h"
#include "arrayflex/pin/array/net_storage.h"
#include "arrayflex/pin/array/types.h"

namespace arrayflex::pin {

/// Bit toggles of the register classes and the number of registers clocked, at one edge.
struct EdgeCounts {
  std::array<std::int64_t, kRegisterClassCount> toggles{};
  std::array<std::int64_t, kRegisterClassCount> clocked{};

  std::int64_t& toggles_of(RegisterClass c) { return toggles[index_of(c)]; }
  std::int64_t& clocked_of(RegisterClass c) { return clocked[index_of(c)]; }
};

/// Toggles of combinational nets are the Hamming distances between the settled values of successive
/// cycles: sample_nets() compares each net with its value at the previous call. Registers report
/// their own toggles, from their D and Q pins at the edge that loads them.
class ActivityProbe {
 public:
  ActivityProbe(const ArrayConfig& config, Design design, const RecordOptions& record,
                const NetStorage& nets);

  bool counts() const { return record_.activity; }
  bool has_map() const { return record_.activity && record_.pe_map; }

  /// Forgets all counts and takes the reset state (all nets 0) as the previous cycle.
  void restart();
  /// Looks at every combinational net of the cycle that ends.
  void sample_nets();
  /// Adds the toggles of a cycle in which every net falls back to 0 from its last sampled value,
  /// but for the weight mux, which keeps it.
  void drain_nets();
  /// Adds toggles that the caller counted itself.
  void add_net_toggles(NetClass net_class, std::int64_t toggles) {
    activity_.add_toggles(net_class, toggles);
  }
  /// Adds the toggles of an edge.
  void add_register_toggles(const EdgeCounts& edge);
  /// Adds the cycle's clocked and held bits of the classes of the load phase, or of the stream
  /// phase. In a cycle that does not count as one of the product's, weights that load are clocked
  /// all the same; what is held makes up for it, so that both together are the registers' bits in
  /// the cycles that count.
  void add_weight_clock(const EdgeCounts& edge, bool is_counted);
  void add_pipeline_clock(const EdgeCounts& edge);

  const ActivityCounters& activity() const { return activity_; }
  const PeToggleMap& pe_toggles() const { return pe_toggles_; }
  /// Toggles per PE, row-major; nullptr unless the map is recorded.
  std::int64_t* map_data() { return has_map() ? pe_toggles_.toggles.data() : nullptr; }
  PinWidths widths() const { return widths_; }

 private:
  void compare_all(const NetStorage& nets);
  template <class T>
  void sample(NetClass net_class, const std::vector<T>& now, std::vector<T>& before, int width);
  void add_clock(NetPhase phase, const EdgeCounts& edge, bool is_counted = true);

  RecordOptions record_;
  PinWidths widths_;
  const NetStorage& nets_;
  NetStorage before_;
  std::array<std::int64_t, kRegisterClassCount> registers_{};  // physical registers
  ActivityCounters activity_;
  PeToggleMap pe_toggles_;
};

}  // namespace arrayflex::pin
