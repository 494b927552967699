// A job from its start to its end, what may interrupt it, and counters.
#include "arrayflex/platform/jobs/job_runner.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/error.h"
#include "arrayflex/platform/log.h"

namespace arrayflex::platform {

JobRunner::JobRunner(TileEngine& engine, Dma& dma, JobBuffers buffers)
    : engine_(engine),
      dma_(dma),
      to_compute_(sc_core::sc_gen_unique_name("to_compute")),
      to_finish_(sc_core::sc_gen_unique_name("to_finish")),
      to_data_(sc_core::sc_gen_unique_name("to_data")),
      buffers_(std::move(buffers)) {}

std::size_t JobRunner::operand_bytes() const {
  return static_cast<std::size_t>(engine_.config().data_width_bits() / 8);
}

std::size_t JobRunner::sum_bytes() const {
  return static_cast<std::size_t>(engine_.config().acc_width_bits() / 8);
}

void JobRunner::run(const ValidJob& job, const std::function<void()>& after_last_fetch) {
  if (cancelled_) throw JobCancelled{};
  prepare(job);
  try {
    move_data(after_last_fetch);
    // The job lasts until the clock edge at or after its last response.
    dma_.advance_to(grid_.time_of(grid_.edge_at_or_after(dma_.now())));
    dma_.synchronize();
    // The end of the product may still fail, when all tiles are done and written.
    while (array_is_busy()) sc_core::wait(to_data_);
    if (array_error_ && !cancelled_) throw JobFailure{{*array_error_, 0}};
  } catch (const sc_core::sc_unwind_exception&) {
    throw;  // The kernel ends this process: it must not wait again.
  } catch (...) {
    stop_array();
    finish(false);
    if (cancelled_) throw JobCancelled{};
    throw;
  }
  finish(true);
  if (cancelled_) throw JobCancelled{};
}

void JobRunner::prepare(const ValidJob& job) {
  const ArrayConfig& config = engine_.config();
  job_ = job;
  plan_ = planned(job);
  wait_for_drain();
  grid_ = CycleGrid(dma_.now(), config.period_ps(Design::arrayflex, job.k).value(), fraction_);
  timeline_ = TileTimeline(config, job.k);
  in_work_.clear();
  banks_.resize(static_cast<std::size_t>(plan_->sum_banks(job.k)));
  kept_a_.clear();
  kept_b_.clear();
  latest_tile_end_ = dma_.now();
  weights_fetched_ = rows_fetched_ = tiles_scheduled_ = tiles_streamed_ = tiles_done_ = 0;
  blocks_written_ = 0;
  cycles_done_ = 0;
  activity_done_ = {};
  stop_ = false;
  array_error_.reset();
  running_ = computing_ = true;
  finishing_ = overlaps();
  to_compute_.notify(sc_core::SC_ZERO_TIME);
  to_finish_.notify(sc_core::SC_ZERO_TIME);
}

PlannedProduct JobRunner::planned(const ValidJob& job) const {
  const ArrayConfig& config = engine_.config();
  try {
    const BlockPlan plan = buffers_.plan ? buffers_.plan(job.shape, job.k)
                                         : plan_of_least_traffic(config, job.shape, buffers_.sizes);
    return {config, job.shape, plan, buffers_.sizes.banks};
  } catch (const std::exception& error) {
    log_error(error.what());
    throw JobFailure{{ErrorCode::internal, 0}};
  }
}

void JobRunner::wait_for_drain() {
  // The clock changes at the very edge the last product ended at, or when its drain cycle is over.
  // Where tiles overlap the cycle behind it is waited for, too.
  if (dma_.now() <= latest_tile_end_) return;
  const std::int64_t last_edge = grid_.edge_at_or_after(latest_tile_end_);
  const std::int64_t next_edge = grid_.edge_at_or_after(dma_.now());
  if (next_edge > last_edge + (overlaps() ? 2 : 1)) return;
  dma_.advance_to(grid_.time_of(next_edge));
  // The clock goes on from here: so does its rounding.
  if (overlaps()) fraction_ = grid_.fraction_of(next_edge);
}

void JobRunner::stop_array() {
  stop_ = true;
  if (array_is_busy()) engine_.abort();
  to_compute_.notify(sc_core::SC_ZERO_TIME);
  to_finish_.notify(sc_core::SC_ZERO_TIME);
  while (array_is_busy()) sc_core::wait(to_data_);
}

void JobRunner::finish(bool completed) {
  while (array_is_busy()) sc_core::wait(to_data_);
  running_ = false;
  if (cancelled_) return;
  add_running_job(totals_, std::max(latest_tile_end_, dma_.now()));
  if (completed) ++totals_.jobs_done;
}

void JobRunner::add_running_job(AcceleratorCounters& counters, const sc_core::sc_time& end) const {
  const std::int64_t elapsed = grid_.edge_at_or_after(end);
  counters.cycles = checked_add(counters.cycles, cycles_done_, "compute cycles");
  counters.stall_cycles = checked_add(
      counters.stall_cycles, std::max<std::int64_t>(0, elapsed - cycles_done_), "stall cycles");
  counters.time += grid_.time_of(elapsed) - grid_.anchor();
  counters.activity += activity_done_;
}

void JobRunner::cancel() {
  cancelled_ = true;
  stop_ = true;
  dma_.cancel();
  if (array_is_busy()) engine_.abort();
  to_data_.notify(sc_core::SC_ZERO_TIME);
  to_compute_.notify(sc_core::SC_ZERO_TIME);
  to_finish_.notify(sc_core::SC_ZERO_TIME);
}

void JobRunner::reset() {
  cancelled_ = false;
  totals_ = {};
  dma_.start();
}

AcceleratorCounters JobRunner::counters() const {
  AcceleratorCounters result = totals_;
  if (!running_ || cancelled_) return result;
  try {
    add_running_job(result, latest_tile_end_);
  } catch (const OverflowError&) {
    // The job itself will end with this error; a reader gets the totals without it.
    return totals_;
  }
  return result;
}

}  // namespace arrayflex::platform
