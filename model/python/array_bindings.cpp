// Technologies and arrays.
#include <fmt/format.h>
#include <pybind11/stl.h>

#include <charconv>

#include "arrayflex/core/error.h"
#include "arrayflex/study/array_request.h"
#include "bindings.h"

namespace arrayflex::python {
namespace {

namespace py = pybind11;

int mode_of(const std::string& key) {
  int k = 0;
  const auto [stop, error] = std::from_chars(key.data(), key.data() + key.size(), k);
  if (error != std::errc() || stop != key.data() + key.size() || k < 1) {
    throw InputError("clock_period_ps", key,
                     "allowed keys are conventional and collapse factors such as 1");
  }
  return k;
}

ClockPeriods parse_clocks(const std::map<std::string, double>& periods) {
  ClockPeriods clocks;
  for (const auto& [key, period_ps] : periods) {
    if (key == name_of(Design::conventional)) {
      clocks.conventional_ps = period_ps;
    } else {
      clocks.mode_ps[mode_of(key)] = period_ps;
    }
  }
  return clocks;
}

py::dict clock_dict(const ClockPeriods& clocks) {
  py::dict dict;
  if (clocks.conventional_ps) dict[name_of(Design::conventional)] = *clocks.conventional_ps;
  for (const auto& [k, period_ps] : clocks.mode_ps) dict[std::to_string(k).c_str()] = period_ps;
  return dict;
}

py::dict area_dict(const AreaBreakdown& area) {
  py::dict dict;
  for (const SwitchingPart part : all_switching_parts()) {
    dict[fmt::format("pe_{}_um2", name_of(part)).c_str()] =
        area.pe_um2[static_cast<std::size_t>(part)];
  }
  dict["pe_total_um2"] = area.pe_total_um2();
  dict["skew_registers_um2"] = area.skew_um2;
  dict["array_total_um2"] = area.array_total_um2();
  return dict;
}

int checked_dimension(const char* item, std::int64_t value) {
  if (value < 1 || value > kMaxArrayDim) {
    throw InputError(item, value, fmt::format("allowed are 1..{}", kMaxArrayDim));
  }
  return static_cast<int>(value);
}

py::dict energy_dict(const ModelledArray& array, const py::dict& activity, double time_ns,
                     const std::string& design, int k) {
  return to_dict(energy_of(exact_activity(to_activity(activity, array.config.parameters())),
                           time_ns, array.config, parse_design(design), k, *array.technology));
}

}  // namespace

ModelledArray make_array(study::ArrayRequest request, std::shared_ptr<const Technology> technology,
                         const std::optional<std::map<std::string, double>>& clock_period_ps) {
  request.technology_clocks = false;
  // Bounds first: clocks are looked up by modes and width.
  const ArrayConfig without_clocks = resolve_array(request, *technology);
  // The default modes may change with the size: their clocks are there for all of them.
  const std::vector<int> clocked =
      request.modes ? *request.modes : study::default_modes(kMaxArrayDim, kMaxArrayDim);
  request.clocks = clock_period_ps
                       ? parse_clocks(*clock_period_ps)
                       : technology->clock_periods(without_clocks.data_width_bits(), clocked,
                                                   without_clocks.parameters().overlap);
  ArrayConfig config = resolve_array(request, *technology);
  return {std::move(config), std::move(technology), !request.modes};
}

ModelledArray resized(const ModelledArray& array, std::int64_t rows, std::int64_t cols) {
  ArrayParameters p = array.config.parameters();
  p.rows = checked_dimension("rows", rows);
  p.cols = checked_dimension("cols", cols);
  if (array.default_modes) p.modes = study::default_modes(rows, cols);
  return {ArrayConfig(std::move(p)), array.technology, array.default_modes};
}

void bind_technology(py::module_& m) {
  m.def("shipped_technologies", &shipped_technologies);
  py::class_<Technology, std::shared_ptr<Technology>>(m, "Technology")
      .def(py::init([](const std::string& name_or_path) {
             return std::make_shared<Technology>(load_technology(name_or_path));
           }),
           py::arg("name_or_path"))
      .def_static(
          "from_json",
          [](const std::string& text, const std::string& source) {
            return std::make_shared<Technology>(parse_technology(text, source));
          },
          py::arg("text"), py::arg("source"))
      .def_readonly("name", &Technology::name)
      .def_readonly("description", &Technology::description)
      .def_readonly("source", &Technology::source)
      .def_readonly("notes", &Technology::notes)
      .def(
          "clock_period_ps",
          [](const Technology& t, int bits, const std::vector<int>& modes,
             const std::string& overlap) {
            return clock_dict(t.clock_periods(bits, modes, parse_overlap(overlap)));
          },
          py::arg("data_width_bits"), py::arg("modes"), py::arg("overlap"))
      .def("numbers",
           [](const Technology& t) {
             py::list list;
             for (const TechnologyRow& row : technology_rows(t)) {
               list.append(py::make_tuple(row.item, row.value, row.unit, row.source));
             }
             return list;
           })
      .def("__str__", [](const Technology& t) { return to_text(t); })
      .def("__repr__", [](const Technology& t) { return fmt::format("Technology('{}')", t.name); });
}

void bind_array(py::module_& m) {
  const auto make = [](std::shared_ptr<Technology> technology,
                       const std::optional<std::map<std::string, double>>& clock_period_ps,
                       const py::kwargs& parameters) {
    study::StudyRequest request;
    set_options(request, parameters);
    return make_array(std::move(request.array), std::move(technology), clock_period_ps);
  };
  const auto parameters = [](const ModelledArray& array) {
    py::dict dict;
    for (const study::Option& option : study::all_options()) {
      if (!option.array_member || option.python.callable != "Array") continue;
      dict[option.python.name.c_str()] =
          to_python(option.array_member->value(array.config.parameters()));
    }
    return dict;
  };
  py::class_<ModelledArray>(m, "Array")
      .def(py::init(make), py::arg("technology").none(false), py::arg("clock_period_ps"))
      .def_property_readonly("parameters", parameters)
      .def_property_readonly("rows", [](const ModelledArray& a) { return a.config.rows(); })
      .def_property_readonly("cols", [](const ModelledArray& a) { return a.config.cols(); })
      .def_property_readonly("data_width_bits",
                             [](const ModelledArray& a) { return a.config.data_width_bits(); })
      .def_property_readonly("acc_width_bits",
                             [](const ModelledArray& a) { return a.config.acc_width_bits(); })
      .def_property_readonly("modes", [](const ModelledArray& a) { return a.config.modes(); })
      .def_property_readonly(
          "technology",
          [](const ModelledArray& a) { return std::const_pointer_cast<Technology>(a.technology); })
      .def_property_readonly(
          "clock_period_ps",
          [](const ModelledArray& a) { return clock_dict(a.config.parameters().clocks); })
      .def("resized", &resized, py::arg("rows"), py::arg("cols"))
      .def(
          "area_um2",
          [](const ModelledArray& a, const std::string& design) {
            return area_dict(area_of(a.config, parse_design(design), *a.technology));
          },
          py::arg("design"))
      .def(
          "leakage_nw",
          [](const ModelledArray& a, const std::string& design) {
            return leakage_nw(a.config, parse_design(design), *a.technology);
          },
          py::arg("design"))
      .def("energy", &energy_dict);
}

}  // namespace arrayflex::python
