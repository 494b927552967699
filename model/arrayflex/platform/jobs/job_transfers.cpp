// The process of a job that moves data, and the schedule of the tiles that follows from it.
#include <algorithm>
#include <stdexcept>

#include "arrayflex/core/operands.h"
#include "arrayflex/platform/jobs/job_runner.h"
#include "arrayflex/platform/little_endian.h"

namespace arrayflex::platform {

void JobRunner::move_data(const std::function<void()>& after_last_fetch) {
  while (blocks_written_ < plan_->col_blocks()) {
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
  if (index < 2) return 0;
  if (tiles_scheduled_ <= index - 2) return std::nullopt;
  const auto before = static_cast<std::size_t>(index % 2);
  if (!overlaps()) return end_edge_[before];
  const bool weights_next = weights_fetched_ == index;
  return stream_edge_[before] + (weights_next ? 0 : job_.shape.t);
}

// When the next block's last tile is done. None: it is not known, so something can be fetched
// before.
std::optional<std::int64_t> JobRunner::next_write_edge() const {
  const std::int64_t last_tile = (blocks_written_ + 1) * plan_->row_blocks() - 1;
  if (tiles_scheduled_ <= last_tile) return std::nullopt;
  return banks_[static_cast<std::size_t>(blocks_written_) % banks_.size()].done_edge;
}

// Weights first: the array needs them first.
void JobRunner::fetch_next(std::int64_t edge) {
  const std::int64_t index = rows_fetched_;
  if (index >= 2) {
    wait_for_array([&] { return (overlaps() ? tiles_streamed_ : tiles_done_) > index - 2; });
    dma_.advance_to(overlaps() ? grid_.time_of(edge)
                               : tile_end_[static_cast<std::size_t>(index % 2)]);
  }
  if (weights_fetched_ == index) {
    if (spare_.empty()) spare_.emplace_back();
    in_work_.push_back(std::move(spare_.back()));
    spare_.pop_back();
    in_work_.back().place = plan_->tile(index);
    fetch_weights(in_work_.back());
  } else {
    fetch_rows(in_work_.back());
  }
  to_compute_.notify(sc_core::SC_ZERO_TIME);
}

void JobRunner::fetch_weights(TileInWork& tile) {
  const auto bytes = static_cast<std::uint64_t>(operand_bytes());
  const auto n0 = static_cast<std::uint64_t>(tile.place.n0);
  const auto m0 = static_cast<std::uint64_t>(tile.place.m0);
  load_elements({job_.b.address + n0 * job_.b.stride_bytes + m0 * bytes,
                 static_cast<std::uint64_t>(tile.place.n_count),
                 static_cast<std::uint64_t>(tile.place.m_count) * bytes, job_.b.stride_bytes},
                tile.weights, totals_.traffic.b);
  tile.weights_there = dma_.now();
  ++weights_fetched_;
}

void JobRunner::fetch_rows(TileInWork& tile) {
  const auto bytes = static_cast<std::uint64_t>(operand_bytes());
  load_elements({job_.a.address + static_cast<std::uint64_t>(tile.place.n0) * bytes,
                 static_cast<std::uint64_t>(job_.shape.t),
                 static_cast<std::uint64_t>(tile.place.n_count) * bytes, job_.a.stride_bytes},
                tile.a, totals_.traffic.a);
  tile.rows_there = dma_.now();
  ++rows_fetched_;
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

// A tile whose operands are there, and that has a bank for its sums, is known to the cycle.
void JobRunner::schedule_tiles() {
  while (tiles_scheduled_ < rows_fetched_) {
    TileInWork& tile = in_work(tiles_scheduled_);
    const Tile& place = tile.place;
    if (!has_bank(place)) return;
    AccumulatorBank& bank = bank_of(place.col_block);
    if (place.row_block == 0 && place.col_block >= static_cast<std::int64_t>(banks_.size())) {
      tile.rows_there = std::max(tile.rows_there, bank.free);
    }
    // Without overlap a tile loads when all it needs is there.
    const std::int64_t rows = grid_.edge_at_or_after(tile.rows_there);
    timeline_.load(overlaps() ? grid_.edge_at_or_after(tile.weights_there) : rows);
    const auto parity = static_cast<std::size_t>(tiles_scheduled_ % 2);
    stream_edge_[parity] = timeline_.stream(rows, job_.shape.t);
    end_edge_[parity] = tile.end_edge = timeline_.end_edge();
    if (place.row_block == plan_->row_blocks() - 1) bank.done_edge = tile.end_edge;
    ++tiles_scheduled_;
    to_compute_.notify(sc_core::SC_ZERO_TIME);
  }
}

bool JobRunner::has_bank(const Tile& place) const {
  return place.col_block < blocks_written_ + static_cast<std::int64_t>(banks_.size());
}

void JobRunner::write_block(std::int64_t edge) {
  const std::int64_t col_block = blocks_written_;
  const std::int64_t last_index = (col_block + 1) * plan_->row_blocks() - 1;
  const Tile last_tile = plan_->tile(last_index);
  wait_for_array([&] { return tiles_done_ > last_index; });
  dma_.advance_to(overlaps() ? grid_.time_of(edge)
                             : tile_end_[static_cast<std::size_t>(last_index % 2)]);
  AccumulatorBank& bank = bank_of(col_block);
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
