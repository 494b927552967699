#include "arrayflex/study/options/text_values.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <utility>

#include "arrayflex/core/error.h"
#include "arrayflex/core/gemm.h"
#include "arrayflex/core/text.h"
#include "arrayflex/study/options/value.h"

namespace arrayflex::study {
namespace {

std::optional<std::uint64_t> parse_time_fs(const std::string& text) {
  const auto time = parse_number_with_unit(text);
  const auto factor = time ? femtoseconds_per(time->unit) : std::nullopt;
  if (!factor) return std::nullopt;
  const long double time_fs = static_cast<long double>(time->number) * *factor;
  if (time_fs > kMaxSimulatedSeconds * 1e15L) return std::nullopt;
  return static_cast<std::uint64_t>(std::llround(time_fs));
}

}  // namespace

std::map<std::string, std::int64_t> parse_dimensions(const std::string& item,
                                                     const std::vector<std::string>& texts) {
  std::map<std::string, std::int64_t> dimensions;
  for (const std::string& text : texts) {
    // The name may hold '=' itself, the value cannot.
    const std::size_t equals = text.rfind('=');
    if (equals == std::string::npos || equals == 0) {
      throw InputError(item, text.empty() ? "''" : text,
                       "allowed is NAME=VALUE or INPUT[AXIS]=VALUE");
    }
    const std::string name = text.substr(0, equals);
    const std::int64_t value =
        parse_integer(fmt::format("{} {}", item, name), text.substr(equals + 1), 1, kMaxLayerDim);
    if (!dimensions.emplace(name, value).second) {
      throw InputError(item, text, "the dimension has a value already");
    }
  }
  return dimensions;
}

Technology load_technology_option(const std::string& item, const std::string& name_or_path) {
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

TraceWindow parse_trace_window(const std::string& item, const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon != std::string::npos) {
    const auto from_fs = parse_time_fs(text.substr(0, colon));
    const std::string to_text = text.substr(colon + 1);
    const auto to_fs = parse_time_fs(to_text);
    if (from_fs && (to_fs || to_text.empty())) {
      if (to_fs && *to_fs < *from_fs) {
        throw InputError(item, text, "must not end before it begins");
      }
      return {*from_fs, to_fs, text};
    }
  }
  throw InputError(
      item, text.empty() ? "''" : text,
      fmt::format("allowed are FROM:TO and FROM:, simulated times of at most {} s, each with its "
                  "unit fs, ps, ns, us, ms or s, such as 10ns:25.5ns",
                  kMaxSimulatedSeconds));
}

}  // namespace arrayflex::study
