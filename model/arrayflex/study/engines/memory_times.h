// How products go through the buffers behind a memory, and how long that takes.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "arrayflex/core/block_plan.h"
#include "arrayflex/core/config.h"
#include "arrayflex/core/job_timing.h"
#include "arrayflex/study/memory_model.h"
#include "arrayflex/study/wording.h"

namespace arrayflex::study {

/// Not thread-safe: transfers that were asked for once are remembered.
class MemoryTimes {
 public:
  /// Throws InputError where the clock of the conventional array is not known.
  MemoryTimes(const MemoryOptions& options, const ArrayConfig& config, Wording wording);

  /// As the options' mapping chooses, for ArrayFlex in mode k; both designs use the same plan.
  /// Chosen once as long as k stays. Throws InputError where a buffer is too small.
  const BlockPlan& plan_of(const GemmShape& shape, int k);
  /// The same for reports, and for the k that plan_of() then takes: empty where all buffers are
  /// unlimited.
  std::optional<BlockPlan> reported_plan_of(const GemmShape& shape, int k);
  const BlockPlan& plan_of(const GemmShape& shape) { return plan_of(shape, planned_k_); }

  /// The clock of a design in mode k, which must be known, from no rounding on.
  JobClock clock_of(Design design, int k);

  PlannedProduct product_of(const GemmShape& shape, const BlockPlan& plan) const;

  /// `count` products, one after the other.
  JobTime time_of(const PlannedProduct& product, const JobClock& clock, std::int64_t count);

  /// A job's descriptor, fetched before its time begins.
  TransferCost descriptor();

 private:
  BlockPlan choose_plan(const GemmShape& shape, int k);
  BlockPlan plan_of_least_time(const GemmShape& shape, int k);

  MemoryOptions options_;
  ArrayConfig config_;
  Wording wording_;
  MemoryTiming memory_;
  TransferTimes transfers_;
  int planned_k_ = 1;                                   // of plans_
  std::vector<std::pair<GemmShape, BlockPlan>> plans_;  // those chosen, of few shapes
};

}  // namespace arrayflex::study
