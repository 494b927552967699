// Bits of the machine-mode CSRs.
#pragma once

#include <cstdint>

#include "vp/memory_map.h"

namespace arrayflex::vp {

// mie and mip.
inline constexpr std::uint64_t kSoftware = 1U << AFVP_MACHINE_SOFTWARE_INTERRUPT;
inline constexpr std::uint64_t kTimer = 1U << AFVP_MACHINE_TIMER_INTERRUPT;
inline constexpr std::uint64_t kExternal = 1U << AFVP_MACHINE_EXTERNAL_INTERRUPT;

// mstatus.
inline constexpr std::uint64_t kMstatusMie = 1U << 3, kMstatusMpie = 1U << 7,
                               kMstatusMpp = 3U << 11;

// mcause.
inline constexpr std::uint64_t kInterruptFlag = std::uint64_t{1} << 63;
enum Cause : std::uint64_t {
  kFetchAccessFault = 1,
  kIllegalInstruction = 2,
  kBreakpoint = 3,
  kLoadMisaligned = 4,
  kLoadAccessFault = 5,
  kStoreMisaligned = 6,
  kStoreAccessFault = 7,
  kEnvironmentCall = 11,
};

}  // namespace arrayflex::vp
