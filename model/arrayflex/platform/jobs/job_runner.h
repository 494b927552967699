// Runs one job: fetches its tiles, feeds the array, writes the results back.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <systemc>
#include <vector>

#include "arrayflex/core/block_plan.h"
#include "arrayflex/core/gemm.h"
#include "arrayflex/core/tile_timeline.h"
#include "arrayflex/platform/arrays/tile_engine.h"
#include "arrayflex/platform/counters.h"
#include "arrayflex/platform/dma/cycle_grid.h"
#include "arrayflex/platform/dma/dma.h"
#include "arrayflex/platform/job_descriptor.h"

namespace arrayflex::platform {

/// The on-chip buffers of an accelerator. docs/architecture.md, "Buffers and loop order".
struct JobBuffers {
  BufferParameters sizes;
  /// Bytes into a buffer, or out of the accumulators, per cycle of the array; 0: unlimited.
  std::int64_t port_bytes_per_cycle = 0;
  /// How a job of this shape in mode k goes through them; empty: plan_of_least_traffic(). Throws
  /// InputError where one is too small: the job ends with ErrorCode::internal.
  std::function<BlockPlan(const GemmShape& shape, int k)> plan;
};

/// Processes work on a job, each with its own idea of time: run() moves data, compute_loop() feeds
/// the array, and where tiles overlap finish_loop() takes their sums. There are places for the rows
/// of A and the weights of as many tiles as the buffers have banks, two by default, beside what is
/// kept, and banks of sums: as many, or as many as blocks can be in the array at once and one more,
/// ceil(S/P) + 1.
///
///   DMA    | fetch 0 | fetch 1 |      | fetch 2 | write block 0 | fetch 3 | ...
///   array            | tile 0         | tile 1         | tile 2          | ...
///
/// Transfers are made in the order in which they can be, operands before sums: a tile's weights
/// when the place of the tile two before is free, its rows of A after them and when theirs is, a
/// block of X when its last tile is done. What is kept and there is not fetched again. A tile's
/// buffers are free when it is done; where tiles overlap, that of its weights when it streams
/// (b_i), that of its rows when the last one has entered (b_i + T). With `accumulate`, a block of X
/// is read, added to and written in one go.
class JobRunner {
 public:
  /// Must be constructed during elaboration.
  JobRunner(TileEngine& engine, Dma& dma, JobBuffers buffers = {});

  /// Runs a job from dma.now() on; returns at its end, in simulated time. `after_last_fetch` is
  /// called once the last operands of the job are there. Throws JobFailure and JobCancelled; the
  /// array is idle and no transaction in flight then.
  void run(const ValidJob& job, const std::function<void()>& after_last_fetch);

  /// Bodies of the SC_THREADs that feed the array and that take sums of tiles that overlap; never
  /// return.
  void compute_loop();
  void finish_loop();

  /// Abandons the running job, if any: run() throws JobCancelled soon. From any process.
  void cancel();
  /// Forgets a cancel(); to be called when run() is not active.
  void reset();

  /// Totals of all jobs since reset(), the running one included up to its latest tile.
  AcceleratorCounters counters() const;
  /// Adds the bytes of a descriptor fetch.
  void count_descriptor(std::uint64_t bytes) { totals_.traffic.descriptors += bytes; }

 private:
  using Elements = std::vector<std::int32_t>;
  /// A tile from its first transfer until its sums have been taken.
  struct TileInWork {
    PlannedTile planned;
    std::shared_ptr<Elements> a, weights;
    std::vector<std::int64_t> partial;
    sc_core::sc_time weights_there;
    sc_core::sc_time rows_there;  ///< and a bank free, once the tile is scheduled
    std::int64_t end_edge = 0;    ///< once it is scheduled
  };
  struct AccumulatorBank {
    std::vector<std::int64_t> sums;
    sc_core::sc_time free;
    std::int64_t done_edge = 0;  ///< of the block's last tile, once it is scheduled
  };

  bool overlaps() const { return engine_.config().overlap() != Overlap::none; }
  bool array_is_busy() const { return computing_ || finishing_; }
  TileInWork& in_work(std::int64_t index) {
    return in_work_[static_cast<std::size_t>(index - tiles_done_)];
  }
  AccumulatorBank& bank_of(std::int64_t block) {
    return banks_[static_cast<std::size_t>(block) % banks_.size()];
  }
  std::int64_t operand_banks() const { return buffers_.sizes.banks; }
  std::int64_t block_count() const { return plan_->count() / plan_->row_blocks(); }

  void prepare(const ValidJob& job);
  PlannedProduct planned(const ValidJob& job) const;
  void wait_for_drain();
  // The process that moves data.
  void move_data(const std::function<void()>& after_last_fetch);
  std::optional<std::int64_t> next_fetch_edge() const;
  std::optional<std::int64_t> next_write_edge();
  void fetch_next(std::int64_t edge);
  void fetch_weights(TileInWork& tile);
  void fetch_rows(TileInWork& tile);
  void schedule_tiles();
  bool has_bank(const PlannedTile& planned) const;
  std::shared_ptr<Elements> spare_elements();
  void wait_for_port(const sc_core::sc_time& start, std::uint64_t bytes);
  void write_block(std::int64_t edge);
  void load_elements(const Region& region, std::vector<std::int32_t>& elements,
                     std::uint64_t& traffic);
  template <class Condition>
  void wait_for_array(Condition has_come);
  void stop_array();
  void finish(bool completed);
  // Those that have to do with the array.
  template <class Body>
  void report_errors(Body body);
  void compute_job();
  void finish_job();
  void end_product();
  bool run_tile(std::int64_t index);
  bool start_tile(std::int64_t index);
  bool wait_until_more_than(std::int64_t index, const std::int64_t& tiles,
                            sc_core::sc_event& event);
  BufferedTile buffered(TileInWork& tile) const;
  void take_sums(std::int64_t index, const sc_core::sc_time& end);
  void accumulate(const TileInWork& tile);

  void add_running_job(AcceleratorCounters& counters, const sc_core::sc_time& end) const;
  std::size_t operand_bytes() const;
  std::size_t sum_bytes() const;

  TileEngine& engine_;
  Dma& dma_;
  sc_core::sc_event to_compute_;
  sc_core::sc_event to_finish_;
  sc_core::sc_event to_data_;

  ValidJob job_;
  JobBuffers buffers_;
  std::optional<PlannedProduct> plan_;
  CycleGrid grid_;
  long double fraction_ = 0;  ///< rounding of the latest tile's end
  TileTimeline timeline_;     ///< of the tiles that are scheduled
  /// b_i and b_i + S of the latest two of them, by i mod 2.
  std::array<std::int64_t, 2> stream_edge_{}, end_edge_{};
  std::deque<TileInWork> in_work_;               ///< from tile tiles_done_ on
  std::vector<TileInWork> spare_;                ///< their memory, for further ones
  std::vector<std::shared_ptr<Elements>> pool_;  ///< all pieces; one that nobody else has is spare
  std::vector<std::shared_ptr<Elements>> kept_a_, kept_b_;
  std::vector<AccumulatorBank> banks_;
  std::array<sc_core::sc_time, 2> tile_end_;
  std::vector<unsigned char> staging_;
  // Tiles of the job that have come so far, each of these no further than those above it.
  std::int64_t weights_fetched_ = 0;
  std::int64_t rows_fetched_ = 0;
  std::int64_t tiles_scheduled_ = 0;  ///< it is known when they load and stream
  std::int64_t tiles_streamed_ = 0;   ///< have begun to; where tiles overlap
  std::int64_t tiles_done_ = 0;
  std::int64_t blocks_written_ = 0;
  // Of the running job, up to its latest tile.
  sc_core::sc_time latest_tile_end_;
  std::int64_t cycles_done_ = 0;
  ActivityCounters activity_done_;
  bool running_ = false;    ///< run() is active
  bool computing_ = false;  ///< compute_loop() works on the job
  bool finishing_ = false;  ///< finish_loop() does
  bool stop_ = false;       ///< both shall leave the job
  bool cancelled_ = false;
  std::optional<ErrorCode> array_error_;
  AcceleratorCounters totals_;  ///< without the cycles, time and activity of the running job
};

}  // namespace arrayflex::platform
