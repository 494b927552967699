#include "arrayflex/core/fast_engine.h"

#include <fmt/format.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/tile_kernel.h"

namespace arrayflex {
namespace {

constexpr std::int64_t kBlockRows = 256;  // rows of A in memory at a time
constexpr std::int64_t kItemsPerThread = 4;

// A column block of B and a range of rows of A: independent of all others but for the row of A
// before the range and the tile before the block.
struct WorkItem {
  std::int64_t col_block = 0;
  std::int64_t t0 = 0;
  std::int64_t t_end = 0;
};

std::vector<WorkItem> share_out(const TilePlan& plan, std::int64_t t, int threads) {
  const std::int64_t wanted = threads == 1 ? 1 : kItemsPerThread * threads;
  const std::int64_t ranges =
      std::max<std::int64_t>(1, std::min(ceil_div(wanted, plan.col_blocks()), t / kBlockRows));
  std::vector<WorkItem> items;
  for (std::int64_t col_block = 0; col_block < plan.col_blocks(); ++col_block) {
    for (std::int64_t range = 0; range < ranges; ++range) {
      items.push_back({col_block, t * range / ranges, t * (range + 1) / ranges});
    }
  }
  return items;
}

// Runs one work item through an array of its own.
class Worker {
 public:
  Worker(const ArrayConfig& config, Design design, int k, const RecordOptions& record,
         const GemmShape& shape, const TilePlan& plan, const OperandSource& operands,
         ResultSink& result)
      : rows_(config.rows()),
        cols_(config.cols()),
        shape_(shape),
        plan_(plan),
        operands_(operands),
        result_(result),
        stream_(config, design, k, record),
        weights_(static_cast<std::size_t>(rows_ * cols_)),
        a_(static_cast<std::size_t>(std::min(kBlockRows, shape.t) * rows_)),
        partial_(static_cast<std::size_t>(std::min(kBlockRows, shape.t) * cols_)) {}

  void run(const WorkItem& item) {
    const std::int64_t first = item.col_block * plan_.row_blocks();
    if (item.t0 == 0 && first > 0) {
      const std::int32_t* weights = read_weights(plan_.tile(first - 1));
      stream_.load_uncounted(weights, n_, m_, cols_);
    }
    for (std::int64_t row_block = 0; row_block < plan_.row_blocks(); ++row_block) {
      run_tile(plan_.tile(first + row_block), item);
    }
  }

  GemmResult take() const {
    return {stream_.cycles(), stream_.tiles(), stream_.activity(), stream_.pe_toggles()};
  }

 private:
  const std::int32_t* read_weights(const Tile& tile) {
    n_ = static_cast<int>(tile.n_count);
    m_ = static_cast<int>(tile.m_count);
    operands_.read_b(tile.n0, tile.n_count, tile.m0, tile.m_count, weights_.data(), cols_);
    return weights_.data();
  }

  void run_tile(const Tile& tile, const WorkItem& item) {
    const std::int32_t* weights = read_weights(tile);
    if (item.t0 == 0) {
      stream_.load(weights, n_, m_, cols_);
    } else {
      stream_.load_uncounted(weights, n_, m_, cols_);
      operands_.read_a(item.t0 - 1, 1, tile.n0, tile.n_count, a_.data(), rows_);
      stream_.resume(item.t0, a_.data());
    }
    for (std::int64_t t = item.t0; t < item.t_end; t += kBlockRows) {
      const std::int64_t count = std::min(kBlockRows, item.t_end - t);
      operands_.read_a(t, count, tile.n0, tile.n_count, a_.data(), rows_);
      stream_.stream(a_.data(), count, rows_, partial_.data(), cols_, t + count == shape_.t);
      result_.accumulate(t, count, tile.m0, tile.m_count, partial_.data(), cols_);
    }
    if (item.t_end == shape_.t) {
      stream_.finish_tile();
    } else {
      stream_.suspend();
    }
  }

  std::int64_t rows_, cols_;
  GemmShape shape_;
  const TilePlan& plan_;
  const OperandSource& operands_;
  ResultSink& result_;
  TileStream stream_;
  std::vector<std::int32_t> weights_, a_;
  std::vector<std::int64_t> partial_;
  int n_ = 0;
  int m_ = 0;
};

void add(GemmResult& total, const GemmResult& part) {
  total.cycles = checked_add(total.cycles, part.cycles, "number of cycles");
  total.tiles += part.tiles;
  total.activity += part.activity;
  if (total.pe_toggles.empty()) {
    total.pe_toggles = part.pe_toggles;
    return;
  }
  for (std::size_t pe = 0; pe < part.pe_toggles.toggles.size(); ++pe) {
    std::int64_t& toggles = total.pe_toggles.toggles[pe];
    toggles = checked_add(toggles, part.pe_toggles.toggles[pe], "number of toggles");
  }
}

}  // namespace

FastEngine::FastEngine(ArrayConfig config, Design design, RecordOptions record, int threads)
    : config_(std::move(config)), design_(design), record_(std::move(record)), threads_(threads) {
  tile_kernel(record_.kernel);
  if (threads < 1 || threads > kMaxThreads) {
    throw InputError("threads", threads, fmt::format("allowed are 1..{}", kMaxThreads));
  }
}

GemmResult FastEngine::run(const GemmShape& shape, int k, const OperandSource& operands,
                           ResultSink& result) const {
  const TilePlan plan(shape, config_.rows(), config_.cols());
  const std::vector<WorkItem> items = share_out(plan, shape.t, threads_);
  GemmResult total;
  std::mutex mutex;
  const auto run_item = [&](std::size_t index) {
    Worker worker(config_, design_, k, record_, shape, plan, operands, result);
    worker.run(items[index]);
    const std::lock_guard<std::mutex> lock(mutex);
    add(total, worker.take());
  };
  if (threads_ == 1 || items.size() == 1) {
    for (std::size_t index = 0; index < items.size(); ++index) {
      run_item(index);
    }
  } else {
    tbb::task_arena(threads_).execute(
        [&] { tbb::parallel_for(std::size_t{0}, items.size(), run_item); });
  }
  return total;
}

}  // namespace arrayflex
