"""The figures of a point and of its layers: names, order, and how a report is read into them."""

import math
from typing import NamedTuple

import arrayflex

_DESIGNS = (("", "arrayflex"), ("conventional_", "conventional"))


class _Column(NamedTuple):
    name: str  # in the database
    scope: str  # of the figure
    prefix: str  # of the design
    key: str  # in the report, the layer, the total or one of its designs

    def value(self, report, entry):
        """None where the report has none; the members of an object are added up."""
        value = report if self.scope == "run" else _design_of(entry, self.prefix)
        for name in self.key.split("."):
            if name not in value:
                return None
            value = value[name]
            if value is None:
                return None
        if not isinstance(value, dict):
            return value
        return None if None in value.values() else sum(value.values())


def _columns(table):
    """The columns of a table of the database by the model's table of figures: first those that both
    designs share, then the figures of each design."""
    rows = [(figure.scope, figure.sweep) for figure in arrayflex.figures()
            if figure.sweep and table in figure.sweep.tables]
    columns = [_Column(column.name, scope, "", column.key) for scope, column in rows
               if scope in ("layer", "entry")]
    for prefix, design in _DESIGNS:
        columns += [_Column(prefix + column.name, scope, prefix, column.key.replace("{design}", design))
                    for wanted in ("design", "run") for scope, column in rows
                    if scope == wanted and (column.both_designs or not prefix)]
    return columns


_POINT_COLUMNS = _columns("points")
_LAYER_COLUMNS = _columns("layers")
#: Columns of the table `points` after the axes. Both designs; None where a figure is not known.
POINT_FIGURES = tuple(column.name for column in _POINT_COLUMNS)
#: Columns of the table `layers` after point and layer.
LAYER_FIGURES = tuple(column.name for column in _LAYER_COLUMNS)

#: {column: figure} of those that Pareto fronts can be sought in, ArrayFlex's: the less, the better.
OBJECTIVES = {figure.sweep.name: figure for figure in arrayflex.figures()
              if figure.sweep and figure.sweep.objective}


def utilization(macs, cycles, rows, cols):
    return macs / (cycles * rows * cols) if cycles else 0.0


def known(value):
    """None for NaN, with which arrays say that a figure is not known."""
    return None if value is None or math.isnan(value) else value


def figures_of_report(report):
    """(figures of the point, list of figures per layer), as tuples, of a Report.to_dict()."""
    layers = [_figures(_LAYER_COLUMNS, report, layer) for layer in report["layers"]]
    point = _figures(_POINT_COLUMNS, report, report["total"])
    for prefix, _ in _DESIGNS:  # those of the layers, added up: a database adds up like that
        energies = [layer[f"{prefix}energy_pj"] for layer in layers]
        energy_pj, time_ns = None if None in energies else sum(energies), point[f"{prefix}time_ns"]
        known_both = energy_pj is not None and time_ns is not None
        point[f"{prefix}energy_pj"] = energy_pj
        point[f"{prefix}power_mw"] = energy_pj / time_ns if known_both and time_ns else None
        point[f"{prefix}edp_pj_ns"] = energy_pj * time_ns if known_both else None
    return tuple(point.values()), [tuple(layer.values()) for layer in layers]


def _design_of(entry, prefix):
    return entry["conventional"] if prefix else entry


def _figures(columns, report, entry):
    """Name: figure of a layer or the total."""
    return {column.name: column.value(report, entry) for column in columns}
