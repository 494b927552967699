#include "arrayflex_collapse.h"

static uint64_t divide_up(uint64_t a, uint64_t b) { return (a + b - 1U) / b; }

static uint64_t saturating_product(uint64_t a, uint64_t b) {
  return ((a != 0U) && (b > (UINT64_MAX / a))) ? UINT64_MAX : (a * b);
}

static uint64_t larger(uint64_t a, uint64_t b) { return (a > b) ? a : b; }

uint64_t arrayflex_job_cycles(const arrayflex_info* info, uint32_t t, uint32_t n, uint32_t m,
                              uint32_t k) {
  const uint64_t rows = info->rows;
  const uint64_t cols = info->cols;
  const uint64_t stream = divide_up(rows, k) + divide_up(cols, k) + t - 2U;
  uint64_t from_tile_to_tile = rows + stream;
  if (info->overlap == ARRAYFLEX_OVERLAP_LOAD) {
    from_tile_to_tile = larger(rows, stream);
  } else if (info->overlap == ARRAYFLEX_OVERLAP_FULL) {
    from_tile_to_tile = larger(rows, t);
  }
  const uint64_t tiles = divide_up(n, rows) * divide_up(m, cols);
  const uint64_t others = saturating_product(tiles - 1U, from_tile_to_tile);
  const uint64_t one = rows + stream;
  return (others > (UINT64_MAX - one)) ? UINT64_MAX : (others + one);
}

uint64_t arrayflex_period_fs(const arrayflex_period* periods, size_t period_count, uint32_t k) {
  uint64_t period_fs = 0U;
  for (size_t i = 0U; i < period_count; ++i) {
    if (periods[i].k == k) {
      period_fs = periods[i].period_fs;
    }
  }
  return period_fs;
}

uint32_t arrayflex_best_collapse_factor(const arrayflex_info* info, const arrayflex_period* periods,
                                        size_t period_count, uint32_t t, uint32_t n, uint32_t m) {
  uint32_t best_k = 0U;
  uint64_t best_time = UINT64_MAX;
  for (uint32_t i = 0U; i < info->mode_count; ++i) {
    const uint32_t k = info->modes[i];
    const uint64_t period_fs = arrayflex_period_fs(periods, period_count, k);
    if (period_fs != 0U) {
      const uint64_t time = saturating_product(arrayflex_job_cycles(info, t, n, m, k), period_fs);
      if (time < best_time) {
        best_time = time;
        best_k = k;
      }
    }
  }
  return best_k;
}
