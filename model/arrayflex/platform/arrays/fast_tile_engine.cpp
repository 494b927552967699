#include "arrayflex/platform/arrays/fast_tile_engine.h"

#include <algorithm>
#include <utility>

namespace arrayflex::platform {

FastTileEngine::FastTileEngine(ArrayConfig config, Design design, RecordOptions record)
    : config_(std::move(config)),
      design_(design),
      record_(std::move(record)),
      streamed_event_(sc_core::sc_gen_unique_name("fast_tile_engine_streamed")),
      aborted_event_(sc_core::sc_gen_unique_name("fast_tile_engine_aborted")) {
  record_.pe_map = false;
  TileStream(config_, design_, 1, record_);  // refuses an unknown kernel now rather than later
}

void FastTileEngine::begin_gemm(int k, const CycleGrid& edges) {
  stream_.emplace(config_, design_, k, record_);
  grid_ = edges;
  timeline_ = TileTimeline(config_, k);
  in_flight_.clear();
  finished_ = {};
  aborted_ = false;
  stream_keeper_.reset();
  finish_keeper_.reset();
}

sc_core::sc_time FastTileEngine::run_tile(const BufferedTile& tile, const sc_core::sc_time& ready) {
  const std::int64_t edge = timeline_.load(grid_.edge_at_or_after(ready));
  timeline_.stream(edge, tile.t_count);
  compute(tile, timeline_.stall_cycles());
  const sc_core::sc_time end = take_finished();
  let_pass(end, finish_keeper_);
  return end;
}

sc_core::sc_time FastTileEngine::load_tile(const BufferedTile& tile,
                                           const sc_core::sc_time& ready) {
  if (!overlaps()) return TileEngine::load_tile(tile, ready);
  return grid_.time_of(timeline_.load(grid_.edge_at_or_after(ready)));
}

sc_core::sc_time FastTileEngine::stream_tile(const BufferedTile& tile,
                                             const sc_core::sc_time& ready, bool is_last) {
  if (!overlaps()) return TileEngine::stream_tile(tile, ready, is_last);
  const std::int64_t edge = timeline_.stream(grid_.edge_at_or_after(ready), tile.t_count);
  compute(tile, timeline_.stall_cycles());
  streamed_event_.notify(sc_core::SC_ZERO_TIME);
  let_pass(grid_.time_of(edge), stream_keeper_);
  return grid_.time_of(edge);
}

sc_core::sc_time FastTileEngine::finish_tile() {
  if (!overlaps()) return TileEngine::finish_tile();
  while (!aborted_ && in_flight_.empty()) sc_core::wait(streamed_event_ | aborted_event_);
  if (aborted_) return sc_core::sc_time_stamp();
  const sc_core::sc_time end = take_finished();
  let_pass(end, finish_keeper_);
  return end;
}

void FastTileEngine::compute(const BufferedTile& tile, std::int64_t stall_cycles) {
  stream_->load(tile.weights, tile.n_count, tile.m_count, tile.m_count);
  if (stall_cycles > 0 && overlaps()) stream_->stall(stall_cycles);
  stream_->stream(tile.a, tile.t_count, tile.n_count, tile.partial, tile.m_count);
  stream_->finish_tile();
  in_flight_.push_back(
      {grid_.time_of(timeline_.end_edge()), stream_->cycles(), stream_->activity()});
}

sc_core::sc_time FastTileEngine::take_finished() {
  finished_ = std::move(in_flight_.front());
  in_flight_.pop_front();
  return finished_.end;
}

void FastTileEngine::let_pass(const sc_core::sc_time& until, tlm_utils::tlm_quantumkeeper& keeper) {
  if (until <= sc_core::sc_time_stamp()) return;
  keeper.set(until - sc_core::sc_time_stamp());
  if (!keeper.need_sync()) return;
  // A notification from before begin_gemm() may still be pending, hence the loop.
  while (!aborted_ && until > sc_core::sc_time_stamp()) {
    sc_core::wait(until - sc_core::sc_time_stamp(), aborted_event_);
  }
  keeper.reset();
}

void FastTileEngine::abort() {
  aborted_ = true;
  aborted_event_.notify(sc_core::SC_ZERO_TIME);
}

}  // namespace arrayflex::platform
