#include "arrayflex/core/engine.h"

#include <fmt/format.h>

#include <vector>

#include "arrayflex/core/error.h"

namespace arrayflex {
namespace {

// engine, name, values, activity, nets, memory, accelerator, sampling, threads, kernels, systemc
constexpr std::array<EngineCapabilities, kEngineCount> kEngines{{
    {Engine::analytic, "analytic", false, false, false, true, false, false, false, false, false},
    {Engine::fast, "fast", true, true, false, true, true, true, true, true, false},
    {Engine::pin, "pin", true, true, true, true, true, false, false, false, true},
    {Engine::cycle, "cycle", true, true, false, false, false, false, false, true, true},
}};

// "a, b and c"
std::string enumerate(const std::vector<std::string_view>& names, const char* last_separator) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 < names.size() ? ", " : last_separator;
    text += names[i];
  }
  return text;
}

}  // namespace

const std::array<EngineCapabilities, kEngineCount>& all_engines() { return kEngines; }

const EngineCapabilities& capabilities_of(Engine engine) {
  return kEngines[static_cast<std::size_t>(engine)];
}

const char* name_of(Engine engine) { return capabilities_of(engine).name; }

Engine parse_engine(const std::string& item, std::string_view name) {
  std::vector<std::string_view> names;
  for (const EngineCapabilities& row : kEngines) {
    if (name == row.name) return row.engine;
    names.emplace_back(row.name);
  }
  throw InputError(item, std::string(name),
                   fmt::format("allowed are {}", enumerate(names, " and ")));
}

std::string names_of_engines_with(bool EngineCapabilities::*capability) {
  std::vector<std::string_view> names;
  for (const EngineCapabilities& row : kEngines) {
    if (row.*capability) names.emplace_back(row.name);
  }
  return enumerate(names, " or ");
}

}  // namespace arrayflex
