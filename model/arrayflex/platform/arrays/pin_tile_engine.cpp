#include "arrayflex/platform/arrays/pin_tile_engine.h"

#include <algorithm>
#include <string>
#include <utility>

#include "arrayflex/core/latency.h"

namespace arrayflex::platform {

namespace {

RecordOptions without_map(RecordOptions record) {
  record.pe_map = false;
  return record;
}

/// Largest deviation of the clock after a stop.
sc_core::sc_time one_step() { return sc_core::sc_time::from_value(1); }

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
  k_ = k;
  grid_ = edges;
  next_edge_ = 0;
  if (wait_until(edges.anchor())) system_.begin_gemm(k);
}

sc_core::sc_time PinTileEngine::run_tile(const BufferedTile& tile, const sc_core::sc_time& ready) {
  sc_core::sc_time from = std::max(ready, sc_core::sc_time_stamp());
  from = from > one_step() ? from - one_step() : sc_core::SC_ZERO_TIME;
  const std::int64_t edge = std::max(next_edge_, grid_.edge_at_or_after(from));
  // One cycle late, the clock still runs, because the array drains: ask for the tile within that
  // cycle, and it starts with the next. Later the clock has stopped and starts when asked.
  const bool draining = edge == next_edge_ + 1 && edge > 1;
  if (!wait_until(draining ? ready : grid_.time_of(edge))) return sc_core::sc_time_stamp();
  pin::Tile pin_tile;
  pin_tile.weights = tile.weights;
  pin_tile.a = tile.a;
  pin_tile.partial = tile.partial;
  pin_tile.t_count = tile.t_count;
  pin_tile.n_count = tile.n_count;
  pin_tile.m_count = tile.m_count;
  system_.run_tile(pin_tile);
  next_edge_ = edge + tile_cycles(config().rows(), config().cols(), k_, tile.t_count);
  const sc_core::sc_time finish = grid_.time_of(next_edge_);
  wait_until(finish);
  return finish;
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
