#include "arrayflex/platform/arrays/pin_tile_engine.h"

#include <algorithm>
#include <string>
#include <utility>

namespace arrayflex::platform {

namespace {

RecordOptions without_map(RecordOptions record) {
  record.pe_map = false;
  return record;
}

/// The tile with its rows of A and X one by one.
pin::StreamedTile streamed(const BufferedTile& tile) {
  const std::int32_t* const a = tile.a;
  std::int64_t* const partial = tile.partial;
  const int n_count = tile.n_count, m_count = tile.m_count;
  return {tile.weights,
          tile.t_count,
          n_count,
          m_count,
          [a, n_count](std::int64_t t) { return a + t * n_count; },
          [partial, m_count](std::int64_t t, const pin::Sum* row) {
            std::copy_n(row, m_count, partial + t * m_count);
          }};
}

}  // namespace

PinTileEngine::PinTileEngine(const ArrayConfig& config, Design design, RecordOptions record)
    : system_("array", config, design, without_map(std::move(record))),
      aborted_event_(sc_core::sc_gen_unique_name("pin_tile_engine_aborted")) {
  for (const int k : config.modes()) {
    if (const auto period_ps = config.period_ps(Design::arrayflex, k)) {
      pin::ClockGenerator::require_representable(*period_ps,
                                                 "clock period of mode " + std::to_string(k));
    }
  }
}

void PinTileEngine::begin_gemm(int k, const CycleGrid& edges) {
  aborted_ = false;
  grid_ = edges;
  timeline_ = TileTimeline(system_.config(), k);
  loads_ = streams_ = finished_ = 0;
  ends_.clear();
  if (!wait_until(edges.anchor())) return;
  system_.begin_gemm(k);
  if (!aborted_ && !overlaps()) system_.round_clock_from(edges.fraction_of(0));
}

sc_core::sc_time PinTileEngine::run_tile(const BufferedTile& tile, const sc_core::sc_time& ready) {
  if (overlaps()) {
    load_tile(tile, ready);
    stream_tile(tile, ready, false);
    return finish_tile();
  }
  const std::int64_t last_end = timeline_.end_edge();
  const std::int64_t edge = timeline_.load(edge_of(ready));
  // One cycle late, the clock still runs, because the array drains: ask for the tile within that
  // cycle, and it starts with the next. Later the clock has stopped and starts when asked.
  const bool draining = edge == last_end + 1 && edge > 1;
  if (!wait_until(draining ? ready : grid_.time_of(edge))) return sc_core::sc_time_stamp();
  if (!system_.clock().running()) system_.round_clock_from(grid_.fraction_of(edge));
  pin::Tile pin_tile;
  pin_tile.weights = tile.weights;
  pin_tile.a = tile.a;
  pin_tile.partial = tile.partial;
  pin_tile.t_count = tile.t_count;
  pin_tile.n_count = tile.n_count;
  pin_tile.m_count = tile.m_count;
  system_.run_tile(pin_tile);
  timeline_.stream(edge, tile.t_count);
  const sc_core::sc_time finish = grid_.time_of(timeline_.end_edge());
  wait_until(finish);
  return finish;
}

// Until what is asked for starts at that edge. While the clock runs it starts with the next edge:
// ask for it in the second half of the cycle before. A clock that has stopped starts when asked.
bool PinTileEngine::wait_to_request(std::int64_t edge, const sc_core::sc_time& ready) {
  const sc_core::sc_time at_edge = grid_.time_of(edge);
  if (edge > 0) {
    const sc_core::sc_time half = (at_edge - grid_.time_of(edge - 1)) / 2;
    if (!wait_until(std::min(at_edge, std::max(ready, at_edge - half)))) return false;
    if (system_.clock().running()) return true;
  }
  if (!wait_until(at_edge)) return false;
  system_.round_clock_from(grid_.fraction_of(edge));
  return true;
}

std::int64_t PinTileEngine::edge_of(const sc_core::sc_time& ready) const {
  return grid_.edge_at_or_after(std::max(ready, sc_core::sc_time_stamp()));
}

sc_core::sc_time PinTileEngine::load_tile(const BufferedTile& tile, const sc_core::sc_time& ready) {
  if (!overlaps()) return TileEngine::load_tile(tile, ready);
  const std::int64_t earliest = timeline_.earliest_load();
  const std::int64_t edge = timeline_.load(edge_of(ready));
  // At b_(i-1) the array itself starts the load in the cycle that has just begun.
  const bool is_due = edge == earliest && loads_ > 0;
  if (!is_due && !wait_to_request(edge, ready)) return sc_core::sc_time_stamp();
  system_.request_load(streamed(tile));
  system_.wait_for(pin::ArraySystem::Milestone::loads, loads_++);
  wait_until(grid_.time_of(edge));
  return grid_.time_of(edge);
}

sc_core::sc_time PinTileEngine::stream_tile(const BufferedTile& tile, const sc_core::sc_time& ready,
                                            bool is_last) {
  if (!overlaps()) return TileEngine::stream_tile(tile, ready, is_last);
  const std::int64_t earliest = timeline_.earliest_stream();
  const std::int64_t edge = timeline_.stream(edge_of(ready), tile.t_count);
  // Without a stall the array itself knows when the tile may enter.
  if (edge > earliest && !wait_to_request(edge, ready)) return sc_core::sc_time_stamp();
  system_.request_stream(streamed(tile), is_last);
  ends_.push_back(timeline_.end_edge());
  system_.wait_for(pin::ArraySystem::Milestone::streams, streams_++);
  wait_until(grid_.time_of(edge));
  return grid_.time_of(edge);
}

sc_core::sc_time PinTileEngine::finish_tile() {
  if (!overlaps()) return TileEngine::finish_tile();
  // The tile may not have been given to the array yet: then it is waited for here, too.
  system_.wait_for(pin::ArraySystem::Milestone::done, finished_++);
  if (aborted_ || ends_.empty()) return sc_core::sc_time_stamp();
  const sc_core::sc_time end = grid_.time_of(ends_.front());
  ends_.pop_front();
  wait_until(end);
  return end;
}

bool PinTileEngine::wait_until(const sc_core::sc_time& time) {
  // A notification from before begin_gemm() may still be pending, hence the loop.
  while (!aborted_ && time > sc_core::sc_time_stamp()) {
    sc_core::wait(time - sc_core::sc_time_stamp(), aborted_event_);
  }
  return !aborted_;
}

void PinTileEngine::abort() {
  aborted_ = true;
  aborted_event_.notify(sc_core::SC_ZERO_TIME);
  system_.abort();
}

}  // namespace arrayflex::platform
