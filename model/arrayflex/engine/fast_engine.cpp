#include "arrayflex/engine/fast_engine.h"

#include <fmt/format.h>
#include <tbb/blocked_range.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <mutex>
#include <numeric>
#include <utility>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/latency.h"
#include "arrayflex/engine/tile_kernel.h"

namespace arrayflex {
namespace {

constexpr std::int64_t kBlockRows = TileStream::kMostBlockRows;  // rows of A in memory at a time
// The rows of A are cut into ranges so that the threads finish together: coarse ranges where rows
// are few, fine ones, which even out more, where reading and loading the weights once more costs
// next to nothing.
struct Cut {
  std::int64_t least_rows;
  std::int64_t items_per_thread;
};
constexpr Cut kCoarseCut{192, 4};
constexpr Cut kFineCut{1024, 16};

constexpr const char* kItemsWhat = "number of work items";

// Consecutive tiles of one product and a range of rows of A: independent of all others but for the
// row of A before the range, the weights of the two tiles before the first and, where tiles meet,
// the last row of A of the tile before each.
struct WorkItem {
  std::int64_t instance = 0;
  std::int64_t first_tile = 0;
  std::int64_t tile_count = 0;
  std::int64_t t0 = 0;
  std::int64_t t_end = 0;
};

// Into how many ranges the rows of A are cut, so that `units` of work keep all threads busy.
std::int64_t row_ranges(std::int64_t units, std::int64_t t, int threads) {
  if (threads == 1) return 1;
  std::int64_t ranges = 1;
  for (const Cut& cut : {kCoarseCut, kFineCut}) {
    const std::int64_t wanted = ceil_div(cut.items_per_thread * threads, units);
    ranges = std::max(ranges, std::min(wanted, t / cut.least_rows));
  }
  // The same number of items for every thread, where there are enough.
  const std::int64_t step = threads / std::gcd<std::int64_t>(threads, units);
  return ranges > step ? ranges - ranges % step : ranges;
}

void set_range(WorkItem& item, std::int64_t t, std::int64_t range, std::int64_t ranges) {
  item.t0 = t * range / ranges;
  item.t_end = t * (range + 1) / ranges;
}

// Runs work items, one after another, through an array of its own.
class Worker {
 public:
  Worker(const ArrayConfig& config, Design design, int k, const RecordOptions& record,
         const ProductBatch& batch, const TilePlan& plan, std::pmr::memory_resource* memory)
      : rows_(config.rows()),
        cols_(config.cols()),
        banks_(weight_banks(config.overlap())),
        batch_(batch),
        plan_(plan),
        stream_(config, design, k, record, batch.shape.t, memory),
        tiles_meet_(record.activity &&
                    tiles_meet(config, design == Design::conventional ? 1 : k, batch.shape.t)),
        a_(make_work_array<std::int32_t>(size_of(std::min(kBlockRows, batch.shape.t) * rows_),
                                         memory)),
        partial_(make_work_array<std::int64_t>(size_of(std::min(kBlockRows, batch.shape.t) * cols_),
                                               memory)) {}

  void run(const WorkItem& item) {
    const std::shared_ptr<const OperandSource> operands = batch_.operands(item.instance);
    ResultSink& result = batch_.result(item.instance);
    if (item.t0 == 0) stand_behind(item.first_tile, *operands);
    for (std::int64_t i = 0; i < item.tile_count; ++i) {
      run_tile(item.first_tile + i, item, *operands, result);
    }
  }

  GemmResult counts() const {
    return {stream_.cycles(), stream_.tiles(), stream_.activity(), stream_.pe_toggles()};
  }
  const ActivityCounters& activity() const { return stream_.activity(); }

 private:
  static std::size_t size_of(std::int64_t elements) { return static_cast<std::size_t>(elements); }

  // Gives the weight registers what they hold before that tile: the tile before it, in the other
  // bank the one before that, or the reset state.
  void stand_behind(std::int64_t tile, const OperandSource& operands) {
    const std::int64_t first = std::max<std::int64_t>(0, tile - banks_);
    if (tile < banks_) stream_.clear_weights();
    for (std::int64_t before = first; before < tile; ++before) {
      const std::int32_t* weights = read_weights(plan_.tile(before), operands);
      stream_.load_uncounted(weights, n_, m_, cols_);
    }
  }

  const std::int32_t* read_weights(const Tile& tile, const OperandSource& operands) {
    n_ = static_cast<int>(tile.n_count);
    m_ = static_cast<int>(tile.m_count);
    std::int32_t* weights = stream_.weight_buffer();
    operands.read_b(tile.n0, tile.n_count, tile.m0, tile.m_count, weights, cols_);
    return weights;
  }

  // The last row of A of the tile before, which meets the next one's first.
  void set_row_before(const Tile& before, const OperandSource& operands) {
    operands.read_a(batch_.shape.t - 1, 1, before.n0, before.n_count, a_.get(), rows_);
    stream_.set_row_before(batch_.shape.t, a_.get(), static_cast<int>(before.n_count));
  }

  void run_tile(std::int64_t index, const WorkItem& item, const OperandSource& operands,
                ResultSink& result) {
    const Tile tile = plan_.tile(index);
    const std::int32_t* weights = read_weights(tile, operands);
    if (item.t0 == 0) {
      stream_.load(weights, n_, m_, cols_);
      if (tiles_meet_ && index > 0) set_row_before(plan_.tile(index - 1), operands);
    } else {
      stream_.load_uncounted(weights, n_, m_, cols_);
      operands.read_a(item.t0 - 1, 1, tile.n0, tile.n_count, a_.get(), rows_);
      stream_.resume(item.t0, a_.get(), index == 0);
    }
    const bool ends = item.t_end == batch_.shape.t;
    for (std::int64_t t = item.t0; t < item.t_end; t += kBlockRows) {
      const std::int64_t count = std::min(kBlockRows, item.t_end - t);
      operands.read_a(t, count, tile.n0, tile.n_count, a_.get(), rows_);
      stream_.stream(a_.get(), count, rows_, partial_.get(), cols_);
      result.accumulate(t, count, tile.m0, tile.m_count, partial_.get(), cols_);
    }
    if (ends) {
      stream_.finish_tile();
    } else {
      stream_.suspend();
    }
  }

  std::int64_t rows_, cols_;
  std::int64_t banks_;
  const ProductBatch& batch_;
  const TilePlan& plan_;
  TileStream stream_;
  bool tiles_meet_;
  WorkArray<std::int32_t> a_;
  WorkArray<std::int64_t> partial_;
  int n_ = 0;
  int m_ = 0;
};

// As many workers as run at a time. Not one per thread: an operand source that is parallel itself
// may bring a thread back here while it waits.
class WorkerPool {
 public:
  explicit WorkerPool(std::function<std::unique_ptr<Worker>()> make) : make_(std::move(make)) {}

  std::unique_ptr<Worker> take() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Worker> worker = std::move(idle_.back());
        idle_.pop_back();
        return worker;
      }
    }
    return make_();
  }

  void give_back(std::unique_ptr<Worker> worker) {
    const std::lock_guard<std::mutex> lock(mutex_);
    idle_.push_back(std::move(worker));
  }

  /// All of them, when nothing runs.
  const std::vector<std::unique_ptr<Worker>>& idle() const { return idle_; }

 private:
  std::function<std::unique_ptr<Worker>()> make_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Worker>> idle_;
};

// Calls run(worker, index) for 0 <= index < items.
template <class Run>
void share_out(std::int64_t items, int threads, WorkerPool& pool, const Run& run) {
  const auto run_range = [&](std::int64_t begin, std::int64_t end) {
    std::unique_ptr<Worker> worker = pool.take();
    for (std::int64_t index = begin; index < end; ++index) run(*worker, index);
    pool.give_back(std::move(worker));
  };
  if (threads == 1 || items == 1) {
    run_range(0, items);
    return;
  }
  using Range = tbb::blocked_range<std::int64_t>;
  const auto grain =
      static_cast<std::size_t>(std::max<std::int64_t>(1, items / (64 * std::int64_t{threads})));
  // More than the processors can run at a time would only have the library complain.
  tbb::task_arena(std::min(threads, tbb::info::default_concurrency())).execute([&] {
    tbb::parallel_for(
        Range(0, items, grain), [&](const Range& range) { run_range(range.begin(), range.end()); },
        tbb::simple_partitioner());
  });
}

void validate_count(const ProductBatch& batch) {
  if (batch.count < 1 || batch.count > kMaxLayerDim) {
    throw InputError("number of products", batch.count,
                     fmt::format("allowed are 1..{}", kMaxLayerDim));
  }
}

}  // namespace

GemmResult& GemmResult::operator+=(const GemmResult& other) {
  cycles = checked_add(cycles, other.cycles, "number of cycles");
  tiles = checked_add(tiles, other.tiles, "number of tiles");
  activity += other.activity;
  pe_toggles += other.pe_toggles;
  return *this;
}

FastEngine::FastEngine(ArrayConfig config, Design design, RecordOptions record, int threads)
    : config_(std::move(config)), design_(design), record_(std::move(record)), threads_(threads) {
  tile_kernel(record_.kernel);
  if (threads < 1 || threads > kMaxThreads) {
    throw InputError("threads", threads, fmt::format("allowed are 1..{}", kMaxThreads));
  }
}

GemmResult FastEngine::run(const GemmShape& shape, int k, const OperandSource& operands,
                           ResultSink& result) const {
  ProductBatch batch;
  batch.shape = shape;
  std::shared_ptr<const OperandSource> not_owned(std::shared_ptr<void>(), &operands);
  batch.operands = [&](std::int64_t) { return not_owned; };
  batch.result = [&](std::int64_t) -> ResultSink& { return result; };
  return run_batch(batch, k);
}

GemmResult FastEngine::run_batch(const ProductBatch& batch, int k) const {
  validate_count(batch);
  const TilePlan plan(batch.shape, config_.rows(), config_.cols());
  const std::int64_t blocks = checked_mul(batch.count, plan.col_blocks(), kItemsWhat);
  const std::int64_t ranges = row_ranges(blocks, batch.shape.t, threads_);
  WorkerPool pool([&] {
    return std::make_unique<Worker>(config_, design_, k, record_, batch, plan, memory_.get());
  });
  share_out(checked_mul(blocks, ranges, kItemsWhat), threads_, pool,
            [&](Worker& worker, std::int64_t index) {
              const std::int64_t block = index / ranges;
              WorkItem item;
              item.instance = block / plan.col_blocks();
              item.first_tile = block % plan.col_blocks() * plan.row_blocks();
              item.tile_count = plan.row_blocks();
              set_range(item, batch.shape.t, index % ranges, ranges);
              worker.run(item);
            });
  GemmResult total;
  for (const std::unique_ptr<Worker>& worker : pool.idle()) total += worker->counts();
  return total;
}

std::vector<FastEngine::TileToggleCounts> FastEngine::run_tiles(
    const ProductBatch& batch, int k, const std::vector<std::int64_t>& tiles) const {
  validate_count(batch);
  const TilePlan plan(batch.shape, config_.rows(), config_.cols());
  const std::int64_t tile_count = checked_mul(batch.count, plan.count(), "number of tiles");
  for (const std::int64_t tile : tiles) {
    if (tile < 0 || tile >= tile_count) {
      throw InputError("tile", tile, fmt::format("allowed are 0..{}", tile_count - 1));
    }
  }
  std::vector<TileToggleCounts> toggles(tiles.size(), TileToggleCounts{});
  if (tiles.empty()) return toggles;
  const auto units = static_cast<std::int64_t>(tiles.size());
  const std::int64_t ranges = row_ranges(units, batch.shape.t, threads_);
  WorkerPool pool([&] {
    return std::make_unique<Worker>(config_, design_, k, record_, batch, plan, memory_.get());
  });
  std::mutex mutex;
  share_out(units * ranges, threads_, pool, [&](Worker& worker, std::int64_t index) {
    const auto unit = static_cast<std::size_t>(index / ranges);
    WorkItem item;
    item.instance = tiles[unit] / plan.count();
    item.first_tile = tiles[unit] % plan.count();
    item.tile_count = 1;
    set_range(item, batch.shape.t, index % ranges, ranges);
    const TileToggleCounts before = worker.activity().toggles;
    worker.run(item);
    const TileToggleCounts& after = worker.activity().toggles;
    const std::lock_guard<std::mutex> lock(mutex);
    for (std::size_t c = 0; c < kNetClassCount; ++c) toggles[unit][c] += after[c] - before[c];
  });
  return toggles;
}

}  // namespace arrayflex
