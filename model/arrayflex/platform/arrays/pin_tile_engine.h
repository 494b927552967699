// The pin-level array as an array of the platform: every register, every clock edge.
#pragma once

#include <cstdint>
#include <deque>
#include <systemc>

#include "arrayflex/core/tile_timeline.h"
#include "arrayflex/pin/array_system.h"
#include "arrayflex/platform/arrays/tile_engine.h"

namespace arrayflex::platform {

/// Its clock stops while the array stalls, and starts again at an edge of the product's clock, to
/// the step of the host's time resolution.
class PinTileEngine final : public TileEngine {
 public:
  /// Must be constructed during elaboration, inside a module. Throws InputError when a mode's clock
  /// period is below two steps of the host's time resolution.
  explicit PinTileEngine(const ArrayConfig& config, Design design = Design::arrayflex,
                         RecordOptions record = {});

  Engine kind() const override { return Engine::pin; }
  const pin::ArraySystem* pin_system() const override { return &system_; }
  const ArrayConfig& config() const override { return system_.config(); }
  void begin_gemm(int k, const CycleGrid& edges) override;
  sc_core::sc_time run_tile(const BufferedTile& tile, const sc_core::sc_time& ready) override;
  sc_core::sc_time load_tile(const BufferedTile& tile, const sc_core::sc_time& ready) override;
  sc_core::sc_time stream_tile(const BufferedTile& tile, const sc_core::sc_time& ready,
                               bool is_last) override;
  sc_core::sc_time finish_tile() override;
  void end_gemm() override { system_.end_gemm(); }
  void abort() override;
  std::int64_t cycles() const override { return system_.cycles(); }
  const ActivityCounters& activity() const override { return system_.activity(); }

 private:
  bool overlaps() const { return config().overlap() != Overlap::none; }
  bool wait_until(const sc_core::sc_time& time);
  bool wait_to_request(std::int64_t edge, const sc_core::sc_time& ready);
  std::int64_t edge_of(const sc_core::sc_time& ready) const;

  pin::ArraySystem system_;
  CycleGrid grid_;
  // Where tiles overlap, since begin_gemm():
  TileTimeline timeline_;
  std::int64_t loads_ = 0, streams_ = 0, finished_ = 0;  ///< tiles
  std::deque<std::int64_t> ends_;                        ///< b_i + S of the tiles in flight
  sc_core::sc_event aborted_event_;
  bool aborted_ = false;
};

/// Its name up to 0.1.
using PinArray = PinTileEngine;

}  // namespace arrayflex::platform
