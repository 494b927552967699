#include "run/options/technology_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "arrayflex/core/error.h"
#include "run/options/option_parsers.h"

namespace arrayflex::command {

Technology parse_technology_option(const std::string& item, const std::string& name_or_path) {
  if (name_or_path.empty()) throw InputError(item, "''", "allowed is a name or a file");
  try {
    return load_technology(name_or_path);
  } catch (const InputError& error) {
    // The library takes what looks like no path for a name.
    const bool is_path = name_or_path.find_first_of("./\\") != std::string::npos;
    throw InputError(fmt::format("{}: {}{}", item, error.what(),
                                 is_path ? "" : "; a file here is given as ./" + name_or_path));
  }
}

void add_technology_option(CLI::App& app, std::optional<Technology>& technology, std::string& given,
                           const char* group) {
  const auto parse = [&given](const std::string& item, const std::string& text) {
    given = text;
    return parse_technology_option(item, text);
  };
  add_parsed(app, "--tech", technology, parse,
             fmt::format("technology: clock periods and energies, one of {}\nor a JSON file with "
                         "numbers for the operand width, see\n'arrayflex tech'; clocks in --config "
                         "win over its clocks\n[default: {}]",
                         fmt::join(shipped_technologies(), ", "), kDefaultTechnology),
             group, "NAME|FILE");
}

Technology technology_or_default(const std::optional<Technology>& given) {
  return given ? *given : shipped_technology(kDefaultTechnology);
}

void add_technology_clocks(const Technology& technology, std::optional<int> k,
                           ArrayParameters& parameters) {
  // A given clock holds for its mode, whether or not the array offers that mode on its own.
  std::vector<int> modes = parameters.modes;
  for (const auto& [mode, period_ps] : technology.clocks.mode_ps) modes.push_back(mode);
  if (k) modes.push_back(*k);
  const ClockPeriods periods = technology.clock_periods(parameters.data_width_bits, modes);
  ClockPeriods& clocks = parameters.clocks;
  clocks.mode_ps.insert(periods.mode_ps.begin(), periods.mode_ps.end());
  if (!clocks.conventional_ps) clocks.conventional_ps = periods.conventional_ps;
}

Technology resolve_technology(const std::optional<Technology>& given, const ArrayConfig& config) {
  if (given) {
    try {
      given->width(config.data_width_bits());
    } catch (const InputError& error) {
      throw InputError(fmt::format("--tech: {}", error.what()));
    }
  }
  return technology_or_default(given);
}

}  // namespace arrayflex::command
