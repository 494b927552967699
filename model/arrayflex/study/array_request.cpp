#include "arrayflex/study/array_request.h"

#include <algorithm>
#include <climits>
#include <utility>

namespace arrayflex::study {
namespace {

constexpr int kNotGiven = INT_MIN;

std::optional<int> given(int value) {
  return value == kNotGiven ? std::nullopt : std::optional<int>(value);
}

template <class Value>
void fill(std::optional<Value>& value, const std::optional<Value>& fallback) {
  if (!value) value = fallback;
}

// A given clock holds for its mode, whether or not the array offers that mode on its own.
void add_technology_clocks(const Technology& technology, std::optional<int> k,
                           ArrayParameters& parameters) {
  std::vector<int> modes = parameters.modes;
  for (const auto& [mode, period_ps] : technology.clocks.mode_ps) modes.push_back(mode);
  if (k) modes.push_back(*k);
  const ClockPeriods periods = technology.clock_periods(parameters.data_width_bits, modes);
  ClockPeriods& clocks = parameters.clocks;
  clocks.mode_ps.insert(periods.mode_ps.begin(), periods.mode_ps.end());
  if (!clocks.conventional_ps) clocks.conventional_ps = periods.conventional_ps;
}

}  // namespace

ArrayRequest with_defaults_of(ArrayRequest request, const ArrayRequest& base) {
  fill(request.rows, base.rows);
  fill(request.cols, base.cols);
  fill(request.data_width_bits, base.data_width_bits);
  fill(request.acc_width_bits, base.acc_width_bits);
  fill(request.modes, base.modes);
  fill(request.overlap, base.overlap);
  request.clocks.mode_ps.insert(base.clocks.mode_ps.begin(), base.clocks.mode_ps.end());
  fill(request.clocks.conventional_ps, base.clocks.conventional_ps);
  return request;
}

ArrayRequest load_array_request(const std::string& path) {
  ArrayParameters nothing;
  nothing.rows = nothing.cols = kNotGiven;
  nothing.data_width_bits = nothing.acc_width_bits = kNotGiven;
  nothing.modes = {kNotGiven};
  nothing.clocks = {};
  ArrayParameters p = load_array_parameters(path, nothing);
  ArrayRequest request;
  request.rows = given(p.rows);
  request.cols = given(p.cols);
  request.data_width_bits = given(p.data_width_bits);
  request.acc_width_bits = given(p.acc_width_bits);
  if (p.modes != nothing.modes) request.modes = std::move(p.modes);
  request.overlap = p.overlap;
  request.clocks = std::move(p.clocks);
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
  p.rows = request.rows.value_or(p.rows);
  p.cols = request.cols.value_or(p.cols);
  p.data_width_bits =
      request.data_width_bits.value_or(data_width_of(request.acc_width_bits.value_or(0)));
  p.acc_width_bits = request.acc_width_bits.value_or(acc_width_of(p.data_width_bits));
  p.modes = request.modes ? *request.modes : default_modes(p.rows, p.cols);
  p.overlap = request.overlap.value_or(p.overlap);
  p.clocks = request.clocks;
  if (request.technology_clocks) add_technology_clocks(technology, k, p);
  return ArrayConfig(std::move(p));
}

}  // namespace arrayflex::study
