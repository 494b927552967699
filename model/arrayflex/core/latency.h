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

/// Cycles of one product: L(k) * ceil(N/R) * ceil(M/C). Throws InputError for an invalid shape or
/// k, OverflowError beyond 2^63-1.
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

}  // namespace arrayflex
