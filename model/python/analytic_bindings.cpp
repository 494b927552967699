// The closed form: element by element on numpy arrays, and for many arrays and layers in one call.
#include <fmt/format.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <limits>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/error.h"
#include "arrayflex/core/group_packing.h"
#include "arrayflex/core/latency.h"
#include "arrayflex/report/report.h"
#include "bindings.h"
#include "workloads/layer_table.h"

namespace arrayflex::python {
namespace {

namespace py = pybind11;
using Integers = py::array_t<std::int64_t, py::array::c_style>;
using Reals = py::array_t<double, py::array::c_style>;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

int checked_size(const char* item, std::int64_t value, std::int64_t max) {
  if (value < 1 || value > max)
    throw InputError(item, value, fmt::format("allowed are 1..{}", max));
  return static_cast<int>(value);
}

// One-dimensional arrays of one length; the package broadcasts before it calls.
Integers latency_cycles(const Integers& t, const Integers& n, const Integers& m,
                        const Integers& repeat, const Integers& rows, const Integers& cols,
                        const Integers& k, const std::string& overlap_name, bool packing) {
  const Overlap overlap = parse_overlap(overlap_name);
  Integers cycles(t.size());
  std::int64_t* to = cycles.mutable_data();
  const std::int64_t* const from[] = {t.data(),    n.data(),    m.data(), repeat.data(),
                                      rows.data(), cols.data(), k.data()};
  const py::ssize_t count = t.size();
  const py::gil_scoped_release release;
  for (py::ssize_t i = 0; i < count; ++i) {
    const GemmShape shape{from[0][i], from[1][i], from[2][i]};
    const Layer layer{"", shape, from[3][i]};
    validate(layer);
    const int row_count = checked_size("rows", from[4][i], kMaxArrayDim);
    const int col_count = checked_size("cols", from[5][i], kMaxArrayDim);
    const int mode = checked_size("k", from[6][i], std::min(row_count, col_count));
    const TilePlan plan(shape, row_count, col_count);
    constexpr const char* kWhat = "number of cycles";
    const ArrayTiming array(row_count, col_count, overlap);
    const std::int64_t together = packing ? groups_per_tile(layer, row_count, col_count) : 1;
    to[i] = checked_mul(product_cycles(array, mode, shape.t, plan.count()).cycles,
                        packed_product_count(layer, together), kWhat);
  }
  return cycles;
}

Integers best_k(const ModelledArray& array, const Integers& t, const Integers& n,
                const Integers& m) {
  Integers best(t.size());
  std::int64_t* to = best.mutable_data();
  const std::int64_t* const from[] = {t.data(), n.data(), m.data()};
  const py::ssize_t count = t.size();
  const py::gil_scoped_release release;
  for (py::ssize_t i = 0; i < count; ++i) {
    to[i] = best_collapse_factor(array.config, {from[0][i], from[1][i], from[2][i]});
  }
  return best;
}

// Figures of one design, an element per point and layer, and their sums per point.
struct DesignColumns {
  DesignColumns(py::ssize_t points, py::ssize_t layers, bool keep_layers)
      : cycles(keep_layers ? points * layers : 0),
        time_ns(keep_layers ? points * layers : 0),
        total_cycles(points),
        total_time_ns(points),
        area_um2(points) {}

  Integers cycles;
  Reals time_ns;
  Integers total_cycles;
  Reals total_time_ns;
  Reals area_um2;
};

// The same without Python: what the loop writes to.
struct DesignPointers {
  explicit DesignPointers(DesignColumns& c)
      : cycles(c.cycles.mutable_data()),
        time_ns(c.time_ns.mutable_data()),
        total_cycles(c.total_cycles.mutable_data()),
        total_time_ns(c.total_time_ns.mutable_data()),
        area_um2(c.area_um2.mutable_data()) {}

  std::int64_t* cycles;
  double* time_ns;
  std::int64_t* total_cycles;
  double* total_time_ns;
  double* area_um2;
};

struct PointError {
  std::int64_t point;
  bool is_overflow;
  std::string message;
};

// Evaluates points one by one. Needs no interpreter lock.
class PointEvaluator {
 public:
  PointEvaluator(const std::vector<Layer>& layers, int k, bool packing, bool keep_layers,
                 DesignPointers own, DesignPointers conventional, std::int64_t* k_used,
                 std::int64_t* tiles, std::int64_t* total_tiles)
      : layers_(layers),
        k_(k),
        packing_(packing),
        keep_layers_(keep_layers),
        own_(own),
        conventional_(conventional),
        k_used_(k_used),
        tiles_(tiles),
        total_tiles_(total_tiles),
        figures_(layers.size()) {
    for (std::size_t i = 0; i < layers.size(); ++i) same_as_.push_back(first_like(i));
  }

  // The figures of a point that cannot be evaluated: counts are 0, all else is not known.
  void set_failed(std::int64_t point) const {
    total_tiles_[point] = 0;
    for (const DesignPointers& design : {own_, conventional_}) {
      design.total_cycles[point] = 0;
      design.total_time_ns[point] = design.area_um2[point] = kUnknown;
    }
    if (!keep_layers_) return;
    const auto layers = static_cast<std::int64_t>(layers_.size());
    for (std::int64_t i = point * layers; i < (point + 1) * layers; ++i) {
      k_used_[i] = tiles_[i] = 0;
      for (const DesignPointers& design : {own_, conventional_}) {
        design.cycles[i] = 0;
        design.time_ns[i] = kUnknown;
      }
    }
  }

  void run(std::int64_t point, const ModelledArray& array) {
    const ArrayConfig& config = array.config;
    clear(point);
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      try {
        add_layer(point, i, config);
      } catch (const OverflowError& error) {
        throw OverflowError(fmt::format("layer {}: {}", layers_[i].name, error.what()));
      }
    }
    put_area(own_, point, array, Design::arrayflex);
    put_area(conventional_, point, array, Design::conventional);
  }

 private:
  void clear(std::int64_t point) const {
    total_tiles_[point] = 0;
    for (const DesignPointers& design : {own_, conventional_}) {
      design.total_cycles[point] = 0;
      design.total_time_ns[point] = 0;
    }
  }

  struct LayerFigures {
    int k = 1;
    std::int64_t tiles = 0;
    std::int64_t cycles = 0, conventional_cycles = 0;
    double time_ns = 0, conventional_time_ns = 0;
  };

  // Networks repeat their layers: the first layer of the same shape has the same figures.
  std::size_t first_like(std::size_t i) const {
    const Layer& layer = layers_[i];
    std::size_t j = 0;
    while (!(layers_[j].gemm == layer.gemm && layers_[j].repeat == layer.repeat)) ++j;
    return j;
  }

  LayerFigures evaluate(const Layer& layer, const ArrayConfig& config) const {
    LayerFigures figures;
    figures.k = resolve_k(config, layer.gemm, k_);
    const TilePlan plan(layer.gemm, config.rows(), config.cols());
    const std::int64_t together = groups_per_tile(layer, config, packing_);
    figures.tiles = checked_mul(plan.count(), packed_product_count(layer, together), "tiles");
    figures.cycles = layer_cycles(config, layer, figures.k, together);
    figures.conventional_cycles = layer_cycles(config, layer, 1, together);
    figures.time_ns =
        time_ns(figures.cycles, config.period_ps(Design::arrayflex, figures.k)).value_or(kUnknown);
    figures.conventional_time_ns =
        time_ns(figures.conventional_cycles, config.period_ps(Design::conventional, 1))
            .value_or(kUnknown);
    return figures;
  }

  void add_layer(std::int64_t point, std::size_t i, const ArrayConfig& config) {
    if (same_as_[i] == i) figures_[i] = evaluate(layers_[i], config);
    const LayerFigures& figures = figures_[same_as_[i]];
    total_tiles_[point] = checked_add(total_tiles_[point], figures.tiles, "total tiles");
    const std::int64_t element =
        point * static_cast<std::int64_t>(layers_.size()) + static_cast<std::int64_t>(i);
    if (keep_layers_) {
      k_used_[element] = figures.k;
      tiles_[element] = figures.tiles;
    }
    put(own_, point, element, figures.cycles, figures.time_ns);
    put(conventional_, point, element, figures.conventional_cycles, figures.conventional_time_ns);
  }

  void put(const DesignPointers& to, std::int64_t point, std::int64_t element, std::int64_t cycles,
           double time) const {
    to.total_cycles[point] = checked_add(to.total_cycles[point], cycles, "total cycles");
    to.total_time_ns[point] += time;
    if (keep_layers_) {
      to.cycles[element] = cycles;
      to.time_ns[element] = time;
    }
  }

  static void put_area(const DesignPointers& to, std::int64_t point, const ModelledArray& array,
                       Design design) {
    const bool known = array.technology->widths.count(array.config.data_width_bits()) != 0;
    to.area_um2[point] =
        known ? area_of(array.config, design, *array.technology).array_total_um2() : kUnknown;
  }

  const std::vector<Layer>& layers_;
  int k_;
  bool packing_;
  bool keep_layers_;
  DesignPointers own_, conventional_;
  std::int64_t* k_used_;
  std::int64_t* tiles_;
  std::int64_t* total_tiles_;
  std::vector<std::size_t> same_as_;   // per layer: the first one of the same shape
  std::vector<LayerFigures> figures_;  // of the point, where same_as_[i] == i
};

py::dict to_dict(DesignColumns& columns) {
  py::dict dict;
  dict["cycles"] = columns.cycles;
  dict["time_ns"] = columns.time_ns;
  dict["total_cycles"] = columns.total_cycles;
  dict["total_time_ns"] = columns.total_time_ns;
  dict["area_um2"] = columns.area_um2;
  return dict;
}

py::list to_list(const std::vector<PointError>& errors) {
  py::list list;
  for (const PointError& error : errors) {
    list.append(py::make_tuple(error.point, error.is_overflow ? "OverflowError" : "InputError",
                               error.message));
  }
  return list;
}

// Points are rows[i] x cols[i] copies of `array`.
py::dict analytic_points(const ModelledArray& array, const Integers& rows, const Integers& cols,
                         const workloads::Workload& workload, int k, bool packing,
                         bool keep_layers) {
  const py::ssize_t points = rows.size();
  const auto layers = static_cast<py::ssize_t>(workload.layers.size());
  const py::ssize_t elements = keep_layers ? points * layers : 0;
  DesignColumns own(points, layers, keep_layers);
  DesignColumns conventional(points, layers, keep_layers);
  Integers k_used(elements);
  Integers tiles(elements);
  Integers total_tiles(points);
  PointEvaluator evaluator(workload.layers, k, packing, keep_layers, DesignPointers(own),
                           DesignPointers(conventional), k_used.mutable_data(),
                           tiles.mutable_data(), total_tiles.mutable_data());
  std::vector<PointError> errors;
  const std::int64_t* rows_of = rows.data();
  const std::int64_t* cols_of = cols.data();
  {
    const py::gil_scoped_release release;
    for (py::ssize_t point = 0; point < points; ++point) {
      try {
        evaluator.run(point, resized(array, rows_of[point], cols_of[point]));
      } catch (const InputError& error) {
        evaluator.set_failed(point);
        errors.push_back({point, false, error.what()});
      } catch (const OverflowError& error) {
        evaluator.set_failed(point);
        errors.push_back({point, true, error.what()});
      }
    }
  }
  py::dict dict;
  dict["k"] = k_used;
  dict["tiles"] = tiles;
  dict["total_tiles"] = total_tiles;
  dict["arrayflex"] = to_dict(own);
  dict["conventional"] = to_dict(conventional);
  dict["errors"] = to_list(errors);
  return dict;
}

}  // namespace

void bind_analytic(py::module_& m) {
  m.def("latency_cycles", &latency_cycles);
  m.def("best_k", &best_k);
  m.def("analytic_points", &analytic_points, py::arg("array"), py::arg("rows"), py::arg("cols"),
        py::arg("workload"), py::arg("k"), py::arg("group_packing"), py::arg("keep_layers"));
}

}  // namespace arrayflex::python
