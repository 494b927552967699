// The parts of the extension module; module.cpp calls each once. The names users see, with
// docstrings and types, is the Python package around it (arrayflex/__init__.py).
#pragma once

#include <pybind11/pybind11.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/energy/energy.h"
#include "arrayflex/energy/technology.h"
#include "arrayflex/study/options/option.h"

namespace arrayflex::python {

/// An array and the technology that its clocks, energies and areas come from.
struct ModelledArray {
  ArrayConfig config;
  std::shared_ptr<const Technology> technology;
  /// The modes were not given: they are those of the default modes that fit the array, whatever its
  /// size becomes.
  bool default_modes = false;
};

/// Clock periods are the technology's unless given, by "conventional" and collapse factor. Throws
/// InputError.
ModelledArray make_array(study::ArrayRequest request, std::shared_ptr<const Technology> technology,
                         const std::optional<std::map<std::string, double>>& clock_period_ps);

/// The same array with another number of rows and columns. Throws InputError.
ModelledArray resized(const ModelledArray& array, std::int64_t rows, std::int64_t cols);

/// "arrayflex" or "conventional". Throws InputError.
Design parse_design(const std::string& name);

/// k = 0 stands for the fastest mode.
int resolve_k(const ArrayConfig& config, const GemmShape& shape, int k);

/// The counters of the array's classes.
pybind11::dict to_dict(const ActivityCounters& activity, const ArrayParameters& array);
/// The inverse of to_dict(); throws InputError for a class that is missing or no whole number.
ActivityCounters to_activity(const pybind11::dict& activity, const ArrayParameters& array);
/// Keys as the members of arrayflex.Energy.
pybind11::dict to_dict(const EnergyBreakdown& energy);

/// None for a value that was not given.
pybind11::object to_python(const study::OptionValue& value);

/// Puts keyword arguments into a request, through the table of options; None is left out. Their
/// bounds have been checked, as arrayflex/_options.py does. Throws InputError, and Python's
/// TypeError for a keyword of no option.
void set_options(study::StudyRequest& request, const pybind11::dict& keywords);

void bind_options(pybind11::module_& module);
void bind_technology(pybind11::module_& module);
void bind_array(pybind11::module_& module);
void bind_workload(pybind11::module_& module);
void bind_gemm(pybind11::module_& module);
void bind_report(pybind11::module_& module);
void bind_figures(pybind11::module_& module);
void bind_analytic(pybind11::module_& module);

}  // namespace arrayflex::python
