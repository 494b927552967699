#include "arrayflex/core/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "arrayflex/core/error.h"
#include "arrayflex/core/json_fields.h"
#include "paper_clocks.h"

namespace arrayflex {
namespace {

constexpr double kMinPeriodPs = 1e-3;
constexpr double kMaxPeriodPs = 1e9;

void validate_dimension(const char* item, int value) {
  if (value < 1 || value > kMaxArrayDim) {
    throw InputError(item, value, fmt::format("allowed are 1..{}", kMaxArrayDim));
  }
}

void validate_widths(int data_bits, int acc_bits) {
  if (is_width_pair(data_bits, acc_bits)) return;
  throw InputError("data_width_bits/acc_width_bits", fmt::format("{}/{}", data_bits, acc_bits),
                   "allowed are " + width_pairs_text());
}

void validate_modes(const ArrayParameters& p) {
  if (p.modes.empty()) {
    throw InputError("modes", "[]", "at least one collapse factor is needed");
  }
  const int limit = std::min(p.rows, p.cols);
  for (const int k : p.modes) {
    if (k < 1 || k > limit) {
      throw InputError("modes", k,
                       fmt::format("a collapse factor is 1..{}, the smaller side of a {}x{} array",
                                   limit, p.rows, p.cols));
    }
  }
  const auto duplicate = std::adjacent_find(p.modes.begin(), p.modes.end());
  if (duplicate != p.modes.end()) {
    throw InputError("modes", *duplicate, "each collapse factor may be listed once");
  }
}

std::string allowed_overlaps() {
  std::vector<std::string> names;
  for (const Overlap overlap : all_overlaps()) names.emplace_back(name_of(overlap));
  return fmt::format("allowed are {}", fmt::join(names, ", "));
}

std::optional<Overlap> find_overlap(const std::string& name) {
  for (const Overlap overlap : all_overlaps()) {
    if (name == name_of(overlap)) return overlap;
  }
  return std::nullopt;
}

void validate_overlap(Overlap overlap) {
  const auto& all = all_overlaps();
  if (std::find(all.begin(), all.end(), overlap) == all.end()) {
    throw InputError("overlap", static_cast<int>(overlap), allowed_overlaps());
  }
}

void validate_period(const std::string& item, double period_ps) {
  if (!(period_ps >= kMinPeriodPs && period_ps <= kMaxPeriodPs)) {
    throw InputError(item, fmt::format("{} ps", period_ps), "a clock period is 1e-3..1e9 ps");
  }
}

void validate_clocks(const ClockPeriods& clocks) {
  if (clocks.conventional_ps) {
    validate_period("clock period of the conventional array", *clocks.conventional_ps);
  }
  for (const auto& [k, period_ps] : clocks.mode_ps) {
    if (k < 1 || k > kMaxArrayDim) {
      throw InputError("clock period of mode", k,
                       fmt::format("a collapse factor is 1..{}", kMaxArrayDim));
    }
    validate_period(fmt::format("clock period of mode {}", k), period_ps);
  }
}

}  // namespace

const char* name_of(Design design) {
  return design == Design::arrayflex ? "arrayflex" : "conventional";
}

const std::array<Overlap, 3>& all_overlaps() {
  static constexpr std::array<Overlap, 3> overlaps{Overlap::none, Overlap::load, Overlap::full};
  return overlaps;
}

const char* name_of(Overlap overlap) {
  constexpr std::array<const char*, 3> names{"none", "load", "full"};
  return names.at(static_cast<std::size_t>(overlap));
}

Overlap parse_overlap(const std::string& name) {
  const std::optional<Overlap> overlap = find_overlap(name);
  if (!overlap) throw InputError("overlap", name, allowed_overlaps());
  return *overlap;
}

int weight_banks(Overlap overlap) { return overlap == Overlap::none ? 1 : 2; }

ArrayParameters::ArrayParameters() {
  clocks.conventional_ps = kPaperConventionalPs;
  clocks.mode_ps.insert(std::begin(kPaperModePs), std::end(kPaperModePs));
}

ArrayConfig::ArrayConfig(ArrayParameters parameters) : p_(std::move(parameters)) {
  validate_dimension("rows", p_.rows);
  validate_dimension("cols", p_.cols);
  validate_widths(p_.data_width_bits, p_.acc_width_bits);
  std::sort(p_.modes.begin(), p_.modes.end());
  validate_modes(p_);
  validate_overlap(p_.overlap);
  validate_clocks(p_.clocks);
}

std::optional<double> ArrayConfig::period_ps(Design design, int k) const {
  if (design == Design::conventional) {
    return p_.clocks.conventional_ps;
  }
  const auto it = p_.clocks.mode_ps.find(k);
  return it == p_.clocks.mode_ps.end() ? std::nullopt : std::optional<double>(it->second);
}

void ArrayConfig::require_collapse_factor(int k) const {
  const int limit = std::min(p_.rows, p_.cols);
  if (k < 1 || k > limit) {
    throw InputError("k", k,
                     fmt::format("allowed are 1..{}, the smaller side of a {}x{} array", limit,
                                 p_.rows, p_.cols));
  }
}

ArrayParameters parse_array_parameters(const std::string& json_text, const std::string& source,
                                       ArrayParameters defaults) {
  JsonFields fields = JsonFields::parse(json_text, source);
  ArrayParameters p = std::move(defaults);
  fields.read_int("rows", p.rows);
  fields.read_int("cols", p.cols);
  fields.read_int("data_width_bits", p.data_width_bits);
  fields.read_int("acc_width_bits", p.acc_width_bits);
  fields.read_int_list("modes", p.modes);
  std::string overlap = name_of(p.overlap);
  fields.read_string("overlap", overlap);
  const std::optional<Overlap> found = find_overlap(overlap);
  if (!found) fields.fail("overlap", allowed_overlaps());
  p.overlap = *found;
  read_clock_periods(fields, p.clocks);
  fields.reject_unknown();
  return p;
}

ArrayParameters load_array_parameters(const std::string& path, ArrayParameters defaults) {
  return parse_array_parameters(read_text_file(path), path, std::move(defaults));
}

}  // namespace arrayflex
