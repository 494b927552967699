// The fast engine: one tile at a time, no cycle stepping.
//
// The dataflow of the array is fixed, so the sequence of values on every net is known: the operand
// of row r is column r of A, the sums of a column are prefix sums down that column. Results, cycles
// and toggles come from streaming over T once per tile.
#pragma once

#include <cstdint>
#include <vector>

#include "arrayflex/core/activity.h"
#include "arrayflex/core/config.h"
#include "arrayflex/core/gemm.h"
#include "arrayflex/core/operands.h"
#include "arrayflex/core/tile_stream.h"

namespace arrayflex {

/// What an engine reports of one product.
struct GemmResult {
  std::int64_t cycles = 0;
  std::int64_t tiles = 0;
  ActivityCounters activity;  ///< zero where activity was switched off
  PeToggleMap pe_toggles;     ///< empty unless asked for
};

inline constexpr int kMaxThreads = 1024;

/// Models one array. Cheap to construct; run() may be called from several threads at a time.
class FastEngine {
 public:
  /// threads: how many may work on one product, 1..kMaxThreads; the result does not depend on it.
  /// Throws InputError for an unknown kernel or a number of threads out of range.
  explicit FastEngine(ArrayConfig config, Design design = Design::arrayflex,
                      RecordOptions record = {}, int threads = 1);

  /// Runs one product from the reset state. k is ignored for the conventional array. Memory is
  /// bounded by the tile, not by T. Throws InputError for an invalid shape or k, OverflowError when
  /// a count exceeds 2^63-1, and whatever the source or sink throws.
  GemmResult run(const GemmShape& shape, int k, const OperandSource& operands,
                 ResultSink& result) const;

  const ArrayConfig& config() const { return config_; }
  Design design() const { return design_; }

 private:
  ArrayConfig config_;
  Design design_;
  RecordOptions record_;
  int threads_;
};

}  // namespace arrayflex
