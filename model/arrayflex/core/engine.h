// The engines and what each of them can do: the one table that commands, bindings and messages ask.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace arrayflex {

/// How a run is modelled. Whatever two engines both report, they report alike
/// (docs/architecture.md).
enum class Engine {
  analytic,  ///< closed form
  fast,      ///< a tile at once
  pin,       ///< every register, mux and clock edge in SystemC
  cycle      ///< as pin, one clock edge at a time, on array-wide state
};

/// One row of the table.
struct EngineCapabilities {
  Engine engine;
  const char* name;
  bool values;       ///< reads operands, delivers results and counts per PE
  bool activity;     ///< counts toggles and clocked bits
  bool nets;         ///< shows every net: waveforms, activity of single nets
  bool memory;       ///< knows how long a memory behind the array takes
  bool accelerator;  ///< can stand in the accelerator
  bool sampling;     ///< can estimate activity from some of the tiles
  bool threads;      ///< can use several threads
  bool kernels;      ///< has inner loops for several instruction sets
  bool systemc;      ///< simulates: one run per process, and not in a build without SystemC
};

inline constexpr std::size_t kEngineCount = 4;

/// All rows, in the order of Engine.
const std::array<EngineCapabilities, kEngineCount>& all_engines();

const EngineCapabilities& capabilities_of(Engine engine);

/// "analytic", "fast", "pin" or "cycle".
const char* name_of(Engine engine);

/// The engine of that name. Throws InputError naming `item` and listing the names.
Engine parse_engine(const std::string& item, std::string_view name);

/// Names of the engines that can do something, such as &EngineCapabilities::memory, as a message
/// has them: "fast or pin".
std::string names_of_engines_with(bool EngineCapabilities::*capability);

}  // namespace arrayflex
