// Runs a test firmware on the virtual platform.
#pragma once

#include <cstdint>
#include <memory>
#include <sstream>
#include <string>

#include "vp/virtual_platform.h"

namespace arrayflex::vp {

/// Where `LANDMARK` places code.
inline constexpr std::uint64_t kLandmark = AFVP_RAM_BASE + 0x200;

/// A small array; 1 MiB of RAM.
PlatformParameters small_platform();

/// One run; one per process, as SystemC allows.
struct FirmwareRun {
  explicit FirmwareRun(const PlatformParameters& parameters = small_platform());

  /// `name` without folder and ".elf".
  void load(const std::string& name);
  RunResult run(const std::string& name, const sc_core::sc_time& max_time = {10, sc_core::SC_MS});
  /// The 64-bit value that firmware left with `result INDEX, ...`.
  std::uint64_t result(std::size_t index);

  std::ostringstream terminal;
  VirtualPlatform platform;
};

}  // namespace arrayflex::vp
