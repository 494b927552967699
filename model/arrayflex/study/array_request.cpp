#include "arrayflex/study/array_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "arrayflex/core/error.h"
#include "arrayflex/core/json_fields.h"
#include "arrayflex/study/options/option.h"

namespace arrayflex::study {
namespace {

// A given clock holds for its mode, whether or not the array offers that mode on its own.
void add_technology_clocks(const Technology& technology, std::optional<int> k,
                           ArrayParameters& parameters) {
  std::vector<int> modes = parameters.modes;
  for (const auto& [mode, period_ps] : technology.clocks.mode_ps) modes.push_back(mode);
  if (k) modes.push_back(*k);
  const ClockPeriods periods =
      technology.clock_periods(parameters.data_width_bits, modes, parameters.overlap);
  ClockPeriods& clocks = parameters.clocks;
  clocks.mode_ps.insert(periods.mode_ps.begin(), periods.mode_ps.end());
  if (!clocks.conventional_ps) clocks.conventional_ps = periods.conventional_ps;
}

// A clock of a mode that the array does not offer would be ignored in silence: most likely one of
// the two lists is wrong. Without a list of modes the default ones are meant, whatever the array's
// size.
void require_modes_of_clocks(const ArrayRequest& request, std::optional<int> k) {
  const std::vector<int> modes = request.modes.value_or(ArrayParameters().modes);
  for (const auto& [mode, period_ps] : request.clocks.mode_ps) {
    if (runs_in_mode(mode, modes, k)) continue;
    throw InputError(
        fmt::format("clock_frequency_ghz of mode {}", mode),
        fmt::format("{:g} GHz", 1000 / period_ps),
        fmt::format("the modes of the array are {}; add it to modes, or leave its clock out",
                    fmt::join(modes, ", ")));
  }
}

}  // namespace

bool runs_in_mode(int mode, const std::vector<int>& modes, std::optional<int> k) {
  return mode == k || std::find(modes.begin(), modes.end(), mode) != modes.end();
}

ArrayRequest with_defaults_of(ArrayRequest request, const ArrayRequest& base) {
  for (const Option& option : all_options()) {
    if (option.array_member) option.array_member->fill(request, base);
  }
  request.clocks.mode_ps.insert(base.clocks.mode_ps.begin(), base.clocks.mode_ps.end());
  if (!request.clocks.conventional_ps) request.clocks.conventional_ps = base.clocks.conventional_ps;
  return request;
}

ArrayRequest load_array_request(const std::string& path) {
  const std::string text = read_text_file(path);
  ArrayParameters without_clocks;
  without_clocks.clocks = {};
  const ArrayParameters file = parse_array_parameters(text, path, std::move(without_clocks));
  const JsonFields fields = JsonFields::parse(text, path);
  ArrayRequest request;
  for (const Option& option : all_options()) {
    if (option.array_member && fields.has(option.config_key)) {
      option.array_member->take(request, file);
    }
  }
  request.clocks = file.clocks;
  return request;
}

std::vector<int> default_modes(std::int64_t rows, std::int64_t cols) {
  static const std::vector<int> defaults = ArrayParameters().modes;
  const std::int64_t limit = std::max<std::int64_t>(1, std::min(rows, cols));
  std::vector<int> modes = defaults;
  modes.erase(std::remove_if(modes.begin(), modes.end(), [=](int k) { return k > limit; }),
              modes.end());
  return modes;
}

ArrayConfig resolve_array(const ArrayRequest& request, const Technology& technology,
                          std::optional<int> k) {
  ArrayParameters p;
  for (const Option& option : all_options()) {
    if (option.array_member && option.array_member->resolve) {
      option.array_member->resolve(request, p);
    }
  }
  p.data_width_bits =
      request.data_width_bits.value_or(data_width_of(request.acc_width_bits.value_or(0)));
  p.acc_width_bits = request.acc_width_bits.value_or(acc_width_of(p.data_width_bits));
  p.modes = request.modes ? *request.modes : default_modes(p.rows, p.cols);
  require_modes_of_clocks(request, k);
  p.clocks = request.clocks;
  if (request.technology_clocks) add_technology_clocks(technology, k, p);
  return ArrayConfig(std::move(p));
}

}  // namespace arrayflex::study
