#include "run/output/report_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <system_error>
#include <utility>

#include "arrayflex/core/activity.h"
#include "arrayflex/core/config.h"
#include "arrayflex/core/error.h"
#include "arrayflex/core/json_fields.h"
#include "arrayflex/core/text.h"
#include "arrayflex/energy/energy.h"

namespace arrayflex::command {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxQuotedBytes = 60;
// A report is six deep; writing a value out again recurses.
constexpr int kMaxDepth = 32;
// A layer takes about 10 KiB.
constexpr std::size_t kMaxReportBytes = std::size_t{1} << 30;

// A value of the report and the way to it, for messages.
class Node {
 public:
  Node(const Json& value, std::string file, std::string path = {})
      : value_(&value), file_(std::move(file)), path_(std::move(path)) {}

  [[noreturn]] void fail(const std::string& allowed) const {
    const std::string text = value_->dump(-1, ' ', true, Json::error_handler_t::replace);
    throw InputError(path_.empty() ? file_ : fmt::format("{}: {}", file_, path_),
                     shortened(text, kMaxQuotedBytes), allowed);
  }

  bool has(const char* key) const { return value_->is_object() && value_->contains(key); }

  Node child(const std::string& key) const {
    require_object();
    const auto found = value_->find(key);
    const std::string path = path_.empty() ? key : fmt::format("{}.{}", path_, key);
    if (found == value_->end()) {
      throw InputError(fmt::format("{}: {} is missing: no report of arrayflex run", file_, path));
    }
    return {*found, file_, path};
  }

  template <class Visit>
  void for_each_element(Visit visit) const {
    if (!value_->is_array() || value_->empty()) fail("a list of at least one element is needed");
    for (std::size_t i = 0; i < value_->size(); ++i) {
      visit(Node((*value_)[i], file_, fmt::format("{}[{}]", path_, i)));
    }
  }

  template <class Visit>
  void for_each_member(Visit visit) const {
    require_object();
    for (const auto& [key, value] : value_->items()) {
      visit(Node(value, file_, fmt::format("{}.{}", path_, key)));
    }
  }

  void require_object() const {
    if (!value_->is_object()) fail("an object is needed");
  }
  void require_text() const {
    if (!value_->is_string()) fail("a text is needed");
  }
  void require_k() const {
    if (value_->is_string() && *value_ == "auto") return;
    if (!value_->is_number_unsigned() || *value_ == 0)
      fail("\"auto\" or a collapse factor is needed");
  }
  void require_count() const { require_integer(0, std::numeric_limits<std::int64_t>::max()); }
  void require_integer(std::int64_t min, std::int64_t max) const {
    // Numbers that were read are unsigned unless they are negative.
    const bool fits = value_->is_number_unsigned() &&
                      value_->get<std::uint64_t>() >= static_cast<std::uint64_t>(min) &&
                      value_->get<std::uint64_t>() <= static_cast<std::uint64_t>(max);
    if (!fits) fail(fmt::format("a whole number {}..{} is needed", min, max));
  }
  void require_number() const {
    if (!value_->is_number()) fail("a number is needed");
  }
  void require_number_or_null() const {
    if (!value_->is_null()) require_number();
  }

  void require_counts(std::initializer_list<const char*> keys) const {
    for (const char* key : keys) child(key).require_count();
  }

 private:
  const Json* value_;
  std::string file_;
  std::string path_;
};

void check_activity(const Node& activity) {
  const Node toggles = activity.child("toggles");
  for (const NetClass c : all_net_classes()) toggles.child(name_of(c)).require_count();
}

void check_energy(const Node& energy) {
  for (const Accounting accounting : {Accounting::exact, Accounting::busy}) {
    const Node figures = energy.child(name_of(accounting));
    figures.child("energy_pj").require_number();
    figures.child("power_mw").require_number_or_null();
    figures.child("energy_delay_product_pj_ns").require_number();
    const Node parts = figures.child("by_component_pj");
    for (const EnergyComponent c : all_energy_components()) {
      parts.child(name_of(c)).require_number();
    }
    if (figures.has("sampling")) {
      figures.child("sampling").child("energy_half_width_pj").require_number();
    }
  }
}

// What is there for all entries of a report or for none.
struct Present {
  bool activity = false;
  bool arrayflex_energy = false;
  bool conventional_energy = false;
  bool memory = false;
  bool dram_energy = false;
};

void check_design(const Node& design, const Present& present, bool has_energy) {
  design.child("cycles").require_count();
  design.child("time_ns").require_number_or_null();
  design.child("utilization").require_number();
  if (present.activity) check_activity(design.child("activity"));
  if (has_energy) check_energy(design.child("energy"));
  if (present.memory) {
    design.child("stall_cycles").require_count();
    design.child("bound_by").require_text();
    if (present.dram_energy) design.child("dram_energy_pj").require_number();
  }
}

void check_entry(const Node& entry, const Present& present) {
  entry.require_counts({"tiles", "macs"});
  check_design(entry, present, present.arrayflex_energy);
  check_design(entry.child("conventional"), present, present.conventional_energy);
}

void check_array(const Node& array) {
  array.child("rows").require_integer(1, kMaxArrayDim);
  array.child("cols").require_integer(1, kMaxArrayDim);
  array.require_counts({"data_width_bits", "acc_width_bits"});
  array.child("clock_period_ps").for_each_member([](const Node& period) {
    period.require_number_or_null();
  });
}

void check_area(const Node& area) {
  for (const Design design : {Design::arrayflex, Design::conventional}) {
    const Node figures = area.child(name_of(design));
    figures.child("pe_total_um2").require_number();
    figures.child("array_total_um2").require_number();
  }
  area.child("pe_area_overhead").require_number_or_null();
}

void check_optional(const Node& report) {
  if (report.has("technology")) {
    report.child("technology").child("name").require_text();
    report.child("technology").child("source").require_text();
  }
  if (report.has("area")) check_area(report.child("area"));
  if (report.has("memory")) report.child("memory").child("model").require_text();
  if (report.has("operand_recipe")) {
    report.child("operand_recipe").for_each_member([](const Node& knob) { knob.require_number(); });
  }
  if (report.has("notes")) {
    report.child("notes").for_each_element([](const Node& note) { note.require_text(); });
  }
  if (report.has("kernel")) report.child("kernel").require_text();
}

void check_report(const Node& report) {
  report.child("workload").require_text();
  report.child("engine").require_text();
  report.child("seed").require_number_or_null();
  check_array(report.child("array"));
  report.child("k").require_k();
  check_optional(report);
  const Node total = report.child("total");
  const Present present{total.has("activity"), total.has("energy"),
                        total.child("conventional").has("energy"), report.has("memory"),
                        total.has("dram_energy_pj")};
  check_entry(total, present);
  total.child("layers_by_k").for_each_member([](const Node& count) { count.require_count(); });
  report.child("layers").for_each_element([&](const Node& layer) {
    layer.child("name").require_text();
    layer.require_counts({"t", "n", "m", "repeat", "k"});
    check_entry(layer, present);
  });
}

}  // namespace

Json read_report(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    throw InputError("report file", path,
                     "there is no such file; arrayflex run ... --out DIR writes it");
  }
  const auto limit_depth = [&](int depth, Json::parse_event_t, const Json&) {
    if (depth <= kMaxDepth) return true;
    throw InputError(
        fmt::format("{}: nested deeper than {}: no report of arrayflex run", path, kMaxDepth));
  };
  Json report;
  try {
    report = Json::parse(read_text_file(path, kMaxReportBytes), limit_depth);
  } catch (const Json::exception& problem) {
    std::string reason = problem.what();  // may quote the file, whose bytes may be anything
    std::replace_if(
        reason.begin(), reason.end(), [](char c) { return c < 0x20 || c == 0x7F; }, '?');
    throw InputError(fmt::format("{}: no JSON: {}", path, reason));
  }
  check_report(Node(report, path));
  return report;
}

}  // namespace arrayflex::command
