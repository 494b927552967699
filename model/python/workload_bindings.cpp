// Workloads: shipped tables, files, ONNX models, and layers given in Python.
#include <fmt/format.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <map>
#include <set>

#include "arrayflex/core/error.h"
#include "arrayflex/study/layer_filter.h"
#include "bindings.h"
#include "workloads/layer_table.h"
#include "workloads/onnx/import.h"

namespace arrayflex::python {
namespace {

namespace py = pybind11;
using workloads::Workload;

using LayerTuple = std::tuple<std::string, std::int64_t, std::int64_t, std::int64_t, std::int64_t>;

// The promises of a Workload that was read from a file hold for these, too.
Workload from_layers(const std::string& name, const std::vector<LayerTuple>& layers,
                     const std::vector<std::string>& notes) {
  if (layers.empty()) throw InputError("workload", name, "must have at least one layer");
  Workload workload;
  workload.name = name;
  workload.notes = notes;
  std::set<std::string> names;
  for (const auto& [layer_name, t, n, m, repeat] : layers) {
    if (layer_name.empty()) throw InputError("layer name", "''", "must not be empty");
    if (!names.insert(layer_name).second) {
      throw InputError("layer name", layer_name, "must be unique in the workload");
    }
    workload.layers.push_back({layer_name, {t, n, m}, repeat});
    validate(workload.layers.back());
  }
  return workload;
}

// A model can take a while: Ctrl-C ends it, and other threads go on meanwhile.
Workload load_interruptibly(const std::string& name_or_path,
                            const std::map<std::string, std::int64_t>& dims) {
  try {
    const py::gil_scoped_release release;
    return workloads::load_network(name_or_path, {dims, workloads::DimSyntax::mapping});
  } catch (const InputError&) {
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    throw;
  }
}

py::list layer_tuples(const Workload& workload) {
  py::list list;
  for (const Layer& layer : workload.layers) {
    list.append(py::make_tuple(layer.name, layer.gemm.t, layer.gemm.n, layer.gemm.m, layer.repeat));
  }
  return list;
}

Workload select(const Workload& workload, const std::string& patterns) {
  Workload selected = workload;
  selected.layers = study::select_layers(workload.layers, {patterns});
  return selected;
}

}  // namespace

void bind_workload(py::module_& m) {
  m.def("shipped_workloads", [] {
    py::dict dict;
    for (const auto& entry : workloads::shipped()) dict[entry.name.c_str()] = entry.description;
    return dict;
  });
  py::class_<Workload>(m, "Workload")
      .def(py::init(&load_interruptibly), py::arg("name_or_path"), py::arg("dims"))
      .def_static("from_layers", &from_layers, py::arg("name"), py::arg("layers"), py::arg("notes"))
      .def("select", &select, py::arg("patterns"))
      .def_readonly("name", &Workload::name)
      .def_readonly("description", &Workload::description)
      .def_readonly("notes", &Workload::notes)
      .def_property_readonly("layers", &layer_tuples)
      .def("__len__", [](const Workload& workload) { return workload.layers.size(); })
      .def("__repr__", [](const Workload& workload) {
        return fmt::format("Workload('{}', {} layers)", workload.name, workload.layers.size());
      });
}

}  // namespace arrayflex::python
