// A whole workload on both designs: the report that the command `arrayflex run` writes.
#include <pybind11/stl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "arrayflex/report/report.h"
#include "arrayflex/study/errors.h"
#include "arrayflex/study/study.h"
#include "bindings.h"
#include "workloads/layer_table.h"

namespace arrayflex::python {
namespace {

namespace py = pybind11;

study::ArrayRequest array_request(const ModelledArray& array) {
  const ArrayParameters& p = array.config.parameters();
  study::ArrayRequest request;
  request.rows = p.rows;
  request.cols = p.cols;
  request.data_width_bits = p.data_width_bits;
  request.acc_width_bits = p.acc_width_bits;
  request.modes = p.modes;
  request.overlap = p.overlap;
  request.clocks = p.clocks;
  request.technology_clocks = false;
  return request;
}

study::StudyRequest make_request(const ModelledArray& array, const workloads::Workload& workload,
                                 const std::string& engine, int k, bool activity, int threads,
                                 const std::string& kernel) {
  study::StudyRequest request;
  request.workload = workload.name;
  request.network = workload.layers;
  request.notes = workload.notes;
  request.array = array_request(array);
  request.technology = *array.technology;
  if (k != 0) request.k = k;
  request.engine = parse_engine("engine", engine);
  request.threads = threads;
  if (!kernel.empty()) request.kernel = kernel;
  if (!activity) request.activity = false;
  return request;
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
                       const std::string& engine, int k, bool activity, int threads,
                       const std::string& kernel, std::optional<std::int64_t> sample_tiles,
                       std::uint64_t seed, double zero_share, double activation_spread,
                       double weight_spread, int magnitude_bits,
                       const std::optional<std::string>& memory,
                       std::optional<std::uint32_t> dma_burst_bytes,
                       std::optional<std::uint32_t> dma_outstanding) {
  study::StudyRequest request = make_request(array, workload, engine, k, activity, threads, kernel);
  request.sample_tiles = sample_tiles;
  request.seed = seed;
  request.operands = {zero_share, activation_spread, weight_spread, magnitude_bits};
  if (memory) request.memory = study::parse_memory_model("memory", *memory);
  request.dma_burst_bytes = dma_burst_bytes;
  request.dma_outstanding = dma_outstanding;
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
  m.def("run_workload", &run_workload, py::arg("array"), py::arg("workload"), py::arg("engine"),
        py::arg("k"), py::arg("activity"), py::arg("threads"), py::arg("kernel"),
        py::arg("sample_tiles"), py::arg("seed"), py::arg("zero_share"),
        py::arg("activation_spread"), py::arg("weight_spread"), py::arg("magnitude_bits"),
        py::arg("memory"), py::arg("dma_burst_bytes"), py::arg("dma_outstanding"));
}

}  // namespace arrayflex::python
