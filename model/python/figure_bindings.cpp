// The table of figures.
#include <pybind11/stl.h>

#include "arrayflex/report/figures.h"
#include "bindings.h"

namespace arrayflex::python {
namespace {

namespace py = pybind11;

py::list sweep_tables(const Figure& figure) {
  py::list tables;
  if ((figure.tables & kSweepPoints) != 0) tables.append("points");
  if ((figure.tables & kSweepLayers) != 0) tables.append("layers");
  return tables;
}

// Keys as the members of arrayflex.Figure and SweepColumn.
py::dict to_dict(const Figure& figure) {
  using namespace py::literals;
  py::object sweep = py::none();
  if (!figure.sweep.empty()) {
    sweep = py::dict("name"_a = figure.sweep, "key"_a = figure.sweep_key,
                     "tables"_a = py::tuple(sweep_tables(figure)),
                     "both_designs"_a = (figure.tables & kSweepArrayFlexOnly) == 0,
                     "objective"_a = figure.objective);
  }
  return py::dict("scope"_a = name_of(figure.scope), "key"_a = figure.key, "unit"_a = figure.unit,
                  "when"_a = condition_of(figure.when).name, "meaning"_a = figure.meaning,
                  "csv_column"_a = figure.column, "sweep"_a = sweep);
}

}  // namespace

void bind_figures(py::module_& m) {
  m.def("figures", [] {
    py::list list;
    for (const Figure& figure : figures()) list.append(to_dict(figure));
    return list;
  });
}

}  // namespace arrayflex::python
