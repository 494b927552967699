#include "arrayflex/engine/tile_strata.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "arrayflex/core/checked.h"

namespace arrayflex {
namespace {

constexpr std::int64_t kLeastPerStratum = 2;

std::int64_t tiles_of(const TileStratum& stratum) { return stratum.row_count * stratum.col_count; }

// A range of row or column blocks.
struct Blocks {
  std::int64_t begin, count;
};

std::vector<Blocks> without_empty(std::vector<Blocks> ranges) {
  ranges.erase(std::remove_if(ranges.begin(), ranges.end(), [](Blocks b) { return b.count < 1; }),
               ranges.end());
  return ranges;
}

}  // namespace

std::int64_t TileStratum::tile(const TilePlan& plan, std::int64_t index) const {
  const std::int64_t product = index / tiles_of(*this);
  const std::int64_t place = index % tiles_of(*this);
  const std::int64_t col = col_begin + place / row_count;
  const std::int64_t row = row_begin + place % row_count;
  return product * plan.count() + col * plan.row_blocks() + row;
}

std::vector<TileStratum> tile_strata(const TilePlan& plan, std::int64_t products, Overlap overlap) {
  const Tile first = plan.tile(0);
  const Tile last = plan.tile(plan.count() - 1);
  const std::int64_t short_rows = last.n_count < first.n_count ? 1 : 0;
  const std::int64_t short_cols = last.m_count < first.m_count ? 1 : 0;
  const std::int64_t whole_rows = plan.row_blocks() - short_rows;
  const std::int64_t whole_cols = plan.col_blocks() - short_cols;
  // So many tiles at the start of a product find a register in the reset state.
  const std::int64_t banks = weight_banks(overlap);
  std::vector<Blocks> row_ranges;
  for (std::int64_t row = 0; row < std::min(banks, whole_rows); ++row)
    row_ranges.push_back({row, 1});
  row_ranges.push_back({banks, whole_rows - banks});
  row_ranges.push_back({whole_rows, short_rows});
  std::vector<TileStratum> strata;
  for (const Blocks& rows : without_empty(row_ranges)) {
    // Tiles of the first column block that are among the first of the product.
    std::int64_t at_start = rows.begin < banks ? 1 : 0;
    // Where a column block is one tile, so is the second one.
    if (rows.begin == 0 && plan.row_blocks() == 1) at_start = banks;
    std::vector<Blocks> col_ranges;
    for (std::int64_t col = 0; col < std::min(at_start, whole_cols); ++col) {
      col_ranges.push_back({col, 1});
    }
    col_ranges.push_back({at_start, whole_cols - at_start});
    col_ranges.push_back({whole_cols, short_cols});
    for (const Blocks& cols : without_empty(col_ranges)) {
      TileStratum stratum{rows.begin, rows.count, cols.begin, cols.count, 0};
      stratum.size = checked_mul(tiles_of(stratum), products, "number of tiles");
      strata.push_back(stratum);
    }
  }
  return strata;
}

std::vector<std::int64_t> allocate_sample(const std::vector<TileStratum>& strata,
                                          std::int64_t count) {
  std::vector<std::int64_t> sample;
  double beyond = 0;  // tiles that are not among the least
  for (const TileStratum& stratum : strata) {
    sample.push_back(std::min(kLeastPerStratum, stratum.size));
    beyond += static_cast<double>(stratum.size - sample.back());
  }
  std::int64_t left = count - std::accumulate(sample.begin(), sample.end(), std::int64_t{0});
  const double share = beyond > 0 ? std::clamp(static_cast<double>(left) / beyond, 0.0, 1.0) : 0;
  const auto give = [&](std::size_t i, std::int64_t wanted) {
    const std::int64_t given =
        std::clamp(wanted, std::int64_t{0}, std::min(left, strata[i].size - sample[i]));
    sample[i] += given;
    left -= given;
  };
  if (left <= 0) return sample;
  for (std::size_t i = 0; i < strata.size(); ++i) {
    const auto wanted = static_cast<double>(strata[i].size - sample[i]) * share;
    give(i, static_cast<std::int64_t>(std::floor(std::min(wanted, static_cast<double>(left)))));
  }
  for (std::size_t i = 0; i < strata.size(); ++i) give(i, left);  // what rounding left over
  return sample;
}

}  // namespace arrayflex
