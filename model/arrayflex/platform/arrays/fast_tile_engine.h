// The fast engine as an array of the platform: computes a tile at once, then lets its time pass.
#pragma once

#include <systemc>
// After systemc: it does not include what it uses.
#include <tlm_utils/tlm_quantumkeeper.h>

#include <deque>
#include <optional>

#include "arrayflex/core/tile_timeline.h"
#include "arrayflex/engine/tile_stream.h"
#include "arrayflex/platform/arrays/tile_engine.h"
#include "arrayflex/platform/dma/cycle_grid.h"

namespace arrayflex::platform {

/// At most one timed wait per tile, with tiles that overlap one in stream_tile() and one in
/// finish_tile(); none while the tile streams or ends within the global quantum.
class FastTileEngine final : public TileEngine {
 public:
  /// Without `record.activity` all toggle and clock counts stay 0, which is much faster. A map of
  /// PEs is not recorded. Throws InputError for an unknown kernel.
  explicit FastTileEngine(ArrayConfig config, Design design = Design::arrayflex,
                          RecordOptions record = {});

  Engine kind() const override { return Engine::fast; }
  const ArrayConfig& config() const override { return config_; }
  void begin_gemm(int k, const CycleGrid& edges) override;
  sc_core::sc_time run_tile(const BufferedTile& tile, const sc_core::sc_time& ready) override;
  sc_core::sc_time load_tile(const BufferedTile& tile, const sc_core::sc_time& ready) override;
  sc_core::sc_time stream_tile(const BufferedTile& tile, const sc_core::sc_time& ready,
                               bool is_last) override;
  sc_core::sc_time finish_tile() override;
  void end_gemm() override {}
  void abort() override;
  std::int64_t cycles() const override { return finished_.cycles; }
  const ActivityCounters& activity() const override { return finished_.activity; }

 private:
  /// A tile that has streamed, and the counts of the product up to it.
  struct FinishedTile {
    sc_core::sc_time end;
    std::int64_t cycles = 0;
    ActivityCounters activity;
  };

  bool overlaps() const { return config_.overlap() != Overlap::none; }
  void compute(const BufferedTile& tile, std::int64_t stall_cycles);
  sc_core::sc_time take_finished();
  void let_pass(const sc_core::sc_time& until, tlm_utils::tlm_quantumkeeper& keeper);

  ArrayConfig config_;
  Design design_;
  RecordOptions record_;
  std::optional<TileStream> stream_;
  CycleGrid grid_;
  TileTimeline timeline_;
  std::deque<FinishedTile> in_flight_;  ///< by their end
  FinishedTile finished_;               ///< the latest that was taken
  // Of the two threads that call.
  tlm_utils::tlm_quantumkeeper stream_keeper_, finish_keeper_;
  sc_core::sc_event streamed_event_;
  sc_core::sc_event aborted_event_;
  bool aborted_ = false;
};

/// Its name up to 0.1.
using FastArray = FastTileEngine;

}  // namespace arrayflex::platform
