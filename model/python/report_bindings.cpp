// A whole workload on both designs: the report that the command `arrayflex run` writes.
#include <pybind11/stl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "arrayflex/report/report.h"
#include "arrayflex/study/errors.h"
#include "arrayflex/study/study.h"
#include "bindings.h"
#include "workloads/layer_table.h"

namespace arrayflex::python {
namespace {

namespace py = pybind11;

study::ArrayRequest array_request(const ArrayParameters& parameters) {
  study::ArrayRequest request;
  for (const study::Option& option : study::all_options()) {
    if (option.array_member) option.array_member->take(request, parameters);
  }
  request.clocks = parameters.clocks;
  request.technology_clocks = false;
  return request;
}

// An array with the default modes has the clocks of all of them, for other sizes; a study takes
// those of the modes that it can run in.
void drop_other_clocks(const std::vector<int>& modes, std::optional<int> k, ClockPeriods& clocks) {
  for (auto clock = clocks.mode_ps.begin(); clock != clocks.mode_ps.end();) {
    const bool is_used = study::runs_in_mode(clock->first, modes, k);
    clock = is_used ? std::next(clock) : clocks.mode_ps.erase(clock);
  }
}

RunReport run(const study::StudyRequest& request) {
  study::StudyHooks hooks;
  hooks.cancelled = [] {  // Ctrl-C, between two layers
    const py::gil_scoped_acquire acquire;
    return PyErr_CheckSignals() != 0;
  };
  try {
    const py::gil_scoped_release release;
    return study::run_network(request, hooks);
  } catch (const study::Cancelled&) {
    throw py::error_already_set();
  }
}

RunReport run_workload(const ModelledArray& array, const workloads::Workload& workload,
                       const py::kwargs& settings) {
  study::StudyRequest request;
  request.workload = workload.name;
  request.network = workload.layers;
  request.notes = workload.notes;
  request.array = array_request(array.config.parameters());
  request.technology = *array.technology;
  set_options(request, settings);
  drop_other_clocks(array.config.modes(), request.k, request.array.clocks);
  return run(request);
}

py::dict engine_table() {
  py::dict table;
  for (const EngineCapabilities& row : all_engines()) {
    py::dict dict;
    dict["values"] = row.values;
    dict["activity"] = row.activity;
    dict["nets"] = row.nets;
    dict["memory"] = row.memory;
    dict["accelerator"] = row.accelerator;
    dict["sampling"] = row.sampling;
    dict["threads"] = row.threads;
    dict["kernels"] = row.kernels;
    dict["systemc"] = row.systemc;
    table[row.name] = dict;
  }
  return table;
}

// For a process that serves another one: it is to be gone when that one is.
void end_with_parent(int parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) std::raise(SIGKILL);
}

}  // namespace

void bind_report(py::module_& m) {
  py::class_<RunReport>(m, "Report")
      .def("to_json", [](const RunReport& report) { return to_json(report); })
      .def("to_csv", [](const RunReport& report) { return to_csv(report); });
  m.def("engines", &engine_table);
  m.def("end_with_parent", &end_with_parent, py::arg("parent"));
  m.def("run_workload", &run_workload, py::arg("array"), py::arg("workload"));
}

}  // namespace arrayflex::python
