#include "arrayflex/core/fast_engine.h"

#include <algorithm>
#include <utility>

namespace arrayflex {
namespace {

constexpr std::int64_t kBlockRows = 256;  // rows of A in memory at a time

}  // namespace

FastEngine::FastEngine(ArrayConfig config, Design design, RecordOptions record)
    : config_(std::move(config)), design_(design), record_(record) {}

GemmResult FastEngine::run(const GemmShape& shape, int k, const OperandSource& operands,
                           ResultSink& result) const {
  const std::int64_t rows = config_.rows();
  const std::int64_t cols = config_.cols();
  const TilePlan plan(shape, config_.rows(), config_.cols());
  TileStream stream(config_, design_, k, record_);
  const std::int64_t block_rows = std::min(kBlockRows, shape.t);
  std::vector<std::int32_t> weights(static_cast<std::size_t>(rows * cols));
  std::vector<std::int32_t> a(static_cast<std::size_t>(block_rows * rows));
  std::vector<std::int64_t> partial(static_cast<std::size_t>(block_rows * cols));
  for (std::int64_t index = 0; index < plan.count(); ++index) {
    const Tile tile = plan.tile(index);
    operands.read_b(tile.n0, tile.n_count, tile.m0, tile.m_count, weights.data(), cols);
    stream.load(weights.data(), static_cast<int>(tile.n_count), static_cast<int>(tile.m_count),
                cols);
    for (std::int64_t t0 = 0; t0 < shape.t; t0 += block_rows) {
      const std::int64_t count = std::min(block_rows, shape.t - t0);
      operands.read_a(t0, count, tile.n0, tile.n_count, a.data(), rows);
      stream.stream(a.data(), count, rows, partial.data(), cols);
      result.accumulate(t0, count, tile.m0, tile.m_count, partial.data(), cols);
    }
    stream.finish_tile();
  }
  return {stream.cycles(), stream.tiles(), stream.activity(), stream.pe_toggles()};
}

}  // namespace arrayflex
