// The parts of the extension module; module.cpp calls each once. The names users see, with
// docstrings and types, is the Python package around it (arrayflex/__init__.py).
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/energy/energy.h"
#include "arrayflex/energy/technology.h"

namespace arrayflex::python {

/// An array and the technology that its clocks, energies and areas come from.
struct ModelledArray {
  ArrayConfig config;
  std::shared_ptr<const Technology> technology;
  /// The modes were not given: they are those of the default modes that fit the array, whatever its
  /// size becomes.
  bool default_modes = false;
};

/// Arguments as given; nothing stands for the defaults of the command `arrayflex`.
struct ArrayArguments {
  int rows = 0, cols = 0, data_width_bits = 0;
  std::optional<int> acc_width_bits;
  std::optional<std::vector<int>> modes;
  std::optional<std::map<std::string, double>> clock_period_ps;
};

/// Clock periods are the technology's unless given. Throws InputError.
ModelledArray make_array(const ArrayArguments& arguments,
                         std::shared_ptr<const Technology> technology);

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

void bind_technology(pybind11::module_& module);
void bind_array(pybind11::module_& module);
void bind_workload(pybind11::module_& module);
void bind_gemm(pybind11::module_& module);
void bind_report(pybind11::module_& module);
void bind_figures(pybind11::module_& module);
void bind_analytic(pybind11::module_& module);

}  // namespace arrayflex::python
