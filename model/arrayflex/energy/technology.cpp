#include "arrayflex/energy/technology.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "arrayflex/core/error.h"
#include "arrayflex/core/json_fields.h"
#include "arrayflex/core/text.h"

namespace arrayflex {

// Defined in a source generated from technologies/*.json.
const std::vector<std::pair<std::string_view, std::string_view>>& embedded_technologies();

namespace {

constexpr std::array<const char*, 5> kDelayNames{"ff", "mul", "add", "csa", "mux"};

// Parsed once, when the first of them is asked for.
const std::map<std::string, Technology, std::less<>>& parsed_technologies() {
  static const auto technologies = [] {
    std::map<std::string, Technology, std::less<>> parsed;
    for (const auto& [name, content] : embedded_technologies()) {
      const std::string key(name);
      parsed.emplace(key, parse_technology(std::string(content), "technology " + key));
    }
    return parsed;
  }();
  return technologies;
}

Quantity interpolate(const Quantity& a, const Quantity& b, double fraction) {
  Quantity between = a;
  between.value += fraction * (b.value - a.value);
  if (between.source.empty()) between.source = b.source;
  return between;
}

}  // namespace

const char* name_of(SwitchingPart part) {
  constexpr std::array<const char*, kSwitchingPartCount> names{"registers", "multiplier", "adder",
                                                               "compressor", "muxes"};
  return names[static_cast<std::size_t>(part)];
}

const std::array<SwitchingPart, kSwitchingPartCount>& all_switching_parts() {
  static constexpr std::array<SwitchingPart, kSwitchingPartCount> parts{
      SwitchingPart::registers, SwitchingPart::multiplier, SwitchingPart::adder,
      SwitchingPart::compressor, SwitchingPart::muxes};
  return parts;
}

namespace {

// In mode k, of an array with one weight register per PE.
ToggleEnergies energies_of_mode(const std::map<int, ToggleEnergies>& toggle_fj, int k) {
  const auto above = toggle_fj.lower_bound(k);
  if (above == toggle_fj.end()) return toggle_fj.rbegin()->second;
  if (above->first == k || above == toggle_fj.begin()) return above->second;
  const auto below = std::prev(above);
  const double fraction =
      static_cast<double>(k - below->first) / static_cast<double>(above->first - below->first);
  ToggleEnergies between;
  for (std::size_t part = 0; part < kSwitchingPartCount; ++part) {
    for (std::size_t c = 0; c < kNetClassCount; ++c) {
      between[part][c] = interpolate(below->second[part][c], above->second[part][c], fraction);
    }
  }
  return between;
}

}  // namespace

ToggleEnergies DesignTechnology::toggle_energies(int k, Overlap tile_overlap) const {
  if (k < 1) throw InputError("collapse factor", k, "1 or more is needed");
  ToggleEnergies energies = energies_of_mode(toggle_fj, k);
  if (weight_banks(tile_overlap) == 1) return energies;
  for (std::size_t part = 0; part < kSwitchingPartCount; ++part) {
    for (const NetClass c : {NetClass::weight_reg, NetClass::weight}) {
      energies[part][index_of(c)] = overlap->toggle_fj[part][index_of(c)];
    }
  }
  return energies;
}

std::optional<PeDelays> WidthTechnology::delays(Overlap overlap) const {
  if (!delays_ps) return std::nullopt;
  const auto& d = *delays_ps;
  PeDelays delays{d[0].value, d[1].value, d[2].value, d[3].value, d[4].value};
  if (weight_banks(overlap) > 1) delays.mul_ps += delays.mux_ps;
  return delays;
}

const WidthTechnology& Technology::width(int data_width_bits) const {
  const auto it = widths.find(data_width_bits);
  if (it == widths.end()) {
    std::vector<int> known;
    for (const auto& [bits, unused] : widths) known.push_back(bits);
    throw InputError(fmt::format("technology {}: data_width_bits", name), data_width_bits,
                     known.empty()
                         ? "it holds clocks only"
                         : fmt::format("it has numbers for {} bits", fmt::join(known, ", ")));
  }
  return it->second;
}

void Technology::require_numbers(int data_width_bits, Overlap overlap) const {
  const WidthTechnology& numbers = width(data_width_bits);
  if (weight_banks(overlap) == 1) return;
  if (numbers.arrayflex.overlap && numbers.conventional.overlap) return;
  throw InputError(fmt::format("technology {}: overlap", name), name_of(overlap),
                   fmt::format("it has no numbers for two weight registers per PE (key overlap) "
                               "at {} bits",
                               data_width_bits));
}

bool Technology::has_given_period(const std::vector<int>& modes) const {
  return clocks.conventional_ps || std::any_of(modes.begin(), modes.end(),
                                               [&](int k) { return clocks.mode_ps.count(k) > 0; });
}

ClockPeriods Technology::clock_periods(int data_width_bits, const std::vector<int>& modes,
                                       Overlap overlap) const {
  const auto it = widths.find(data_width_bits);
  const std::optional<PeDelays> delays =
      it == widths.end() ? std::nullopt : it->second.delays(overlap);
  ClockPeriods periods;
  periods.conventional_ps = clocks.conventional_ps;
  if (!periods.conventional_ps && delays) {
    periods.conventional_ps = conventional_clock_period_ps(*delays);
  }
  for (const int k : modes) {
    const auto given = clocks.mode_ps.find(k);
    if (given != clocks.mode_ps.end()) {
      periods.mode_ps[k] = given->second;
    } else if (delays) {
      periods.mode_ps[k] = clock_period_ps(*delays, k);
    }
  }
  return periods;
}

std::vector<std::string> shipped_technologies() {
  std::vector<std::string> names;
  for (const auto& [name, content] : embedded_technologies()) {
    names.emplace_back(name);
  }
  return names;
}

Technology shipped_technology(const std::string& name) {
  const auto& technologies = parsed_technologies();
  const auto it = technologies.find(name);
  if (it == technologies.end()) {
    throw InputError("technology", name,
                     fmt::format("shipped are {}", fmt::join(shipped_technologies(), ", ")));
  }
  return it->second;
}

Technology load_technology(const std::string& name_or_path) {
  const auto& technologies = parsed_technologies();
  const auto it = technologies.find(name_or_path);
  if (it != technologies.end()) return it->second;
  const bool is_path = name_or_path.find_first_of("./\\") != std::string::npos;
  if (!is_path) return shipped_technology(name_or_path);  // says which names there are
  return parse_technology(read_text_file(name_or_path), name_or_path);
}

namespace {

class RowCollector {
 public:
  void add(const std::string& item, double value, const char* unit, const std::string& source) {
    rows_.push_back({item, value, unit, source});
  }
  // A number that the file does not hold has no source and no row.
  void add(const std::string& item, const Quantity& quantity, const char* unit) {
    if (!quantity.source.empty()) add(item, quantity.value, unit, quantity.source);
  }
  std::vector<TechnologyRow> take() { return std::move(rows_); }

 private:
  std::vector<TechnologyRow> rows_;
};

void add_toggle_rows(RowCollector& rows, const std::string& path, const ToggleEnergies& parts) {
  for (const SwitchingPart part : all_switching_parts()) {
    for (const NetClass net_class : all_net_classes()) {
      rows.add(fmt::format("{} / {} / {}", path, name_of(part), name_of(net_class)),
               parts[static_cast<std::size_t>(part)][static_cast<std::size_t>(net_class)],
               "fJ/toggle");
    }
  }
}

void add_area_rows(RowCollector& rows, const std::string& path,
                   const std::array<Quantity, kSwitchingPartCount>& area_um2) {
  for (const SwitchingPart part : all_switching_parts()) {
    rows.add(fmt::format("{} / area / {}", path, name_of(part)),
             area_um2[static_cast<std::size_t>(part)], "um2");
  }
}

void add_design_rows(RowCollector& rows, const std::string& path, const DesignTechnology& design) {
  for (const auto& [k, parts] : design.toggle_fj) {
    add_toggle_rows(rows, fmt::format("{} / k={}", path, k), parts);
  }
  for (const RegisterClass c : all_register_classes()) {
    const auto i = static_cast<std::size_t>(c);
    rows.add(fmt::format("{} / clocked_bit / {}", path, name_of(c)), design.clocked_bit_fj[i],
             "fJ/bit-cycle");
    rows.add(fmt::format("{} / gated_bit / {}", path, name_of(c)), design.gated_bit_fj[i],
             "fJ/bit-cycle");
  }
  rows.add(path + " / clock_tree", design.clock_tree_fj, "fJ/bit-cycle");
  rows.add(path + " / leakage / pe", design.pe_leakage_nw, "nW");
  rows.add(path + " / leakage / register_bit", design.register_bit_leakage_nw, "nW");
  add_area_rows(rows, path, design.area_um2);
  rows.add(path + " / area / register_bit", design.register_bit_area_um2, "um2");
  if (!design.overlap) return;
  const std::string overlap = path + " / overlap";
  add_toggle_rows(rows, overlap, design.overlap->toggle_fj);
  rows.add(overlap + " / leakage / pe", design.overlap->pe_leakage_nw, "nW");
  add_area_rows(rows, overlap, design.overlap->area_um2);
}

void add_clock_rows(RowCollector& rows, const std::string& path, const WidthTechnology& width,
                    Overlap overlap) {
  const PeDelays delays = *width.delays(overlap);
  const bool has_mux = overlap != Overlap::none;
  const std::string clock_path = path + (has_mux ? " / clock_period / overlap" : " / clock_period");
  const std::string base =
      has_mux ? "computed: d_FF + d_mux + d_mul + d_add" : "computed: d_FF + d_mul + d_add";
  rows.add(clock_path + " / conventional", conventional_clock_period_ps(delays), "ps", base);
  for (const auto& [k, unused] : width.arrayflex.toggle_fj) {
    rows.add(fmt::format("{} / k={}", clock_path, k), clock_period_ps(delays, k), "ps",
             base + " + k*(d_CSA + 2*d_mux)");
  }
}

void add_width_rows(RowCollector& rows, int bits, const WidthTechnology& width) {
  const std::string path = fmt::format("{} bit", bits);
  if (width.delays_ps) {
    for (std::size_t i = 0; i < kDelayNames.size(); ++i) {
      rows.add(fmt::format("{} / delays / {}", path, kDelayNames[i]), (*width.delays_ps)[i], "ps");
    }
    add_clock_rows(rows, path, width, Overlap::none);
    if (width.arrayflex.overlap) add_clock_rows(rows, path, width, Overlap::full);
  }
  for (const SwitchingPart part : all_switching_parts()) {
    rows.add(fmt::format("{} / glitch_factor / {}", path, name_of(part)),
             width.glitch_factor[static_cast<std::size_t>(part)], "1");
  }
  add_design_rows(rows, path + " / arrayflex", width.arrayflex);
  add_design_rows(rows, path + " / conventional", width.conventional);
}

}  // namespace

std::vector<TechnologyRow> technology_rows(const Technology& technology) {
  RowCollector rows;
  if (technology.clocks.conventional_ps) {
    rows.add("clock_period / conventional", *technology.clocks.conventional_ps, "ps",
             technology.source);
  }
  for (const auto& [k, period_ps] : technology.clocks.mode_ps) {
    rows.add(fmt::format("clock_period / k={}", k), period_ps, "ps", technology.source);
  }
  for (const auto& [bits, width] : technology.widths) add_width_rows(rows, bits, width);
  rows.add("memory / buffer", technology.buffer_pj_per_byte.value_or(Quantity{}), "pJ/byte");
  rows.add("memory / dram", technology.dram_pj_per_byte.value_or(Quantity{}), "pJ/byte");
  return rows.take();
}

std::string to_text(const Technology& technology) {
  const auto plain = [](const std::string& text) { return without_control_characters(text, '?'); };
  std::string text = fmt::format("{}\n{}\nsource: {}\n", plain(technology.name),
                                 plain(technology.description), plain(technology.source));
  const std::vector<TechnologyRow> rows = technology_rows(technology);
  // Long provenance texts repeat: they are numbered and listed once.
  std::vector<std::string> sources;
  std::size_t item_width = 0;
  for (const TechnologyRow& row : rows) {
    if (std::find(sources.begin(), sources.end(), row.source) == sources.end()) {
      sources.push_back(row.source);
    }
    item_width = std::max(item_width, row.item.size());
  }
  text += "\n";
  for (const TechnologyRow& row : rows) {
    const auto number = std::find(sources.begin(), sources.end(), row.source) - sources.begin() + 1;
    text += fmt::format("{:<{}}  {:>12.6g}  {:<12}  [{}]\n", row.item, item_width, row.value,
                        row.unit, number);
  }
  text += "\nsources of the numbers\n";
  for (std::size_t i = 0; i < sources.size(); ++i) {
    text += fmt::format("[{}] {}\n", i + 1, plain(sources[i]));
  }
  if (!technology.notes.empty()) text += "\nnotes\n";
  for (const std::string& note : technology.notes) text += fmt::format("- {}\n", plain(note));
  return text;
}

}  // namespace arrayflex
