// Counters of the accelerator.
#pragma once

#include <cstdint>
#include <systemc>

#include "arrayflex/core/activity.h"
#include "arrayflex/core/dma_traffic.h"

namespace arrayflex::platform {

/// Counters since reset, or since they were cleared. A job that ended with an error counts with
/// what it did; a job abandoned by a reset does not count.
struct AcceleratorCounters {
  std::int64_t cycles = 0;        ///< compute cycles of the array
  std::int64_t stall_cycles = 0;  ///< clock cycles of jobs beyond the compute cycles
  sc_core::sc_time time;          ///< during which jobs ran
  std::int64_t tiles = 0;
  std::int64_t jobs_done = 0;
  DmaTraffic traffic;
  ActivityCounters activity;  ///< zero where activity is not recorded
};

}  // namespace arrayflex::platform
