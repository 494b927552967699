// Tiles that are alike before any operand is known: what a stratified sample is drawn from.
//
// A tile's toggles depend on its size, which is smaller at the edges of B, and those of weight_reg
// also on the tile before it, whose weights are shifted out: the first tile of a product finds
// zeros, the first of a column block finds a tile of the last row block. With two weight registers
// per PE a tile shifts out the weights of the tile before the last, and stands, at the mux and
// where tiles meet, behind the last one: the first two of a product and of a column block are tiles
// of their own kind. A sample of all tiles
// alike would miss the few that differ, most of the time, and not know it.
#pragma once

#include <cstdint>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/core/gemm.h"

namespace arrayflex {

/// A rectangle of row and column blocks, of every product of a layer.
struct TileStratum {
  std::int64_t row_begin = 0, row_count = 1;  ///< row blocks
  std::int64_t col_begin = 0, col_count = 1;  ///< column blocks
  std::int64_t size = 1;                      ///< tiles, all products together

  /// The index-th tile of the stratum, 0 <= index < size, as numbered by FastEngine::run_tiles().
  std::int64_t tile(const TilePlan& plan, std::int64_t index) const;
};

/// At most seven disjoint strata, ten with two weight registers per PE, that hold all tiles of
/// `products` products. Throws OverflowError when there are more than 2^63-1 tiles.
std::vector<TileStratum> tile_strata(const TilePlan& plan, std::int64_t products, Overlap overlap);

/// How many tiles of each stratum make a sample of about `count`: in proportion to its size, but at
/// least two, or all where there is only one, so that each has a standard deviation.
std::vector<std::int64_t> allocate_sample(const std::vector<TileStratum>& strata,
                                          std::int64_t count);

}  // namespace arrayflex
