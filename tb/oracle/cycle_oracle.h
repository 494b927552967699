// The oracle: a deliberately plain model that steps every cycle and every PE, worded as the
// definition words it. It is slow and shares no code with the engines it judges: it has its own
// tile loop, counts cycles by stepping them, looks at every net of every PE in every cycle, and
// accounts for every register bit in every cycle.
#pragma once

#include <cstdint>
#include <vector>

#include "arrayflex/core/activity.h"
#include "arrayflex/core/config.h"
#include "arrayflex/core/gemm.h"

namespace arrayflex::oracle {

struct OracleResult {
  std::vector<std::int64_t> x;  ///< T x M, row-major
  std::int64_t cycles = 0;
  std::int64_t tiles = 0;
  ActivityCounters activity;
  PeToggleMap pe_toggles;
};

/// When a memory is late: how much later than P after the tile before it each tile starts to
/// stream, and how much later than that start without a memory its weights come, tile 0 apart. A
/// tile's stream cannot start within R cycles of its load: load_stalls[i] <= stream_stalls[i] where
/// P = R (with `none` likewise). Vectors that end early go on with zeros.
struct Stalls {
  std::vector<std::int64_t> stream;
  std::vector<std::int64_t> load;
};

/// Blocks of rows of A, each a tile's by itself: T_b of them, 0: all. The loop over them stands
/// outside the one over column blocks of B, or inside; the one over row blocks of B is innermost.
struct Blocks {
  std::int64_t rows = 0;
  bool columns_outside = true;
};

/// Runs X = A*B from the reset state; a is T x N, b is N x M, row-major. Arguments are trusted.
OracleResult run(const ArrayConfig& config, Design design, int k, const GemmShape& shape,
                 const std::vector<std::int32_t>& a, const std::vector<std::int32_t>& b,
                 const Stalls& stalls = {}, const Blocks& blocks = {});

}  // namespace arrayflex::oracle
