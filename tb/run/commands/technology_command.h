// `arrayflex tech`: what a technology holds and where it comes from.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

namespace arrayflex::command {

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
