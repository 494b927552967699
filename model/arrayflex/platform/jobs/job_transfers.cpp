// The process of a job that moves data, and the schedule of the tiles that follows from it.
#include <algorithm>
#include <stdexcept>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/operands.h"
#include "arrayflex/platform/jobs/job_runner.h"
#include "arrayflex/platform/little_endian.h"

namespace arrayflex::platform {

void JobRunner::move_data(const std::function<void()>& after_last_fetch) {
  while (blocks_written_ < block_count()) {
    const auto fetch = next_fetch_edge();
    const auto write = next_write_edge();
    if (fetch && (!write || *fetch <= *write)) {
      fetch_next(*fetch);
      schedule_tiles();
      if (rows_fetched_ == plan_->count()) after_last_fetch();
    } else if (write) {
      write_block(*write);
      schedule_tiles();
    } else {
      throw std::logic_error("a job has nothing to transfer and is not done");
    }
  }
}

// When the buffer for what is fetched next is free. None: all is fetched, or the tile that holds
// the buffer has no bank for its sums yet. Then a block can be written, and comes first.
std::optional<std::int64_t> JobRunner::next_fetch_edge() const {
  const std::int64_t index = rows_fetched_;
  if (index == plan_->count()) return std::nullopt;
  if (index < operand_banks()) return 0;
  if (tiles_scheduled_ <= index - operand_banks()) return std::nullopt;
  const auto before = static_cast<std::size_t>((index - operand_banks()) % 2);
  if (!overlaps()) return end_edge_[before];
  const bool weights_next = weights_fetched_ == index;
  return stream_edge_[before] + (weights_next ? 0 : plan_->plan().block_rows);
}

// When the next block's last tile is done. None: it is not known, so something can be fetched
// before.
std::optional<std::int64_t> JobRunner::next_write_edge() {
  const std::int64_t last_tile = (blocks_written_ + 1) * plan_->row_blocks() - 1;
  if (tiles_scheduled_ <= last_tile) return std::nullopt;
  return bank_of(blocks_written_).done_edge;
}

// Weights first: the array needs them first.
void JobRunner::fetch_next(std::int64_t edge) {
  const std::int64_t index = rows_fetched_;
  if (index >= operand_banks()) {
    const std::int64_t before = index - operand_banks();
    wait_for_array([&] { return (overlaps() ? tiles_streamed_ : tiles_done_) > before; });
    dma_.advance_to(overlaps() ? grid_.time_of(edge)
                               : tile_end_[static_cast<std::size_t>(before % 2)]);
  }
  if (weights_fetched_ == index) {
    if (spare_.empty()) spare_.emplace_back();
    in_work_.push_back(std::move(spare_.back()));
    spare_.pop_back();
    in_work_.back().planned = plan_->tile(index);
    fetch_weights(in_work_.back());
  } else {
    fetch_rows(in_work_.back());
  }
  to_compute_.notify(sc_core::SC_ZERO_TIME);
}

void JobRunner::fetch_weights(TileInWork& tile) {
  const BlockPlan& plan = plan_->plan();
  const Tile& place = tile.planned.tile;
  // Those of a column block, or all of B.
  const std::int64_t all = plan.order == LoopOrder::rows ? plan_->col_blocks() : 1;
  const std::int64_t piece = place.row_block * all + (all == 1 ? 0 : place.col_block);
  if (plan.keeps_b) kept_b_.resize(static_cast<std::size_t>(plan_->row_blocks() * all));
  if (tile.planned.fetches_b) {
    tile.weights = spare_elements();
    load_elements(plan_->weights_of(tile.planned, job_.b.address, job_.b.stride_bytes),
                  *tile.weights, totals_.traffic.b);
    if (plan.keeps_b) kept_b_[static_cast<std::size_t>(piece)] = tile.weights;
  } else {
    tile.weights = kept_b_[static_cast<std::size_t>(piece)];
  }
  tile.weights_there = dma_.now();
  ++weights_fetched_;
}

void JobRunner::fetch_rows(TileInWork& tile) {
  const BlockPlan& plan = plan_->plan();
  const PlannedTile& planned = tile.planned;
  // Those of a block of rows, or all of A.
  const std::int64_t all = plan.order == LoopOrder::rows ? 1 : plan_->t_blocks();
  const std::int64_t t_block = planned.t0 / plan.block_rows;
  const std::int64_t piece = planned.tile.row_block * all + (all == 1 ? 0 : t_block);
  if (plan.keeps_a) kept_a_.resize(static_cast<std::size_t>(plan_->row_blocks() * all));
  if (planned.fetches_a) {
    tile.a = spare_elements();
    load_elements(plan_->rows_of(planned, job_.a.address, job_.a.stride_bytes), *tile.a,
                  totals_.traffic.a);
    if (plan.keeps_a) kept_a_[static_cast<std::size_t>(piece)] = tile.a;
  } else {
    tile.a = kept_a_[static_cast<std::size_t>(piece)];
  }
  tile.rows_there = dma_.now();
  ++rows_fetched_;
}

// A piece that no tile has any more, and that is not kept.
std::shared_ptr<JobRunner::Elements> JobRunner::spare_elements() {
  for (const std::shared_ptr<Elements>& piece : pool_) {
    if (piece.use_count() == 1) return piece;
  }
  pool_.push_back(std::make_shared<Elements>());
  return pool_.back();
}

// The buffers' ports may be slower than the memory.
void JobRunner::wait_for_port(const sc_core::sc_time& start, std::uint64_t bytes) {
  if (buffers_.port_bytes_per_cycle == 0) return;
  const std::int64_t cycles =
      ceil_div(static_cast<std::int64_t>(bytes), buffers_.port_bytes_per_cycle);
  dma_.advance_to(start + grid_.duration_of(cycles));
}

void JobRunner::load_elements(const Region& region, std::vector<std::int32_t>& elements,
                              std::uint64_t& traffic) {
  staging_.resize(region.rows * region.row_bytes);
  const std::uint64_t before = dma_.bytes_read();
  const sc_core::sc_time start = dma_.now();
  const auto count = [&] { traffic += dma_.bytes_read() - before; };
  try {
    dma_.read(region, staging_.data());
  } catch (...) {
    count();
    throw;
  }
  count();
  wait_for_port(start, staging_.size());
  const std::size_t bytes = operand_bytes();
  elements.resize(staging_.size() / bytes);
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const std::uint64_t raw = load_unsigned(&staging_[i * bytes], static_cast<int>(bytes));
    elements[i] = static_cast<std::int32_t>(sign_extend(raw, static_cast<int>(bytes * 8)));
  }
}

// A tile whose operands are there, and that has a bank for its sums, is known to the cycle.
void JobRunner::schedule_tiles() {
  while (tiles_scheduled_ < rows_fetched_) {
    TileInWork& tile = in_work(tiles_scheduled_);
    const PlannedTile& planned = tile.planned;
    if (!has_bank(planned)) return;
    AccumulatorBank& bank = bank_of(planned.block);
    if (planned.opens_block && planned.block >= static_cast<std::int64_t>(banks_.size())) {
      tile.rows_there = std::max(tile.rows_there, bank.free);
    }
    // Without overlap a tile loads when all it needs is there.
    const std::int64_t rows = grid_.edge_at_or_after(tile.rows_there);
    timeline_.load(overlaps() ? grid_.edge_at_or_after(tile.weights_there) : rows);
    const auto parity = static_cast<std::size_t>(tiles_scheduled_ % 2);
    stream_edge_[parity] = timeline_.stream(rows, planned.t_count);
    end_edge_[parity] = tile.end_edge = timeline_.end_edge();
    if (planned.closes_block) bank.done_edge = tile.end_edge;
    ++tiles_scheduled_;
    to_compute_.notify(sc_core::SC_ZERO_TIME);
  }
}

bool JobRunner::has_bank(const PlannedTile& planned) const {
  return planned.block < blocks_written_ + static_cast<std::int64_t>(banks_.size());
}

void JobRunner::write_block(std::int64_t edge) {
  const std::int64_t block = blocks_written_;
  const std::int64_t last_index = (block + 1) * plan_->row_blocks() - 1;
  const PlannedTile last = plan_->tile(last_index);
  wait_for_array([&] { return tiles_done_ > last_index; });
  dma_.advance_to(overlaps() ? grid_.time_of(edge)
                             : tile_end_[static_cast<std::size_t>(last_index % 2)]);
  AccumulatorBank& bank = bank_of(block);
  const std::size_t bytes = sum_bytes();
  const Region region = plan_->sums_of(last, job_.x.address, job_.x.stride_bytes);
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
    const sc_core::sc_time start = dma_.now();
    dma_.write(region, staging_.data());
    wait_for_port(start, staging_.size());
  } catch (...) {
    count();
    throw;
  }
  count();
  bank.free = dma_.now();
  ++blocks_written_;
  to_compute_.notify(sc_core::SC_ZERO_TIME);
}

// Until the array has come that far.
template <class Condition>
void JobRunner::wait_for_array(Condition has_come) {
  while (!has_come()) {
    if (cancelled_) throw JobCancelled{};
    if (array_error_) throw JobFailure{{*array_error_, 0}};
    sc_core::wait(to_data_);
  }
}

}  // namespace arrayflex::platform
