/* Cycles of a job and the choice of its collapse factor, in closed form (docs/architecture.md). */
#ifndef ARRAYFLEX_COLLAPSE_H
#define ARRAYFLEX_COLLAPSE_H

#include "arrayflex_driver.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Clock period of a mode: data of the board. */
typedef struct arrayflex_period {
  uint32_t k;
  uint64_t period_fs;
} arrayflex_period;

/* R + (tiles-1)*P + S cycles, tiles = ceil(N/R) * ceil(M/C), S = ceil(R/k) + ceil(C/k) + T - 2;
 * from one tile to the next P = R + S, max(R, S) or max(R, T), by the array's overlap. All
 * arguments at least 1. Sizes beyond 64 bits of cycles saturate at 2^64-1. */
uint64_t arrayflex_job_cycles(const arrayflex_info* info, uint32_t t, uint32_t n, uint32_t m,
                              uint32_t k);

/* The most that a job counts in CYCLES. Where tiles overlap and one of them is late, the cycles in
 * which the tile before it still flows through the array are counted, too: S + 1 where P is less.
 */
uint64_t arrayflex_job_cycles_at_most(const arrayflex_info* info, uint32_t t, uint32_t n,
                                      uint32_t m, uint32_t k);

/* Of the modes of the array that have a period, the one with the least cycles * period for a job
 * of t x n by n x m; on a tie the smaller. 0, which lets the accelerator choose, when no mode has a
 * period. */
uint32_t arrayflex_best_collapse_factor(const arrayflex_info* info, const arrayflex_period* periods,
                                        size_t period_count, uint32_t t, uint32_t n, uint32_t m);

/* The period of mode k in femtoseconds; 0 when the table has none. */
uint64_t arrayflex_period_fs(const arrayflex_period* periods, size_t period_count, uint32_t k);

#ifdef __cplusplus
}
#endif

#endif
