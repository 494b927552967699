// The fast engine: one tile at a time, no cycle stepping.
//
// The dataflow of the array is fixed, so the sequence of values on every net is known: the operand
// of row r is column r of A, the sums of a column are prefix sums down that column. Results, cycles
// and toggles come from streaming over T once per tile.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "arrayflex/core/activity.h"
#include "arrayflex/core/config.h"
#include "arrayflex/core/gemm.h"
#include "arrayflex/core/operands.h"
#include "arrayflex/engine/tile_stream.h"
#include "arrayflex/engine/work_memory.h"

namespace arrayflex {

/// Counts of one product.
struct GemmResult {
  std::int64_t cycles = 0;
  std::int64_t tiles = 0;
  ActivityCounters activity;  ///< zero where activity was switched off
  PeToggleMap pe_toggles;     ///< empty unless asked for

  /// Another product's figures on top; an empty map adds nothing. Throws OverflowError.
  GemmResult& operator+=(const GemmResult& other);
};

/// Products of one shape, each from the reset state and with operands of its own: a layer. An empty
/// function ends in std::bad_function_call.
struct ProductBatch {
  GemmShape shape;
  std::int64_t count = 1;  ///< number of products, "instances", 1..kMaxLayerDim
  /// The operands of instance 0..count-1. Called concurrently and several times per instance.
  std::function<std::shared_ptr<const OperandSource>(std::int64_t instance)> operands;
  /// Where the results of instance 0..count-1 go; called like operands. A sink is called
  /// concurrently for different elements, and one that several instances share also for the same
  /// elements of different instances.
  std::function<ResultSink&(std::int64_t instance)> result;
};

inline constexpr int kMaxThreads = 1024;

/// Models one array. Cheap to construct; its functions may be called from several threads at a
/// time. Keeps the memory that a call worked with for later ones, its own and those of its copies.
class FastEngine {
 public:
  /// threads: how many may work on one call, 1..kMaxThreads; as many as there are processors run at
  /// a time. The result does not depend on it.
  /// Throws InputError for an unknown kernel or a number of threads out of range.
  explicit FastEngine(ArrayConfig config, Design design = Design::arrayflex,
                      RecordOptions record = {}, int threads = 1);

  /// Runs one product from the reset state. k is ignored for the conventional array. Memory is
  /// bounded by the tile, not by T. Throws InputError for an invalid shape or k, OverflowError when
  /// a count exceeds 2^63-1, and whatever the source or sink throws.
  GemmResult run(const GemmShape& shape, int k, const OperandSource& operands,
                 ResultSink& result) const;

  /// Runs all products of a batch and adds them up; they share the threads, so that many small ones
  /// use them as well as a large one does. Memory is bounded by threads and tile, not by the number
  /// of products. Throws as run(), and InputError for a count out of range.
  GemmResult run_batch(const ProductBatch& batch, int k) const;

  /// Toggles of one tile by class.
  using TileToggleCounts = std::array<std::int64_t, kNetClassCount>;

  /// Runs single tiles of a batch, each behind the weights of the tile before it in its product,
  /// and returns their toggles in the given order. A tile is instance * P + position, with P tiles
  /// per product in the order of TilePlan. The sinks get the partial sums of these tiles only.
  /// Throws as run_batch(), and InputError for a tile out of range.
  std::vector<TileToggleCounts> run_tiles(const ProductBatch& batch, int k,
                                          const std::vector<std::int64_t>& tiles) const;

  const ArrayConfig& config() const { return config_; }
  Design design() const { return design_; }
  const RecordOptions& record() const { return record_; }

 private:
  ArrayConfig config_;
  Design design_;
  RecordOptions record_;
  int threads_;
  std::shared_ptr<WorkMemory> memory_ = std::make_shared<WorkMemory>();
};

}  // namespace arrayflex
