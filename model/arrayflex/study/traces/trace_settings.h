// The waveforms, activity files and memory traces that a study writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/study/wording.h"

namespace arrayflex::study {

enum class SaifDetail {
  nets,   ///< every bit of every net, named as in the RTL; pin engine
  totals  ///< sums per net class and per PE; every engine that counts
};

enum class MemoryTraceFormat {
  dramsys,    ///< trace player of DRAMSys
  ramulator,  ///< memory trace of Ramulator
  ramulator2  ///< load/store trace of Ramulator 2
};

/// Longest simulated time: half of what 64 bits of femtoseconds hold.
inline constexpr int kMaxSimulatedSeconds = 9000;

/// Simulated time in femtoseconds.
struct TraceWindow {
  std::uint64_t from_fs = 0;
  std::optional<std::uint64_t> to_fs;  ///< empty: until the end
  std::string text;                    ///< as given
};

/// A setting that was not given is empty.
struct TraceSettings {
  std::string vcd_path;
  std::vector<std::string> vcd_scopes;  ///< globs of modules
  std::optional<TraceWindow> vcd_window;

  std::string saif_path;
  std::optional<SaifDetail> saif_detail;  ///< empty: nets where the engine has them, else totals
  std::optional<Design> saif_design;      ///< empty: ArrayFlex
  bool saif_has_pes = true;               ///< whether the engine has counts per PE

  std::string memory_directory;
  std::optional<MemoryTraceFormat> memory_format;
  std::optional<std::uint32_t> memory_access_bytes;

  Wording wording = Wording::fields;  ///< of errors; that of the request
};

inline constexpr std::uint32_t kDefaultAccessBytes = 64;
inline constexpr int kMaxAccessBytes = 4096;

}  // namespace arrayflex::study
