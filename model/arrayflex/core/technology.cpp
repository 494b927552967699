#include "arrayflex/core/technology.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "arrayflex/core/error.h"
#include "arrayflex/core/json_fields.h"

namespace arrayflex {

// Defined in a source generated from technologies/*.json.
const std::vector<std::pair<std::string_view, std::string_view>>& embedded_technologies();

std::vector<std::string> shipped_technologies() {
  std::vector<std::string> names;
  for (const auto& [name, content] : embedded_technologies()) {
    names.emplace_back(name);
  }
  return names;
}

Technology shipped_technology(const std::string& name) {
  for (const auto& [known, content] : embedded_technologies()) {
    if (known == name) {
      return parse_technology(std::string(content), "technology " + name);
    }
  }
  throw InputError("technology", name,
                   fmt::format("shipped are {}", fmt::join(shipped_technologies(), ", ")));
}

Technology parse_technology(const std::string& json_text, const std::string& source_name) {
  JsonFields fields = JsonFields::parse(json_text, source_name);
  Technology technology;
  fields.read_string("name", technology.name);
  fields.read_string("description", technology.description);
  fields.read_string("source", technology.source);
  if (technology.name.empty()) fields.fail("name", "a non-empty string is needed");
  if (technology.source.empty()) fields.fail("source", "the origin of the numbers is needed");
  read_clock_periods(fields, technology.clocks);
  fields.reject_unknown();
  return technology;
}

}  // namespace arrayflex
