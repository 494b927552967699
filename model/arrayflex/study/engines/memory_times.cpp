#include "arrayflex/study/engines/memory_times.h"

#include <algorithm>
#include <utility>

#include "arrayflex/core/checked.h"
#include "arrayflex/platform/job_descriptor.h"
#include "arrayflex/study/engines/memory_setup.h"
#include "arrayflex/study/engines/product_layout.h"

namespace arrayflex::study {

MemoryTimes::MemoryTimes(const MemoryOptions& options, const ArrayConfig& config, Wording wording)
    : options_(options),
      config_(config),
      wording_(wording),
      memory_(memory_timing(options, config, wording)),
      transfers_(memory_) {}

TransferCost MemoryTimes::descriptor() {
  return transfers_.cost_of({ProductLayout::kDescriptorAddress, 1, platform::kDescriptorBytes, 0});
}

JobClock MemoryTimes::clock_of(Design design, int k) {
  JobClock clock;
  clock.k = design == Design::arrayflex ? k : 1;
  clock.period_ps = config_.period_ps(design, k).value();
  clock.pause_fs = descriptor().duration_fs;
  clock.port_bytes_per_cycle = options_.buffer_port_bytes.value_or(0);
  return clock;
}

PlannedProduct MemoryTimes::product_of(const GemmShape& shape, const BlockPlan& plan) const {
  return {config_, shape, plan, options_.buffers.banks};
}

JobTime MemoryTimes::time_of(const PlannedProduct& product, const JobClock& clock,
                             std::int64_t count) {
  const ProductLayout layout =
      layout_of(product.shape(), static_cast<int>(product.operand_bytes()),
                static_cast<int>(product.sum_bytes()),
                rounded_bytes(memory_.bursts.burst_bytes, memory_.bursts.alignment));
  return time_of_jobs(config_, product, options_.buffers.banks,
                      {layout.a.first, layout.b.first, layout.x.first}, clock, count, transfers_);
}

const BlockPlan& MemoryTimes::plan_of(const GemmShape& shape, int k) {
  // Shapes are those of one layer, the leftover product's among them.
  constexpr std::size_t kMostShapes = 4;
  if (k != planned_k_ || plans_.size() == kMostShapes) plans_.clear();
  planned_k_ = k;
  const auto found = std::find_if(plans_.begin(), plans_.end(),
                                  [&](const auto& plan) { return plan.first == shape; });
  if (found != plans_.end()) return found->second;
  return plans_.emplace_back(shape, choose_plan(shape, k)).second;
}

std::optional<BlockPlan> MemoryTimes::reported_plan_of(const GemmShape& shape, int k) {
  const BlockPlan& plan = plan_of(shape, k);
  if (!options_.has_buffers()) return std::nullopt;
  return plan;
}

BlockPlan MemoryTimes::choose_plan(const GemmShape& shape, int k) {
  switch (options_.mapping) {
    case Mapping::rows:
      return plan_of_least_traffic(config_, shape, options_.buffers, LoopOrder::rows);
    case Mapping::columns:
      return plan_of_least_traffic(config_, shape, options_.buffers, LoopOrder::columns);
    case Mapping::time:
      return plan_of_least_time(shape, k);
    case Mapping::traffic:
      break;
  }
  return plan_of_least_traffic(config_, shape, options_.buffers);
}

// ArrayFlex's time. On a tie the plan with less traffic, then the first.
BlockPlan MemoryTimes::plan_of_least_time(const GemmShape& shape, int k) {
  require_mode_with_clock(config_, k, wording_);
  const JobClock clock = clock_of(Design::arrayflex, k);
  std::optional<BlockPlan> best;
  std::pair<std::int64_t, std::int64_t> least;
  for (const BlockPlan& plan : candidate_plans(config_, shape, options_.buffers)) {
    const JobTime time = time_of(product_of(shape, plan), clock, 1);
    const std::pair<std::int64_t, std::int64_t> costs{
        checked_add(time.counted.cycles, time.stall_cycles, "cycles"), time.traffic.total()};
    if (best && costs >= least) continue;
    best = plan;
    least = costs;
  }
  return best.value();
}

}  // namespace arrayflex::study
