// Values of command-line options, checked as they are read. CLI11's own conversion errors do not
// say what is allowed, so values reach these functions as text.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace arrayflex::command {

/// Whole number min..max, nothing before or behind it. Throws InputError. Integer is int,
/// std::int64_t or std::uint64_t.
template <class Integer>
Integer parse_integer(const std::string& item, const std::string& text, Integer min, Integer max);

/// Comma-separated collapse factors. Throws InputError.
std::vector<int> parse_modes(const std::string& item, const std::string& text);

/// Number min..1. Throws InputError.
double parse_share(const std::string& item, const std::string& text, double min);

/// "on" or "off". Throws InputError.
bool parse_switch(const std::string& item, const std::string& text);

/// Any text but none. Throws InputError.
std::string parse_path(const std::string& item, const std::string& text);

/// An option whose text parse(name, text) turns into `target`.
template <class Target, class Parse>
CLI::Option* add_parsed(CLI::App& app, const std::string& name, Target& target, Parse parse,
                        const std::string& help, const char* group, const char* type) {
  return app
      .add_option_function<std::string>(
          name, [&target, parse, name](const std::string& text) { target = parse(name, text); },
          help)
      ->group(group)
      ->type_name(type);
}

}  // namespace arrayflex::command
