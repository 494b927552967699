// The fast engine as an array of the platform: computes a tile at once, then lets its time pass.
#pragma once

#include <systemc>
// After systemc: it does not include what it uses.
#include <tlm_utils/tlm_quantumkeeper.h>

#include <optional>

#include "arrayflex/engine/tile_stream.h"
#include "arrayflex/platform/arrays/tile_engine.h"
#include "arrayflex/platform/dma/cycle_grid.h"

namespace arrayflex::platform {

/// At most one timed wait per tile; none while the tile ends within the global quantum.
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
  void end_gemm() override {}
  void abort() override;
  std::int64_t cycles() const override { return stream_ ? stream_->cycles() : 0; }
  const ActivityCounters& activity() const override;

 private:
  ArrayConfig config_;
  Design design_;
  RecordOptions record_;
  std::optional<TileStream> stream_;
  ActivityCounters no_activity_;
  CycleGrid grid_;
  std::int64_t next_edge_ = 0;  ///< the first edge at which a tile can start
  tlm_utils::tlm_quantumkeeper keeper_;
  sc_core::sc_event aborted_event_;
  bool aborted_ = false;
};

/// Its name up to 0.1.
using FastArray = FastTileEngine;

}  // namespace arrayflex::platform
