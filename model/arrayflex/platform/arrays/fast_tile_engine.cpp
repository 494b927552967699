#include "arrayflex/platform/arrays/fast_tile_engine.h"

#include <algorithm>
#include <utility>

namespace arrayflex::platform {

FastTileEngine::FastTileEngine(ArrayConfig config, Design design, RecordOptions record)
    : config_(std::move(config)),
      design_(design),
      record_(std::move(record)),
      aborted_event_(sc_core::sc_gen_unique_name("fast_tile_engine_aborted")) {
  record_.pe_map = false;
  TileStream(config_, design_, 1, record_);  // refuses an unknown kernel now rather than later
}

void FastTileEngine::begin_gemm(int k, const CycleGrid& edges) {
  stream_.emplace(config_, design_, k, record_);
  grid_ = edges;
  next_edge_ = 0;
  aborted_ = false;
  keeper_.reset();
}

sc_core::sc_time FastTileEngine::run_tile(const BufferedTile& tile, const sc_core::sc_time& ready) {
  const std::int64_t cycles_before = stream_->cycles();
  stream_->load(tile.weights, tile.n_count, tile.m_count, tile.m_count);
  stream_->stream(tile.a, tile.t_count, tile.n_count, tile.partial, tile.m_count);
  stream_->finish_tile();
  next_edge_ = std::max(next_edge_, grid_.edge_at_or_after(ready));
  next_edge_ += stream_->cycles() - cycles_before;
  const sc_core::sc_time finish = grid_.time_of(next_edge_);
  if (finish > sc_core::sc_time_stamp()) {
    keeper_.set(finish - sc_core::sc_time_stamp());
    if (keeper_.need_sync()) {
      // A notification from before begin_gemm() may still be pending, hence the loop.
      while (!aborted_ && finish > sc_core::sc_time_stamp()) {
        sc_core::wait(finish - sc_core::sc_time_stamp(), aborted_event_);
      }
      keeper_.reset();
    }
  }
  return finish;
}

void FastTileEngine::abort() {
  aborted_ = true;
  aborted_event_.notify(sc_core::SC_ZERO_TIME);
}

const ActivityCounters& FastTileEngine::activity() const {
  return stream_ ? stream_->activity() : no_activity_;
}

}  // namespace arrayflex::platform
