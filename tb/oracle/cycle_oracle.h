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

/// Runs X = A*B from the reset state; a is T x N, b is N x M, row-major. Arguments are trusted.
OracleResult run(const ArrayConfig& config, Design design, int k, const GemmShape& shape,
                 const std::vector<std::int32_t>& a, const std::vector<std::int32_t>& b);

}  // namespace arrayflex::oracle
