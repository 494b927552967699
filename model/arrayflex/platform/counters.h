// Counters of the accelerator.
#pragma once

#include <cstdint>
#include <systemc>

#include "arrayflex/core/activity.h"

namespace arrayflex::platform {

/// DMA traffic in bytes, of transactions that succeeded.
struct DmaTraffic {
  std::uint64_t a = 0;           ///< A, read
  std::uint64_t b = 0;           ///< B, read
  std::uint64_t x_read = 0;      ///< X, read by jobs that accumulate
  std::uint64_t x_written = 0;   ///< X, written
  std::uint64_t descriptor = 0;  ///< descriptors, read

  std::uint64_t read() const { return a + b + x_read + descriptor; }
};

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
