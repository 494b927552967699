// The controller of an array whose tiles run one after the other.
#pragma once

#include <cstdint>

#include "arrayflex/pin/system/controller.h"

namespace arrayflex::pin {

/// Steps a tile through the array: R load cycles, then T+G+H-2 stream cycles, then one drain cycle
/// that overlaps with the next tile's first load cycle or with an idle cycle.
class SequentialController final : public Controller {
 public:
  SequentialController(const sc_core::sc_module_name& name, const ArrayConfig& config,
                       Design design)
      : Controller(name, config, design) {}

  /// Starts a tile of t_count rows as soon as the state machine is idle at a clock edge. Ignored
  /// when a reset request follows before that.
  void request_tile(std::int64_t t_count);

 private:
  void advance() override;
  void start_requested() override;
  void forget_requests() override { tile_requested_ = false; }
  void go_idle() override;
  void publish() override;

  Phase phase_ = kIdle;
  std::int64_t phase_cycle_ = 0;
  bool drain_ = false;
  std::int64_t drain_row_ = 0;  // the row of X at the south edge in the drain cycle
  std::int64_t stream_cycles_ = 0;
  bool tile_requested_ = false;
  std::int64_t requested_t_ = 0;
};

}  // namespace arrayflex::pin
