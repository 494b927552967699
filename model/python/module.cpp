// The extension module arrayflex._core.
#include <pybind11/stl.h>

#include "arrayflex/core/error.h"
#include "arrayflex/engine/tile_stream.h"
#include "bindings.h"

PYBIND11_MODULE(_core, m) {
  namespace af = arrayflex;
  m.doc() = "Extension module of the package arrayflex; use the package.";
  m.attr("__version__") = ARRAYFLEX_VERSION;
  // OverflowError needs nothing: pybind11 turns std::overflow_error into Python's.
  auto& input_error =
      pybind11::register_exception<af::InputError>(m, "InputError", PyExc_ValueError);
  input_error.attr("__doc__") =
      "Something that cannot be used; the message names it, its value and what is allowed.";
  m.def("available_kernels", &af::available_kernels);
  af::python::bind_options(m);
  af::python::bind_technology(m);
  af::python::bind_array(m);
  af::python::bind_workload(m);
  af::python::bind_gemm(m);
  af::python::bind_report(m);
  af::python::bind_figures(m);
  af::python::bind_analytic(m);
}
