// Between the library's structures and Python's dictionaries.
#include <fmt/format.h>

#include "arrayflex/core/error.h"
#include "arrayflex/core/latency.h"
#include "bindings.h"

namespace arrayflex::python {
namespace {

namespace py = pybind11;

template <class Classes, class Counts>
py::dict by_class(const Classes& classes, const Counts& counts) {
  py::dict dict;
  for (const auto c : classes) dict[name_of(c)] = counts[index_of(c)];
  return dict;
}

std::int64_t count_of(const py::dict& counts, const char* group, const char* name) {
  if (!counts.contains(name)) {
    throw InputError(fmt::format("activity: {}.{} is missing", group, name));
  }
  const py::object value = counts[name];
  try {
    const auto count = value.cast<std::int64_t>();
    if (count >= 0) return count;
  } catch (const py::cast_error&) {
  }
  throw InputError(fmt::format("activity: {}.{}", group, name), std::string(py::str(value)),
                   "allowed are whole numbers 0..2^63-1");
}

template <class Classes, class Counts>
void read_classes(const py::dict& activity, const char* group, const Classes& classes,
                  Counts& counts) {
  if (!activity.contains(group) || !py::isinstance<py::dict>(activity[group])) {
    throw InputError(fmt::format("activity: {} must be a dictionary of counts by class", group));
  }
  const auto values = activity[group].cast<py::dict>();
  for (const auto c : classes) {
    counts[index_of(c)] = count_of(values, group, name_of(c));
  }
}

}  // namespace

Design parse_design(const std::string& name) {
  for (const Design design : {Design::arrayflex, Design::conventional}) {
    if (name == name_of(design)) return design;
  }
  throw InputError("design", name, "allowed are arrayflex and conventional");
}

int resolve_k(const ArrayConfig& config, const GemmShape& shape, int k) {
  if (k == 0) return best_collapse_factor(config, shape);
  config.require_collapse_factor(k);
  return k;
}

py::dict to_dict(const ActivityCounters& activity, const ArrayParameters& array) {
  const std::vector<RegisterClass> registers = register_classes_of(array);
  py::dict dict;
  dict["toggles"] = by_class(net_classes_of(array), activity.toggles);
  dict["clocked_bits"] = by_class(registers, activity.clocked_bits);
  dict["gated_bits"] = by_class(registers, activity.gated_bits);
  return dict;
}

ActivityCounters to_activity(const py::dict& activity, const ArrayParameters& array) {
  const std::vector<RegisterClass> registers = register_classes_of(array);
  ActivityCounters counters;
  read_classes(activity, "toggles", net_classes_of(array), counters.toggles);
  read_classes(activity, "clocked_bits", registers, counters.clocked_bits);
  read_classes(activity, "gated_bits", registers, counters.gated_bits);
  return counters;
}

py::dict to_dict(const EnergyBreakdown& energy) {
  py::dict dict;
  for (const EnergyComponent component : all_energy_components()) {
    dict[fmt::format("{}_pj", name_of(component)).c_str()] = energy.component_pj(component);
  }
  dict["total_pj"] = energy.total_pj();
  return dict;
}

}  // namespace arrayflex::python
