// The processes of a job that have to do with the array: tiles in, sums out.
#include <algorithm>
#include <exception>
#include <stdexcept>

#include "arrayflex/core/error.h"
#include "arrayflex/platform/jobs/job_runner.h"
#include "arrayflex/platform/log.h"

namespace arrayflex::platform {
namespace {

std::size_t sums_of(const PlannedTile& planned) {
  return static_cast<std::size_t>(planned.t_count * planned.tile.m_count);
}

}  // namespace

template <class Body>
void JobRunner::report_errors(Body body) {
  try {
    body();
  } catch (const sc_core::sc_unwind_exception&) {
    throw;
  } catch (const OverflowError& error) {
    log_error(error.what());
    array_error_ = ErrorCode::counter_overflow;
  } catch (const std::exception& error) {
    log_error(error.what());
    array_error_ = ErrorCode::internal;
  }
}

void JobRunner::compute_loop() {
  for (;;) {
    while (!computing_) sc_core::wait(to_compute_);
    report_errors([this] { compute_job(); });
    computing_ = false;
    to_data_.notify(sc_core::SC_ZERO_TIME);
  }
}

void JobRunner::finish_loop() {
  for (;;) {
    while (!finishing_) sc_core::wait(to_finish_);
    report_errors([this] { finish_job(); });
    finishing_ = false;
    to_data_.notify(sc_core::SC_ZERO_TIME);
  }
}

void JobRunner::compute_job() {
  engine_.begin_gemm(job_.k, grid_);
  for (std::int64_t i = 0; i < plan_->count(); ++i) {
    if (!(overlaps() ? start_tile(i) : run_tile(i))) return;
  }
  if (!overlaps()) end_product();
}

void JobRunner::end_product() {
  engine_.end_gemm();
  activity_done_ = engine_.activity();
}

// False: the job is to be left.
bool JobRunner::wait_until_more_than(std::int64_t index, const std::int64_t& tiles,
                                     sc_core::sc_event& event) {
  while (!stop_ && tiles <= index) sc_core::wait(event);
  return !stop_;
}

BufferedTile JobRunner::buffered(TileInWork& tile) const {
  BufferedTile buffered;
  buffered.weights = tile.weights->data();
  buffered.a = tile.a ? tile.a->data() : nullptr;  // where tiles overlap it may come later
  buffered.partial = tile.partial.data();
  buffered.t_count = tile.planned.t_count;
  buffered.n_count = static_cast<int>(tile.planned.tile.n_count);
  buffered.m_count = static_cast<int>(tile.planned.tile.m_count);
  return buffered;
}

bool JobRunner::run_tile(std::int64_t index) {
  if (!wait_until_more_than(index, tiles_scheduled_, to_compute_)) return false;
  TileInWork& tile = in_work(index);
  tile.partial.resize(sums_of(tile.planned));
  const sc_core::sc_time end = engine_.run_tile(buffered(tile), tile.rows_there);
  if (stop_) return false;
  take_sums(index, end);
  return true;
}

// Its weights go into the array as soon as they are there, its rows follow.
bool JobRunner::start_tile(std::int64_t index) {
  if (!wait_until_more_than(index, weights_fetched_, to_compute_)) return false;
  TileInWork& tile = in_work(index);
  tile.partial.resize(sums_of(tile.planned));
  engine_.load_tile(buffered(tile), tile.weights_there);
  if (!wait_until_more_than(index, tiles_scheduled_, to_compute_)) return false;
  engine_.stream_tile(buffered(tile), tile.rows_there, index + 1 == plan_->count());
  if (stop_) return false;
  tiles_streamed_ = index + 1;
  to_finish_.notify(sc_core::SC_ZERO_TIME);
  to_data_.notify(sc_core::SC_ZERO_TIME);
  return true;
}

void JobRunner::finish_job() {
  for (std::int64_t i = 0; i < plan_->count(); ++i) {
    if (!wait_until_more_than(i, tiles_streamed_, to_finish_)) return;
    const sc_core::sc_time end = engine_.finish_tile();
    if (stop_) return;
    // The order of transfers follows from the schedule: array and schedule must agree.
    if (end != grid_.time_of(in_work(i).end_edge)) {
      throw std::logic_error("a tile of the array did not end when it was due");
    }
    take_sums(i, end);
  }
  end_product();
}

void JobRunner::take_sums(std::int64_t index, const sc_core::sc_time& end) {
  accumulate(in_work(index));
  latest_tile_end_ = end;
  fraction_ = grid_.fraction_of(grid_.edge_at_or_after(end));
  cycles_done_ = engine_.cycles();
  activity_done_ = engine_.activity();
  tile_end_[static_cast<std::size_t>(index % 2)] = end;
  ++totals_.tiles;
  spare_.push_back(std::move(in_work_.front()));
  spare_.back().a.reset();
  spare_.back().weights.reset();
  in_work_.pop_front();
  tiles_done_ = index + 1;
  to_data_.notify(sc_core::SC_ZERO_TIME);
}

void JobRunner::accumulate(const TileInWork& tile) {
  std::vector<std::int64_t>& sums = bank_of(tile.planned.block).sums;
  if (tile.planned.opens_block) {
    sums.assign(tile.partial.begin(), tile.partial.end());
    return;
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    // Sums wrap; only their low bits are written.
    sums[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(sums[i]) +
                                        static_cast<std::uint64_t>(tile.partial[i]));
  }
}

}  // namespace arrayflex::platform
