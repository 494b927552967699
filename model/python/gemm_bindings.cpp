// One matrix product on given operands.
#include <fmt/format.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include "arrayflex/core/error.h"
#include "arrayflex/engine/fast_engine.h"
#include "arrayflex/report/report.h"
#include "bindings.h"
#include "numpy_matrix.h"

namespace arrayflex::python {
namespace {

namespace py = pybind11;

struct GemmOptions {
  int k = 0;  // 0: the fastest mode
  Design design = Design::arrayflex;
  bool activity = true;
  int threads = 1;
  std::string kernel;
};

struct GemmOutcome {
  int k = 1;
  GemmResult result;
};

// The result's memory is zero. Needs no interpreter lock.
template <class Sum>
GemmOutcome multiply(const ArrayConfig& config, const MatrixView& a, const MatrixView& b,
                     const GemmOptions& options, Sum* sums) {
  a.require_operand_range(config);
  b.require_operand_range(config);
  const GemmShape shape{a.rows(), a.cols(), b.cols()};
  const NumpyOperands operands(a, b);
  NumpyResult<Sum> sink(sums, shape.m);
  const FastEngine engine(config, options.design, {options.activity, false, options.kernel},
                          options.threads);
  GemmOutcome outcome;
  outcome.k = options.design == Design::conventional ? 1 : resolve_k(config, shape, options.k);
  outcome.result = engine.run(shape, outcome.k, operands, sink);
  return outcome;
}

template <class Signed>
GemmOutcome multiply_into(const ArrayConfig& config, const MatrixView& a, const MatrixView& b,
                          const GemmOptions& options, py::array& x) {
  using Sum = std::make_unsigned_t<Signed>;
  py::array_t<Signed> sums({a.rows(), b.cols()});
  auto* data = reinterpret_cast<Sum*>(sums.mutable_data());
  const auto size = static_cast<std::size_t>(sums.size());
  GemmOutcome outcome;
  {
    const py::gil_scoped_release release;
    std::fill_n(data, size, Sum{0});
    outcome = multiply(config, a, b, options, data);
  }
  x = std::move(sums);
  return outcome;
}

py::object or_none(const std::optional<double>& value) {
  return value ? py::object(py::float_(*value)) : py::none();
}

py::dict run_gemm(const ModelledArray& array, const py::array& a, const py::array& b, int k,
                  const std::string& design, bool activity, int threads,
                  const std::string& kernel) {
  const MatrixView a_view(a, "a");
  const MatrixView b_view(b, "b");
  if (a_view.cols() != b_view.rows()) {
    throw InputError(fmt::format("b: shape = ({}, {}): must have {} rows, as a is ({}, {})",
                                 b_view.rows(), b_view.cols(), a_view.cols(), a_view.rows(),
                                 a_view.cols()));
  }
  const ArrayConfig& config = array.config;
  const GemmOptions options{k, parse_design(design), activity, threads, kernel};
  py::array x;
  const GemmOutcome outcome = config.acc_width_bits() == 32
                                  ? multiply_into<std::int32_t>(config, a_view, b_view, options, x)
                                  : multiply_into<std::int64_t>(config, a_view, b_view, options, x);
  const std::optional<double> time =
      time_ns(outcome.result.cycles, config.period_ps(options.design, outcome.k));
  py::dict dict;
  dict["x"] = x;
  dict["k"] = outcome.k;
  dict["cycles"] = outcome.result.cycles;
  dict["tiles"] = outcome.result.tiles;
  dict["time_ns"] = or_none(time);
  dict["activity"] =
      activity ? py::object(to_dict(outcome.result.activity, config.parameters())) : py::none();
  dict["energy"] = py::none();
  if (activity && time) {
    dict["energy"] = to_dict(energy_of(exact_activity(outcome.result.activity), *time, config,
                                       options.design, outcome.k, *array.technology));
  }
  return dict;
}

}  // namespace

void bind_gemm(py::module_& m) {
  m.def("run_gemm", &run_gemm, py::arg("array"), py::arg("a"), py::arg("b"), py::arg("k"),
        py::arg("design"), py::arg("activity"), py::arg("threads"), py::arg("kernel"));
}

}  // namespace arrayflex::python
