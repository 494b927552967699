// --tech and the `tech` command: technology files on the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "arrayflex/energy/technology.h"

namespace arrayflex::command {

/// Adds --tech; the file is read as the option is. `given` gets the name or path.
void add_technology_option(CLI::App& app, std::optional<Technology>& technology, std::string& given,
                           const char* group);

/// A shipped technology or a file. Throws InputError naming `item`.
Technology parse_technology_option(const std::string& item, const std::string& name_or_path);

/// Options of `arrayflex tech`.
struct TechnologyCommandOptions {
  std::optional<std::string> name_or_path;  ///< empty: list the shipped ones
  std::string json_path;                    ///< empty: none
};

/// Adds the subcommand.
CLI::App* add_technology_command(CLI::App& app, TechnologyCommandOptions& options);

/// Prints the list or the numbers, or writes the numbers as JSON. Throws InputError, OutputError.
void show_technology(const TechnologyCommandOptions& options);

}  // namespace arrayflex::command
