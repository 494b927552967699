// Closed-form cycles and the choice of the collapse factor.
//
// Source of the formulas: Peltekis et al., "ArrayFlex", DATE 2023 (arXiv 2211.12600); see
// docs/architecture.md for the conventions where the paper leaves a detail open.
#pragma once

#include <cstdint>
#include <optional>

#include "arrayflex/core/config.h"
#include "arrayflex/core/gemm.h"

namespace arrayflex {

/// Cycles of one tile: L(k) = R + ceil(R/k) + ceil(C/k) + T - 2. The conventional array has the
/// latency of k = 1. Arguments: rows, cols >= 1, 1 <= k <= min(rows, cols), t >= 1.
std::int64_t tile_cycles(int rows, int cols, int k, std::int64_t t);

/// Cycles of the load phase of a tile: R.
std::int64_t load_cycles(int rows);

/// Cycles of the stream phase of a tile: S = T + ceil(R/k) + ceil(C/k) - 2.
std::int64_t stream_cycles(int rows, int cols, int k, std::int64_t t);

/// All of an array that its cycles depend on.
struct ArrayTiming {
  ArrayTiming(int row_count, int col_count, Overlap tile_overlap)
      : rows(row_count), cols(col_count), overlap(tile_overlap) {}
  // NOLINTNEXTLINE(google-explicit-constructor): a configuration is what callers have
  ArrayTiming(const ArrayConfig& config)
      : ArrayTiming(config.rows(), config.cols(), config.overlap()) {}

  int rows, cols;
  Overlap overlap;
};

/// P: cycles from the start of one tile to that of the next in a product. R + S without overlap,
/// max(R, S) where only the load is hidden, max(R, T) where tiles follow back to back.
std::int64_t tile_period_cycles(const ArrayTiming& array, int k, std::int64_t t);

/// Whether the last row of A of one tile and the first of the next follow each other on every net,
/// without a zero between. stall_cycles: how much later than P after it the next tile starts.
bool tiles_meet(const ArrayTiming& array, int k, std::int64_t t, std::int64_t stall_cycles = 0);

/// Cycles that count, of a tile, a product or several: what registers are clocked and gated in.
/// Shares add up.
struct CountedCycles {
  std::int64_t tiles = 0;
  std::int64_t cycles = 0;            ///< L: the latency
  std::int64_t pipeline_clocked = 0;  ///< E: those in which pipeline registers in use are clocked

  /// Throws OverflowError beyond 2^63-1, as all that returns one.
  CountedCycles& operator+=(const CountedCycles& other);
};

/// The share of a product's first tile: R + S cycles, the pipeline clocked in the S + 1 of stream
/// and drain.
CountedCycles first_tile_cycles(const ArrayTiming& array, int k, std::int64_t t);
/// The share of any other one: P cycles more, the pipeline clocked in min(P, S+1). Of the cycles in
/// which it stalls those count in which the tile before it still flows: they are clocked.
CountedCycles next_tile_cycles(const ArrayTiming& array, int k, std::int64_t t,
                               std::int64_t stall_cycles = 0);
/// A product of `tiles` >= 1 tiles without stalls.
CountedCycles product_cycles(const ArrayTiming& array, int k, std::int64_t t, std::int64_t tiles);

/// Cycles of one product of n = ceil(N/R) * ceil(M/C) tiles: R + (n-1)*P + S; L(k) * n without
/// overlap. Throws InputError for an invalid shape or k, OverflowError beyond 2^63-1.
std::int64_t gemm_cycles(const ArrayConfig& config, const GemmShape& shape, int k);

/// Cycles of a layer: gemm_cycles * repeat.
std::int64_t layer_cycles(const ArrayConfig& config, const Layer& layer, int k);

/// The fastest mode of config.modes() for a shape: least gemm_cycles(k) * period(k); on a tie the
/// smaller k. Modes without a clock period are not considered; throws InputError when none is left.
int best_collapse_factor(const ArrayConfig& config, const GemmShape& shape);

/// Delays of the PE's parts in ps.
struct PeDelays {
  double ff_ps = 0;
  double mul_ps = 0;
  double add_ps = 0;
  double csa_ps = 0;
  double mux_ps = 0;
};

/// T_clock(k) = d_FF + d_mul + d_add + k*(d_CSA + 2*d_mux).
double clock_period_ps(const PeDelays& delays, int k);

/// T_clock of the conventional array: d_FF + d_mul + d_add.
double conventional_clock_period_ps(const PeDelays& delays);

/// The paper's starting point for k (not rounded):
/// sqrt((R+C)/(R+T-2) * (d_FF+d_mul+d_add)/(d_CSA+2*d_mux)).
/// Throws InputError when R+T-2 is not positive (R = T = 1) or the delays of CSA and mux are zero.
double closed_form_collapse_factor(int rows, int cols, std::int64_t t, const PeDelays& delays);

/// The same for a product of `tiles` = n tiles that overlap. With q = (d_FF+d_mul+d_add) /
/// (d_CSA+2*d_mux), the minimum over real k of (R + (n-1)*P + S) * T_clock(k) is
///   none  sqrt((R+C)/(R+T-2) * q), the paper's, whatever n;
///   full  sqrt((R+C)/(R+T-2 + (n-1)*max(R,T)) * q): k shortens the one filling of the array, so it
///         falls as 1/sqrt(n);
///   load  where streaming takes longer than loading, S >= R,   k1 = sqrt(n*(R+C)/(R+n*(T-2)) * q),
///         where it takes less,                                  k2 = sqrt((R+C)/(n*R+T-2) * q),
///         and S = R at k* = (R+C)/(R-T+2): the one of the three in the middle, as k2 <= k1 and the
///         time is convex in k (k1 and k* are infinite where their denominators are not positive).
/// Throws as above; InputError for tiles < 1.
double closed_form_collapse_factor(int rows, int cols, std::int64_t t, std::int64_t tiles,
                                   Overlap overlap, const PeDelays& delays);

}  // namespace arrayflex
