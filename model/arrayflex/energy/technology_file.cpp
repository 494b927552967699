// Reads technology files; the keys are listed in technology.h.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "arrayflex/core/error.h"
#include "arrayflex/core/json_fields.h"
#include "arrayflex/energy/technology.h"

namespace arrayflex {

// Defined in a source generated from technologies/*.json.
const std::vector<std::pair<std::string_view, std::string_view>>& embedded_technologies();

namespace {

using Sources = std::map<std::string, std::string>;

// One number {value, unit, source}: the unit must be the key's, the source one of the file's.
Quantity read_quantity(JsonFields& parent, const std::string& key, const std::string& unit,
                       const Sources& sources) {
  JsonFields fields = parent.object(key);
  Quantity quantity;
  std::string given_unit;
  std::string source;
  if (!fields.has("value")) fields.fail("value", "a number is needed");
  fields.read_double("value", quantity.value);
  fields.read_string("unit", given_unit);
  fields.read_string("source", source);
  fields.reject_unknown();
  if (!(quantity.value >= 0) || !std::isfinite(quantity.value)) {
    fields.fail("value", "a finite number that is not negative is needed");
  }
  if (given_unit != unit) fields.fail("unit", fmt::format("the unit is \"{}\"", unit));
  const auto text = sources.find(source);
  if (text == sources.end()) {
    std::vector<std::string> names;
    for (const auto& [name, unused] : sources) names.push_back(name);
    fields.fail("source", fmt::format("a key of sources is needed: {}", fmt::join(names, ", ")));
  }
  quantity.source = text->second;
  return quantity;
}

template <typename Names, typename Numbers>
void read_each(JsonFields& fields, const Names& names, const char* unit, const Sources& sources,
               Numbers& numbers) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    numbers[i] = read_quantity(fields, name_of(names[i]), unit, sources);
  }
}

// Parts and classes that are left out spend nothing; an unknown one is an error.
ToggleEnergies read_toggle_energies(JsonFields fields, const Sources& sources) {
  ToggleEnergies energies;
  for (const SwitchingPart part : all_switching_parts()) {
    if (!fields.has(name_of(part))) {
      fields.make_known(name_of(part));
      continue;
    }
    JsonFields classes = fields.object(name_of(part));
    for (const NetClass net_class : all_net_classes()) {
      if (classes.has(name_of(net_class))) {
        energies[static_cast<std::size_t>(part)][static_cast<std::size_t>(net_class)] =
            read_quantity(classes, name_of(net_class), "fJ/toggle", sources);
      }
    }
    for (const std::string& name : classes.keys()) {
      bool known = false;
      for (const NetClass net_class : all_net_classes()) known |= name == name_of(net_class);
      if (!known) classes.fail(name, "the key is a net class, for example \"product\"");
    }
  }
  fields.reject_unknown();
  return energies;
}

// Two weight registers per PE change only these classes and these parts of the area.
OverlapTechnology read_overlap(JsonFields fields, const Sources& sources) {
  OverlapTechnology overlap;
  JsonFields energies = fields.object("energy_per_toggle");
  for (const std::string& part : energies.keys()) {
    JsonFields classes = energies.object(part);
    for (const std::string& name : classes.keys()) {
      if (name != name_of(NetClass::weight_reg) && name != name_of(NetClass::weight)) {
        classes.fail(name, "the key is weight_reg or weight");
      }
    }
  }
  overlap.toggle_fj = read_toggle_energies(fields.object("energy_per_toggle"), sources);
  JsonFields leakage = fields.object("leakage");
  overlap.pe_leakage_nw = read_quantity(leakage, "pe", "nW", sources);
  leakage.reject_unknown();
  JsonFields area = fields.object("area");
  for (const SwitchingPart part : {SwitchingPart::registers, SwitchingPart::muxes}) {
    overlap.area_um2[static_cast<std::size_t>(part)] =
        read_quantity(area, name_of(part), "um2", sources);
  }
  area.reject_unknown();
  fields.reject_unknown();
  return overlap;
}

DesignTechnology read_design(JsonFields fields, const Sources& sources, bool conventional) {
  DesignTechnology design;
  JsonFields modes = fields.object("energy_per_toggle");
  for (const std::string& key : modes.keys()) {
    const int k = read_collapse_factor(modes, key);
    if (conventional && k != 1) modes.fail(key, "the conventional array has the key \"1\" only");
    design.toggle_fj.emplace(k, read_toggle_energies(modes.object(key), sources));
  }
  if (design.toggle_fj.empty()) {
    fields.fail("energy_per_toggle", "at least one collapse factor is needed");
  }
  const auto bits = [&](const char* key, auto& numbers) {
    JsonFields group = fields.object(key);
    read_each(group, all_register_classes(), "fJ/bit-cycle", sources, numbers);
    group.reject_unknown();
  };
  bits("clocked_bit", design.clocked_bit_fj);
  bits("gated_bit", design.gated_bit_fj);
  design.clock_tree_fj = read_quantity(fields, "clock_tree", "fJ/bit-cycle", sources);
  JsonFields leakage = fields.object("leakage");
  design.pe_leakage_nw = read_quantity(leakage, "pe", "nW", sources);
  design.register_bit_leakage_nw = read_quantity(leakage, "register_bit", "nW", sources);
  leakage.reject_unknown();
  JsonFields area = fields.object("area");
  read_each(area, all_switching_parts(), "um2", sources, design.area_um2);
  design.register_bit_area_um2 = read_quantity(area, "register_bit", "um2", sources);
  area.reject_unknown();
  if (fields.has("overlap")) {
    design.overlap = read_overlap(fields.object("overlap"), sources);
  } else {
    fields.make_known("overlap");
  }
  fields.reject_unknown();
  return design;
}

WidthTechnology read_width(JsonFields fields, const Sources& sources) {
  WidthTechnology width;
  if (fields.has("delays")) {
    JsonFields delays = fields.object("delays");
    constexpr std::array<const char*, 5> names{"ff", "mul", "add", "csa", "mux"};
    width.delays_ps.emplace();
    for (std::size_t i = 0; i < names.size(); ++i) {
      (*width.delays_ps)[i] = read_quantity(delays, names[i], "ps", sources);
    }
    delays.reject_unknown();
  } else {
    fields.make_known("delays");
  }
  if (fields.has("glitch_factor")) {
    JsonFields factors = fields.object("glitch_factor");
    for (const SwitchingPart part : all_switching_parts()) {
      if (factors.has(name_of(part))) {
        width.glitch_factor[static_cast<std::size_t>(part)] =
            read_quantity(factors, name_of(part), "1", sources);
      } else {
        factors.make_known(name_of(part));
      }
    }
    factors.reject_unknown();
  } else {
    fields.make_known("glitch_factor");
  }
  width.arrayflex = read_design(fields.object("arrayflex"), sources, false);
  width.conventional = read_design(fields.object("conventional"), sources, true);
  fields.reject_unknown();
  return width;
}

Sources read_sources(JsonFields& fields) {
  Sources sources;
  if (!fields.has("sources")) {
    fields.make_known("sources");
    return sources;
  }
  JsonFields texts = fields.object("sources");
  for (const std::string& key : texts.keys()) {
    texts.read_string(key, sources[key]);
    if (sources[key].empty()) texts.fail(key, "the origin of the numbers is needed");
  }
  return sources;
}

std::vector<std::string> read_notes(JsonFields& fields) {
  std::vector<std::string> notes;
  if (!fields.has("notes")) {
    fields.make_known("notes");
    return notes;
  }
  JsonFields texts = fields.object("notes");
  for (const std::string& topic : texts.keys()) {
    std::string text;
    texts.read_string(topic, text);
    notes.push_back(fmt::format("{}: {}", topic, text));
  }
  return notes;
}

void read_numbers(JsonFields& fields, const Sources& sources, Technology& technology) {
  if (fields.has("widths")) {
    JsonFields widths = fields.object("widths");
    for (const std::string& key : widths.keys()) {
      const std::vector<int> allowed = operand_widths();
      const auto bits = std::find_if(allowed.begin(), allowed.end(),
                                     [&](int width) { return key == std::to_string(width); });
      if (bits == allowed.end()) {
        widths.fail(key, "the key is an operand width: " + operand_widths_text());
      }
      technology.widths.emplace(*bits, read_width(widths.object(key), sources));
    }
  } else {
    fields.make_known("widths");
  }
  if (fields.has("memory")) {
    JsonFields memory = fields.object("memory");
    technology.buffer_pj_per_byte = read_quantity(memory, "buffer", "pJ/byte", sources);
    technology.dram_pj_per_byte = read_quantity(memory, "dram", "pJ/byte", sources);
    memory.reject_unknown();
  } else {
    fields.make_known("memory");
  }
}

void scale(Quantity& quantity, double factor, const std::string& reason) {
  if (quantity.source.empty()) return;
  quantity.value *= factor;
  quantity.source = fmt::format("{} ({})", reason, quantity.source);
}

void scale_design(DesignTechnology& design, double dynamic, double leakage,
                  const std::string& reason) {
  const std::string switching = fmt::format("{}, x {:.6g}", reason, dynamic);
  const std::string leaking = fmt::format("{}, x {:.6g}", reason, leakage);
  const auto scale_toggles = [&](ToggleEnergies& parts) {
    for (auto& classes : parts) {
      for (Quantity& quantity : classes) scale(quantity, dynamic, switching);
    }
  };
  for (auto& [k, parts] : design.toggle_fj) scale_toggles(parts);
  for (Quantity& quantity : design.clocked_bit_fj) scale(quantity, dynamic, switching);
  for (Quantity& quantity : design.gated_bit_fj) scale(quantity, dynamic, switching);
  scale(design.clock_tree_fj, dynamic, switching);
  scale(design.pe_leakage_nw, leakage, leaking);
  scale(design.register_bit_leakage_nw, leakage, leaking);
  if (!design.overlap) return;
  scale_toggles(design.overlap->toggle_fj);
  scale(design.overlap->pe_leakage_nw, leakage, leaking);
}

// numbers_from {technology, energy_factor, leakage_factor, source}: the numbers of a shipped
// technology, energies scaled. Delays are not taken over: this file's clocks replace them.
void inherit_numbers(JsonFields& fields, Technology& technology) {
  JsonFields from = fields.object("numbers_from");
  std::string base_name;
  std::string source;
  double energy_factor = 1;
  double leakage_factor = 1;
  from.read_string("technology", base_name);
  from.read_string("source", source);
  from.read_double("energy_factor", energy_factor);
  from.read_double("leakage_factor", leakage_factor);
  from.reject_unknown();
  if (source.empty()) from.fail("source", "the reason for the factors is needed");
  // Larger ones would only bring infinities.
  constexpr double kMaxFactor = 1e6;
  const auto require_factor = [&](const char* key, double value) {
    if (!(value > 0 && value <= kMaxFactor))
      from.fail(key, "a number above 0, up to 1e6, is needed");
  };
  require_factor("energy_factor", energy_factor);
  require_factor("leakage_factor", leakage_factor);
  if (base_name == technology.name) from.fail("technology", "another technology is needed");
  const auto& shipped = embedded_technologies();
  for (const auto& [name, content] : shipped) {
    if (name != base_name) continue;
    const Technology base = parse_technology(std::string(content), "technology " + base_name);
    technology.widths = base.widths;
    technology.buffer_pj_per_byte = base.buffer_pj_per_byte;
    technology.dram_pj_per_byte = base.dram_pj_per_byte;
    for (auto& [bits, width] : technology.widths) {
      width.delays_ps.reset();
      scale_design(width.arrayflex, energy_factor, leakage_factor, source);
      scale_design(width.conventional, energy_factor, leakage_factor, source);
    }
    return;
  }
  from.fail("technology", fmt::format("shipped are {}", fmt::join(shipped_technologies(), ", ")));
}

}  // namespace

Technology parse_technology(const std::string& json_text, const std::string& source_name) {
  JsonFields fields = JsonFields::parse(json_text, source_name);
  Technology technology;
  fields.read_string("name", technology.name);
  fields.read_string("description", technology.description);
  fields.read_string("source", technology.source);
  if (technology.name.empty()) fields.fail("name", "a non-empty string is needed");
  if (technology.source.empty()) fields.fail("source", "the origin of the numbers is needed");
  read_clock_periods(fields, technology.clocks);
  technology.notes = read_notes(fields);
  if (fields.has("numbers_from")) {
    for (const char* key : {"widths", "memory", "sources"}) {
      if (fields.has(key)) fields.fail("numbers_from", fmt::format("not together with {}", key));
    }
    inherit_numbers(fields, technology);
  } else {
    const Sources sources = read_sources(fields);
    read_numbers(fields, sources, technology);
    fields.make_known("numbers_from");
  }
  fields.reject_unknown();
  return technology;
}

}  // namespace arrayflex
