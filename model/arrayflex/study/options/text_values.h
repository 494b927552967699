// Values that are more than a number or a word.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "arrayflex/energy/technology.h"
#include "arrayflex/study/traces/trace_settings.h"

namespace arrayflex::study {

/// Texts NAME=VALUE, the values of a model's dynamic dimensions. Throws InputError naming `item`.
std::map<std::string, std::int64_t> parse_dimensions(const std::string& item,
                                                     const std::vector<std::string>& texts);

/// A shipped technology or a file. Throws InputError naming `item`.
Technology load_technology_option(const std::string& item, const std::string& name_or_path);

/// FROM:TO or FROM:, with units. Throws InputError naming `item`.
TraceWindow parse_trace_window(const std::string& item, const std::string& text);

}  // namespace arrayflex::study
