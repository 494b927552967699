#include "run/options/technology_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "arrayflex/core/error.h"
#include "arrayflex/study/array_request.h"
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
                         fmt::join(shipped_technologies(), ", "), study::kDefaultTechnology),
             group, "NAME|FILE");
}

}  // namespace arrayflex::command
