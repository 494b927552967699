#include "run/commands/technology_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "arrayflex/core/error.h"
#include "arrayflex/study/array_request.h"
#include "arrayflex/study/options/text_values.h"
#include "arrayflex/study/options/value.h"
#include "arrayflex/study/output_file.h"
#include "run/commands/commands.h"

namespace arrayflex::command {
namespace {

constexpr const char* kFooter = R"(Examples:
  arrayflex tech                         the shipped technologies
  arrayflex tech asap7                   every number with its unit and source
  arrayflex tech my_technology.json --json numbers.json

Exit status: 0 success, 1 the output could not be written, 2 bad usage or bad input.)";

std::string list_text() {
  const std::vector<std::string> names = shipped_technologies();
  std::size_t width = 0;
  for (const std::string& name : names) width = std::max(width, name.size());
  std::string text;
  for (const std::string& name : names) {
    text += fmt::format("{:<{}}  {}{}\n", name, width, shipped_technology(name).description,
                        name == study::kDefaultTechnology ? " (default)" : "");
  }
  return text;
}

std::string numbers_json(const Technology& technology) {
  nlohmann::ordered_json json = {{"name", technology.name},
                                 {"description", technology.description},
                                 {"source", technology.source},
                                 {"notes", technology.notes},
                                 {"numbers", nlohmann::ordered_json::array()}};
  for (const TechnologyRow& row : technology_rows(technology)) {
    json["numbers"].push_back(
        {{"item", row.item}, {"value", row.value}, {"unit", row.unit}, {"source", row.source}});
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace

CLI::App* add_technology_command(CLI::App& app, TechnologyCommandOptions& options) {
  CLI::App* tech = app.add_subcommand(
      "tech", "List the shipped technologies, or show one: numbers, units, sources");
  tech->add_option_function<std::string>(
          "technology", [&options](const std::string& text) { options.name_or_path = text; },
          "shipped technology or JSON file [default: list them]")
      ->type_name("NAME|FILE");
  tech->add_option_function<std::string>(
          "--json",
          [&options](const std::string& text) {
            options.json_path = study::parse_path("--json", text);
          },
          "write the numbers of NAME|FILE as JSON instead")
      ->group("Output")
      ->type_name("FILE");
  tech->footer(kFooter);
  return tech;
}

void show_technology(const TechnologyCommandOptions& options) {
  if (!options.name_or_path) {
    if (!options.json_path.empty()) {
      throw InputError("--json", options.json_path, "name a technology to write");
    }
    return print(list_text());
  }
  const Technology technology = study::load_technology_option("technology", *options.name_or_path);
  if (options.json_path.empty()) return print(to_text(technology));
  study::require_writable("--json", options.json_path);
  study::write_file(options.json_path, numbers_json(technology));
}

}  // namespace arrayflex::command
