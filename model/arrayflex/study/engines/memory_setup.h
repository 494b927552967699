// What a run with a memory needs to know of it, whichever engine stands before it.
#pragma once

#include <cstdint>

#include "arrayflex/core/block_plan.h"
#include "arrayflex/core/config.h"
#include "arrayflex/core/transfer_time.h"
#include "arrayflex/study/memory_model.h"
#include "arrayflex/study/wording.h"

namespace arrayflex::study {

/// Period of the cycle that the memory's bandwidth is given in: that of the conventional array.
/// Throws InputError where it is not known.
double reference_period_ps(const ArrayConfig& config, Wording wording);

/// The memory in femtoseconds and bytes per nanosecond. Throws as above.
MemoryTiming memory_timing(const MemoryOptions& options, const ArrayConfig& config,
                           Wording wording);

/// MemoryFigures::load_cycles of a product.
std::int64_t load_cycles_of(const ArrayConfig& config, int k, const PlannedProduct& product);

/// Throws InputError unless k is one of the array's modes and its clock is known.
void require_mode_with_clock(const ArrayConfig& config, int k, Wording wording);

}  // namespace arrayflex::study
