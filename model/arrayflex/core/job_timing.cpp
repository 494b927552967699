#include "arrayflex/core/job_timing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/clock_edges.h"
#include "arrayflex/core/error.h"
#include "arrayflex/core/tile_timeline.h"

namespace arrayflex {
namespace {

constexpr const char* kTimeWhat = "time of a product in femtoseconds";
constexpr const char* kCyclesWhat = "number of cycles";
constexpr const char* kBytesWhat = "number of bytes";

long double period_fs(const JobClock& clock) {
  return static_cast<long double>(clock.period_ps) * 1000;
}

// The accelerator's JobRunner, without its data: what is where and when.
class JobTimer {
 public:
  JobTimer(const ArrayTiming& array, const PlannedProduct& product, int banks,
           const ProductAddresses& addresses, const JobClock& clock, TransferTimes& transfers)
      : array_(array),
        product_(product),
        operand_banks_(banks),
        addresses_(addresses),
        clock_(clock),
        transfers_(transfers),
        edges_(period_fs(clock), clock.fraction_fs),
        timeline_(array, clock.k),
        banks_(static_cast<std::size_t>(product.sum_banks(clock.k))) {}

  JobTime run() {
    while (blocks_written_ < product_.count() / product_.row_blocks()) {
      const std::optional<std::int64_t> fetch = next_fetch_edge(), write = next_write_edge();
      if (fetch && (!write || *fetch <= *write)) {
        fetch_next(*fetch);
      } else {
        write_block(write.value());
      }
      schedule_tiles();
    }
    JobTime time;
    time.counted = overlaps() ? counted_ : product_.cycles(clock_.k);
    const std::int64_t end = edge_of(now_);
    time.stall_cycles = std::max<std::int64_t>(0, end - time.counted.cycles);
    time.traffic = traffic_;
    time.last_edge = next_start_edge(end);
    time.fraction_fs = edges_.fraction_of(time.last_edge);
    time.fits_any_fraction = is_clear_of_edges_;
    return time;
  }

 private:
  struct TileInWork {
    PlannedTile planned;
    std::int64_t weights_there = 0, rows_there = 0;  // times
    std::int64_t stream_edge = 0, end_edge = 0;
  };
  struct Bank {
    std::int64_t free = 0;       // a time
    std::int64_t done_edge = 0;  // of its block's last tile
  };

  bool overlaps() const { return array_.overlap != Overlap::none; }
  TileInWork& in_work(std::int64_t index) {
    return tiles_[static_cast<std::size_t>(index) % tiles_.size()];
  }
  Bank& bank_of(std::int64_t block) {
    return banks_[static_cast<std::size_t>(block) % banks_.size()];
  }

  std::int64_t edge_of(std::int64_t time) {
    const std::int64_t edge = edges_.edge_at_or_after(time);
    // Another fraction moves edges, and transfers that began at one, by a femtosecond at most.
    constexpr std::int64_t kClear = 3;
    if (!edges_.are_whole() && edge > 0 && time != at_edge_ &&
        (edges_.time_of(edge) - time < kClear || time - edges_.time_of(edge - 1) < kClear)) {
      is_clear_of_edges_ = false;
    }
    return edge;
  }

  // The edge whose rounding the next product takes over: the end of the last tile or, where the
  // clock goes on without a pause, the first at which that product can begin.
  std::int64_t next_start_edge(std::int64_t end) {
    const std::int64_t last = timeline_.end_edge();
    if (!overlaps()) return last;
    const std::int64_t next = edge_of(edges_.time_of(end) + clock_.pause_fs);
    return next > last + 2 ? last : next;
  }

  // When there is a place for what is fetched next. None: all is fetched, or the tile whose place
  // it is has no bank for its sums yet. Then a block can be written, and comes first.
  std::optional<std::int64_t> next_fetch_edge() {
    const std::int64_t index = rows_fetched_;
    if (index == product_.count()) return std::nullopt;
    if (index < operand_banks_) return 0;
    if (scheduled_ <= index - operand_banks_) return std::nullopt;
    const TileInWork& before = in_work(index - operand_banks_);
    if (!overlaps()) return before.end_edge;
    const bool weights_next = weights_fetched_ == index;
    return before.stream_edge + (weights_next ? 0 : before.planned.t_count);
  }

  // When the next block's last tile is done. None: it is not known.
  std::optional<std::int64_t> next_write_edge() {
    const std::int64_t last_tile = (blocks_written_ + 1) * product_.row_blocks() - 1;
    if (scheduled_ <= last_tile) return std::nullopt;
    return bank_of(blocks_written_).done_edge;
  }

  void begin_transfer_at(std::int64_t edge) {
    at_edge_ = edges_.time_of(edge);
    now_ = std::max(now_, at_edge_);
  }

  // Weights first: the array needs them first.
  void fetch_next(std::int64_t edge) {
    begin_transfer_at(edge);
    TileInWork& tile = in_work(rows_fetched_);
    if (weights_fetched_ == rows_fetched_) {
      tile.planned = product_.tile(rows_fetched_);
      if (tile.planned.fetches_b) {
        transfer(product_.weights_of(tile.planned, addresses_.b,
                                     stride_of(product_.shape().m, product_.operand_bytes())),
                 traffic_.b);
      }
      tile.weights_there = now_;
      ++weights_fetched_;
    } else {
      if (tile.planned.fetches_a) {
        transfer(product_.rows_of(tile.planned, addresses_.a,
                                  stride_of(product_.shape().n, product_.operand_bytes())),
                 traffic_.a);
      }
      tile.rows_there = now_;
      ++rows_fetched_;
    }
  }

  void schedule_tiles() {
    while (scheduled_ < rows_fetched_) {
      TileInWork& tile = in_work(scheduled_);
      const PlannedTile& planned = tile.planned;
      const auto banks = static_cast<std::int64_t>(banks_.size());
      if (planned.block >= blocks_written_ + banks) return;
      Bank& bank = bank_of(planned.block);
      if (planned.opens_block && planned.block >= banks) {
        tile.rows_there = std::max(tile.rows_there, bank.free);
      }
      // Without overlap a tile loads when all it needs is there.
      const std::int64_t rows = edge_of(tile.rows_there);
      timeline_.load(overlaps() ? edge_of(tile.weights_there) : rows);
      tile.stream_edge = timeline_.stream(rows, planned.t_count);
      tile.end_edge = timeline_.end_edge();
      if (planned.closes_block) bank.done_edge = tile.end_edge;
      if (overlaps()) count(planned.t_count);
      ++scheduled_;
    }
  }

  void count(std::int64_t t_count) {
    counted_ += scheduled_ == 0
                    ? first_tile_cycles(array_, clock_.k, t_count)
                    : next_tile_cycles(array_, clock_.k, t_count, timeline_.stall_cycles());
  }

  void write_block(std::int64_t edge) {
    begin_transfer_at(edge);
    const PlannedTile last = product_.tile((blocks_written_ + 1) * product_.row_blocks() - 1);
    transfer(
        product_.sums_of(last, addresses_.x, stride_of(product_.shape().m, product_.sum_bytes())),
        traffic_.x);
    bank_of(blocks_written_).free = now_;
    ++blocks_written_;
  }

  // Of a matrix without gaps between its rows.
  static std::uint64_t stride_of(std::int64_t cols, std::int64_t element_bytes) {
    return static_cast<std::uint64_t>(cols * element_bytes);
  }

  void transfer(const MemoryRows& rows, std::int64_t& bytes_moved) {
    const TransferCost cost = transfers_.cost_of(rows);
    bytes_moved = checked_add(bytes_moved, cost.bytes, kBytesWhat);
    std::int64_t duration = cost.duration_fs;
    if (clock_.port_bytes_per_cycle > 0) {
      const auto bytes = static_cast<std::int64_t>(rows.rows * rows.row_bytes);
      const std::int64_t cycles = ceil_div(bytes, clock_.port_bytes_per_cycle);
      duration = std::max(duration, edges_.duration_of(cycles));
    }
    now_ = checked_add(now_, duration, kTimeWhat);
  }

  const ArrayTiming& array_;
  const PlannedProduct& product_;
  const std::int64_t operand_banks_;
  const ProductAddresses& addresses_;
  const JobClock& clock_;
  TransferTimes& transfers_;
  const ClockEdges edges_;
  TileTimeline timeline_;
  std::array<TileInWork, 4> tiles_;  // by index; more than are fetched ahead of a tile that runs
  std::vector<Bank> banks_;
  std::int64_t now_ = 0;  // of the process that moves data
  std::int64_t weights_fetched_ = 0, rows_fetched_ = 0, scheduled_ = 0, blocks_written_ = 0;
  std::int64_t at_edge_ = 0;  // a time that is that of an edge, whatever the fraction
  bool is_clear_of_edges_ = true;
  CountedCycles counted_;  // where tiles overlap
  MemoryTraffic traffic_;
};

CountedCycles times_as_many(const CountedCycles& counted, std::int64_t times) {
  return {checked_mul(counted.tiles, times, "number of tiles"),
          checked_mul(counted.cycles, times, kCyclesWhat),
          checked_mul(counted.pipeline_clocked, times, kCyclesWhat)};
}

MemoryTraffic& add(MemoryTraffic& sum, const MemoryTraffic& traffic, std::int64_t times) {
  for (std::int64_t MemoryTraffic::*part :
       {&MemoryTraffic::a, &MemoryTraffic::b, &MemoryTraffic::x}) {
    sum.*part = checked_add(sum.*part, checked_mul(traffic.*part, times, kBytesWhat), kBytesWhat);
  }
  return sum;
}

// Of the last of so many products, of which `first` is the first. Step by step as each product
// rounds; beyond what is ever simulated by the remainder.
long double fraction_after(const JobClock& clock, const JobTime& first, std::int64_t products) {
  constexpr std::int64_t kMostSteps = 100000;
  if (products > kMostSteps) {
    const long double of_each =
        std::remainder(static_cast<long double>(first.last_edge) * period_fs(clock), 1.0L);
    return std::remainder(first.fraction_fs + static_cast<long double>(products - 1) * of_each,
                          1.0L);
  }
  long double fraction = first.fraction_fs;
  for (std::int64_t i = 1; i < products; ++i) {
    fraction = ClockEdges(period_fs(clock), fraction).fraction_of(first.last_edge);
  }
  return fraction;
}

}  // namespace

JobTime time_of_job(const ArrayTiming& array, const PlannedProduct& product, int banks,
                    const ProductAddresses& addresses, const JobClock& clock,
                    TransferTimes& transfers) {
  if (array.overlap != Overlap::none && product.t_blocks() > 1) {
    throw InputError("overlap", name_of(array.overlap), "T must be one block where tiles overlap");
  }
  return JobTimer(array, product, banks, addresses, clock, transfers).run();
}

JobTime time_of_jobs(const ArrayTiming& array, const PlannedProduct& product, int banks,
                     const ProductAddresses& addresses, const JobClock& clock, std::int64_t count,
                     TransferTimes& transfers) {
  JobClock running = clock;
  JobTime sum;
  for (std::int64_t i = 0; i < count; ++i) {
    const JobTime time = time_of_job(array, product, banks, addresses, running, transfers);
    const bool is_steady = time.fits_any_fraction || time.fraction_fs == running.fraction_fs;
    const std::int64_t times = is_steady ? count - i : 1;
    sum.counted += times_as_many(time.counted, times);
    sum.stall_cycles = checked_add(sum.stall_cycles,
                                   checked_mul(time.stall_cycles, times, kCyclesWhat), kCyclesWhat);
    add(sum.traffic, time.traffic, times);
    sum.last_edge = time.last_edge;
    sum.fraction_fs = is_steady && time.fraction_fs != running.fraction_fs
                          ? fraction_after(clock, time, times)
                          : time.fraction_fs;
    sum.fits_any_fraction = sum.fits_any_fraction && time.fits_any_fraction;
    if (is_steady) break;
    running.fraction_fs = time.fraction_fs;
  }
  return sum;
}

}  // namespace arrayflex
