#include "arrayflex/core/block_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "arrayflex/core/checked.h"

namespace arrayflex {
namespace {

constexpr const char* kBytesWhat = "number of bytes";
constexpr const char* kAccessesWhat = "number of buffer accesses";

std::int64_t product_of(std::int64_t a, std::int64_t b, std::int64_t c,
                        const char* what = kBytesWhat) {
  return checked_mul(checked_mul(a, b, what), c, what);
}

void require_bounds(const char* item, const std::optional<std::int64_t>& bytes) {
  if (!bytes || (*bytes >= 1 && *bytes <= kMaxBufferBytes)) return;
  throw InputError(item, *bytes, fmt::format("allowed are 1..{}", kMaxBufferBytes));
}

bool fits(const BufferNeeds& needs, const BufferParameters& buffers) {
  const auto holds = [](const std::optional<std::int64_t>& size, std::int64_t need) {
    return !size || need <= *size;
  };
  return holds(buffers.operand_bytes, needs.operand_bytes) &&
         holds(buffers.weight_bytes, needs.weight_bytes) &&
         holds(buffers.accumulator_bytes, needs.accumulator_bytes);
}

// The largest T_b with which a plan fits, 0 where there is none. What a plan needs grows with T_b,
// but for T_b = T, where no second block has to be fetched or formed meanwhile.
std::int64_t largest_block(const ArrayConfig& config, const GemmShape& shape,
                           const BufferParameters& buffers, BlockPlan plan) {
  const auto fits_with = [&](std::int64_t rows) {
    plan.block_rows = rows;
    return fits(PlannedProduct(config, shape, plan, buffers.banks).needs(), buffers);
  };
  if (fits_with(shape.t)) return shape.t;
  std::int64_t fitting = 0, beyond = shape.t;
  while (beyond - fitting > 1) {
    const std::int64_t middle = fitting + (beyond - fitting) / 2;
    (fits_with(middle) ? fitting : beyond) = middle;
  }
  return fitting;
}

[[noreturn]] void refuse(const ArrayConfig& config, const GemmShape& shape,
                         const BufferParameters& buffers) {
  // One row of A at a time, nothing kept; a single block needs less.
  const BlockPlan single{LoopOrder::rows, 1, false, false};
  const BufferNeeds needs = PlannedProduct(config, shape, single, buffers.banks).needs();
  const auto check = [&](const char* item, const std::optional<std::int64_t>& bytes,
                         std::int64_t need) {
    if (!bytes || need <= *bytes) return;
    throw InputError(item, *bytes,
                     fmt::format("a product of T = {}, N = {}, M = {} needs {} bytes or more",
                                 shape.t, shape.n, shape.m, need));
  };
  check("operand buffer", buffers.operand_bytes, needs.operand_bytes);
  check("weight buffer", buffers.weight_bytes, needs.weight_bytes);
  check("accumulators", buffers.accumulator_bytes, needs.accumulator_bytes);
  throw std::logic_error("buffers that hold the smallest block hold no plan");
}

// `rows` by `cols` elements of a matrix from element (row, col) on.
MemoryRows block_of(std::int64_t row, std::int64_t rows, std::int64_t col, std::int64_t cols,
                    std::int64_t element_bytes, std::uint64_t address, std::uint64_t stride_bytes) {
  const auto bytes = static_cast<std::uint64_t>(element_bytes);
  return {address + static_cast<std::uint64_t>(row) * stride_bytes +
              static_cast<std::uint64_t>(col) * bytes,
          static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(cols) * bytes, stride_bytes};
}

}  // namespace

void validate(const BufferParameters& buffers) {
  require_bounds("operand buffer", buffers.operand_bytes);
  require_bounds("weight buffer", buffers.weight_bytes);
  require_bounds("accumulators", buffers.accumulator_bytes);
  if (buffers.banks < 1 || buffers.banks > 2) {
    throw InputError("buffer banks", buffers.banks, "allowed are 1 and 2");
  }
}

const char* name_of(LoopOrder order) { return order == LoopOrder::rows ? "rows" : "columns"; }

const char* kept_by(const BlockPlan& plan) {
  if (plan.keeps_a) return plan.keeps_b ? "a and b" : "a";
  return plan.keeps_b ? "b" : "none";
}

std::int64_t MemoryTraffic::total() const {
  return checked_add(checked_add(a, b, kBytesWhat), x, kBytesWhat);
}

std::int64_t BufferAccesses::bytes() const {
  return checked_mul(checked_add(writes, reads, kAccessesWhat), element_bytes, kBytesWhat);
}

BufferAccesses& BufferAccesses::operator+=(const BufferAccesses& other) {
  writes = checked_add(writes, other.writes, kAccessesWhat);
  reads = checked_add(reads, other.reads, kAccessesWhat);
  element_bytes = other.element_bytes;
  return *this;
}

PlannedProduct::PlannedProduct(const ArrayConfig& config, const GemmShape& shape,
                               const BlockPlan& plan, int banks)
    : timing_(config),
      shape_(shape),
      plan_(plan),
      banks_(banks),
      operand_bytes_(config.data_width_bits() / 8),
      sum_bytes_(config.acc_width_bits() / 8) {
  validate(shape);
  if (plan.block_rows < 1 || plan.block_rows > shape.t) {
    throw InputError("rows of A in a block", plan.block_rows, fmt::format("1..{}", shape.t));
  }
  row_blocks_ = ceil_div(shape.n, timing_.rows);
  col_blocks_ = ceil_div(shape.m, timing_.cols);
  t_blocks_ = ceil_div(shape.t, plan.block_rows);
  count_ = product_of(row_blocks_, col_blocks_, t_blocks_, "number of tiles");
}

PlannedTile PlannedProduct::tile(std::int64_t index) const {
  PlannedTile planned;
  Tile& tile = planned.tile;
  planned.block = index / row_blocks_;
  tile.row_block = index % row_blocks_;
  const bool by_rows = plan_.order == LoopOrder::rows;
  const std::int64_t inner = by_rows ? col_blocks_ : t_blocks_;
  const std::int64_t outer_index = planned.block / inner, inner_index = planned.block % inner;
  const std::int64_t t_block = by_rows ? outer_index : inner_index;
  tile.col_block = by_rows ? inner_index : outer_index;
  tile.n0 = tile.row_block * timing_.rows;
  tile.n_count = std::min<std::int64_t>(timing_.rows, shape_.n - tile.n0);
  tile.m0 = tile.col_block * timing_.cols;
  tile.m_count = std::min<std::int64_t>(timing_.cols, shape_.m - tile.m0);
  planned.t0 = t_block * plan_.block_rows;
  planned.t_count = std::min(plan_.block_rows, shape_.t - planned.t0);
  planned.fetches_a = !plan_.keeps_a || tile.col_block == 0;
  planned.fetches_b = !plan_.keeps_b || t_block == 0;
  planned.opens_block = tile.row_block == 0;
  planned.closes_block = tile.row_block == row_blocks_ - 1;
  return planned;
}

MemoryTraffic PlannedProduct::traffic() const {
  MemoryTraffic traffic;
  traffic.a = checked_mul(product_of(shape_.t, shape_.n, operand_bytes_),
                          plan_.keeps_a ? 1 : col_blocks_, kBytesWhat);
  traffic.b = checked_mul(product_of(shape_.n, shape_.m, operand_bytes_),
                          plan_.keeps_b ? 1 : t_blocks_, kBytesWhat);
  traffic.x = product_of(shape_.t, shape_.m, sum_bytes_);
  return traffic;
}

// Rows of B, or columns of A, that are there at once where each tile's are fetched for it: those of
// as many tiles in a row as there are banks.
std::int64_t PlannedProduct::streaming_width() const {
  if (row_blocks_ == 1) return std::min(banks_, count_) * shape_.n;
  return std::min(banks_ * timing_.rows, shape_.n);
}

BufferNeeds PlannedProduct::needs() const {
  const bool by_rows = plan_.order == LoopOrder::rows;
  // What is kept whole, while the first tile behind it is fetched where a tile is all of it.
  const auto kept_width = [&](std::int64_t followers) {
    return row_blocks_ == 1 ? std::min(banks_, followers) * shape_.n : shape_.n;
  };
  const std::int64_t columns = std::min<std::int64_t>(timing_.cols, shape_.m);
  BufferNeeds needs;
  if (!plan_.keeps_a) {
    needs.operand_bytes = product_of(plan_.block_rows, streaming_width(), operand_bytes_);
  } else if (by_rows) {
    needs.operand_bytes = product_of(plan_.block_rows, kept_width(t_blocks_), operand_bytes_);
  } else {
    needs.operand_bytes = product_of(shape_.t, shape_.n, operand_bytes_);
  }
  if (!plan_.keeps_b) {
    needs.weight_bytes = product_of(streaming_width(), columns, operand_bytes_);
  } else if (by_rows) {
    needs.weight_bytes = product_of(shape_.n, shape_.m, operand_bytes_);
  } else {
    needs.weight_bytes = product_of(kept_width(col_blocks_), columns, operand_bytes_);
  }
  const std::int64_t banks = std::min(banks_, count_ / row_blocks_);
  needs.accumulator_bytes =
      checked_mul(product_of(plan_.block_rows, timing_.cols, sum_bytes_), banks, kBytesWhat);
  return needs;
}

MemoryRows PlannedProduct::weights_of(const PlannedTile& planned, std::uint64_t address,
                                      std::uint64_t stride_bytes) const {
  const Tile& tile = planned.tile;
  return block_of(tile.n0, tile.n_count, tile.m0, tile.m_count, operand_bytes_, address,
                  stride_bytes);
}

MemoryRows PlannedProduct::rows_of(const PlannedTile& planned, std::uint64_t address,
                                   std::uint64_t stride_bytes) const {
  const Tile& tile = planned.tile;
  return block_of(planned.t0, planned.t_count, tile.n0, tile.n_count, operand_bytes_, address,
                  stride_bytes);
}

MemoryRows PlannedProduct::sums_of(const PlannedTile& planned, std::uint64_t address,
                                   std::uint64_t stride_bytes) const {
  const Tile& tile = planned.tile;
  return block_of(planned.t0, planned.t_count, tile.m0, tile.m_count, sum_bytes_, address,
                  stride_bytes);
}

std::int64_t PlannedProduct::sum_banks(int k) const {
  const std::int64_t t = plan_.block_rows;
  const std::int64_t stream = stream_cycles(timing_.rows, timing_.cols, k, t);
  return ceil_div(stream, tile_period_cycles(timing_, k, t)) + banks_ - 1;
}

AllBufferAccesses PlannedProduct::accesses() const {
  const MemoryTraffic moved = traffic();
  const auto element_bytes = [](std::int64_t bytes) { return static_cast<int>(bytes); };
  BufferAccesses operands{moved.a / operand_bytes_,
                          product_of(shape_.t, shape_.n, col_blocks_, kAccessesWhat),
                          element_bytes(operand_bytes_)};
  BufferAccesses weights{moved.b / operand_bytes_,
                         product_of(shape_.n, shape_.m, t_blocks_, kAccessesWhat),
                         element_bytes(operand_bytes_)};
  // A tile's sums are written; those of all but the first row block are read before, to be added
  // to, and the finished ones once more, to be written to memory.
  const std::int64_t sums = product_of(shape_.t, shape_.m, row_blocks_, kAccessesWhat);
  return {operands, weights, BufferAccesses{sums, sums, element_bytes(sum_bytes_)}};
}

CountedCycles PlannedProduct::cycles(int k) const {
  const std::int64_t in_each_block = row_blocks_ * col_blocks_;
  const std::int64_t rest = shape_.t % plan_.block_rows;
  const std::int64_t last = rest == 0 ? plan_.block_rows : rest;
  // The share of a tile behind another one, added up, and the way from the first T to the last.
  CountedCycles all = first_tile_cycles(timing_, k, last);
  const auto add = [&](std::int64_t t, std::int64_t tiles) {
    if (tiles == 0) return;
    CountedCycles share = product_cycles(timing_, k, t, tiles + 1);
    const CountedCycles one = first_tile_cycles(timing_, k, t);
    share.tiles = tiles;
    share.cycles -= one.cycles;
    share.pipeline_clocked -= one.pipeline_clocked;
    all += share;
  };
  add(last, in_each_block - 1);
  add(plan_.block_rows, (t_blocks_ - 1) * in_each_block);
  return all;
}

std::vector<BlockPlan> candidate_plans(const ArrayConfig& config, const GemmShape& shape,
                                       const BufferParameters& buffers) {
  validate(buffers);
  if (buffers.is_unlimited()) {
    return {{LoopOrder::rows, shape.t, false, false}, {LoopOrder::columns, shape.t, false, false}};
  }
  std::vector<BlockPlan> plans;
  for (const LoopOrder order : {LoopOrder::rows, LoopOrder::columns}) {
    for (const bool keeps_b : {false, true}) {
      for (const bool keeps_a : {false, true}) {
        if ((keeps_a && !buffers.operand_bytes) || (keeps_b && !buffers.weight_bytes)) continue;
        BlockPlan plan{order, 1, keeps_a, keeps_b};
        plan.block_rows = largest_block(config, shape, buffers, plan);
        if (plan.block_rows > 0) plans.push_back(plan);
      }
    }
  }
  if (plans.empty()) refuse(config, shape, buffers);
  return plans;
}

BlockPlan plan_of_least_traffic(const ArrayConfig& config, const GemmShape& shape,
                                const BufferParameters& buffers, std::optional<LoopOrder> order) {
  std::optional<BlockPlan> best;
  std::int64_t least_traffic = 0, fewest_tiles = 0;
  for (const BlockPlan& plan : candidate_plans(config, shape, buffers)) {
    if (order && plan.order != *order) continue;
    const PlannedProduct product(config, shape, plan, buffers.banks);
    const std::int64_t traffic = product.traffic().total(), tiles = product.count();
    if (best && (traffic > least_traffic || (traffic == least_traffic && tiles >= fewest_tiles))) {
      continue;
    }
    best = plan, least_traffic = traffic, fewest_tiles = tiles;
  }
  return best.value();
}

}  // namespace arrayflex
