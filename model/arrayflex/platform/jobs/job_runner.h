// Runs one job: fetches its tiles, feeds the array, writes the results back.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <systemc>
#include <vector>

#include "arrayflex/core/gemm.h"
#include "arrayflex/platform/arrays/tile_engine.h"
#include "arrayflex/platform/counters.h"
#include "arrayflex/platform/dma/cycle_grid.h"
#include "arrayflex/platform/dma/dma.h"
#include "arrayflex/platform/job_descriptor.h"

namespace arrayflex::platform {

/// Two processes work on a job, each with its own idea of time: run() moves data, compute_loop()
/// feeds the array. Operand buffers and accumulator banks exist twice:
///
///   DMA    | fetch 0 | fetch 1 |      | fetch 2 | write block 0 | fetch 3 | ...
///   array            | tile 0         | tile 1         | tile 2          | ...
///
/// The order of transfers is fixed: tile i+2 is fetched when tile i is done and its buffer free,
/// before the column block that ended with tile i is written. With `accumulate`, a block of X is
/// read, added to and written in one go.
class JobRunner {
 public:
  /// Must be constructed during elaboration.
  JobRunner(TileEngine& engine, Dma& dma);

  /// Runs a job from dma.now() on; returns at its end, in simulated time. `after_last_fetch` is
  /// called once the last operands of the job are there. Throws JobFailure and JobCancelled; the
  /// array is idle and no transaction in flight then.
  void run(const ValidJob& job, const std::function<void()>& after_last_fetch);

  /// Body of the SC_THREAD that feeds the array; never returns.
  void compute_loop();

  /// Abandons the running job, if any: run() throws JobCancelled soon. From any process.
  void cancel();
  /// Forgets a cancel(); to be called when run() is not active.
  void reset();

  /// Totals of all jobs since reset(), the running one included up to its latest tile.
  AcceleratorCounters counters() const;
  /// Adds the bytes of a descriptor fetch.
  void count_descriptor(std::uint64_t bytes) { totals_.traffic.descriptors += bytes; }

 private:
  struct OperandBuffer {
    std::vector<std::int32_t> a, weights;
    sc_core::sc_time ready;
  };
  struct AccumulatorBank {
    std::vector<std::int64_t> sums;
    sc_core::sc_time free;
  };

  void prepare(const ValidJob& job);
  void wait_for_drain();
  void move_data(const std::function<void()>& after_last_fetch);
  void fetch(std::int64_t index);
  void write_block(const Tile& last_tile);
  void load_elements(const Region& region, std::vector<std::int32_t>& elements,
                     std::uint64_t& traffic);
  void compute_job();
  bool compute_tile(std::int64_t index);
  void accumulate(const Tile& tile);
  void stop_compute();
  void finish(bool completed);
  void add_running_job(AcceleratorCounters& counters, const sc_core::sc_time& end) const;
  void wait_for_tile(std::int64_t index);
  bool wait_for_buffers(std::int64_t index, const Tile& tile);
  std::size_t operand_bytes() const;
  std::size_t sum_bytes() const;

  TileEngine& engine_;
  Dma& dma_;
  sc_core::sc_event to_compute_;
  sc_core::sc_event to_data_;

  ValidJob job_;
  std::optional<TilePlan> plan_;
  CycleGrid grid_;
  long double fraction_ = 0;  ///< rounding of the latest tile's end
  std::array<OperandBuffer, 2> operands_;
  std::array<AccumulatorBank, 2> banks_;
  std::array<sc_core::sc_time, 2> tile_end_;
  std::vector<std::int64_t> partial_;
  std::vector<unsigned char> staging_;
  std::int64_t tiles_fetched_ = 0;
  std::int64_t tiles_done_ = 0;
  std::int64_t blocks_written_ = 0;
  // Of the running job, up to its latest tile.
  sc_core::sc_time latest_tile_end_;
  std::int64_t cycles_done_ = 0;
  ActivityCounters activity_done_;
  bool running_ = false;    ///< run() is active
  bool computing_ = false;  ///< compute_loop() works on the job
  bool stop_ = false;       ///< the compute thread shall leave the job
  bool cancelled_ = false;
  std::optional<ErrorCode> compute_error_;
  AcceleratorCounters totals_;  ///< without the cycles, time and activity of the running job
};

}  // namespace arrayflex::platform
