// When the tiles of a product load and stream.
#pragma once

#include <cstdint>

#include "arrayflex/core/latency.h"

namespace arrayflex {

/// The timeline of docs/architecture.md, "Overlapping tiles", stalls included, in edges of the
/// product's clock from edge 0 on: the one place where the accelerator and its arrays get it from.
/// Tiles come in their order, load() and stream() by turns.
class TileTimeline {
 public:
  TileTimeline() : TileTimeline(ArrayTiming(1, 1, Overlap::none), 1) {}
  TileTimeline(const ArrayTiming& array, int k) : array_(array), k_(k) {}

  /// l_i of the next tile, whose weights are there at that edge. Without overlap a tile loads when
  /// all it needs is there: pass the edge of the latest.
  std::int64_t load(std::int64_t weights_there);
  /// b_i of that tile: t_count rows of A are there, and a bank for its sums is free, at that edge.
  std::int64_t stream(std::int64_t rows_there, std::int64_t t_count);

  /// Of the latest tile. Only after the first stream() of a product:
  std::int64_t load_edge() const { return load_; }      ///< l_i
  std::int64_t stream_edge() const { return stream_; }  ///< b_i
  std::int64_t end_edge() const { return end_; }        ///< b_i + S
  /// b_i - (b_(i-1) + P); 0 for the first tile.
  std::int64_t stall_cycles() const { return stall_; }
  /// The least b_i that the tile which has loaded can have: what the array knows by itself.
  std::int64_t earliest_stream() const;
  /// The least l_i that the next tile can have.
  std::int64_t earliest_load() const;

 private:
  ArrayTiming array_;
  int k_;
  std::int64_t tiles_ = 0;
  std::int64_t load_ = 0, stream_ = 0, end_ = 0, stall_ = 0;
  std::int64_t next_stream_ = 0;  // b_(i-1) + P
};

}  // namespace arrayflex
