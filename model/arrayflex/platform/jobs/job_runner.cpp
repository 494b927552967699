#include "arrayflex/platform/jobs/job_runner.h"

#include <algorithm>
#include <exception>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/error.h"
#include "arrayflex/core/operands.h"
#include "arrayflex/platform/little_endian.h"
#include "arrayflex/platform/log.h"

namespace arrayflex::platform {

JobRunner::JobRunner(TileEngine& engine, Dma& dma)
    : engine_(engine),
      dma_(dma),
      to_compute_(sc_core::sc_gen_unique_name("to_compute")),
      to_data_(sc_core::sc_gen_unique_name("to_data")) {}

std::size_t JobRunner::operand_bytes() const {
  return static_cast<std::size_t>(engine_.config().data_width_bits() / 8);
}

std::size_t JobRunner::sum_bytes() const {
  return static_cast<std::size_t>(engine_.config().acc_width_bits() / 8);
}

// The process that moves data ---------------------------------------------------------------------

void JobRunner::run(const ValidJob& job, const std::function<void()>& after_last_fetch) {
  if (cancelled_) throw JobCancelled{};
  prepare(job);
  try {
    move_data(after_last_fetch);
    // The job lasts until the clock edge at or after its last response.
    dma_.advance_to(grid_.time_of(grid_.edge_at_or_after(dma_.now())));
    dma_.synchronize();
    // The end of the product may still fail, when all tiles are done and written.
    while (computing_) sc_core::wait(to_data_);
    if (compute_error_ && !cancelled_) throw JobFailure{{*compute_error_, 0}};
  } catch (const sc_core::sc_unwind_exception&) {
    throw;  // The kernel ends this process: it must not wait again.
  } catch (...) {
    stop_compute();
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
  plan_.emplace(job.shape, config.rows(), config.cols());
  wait_for_drain();
  grid_ = CycleGrid(dma_.now(), config.period_ps(Design::arrayflex, job.k).value(), fraction_);
  latest_tile_end_ = dma_.now();
  tiles_fetched_ = tiles_done_ = blocks_written_ = 0;
  cycles_done_ = 0;
  activity_done_ = {};
  stop_ = false;
  compute_error_.reset();
  running_ = computing_ = true;
  to_compute_.notify(sc_core::SC_ZERO_TIME);
}

void JobRunner::wait_for_drain() {
  // The clock changes at the very edge the last product ended at, or when its drain cycle is over.
  const std::int64_t last_edge = grid_.edge_at_or_after(latest_tile_end_);
  if (dma_.now() > latest_tile_end_) dma_.advance_to(grid_.time_of(last_edge + 1));
}

void JobRunner::move_data(const std::function<void()>& after_last_fetch) {
  const std::int64_t count = plan_->count();
  const auto fetch_tile = [&](std::int64_t index) {
    if (index >= count) return;
    fetch(index);
    if (index == count - 1) after_last_fetch();
  };
  fetch_tile(0);
  fetch_tile(1);
  for (std::int64_t i = 0; i < count; ++i) {
    wait_for_tile(i);
    fetch_tile(i + 2);
    const Tile tile = plan_->tile(i);
    if (tile.row_block == plan_->row_blocks() - 1) write_block(tile);
  }
}

void JobRunner::fetch(std::int64_t index) {
  const Tile tile = plan_->tile(index);
  OperandBuffer& buffer = operands_[static_cast<std::size_t>(index % 2)];
  const auto bytes = static_cast<std::uint64_t>(operand_bytes());
  const auto n0 = static_cast<std::uint64_t>(tile.n0), m0 = static_cast<std::uint64_t>(tile.m0);
  const auto n = static_cast<std::uint64_t>(tile.n_count);
  const auto m = static_cast<std::uint64_t>(tile.m_count);
  // Weights first: the array needs them first.
  load_elements(
      {job_.b.address + n0 * job_.b.stride_bytes + m0 * bytes, n, m * bytes, job_.b.stride_bytes},
      buffer.weights, totals_.traffic.b);
  load_elements({job_.a.address + n0 * bytes, static_cast<std::uint64_t>(job_.shape.t), n * bytes,
                 job_.a.stride_bytes},
                buffer.a, totals_.traffic.a);
  buffer.ready = dma_.now();
  tiles_fetched_ = index + 1;
  to_compute_.notify(sc_core::SC_ZERO_TIME);
}

void JobRunner::load_elements(const Region& region, std::vector<std::int32_t>& elements,
                              std::uint64_t& traffic) {
  staging_.resize(region.rows * region.row_bytes);
  const std::uint64_t before = dma_.bytes_read();
  const auto count = [&] { traffic += dma_.bytes_read() - before; };
  try {
    dma_.read(region, staging_.data());
  } catch (...) {
    count();
    throw;
  }
  count();
  const std::size_t bytes = operand_bytes();
  elements.resize(staging_.size() / bytes);
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const std::uint64_t raw = load_unsigned(&staging_[i * bytes], static_cast<int>(bytes));
    elements[i] = static_cast<std::int32_t>(sign_extend(raw, static_cast<int>(bytes * 8)));
  }
}

void JobRunner::wait_for_tile(std::int64_t index) {
  while (tiles_done_ <= index) {
    if (cancelled_) throw JobCancelled{};
    if (compute_error_) throw JobFailure{{*compute_error_, 0}};
    sc_core::wait(to_data_);
  }
  dma_.advance_to(tile_end_[static_cast<std::size_t>(index % 2)]);
}

void JobRunner::write_block(const Tile& last_tile) {
  AccumulatorBank& bank = banks_[static_cast<std::size_t>(last_tile.col_block % 2)];
  const std::size_t bytes = sum_bytes();
  const auto m0 = static_cast<std::uint64_t>(last_tile.m0);
  const Region region{job_.x.address + m0 * bytes, static_cast<std::uint64_t>(job_.shape.t),
                      static_cast<std::uint64_t>(last_tile.m_count) * bytes, job_.x.stride_bytes};
  staging_.assign(region.rows * region.row_bytes, 0);
  const std::uint64_t read_before = dma_.bytes_read(), written_before = dma_.bytes_written();
  const auto count = [&] {
    totals_.traffic.x_read += dma_.bytes_read() - read_before;
    totals_.traffic.x_written += dma_.bytes_written() - written_before;
  };
  try {
    if (job_.accumulate) dma_.read(region, staging_.data());
    for (std::size_t i = 0; i < bank.sums.size(); ++i) {
      unsigned char* element = &staging_[i * bytes];
      const std::uint64_t old = load_unsigned(element, static_cast<int>(bytes));
      store_unsigned(element, old + static_cast<std::uint64_t>(bank.sums[i]),
                     static_cast<int>(bytes));
    }
    dma_.write(region, staging_.data());
  } catch (...) {
    count();
    throw;
  }
  count();
  bank.free = dma_.now();
  blocks_written_ = last_tile.col_block + 1;
  to_compute_.notify(sc_core::SC_ZERO_TIME);
}

void JobRunner::stop_compute() {
  stop_ = true;
  if (computing_) engine_.abort();
  to_compute_.notify(sc_core::SC_ZERO_TIME);
  while (computing_) sc_core::wait(to_data_);
}

void JobRunner::finish(bool completed) {
  while (computing_) sc_core::wait(to_data_);
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

// The process that feeds the array ----------------------------------------------------------------

void JobRunner::compute_loop() {
  for (;;) {
    while (!computing_) sc_core::wait(to_compute_);
    try {
      compute_job();
    } catch (const sc_core::sc_unwind_exception&) {
      throw;
    } catch (const OverflowError& error) {
      log_error(error.what());
      compute_error_ = ErrorCode::counter_overflow;
    } catch (const std::exception& error) {
      log_error(error.what());
      compute_error_ = ErrorCode::internal;
    }
    computing_ = false;
    to_data_.notify(sc_core::SC_ZERO_TIME);
  }
}

void JobRunner::compute_job() {
  engine_.begin_gemm(job_.k, grid_);
  for (std::int64_t i = 0; i < plan_->count(); ++i) {
    if (!compute_tile(i)) return;
  }
  engine_.end_gemm();
  activity_done_ = engine_.activity();
}

bool JobRunner::wait_for_buffers(std::int64_t index, const Tile& tile) {
  while (!stop_ && (tiles_fetched_ <= index || blocks_written_ < tile.col_block - 1)) {
    sc_core::wait(to_compute_);
  }
  return !stop_;
}

bool JobRunner::compute_tile(std::int64_t index) {
  const Tile tile = plan_->tile(index);
  if (!wait_for_buffers(index, tile)) return false;
  OperandBuffer& buffer = operands_[static_cast<std::size_t>(index % 2)];
  AccumulatorBank& bank = banks_[static_cast<std::size_t>(tile.col_block % 2)];
  sc_core::sc_time ready = buffer.ready;
  if (tile.row_block == 0 && tile.col_block >= 2) ready = std::max(ready, bank.free);
  partial_.resize(static_cast<std::size_t>(job_.shape.t * tile.m_count));
  BufferedTile buffered;
  buffered.weights = buffer.weights.data();
  buffered.a = buffer.a.data();
  buffered.partial = partial_.data();
  buffered.t_count = job_.shape.t;
  buffered.n_count = static_cast<int>(tile.n_count);
  buffered.m_count = static_cast<int>(tile.m_count);
  const sc_core::sc_time end = engine_.run_tile(buffered, ready);
  if (stop_) return false;
  accumulate(tile);
  latest_tile_end_ = end;
  fraction_ = grid_.fraction_of(grid_.edge_at_or_after(end));
  cycles_done_ = engine_.cycles();
  activity_done_ = engine_.activity();
  tile_end_[static_cast<std::size_t>(index % 2)] = end;
  ++totals_.tiles;
  tiles_done_ = index + 1;
  to_data_.notify(sc_core::SC_ZERO_TIME);
  return true;
}

void JobRunner::accumulate(const Tile& tile) {
  std::vector<std::int64_t>& sums = banks_[static_cast<std::size_t>(tile.col_block % 2)].sums;
  if (tile.row_block == 0) {
    sums.assign(partial_.begin(), partial_.end());
    return;
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    // Sums wrap; only their low bits are written.
    sums[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(sums[i]) +
                                        static_cast<std::uint64_t>(partial_[i]));
  }
}

// Control and counters ----------------------------------------------------------------------------

void JobRunner::cancel() {
  cancelled_ = true;
  stop_ = true;
  dma_.cancel();
  if (computing_) engine_.abort();
  to_data_.notify(sc_core::SC_ZERO_TIME);
  to_compute_.notify(sc_core::SC_ZERO_TIME);
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
