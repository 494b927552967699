// The time of a product behind a memory: what the accelerator's DMA and array do, tile by tile,
// without simulating them.
#pragma once

#include <cstdint>

#include "arrayflex/core/block_plan.h"
#include "arrayflex/core/transfer_time.h"

namespace arrayflex {

/// Where A, B and X begin in memory; row-major, rows without gaps.
struct ProductAddresses {
  std::uint64_t a = 0, b = 0, x = 0;
};

/// What a product's time depends on besides its tiles.
struct JobClock {
  int k = 1;
  double period_ps = 1;         ///< of the array in mode k
  long double fraction_fs = 0;  ///< of the clock before: JobTime::fraction_fs of that product
  /// Where tiles overlap: how long after a product the next one can begin, its descriptor fetched.
  std::int64_t pause_fs = 0;
  /// Bytes that go into the buffers, or out of the accumulators, per cycle of the array; 0:
  /// unlimited.
  std::int64_t port_bytes_per_cycle = 0;
};

struct JobTime {
  CountedCycles counted;          ///< compute cycles
  std::int64_t stall_cycles = 0;  ///< all others from start to end
  MemoryTraffic traffic;          ///< bytes of all transactions
  /// At which the last tile ends or, where the clock goes on without a pause, the next can begin.
  std::int64_t last_edge = 0;
  long double fraction_fs = 0;  ///< rounding of that edge, for the next product
  /// Whether cycles and stalls are the same for whatever fraction the clock begins with: nothing
  /// happens within a few femtoseconds of an edge.
  bool fits_any_fraction = true;
};

/// The accelerator's timing, equal to that of platform::Accelerator to the cycle: with a memory as
/// platform::MemoryTarget, nothing else on the bus, and times of whole femtoseconds. Transfers come
/// one after the other, in the order in which they can be made, operands before sums; a tile starts
/// at the first edge at which its operands are there, a bank for its sums is free, and the array
/// can take it. docs/architecture.md, "Buffers and loop order"; docs/integration.md, "Timing".
/// Throws InputError for blocks of T where tiles overlap, OverflowError beyond 2^63-1 fs.
JobTime time_of_job(const ArrayTiming& array, const PlannedProduct& product, int banks,
                    const ProductAddresses& addresses, const JobClock& clock,
                    TransferTimes& transfers);

/// `count` >= 1 such products one after the other, each from the fraction that the one before
/// leaves: their cycles and stalls added up.
JobTime time_of_jobs(const ArrayTiming& array, const PlannedProduct& product, int banks,
                     const ProductAddresses& addresses, const JobClock& clock, std::int64_t count,
                     TransferTimes& transfers);

}  // namespace arrayflex
