// The contract between the accelerator and its array: run one tile, blocking, timed.
#pragma once

#include <cstdint>
#include <systemc>

#include "arrayflex/core/activity.h"
#include "arrayflex/core/config.h"
#include "arrayflex/core/engine.h"
#include "arrayflex/platform/dma/cycle_grid.h"

namespace arrayflex::pin {
class ArraySystem;
}

namespace arrayflex::platform {

/// One tile in the accelerator's buffers.
struct BufferedTile {
  const std::int32_t* weights = nullptr;  ///< n_count x m_count, row-major, dense
  const std::int32_t* a = nullptr;        ///< t_count x n_count, row-major, dense
  std::int64_t* partial = nullptr;        ///< t_count x m_count out, row-major, dense
  std::int64_t t_count = 0;               ///< >= 1
  int n_count = 0;                        ///< 1..rows
  int m_count = 0;                        ///< 1..cols
};

/// An array that runs tiles. begin_gemm(), run_tile() and end_gemm() come from one SC_THREAD; where
/// tiles overlap end_gemm() may come from the one that calls finish_tile(). Times are absolute;
/// with temporal decoupling they may lie ahead of sc_time_stamp(). Implementations: FastTileEngine
/// (computes a tile at once, then lets its time pass) and PinTileEngine (steps real clock edges).
class TileEngine {
 public:
  virtual ~TileEngine() = default;

  /// What it is: one of those that can stand in the accelerator.
  virtual Engine kind() const = 0;
  /// The pin-level array, for traces; nullptr where there is none.
  virtual const pin::ArraySystem* pin_system() const { return nullptr; }
  virtual const ArrayConfig& config() const = 0;

  /// Starts a product from the reset state in mode k; `edges` are the edges of its clock, the first
  /// not before now. The array must be idle, the drain cycle of the product before included.
  virtual void begin_gemm(int k, const CycleGrid& edges) = 0;

  /// Runs one tile whose operands are there at `ready`: starts it at the first clock edge that is
  /// neither before `ready` nor before the end of the previous tile, and returns the edge at which
  /// its latency L(k) has passed. Between two tiles any number of idle (stall) cycles may pass.
  virtual sc_core::sc_time run_tile(const BufferedTile& tile, const sc_core::sc_time& ready) = 0;

  /// The three steps of a tile, for arrays whose tiles overlap (config().overlap()): a tile can
  /// load and stream before those ahead of it have ended. Tile i of the product, S stream cycles, P
  /// as tile_period_cycles(); edges are counted on the grid of begin_gemm():
  ///
  ///   load_tile()    its weights are there at `ready`: loads from l_i on, the first edge that is
  ///                  neither before `ready` nor before b_(i-1). Returns when l_i has come: l_i.
  ///   stream_tile()  its rows of A are there at `ready`, and a bank for its sums is free: streams
  ///                  from b_i on, the first edge that is not before `ready`, b_(i-1)+P or l_i+R.
  ///                  Returns when b_i has come: b_i. `is_last`: no tile follows in the product.
  ///   finish_tile()  the oldest tile whose sums have not been taken: returns when b_i+S has come:
  ///                  b_i+S. Its partial sums are complete then.
  ///
  /// load_tile() and stream_tile() take turns, with the same tile, in one SC_THREAD; finish_tile()
  /// comes once for each tile from another one, or from the same where tiles need not overlap.
  /// Whoever calls load_tile() in the instant in which stream_tile() returned loses no cycle. A
  /// tile's weights must stay until its stream_tile() has returned, a and partial until its
  /// finish_tile() has. end_gemm() is due when the last tile is finished. run_tile() is all three,
  /// so its tiles do not overlap. After abort() the three return at once. They throw
  /// std::logic_error where tiles do not overlap.
  virtual sc_core::sc_time load_tile(const BufferedTile& tile, const sc_core::sc_time& ready);
  virtual sc_core::sc_time stream_tile(const BufferedTile& tile, const sc_core::sc_time& ready,
                                       bool is_last);
  virtual sc_core::sc_time finish_tile();

  /// Ends the product. Its last drain cycle overlaps with what follows and costs no time.
  virtual void end_gemm() = 0;

  /// Abandons whatever runs and returns to the reset state; a run_tile() in progress returns soon,
  /// without waiting for the tile's time, with unspecified partial sums and time. May be called
  /// from another process; the product is over then, with or without end_gemm().
  virtual void abort() = 0;

  /// Counts since begin_gemm(): complete after end_gemm(), and after each tile up to the drain of
  /// the latest.
  virtual std::int64_t cycles() const = 0;
  virtual const ActivityCounters& activity() const = 0;
};

/// Their names up to 0.1.
using ArrayEngine = TileEngine;
using TileJob = BufferedTile;

}  // namespace arrayflex::platform
