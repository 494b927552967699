#include "arrayflex/engine/tile_strata.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "arrayflex/core/checked.h"

namespace arrayflex {
namespace {

constexpr std::int64_t kLeastPerStratum = 2;

std::int64_t tiles_of(const TileStratum& stratum) { return stratum.row_count * stratum.col_count; }

}  // namespace

std::int64_t TileStratum::tile(const TilePlan& plan, std::int64_t index) const {
  const std::int64_t product = index / tiles_of(*this);
  const std::int64_t place = index % tiles_of(*this);
  const std::int64_t col = col_begin + place / row_count;
  const std::int64_t row = row_begin + place % row_count;
  return product * plan.count() + col * plan.row_blocks() + row;
}

std::vector<TileStratum> tile_strata(const TilePlan& plan, std::int64_t products) {
  const Tile first = plan.tile(0);
  const Tile last = plan.tile(plan.count() - 1);
  const std::int64_t short_rows = last.n_count < first.n_count ? 1 : 0;
  const std::int64_t short_cols = last.m_count < first.m_count ? 1 : 0;
  const std::int64_t whole_rows = plan.row_blocks() - short_rows;
  const std::int64_t whole_cols = plan.col_blocks() - short_cols;
  std::vector<TileStratum> strata;
  const auto add = [&](std::int64_t row, std::int64_t rows, std::int64_t col, std::int64_t cols) {
    if (rows < 1 || cols < 1) return;
    TileStratum stratum{row, rows, col, cols, 0};
    stratum.size = checked_mul(tiles_of(stratum), products, "number of tiles");
    strata.push_back(stratum);
  };
  add(0, 1, 0, 1);  // behind the reset state
  add(0, 1, 1, whole_cols - 1);
  add(0, 1, whole_cols, short_cols);
  add(1, whole_rows - 1, 0, whole_cols);
  add(1, whole_rows - 1, whole_cols, short_cols);
  add(whole_rows, short_rows, 0, whole_cols);
  add(whole_rows, short_rows, whole_cols, short_cols);
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
