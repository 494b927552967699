#include "arrayflex_collapse.h"

static uint64_t divide_up(uint64_t a, uint64_t b) { return (a + b - 1U) / b; }

static uint64_t saturating_product(uint64_t a, uint64_t b) {
  return ((a != 0U) && (b > (UINT64_MAX / a))) ? UINT64_MAX : (a * b);
}

static uint64_t larger(uint64_t a, uint64_t b) { return (a > b) ? a : b; }

static uint64_t stream_cycles(const arrayflex_info* info, uint32_t t, uint32_t k) {
  return divide_up(info->rows, k) + divide_up(info->cols, k) + t - 2U;
}

/* P */
static uint64_t from_tile_to_tile(const arrayflex_info* info, uint32_t t, uint32_t k) {
  const uint64_t rows = info->rows;
  const uint64_t stream = stream_cycles(info, t, k);
  if (info->overlap == ARRAYFLEX_OVERLAP_LOAD) {
    return larger(rows, stream);
  }
  return (info->overlap == ARRAYFLEX_OVERLAP_FULL) ? larger(rows, t) : (rows + stream);
}

/* One tile, and `cycles_each` for each further one. */
static uint64_t cycles_of_tiles(const arrayflex_info* info, uint64_t one, uint64_t cycles_each,
                                uint32_t n, uint32_t m) {
  const uint64_t tiles = divide_up(n, info->rows) * divide_up(m, info->cols);
  const uint64_t others = saturating_product(tiles - 1U, cycles_each);
  return (others > (UINT64_MAX - one)) ? UINT64_MAX : (others + one);
}

uint64_t arrayflex_job_cycles(const arrayflex_info* info, uint32_t t, uint32_t n, uint32_t m,
                              uint32_t k) {
  return cycles_of_tiles(info, info->rows + stream_cycles(info, t, k),
                         from_tile_to_tile(info, t, k), n, m);
}

uint64_t arrayflex_job_cycles_at_most(const arrayflex_info* info, uint32_t t, uint32_t n,
                                      uint32_t m, uint32_t k) {
  const uint64_t stream = stream_cycles(info, t, k);
  return cycles_of_tiles(info, info->rows + stream,
                         larger(from_tile_to_tile(info, t, k), stream + 1U), n, m);
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
