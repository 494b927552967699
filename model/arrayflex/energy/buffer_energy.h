// Energy of on-chip buffers, by their size.
#pragma once

#include <cstdint>

namespace arrayflex {

/// pJ for a byte read from or written to an SRAM of `size_bytes` >= 1. M. Horowitz, "Computing's
/// Energy Problem (and what we can do about it)", ISSCC 2014, gives 10, 20 and 100 pJ for 64 bits
/// from 8 KiB, 32 KiB and 1 MiB, at 45 nm and 0.9 V: 1.25, 2.5 and 12.5 pJ a byte. Between two of
/// them, and beyond the ends with the exponent of the nearest two, energy is a power of the size.
/// Not calibrated, not scaled to a technology, as its number for DRAM.
double buffer_pj_per_byte(std::int64_t size_bytes);

/// Where those numbers come from, for reports.
extern const char* const kBufferEnergySource;

}  // namespace arrayflex
