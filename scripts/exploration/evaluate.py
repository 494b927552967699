"""The work of a worker: a batch of points in, their figures out."""

import functools
import os
import time
from dataclasses import dataclass, field
from typing import Any, List, Optional

import numpy

from .axes import KEYWORDS
from .figures import LAYER_FIGURES, POINT_FIGURES, figures_of_report, known, utilization
from .networks import make_technology
from .version import module_version


@dataclass
class Batch:
    """Points that run together."""

    keys: List[str]
    points: List[Any]
    operands: tuple  # (name, value) pairs of the recipe
    layers: dict  # workload: ((name, t, n, m, repeat), ...)
    technologies: dict  # name: text of its file; None: a shipped one
    version: str
    keep_layers: bool = True


@dataclass
class LayerColumns:
    """Figures of layers: every column has one entry per layer; None where none is known."""

    point: Any  # position in the batch
    layer: Any  # position in the workload
    columns: List[Any]  # in the order of LAYER_FIGURES


@dataclass
class BatchResult:
    keys: Optional[List[str]]  # None on the way from the worker to the driver, which knows
    points: Optional[List[Any]]  # the same
    version: str
    figures: List[Optional[tuple]]  # in the order of POINT_FIGURES; None for a failed point
    errors: List[Optional[str]]
    elapsed_s: List[float]
    layers: List[LayerColumns] = field(default_factory=list)


class WrongVersion(Exception):
    """This worker has another model than the driver."""


def run_batch(batch):
    """Never raises for a point: its error is part of the result."""
    _require_version(batch)
    count = len(batch.points)
    result = BatchResult(batch.keys, batch.points, batch.version, [None] * count, [None] * count,
                         [0.0] * count)
    groups = {}
    for i, point in enumerate(batch.points):
        # By formula k is chosen by time only; run() says so.
        if not (point.has_operands or point.simulates or point.has_memory or point.objective != "time"):
            groups.setdefault(point._replace(rows=0, cols=0), []).append(i)
        else:
            _run_alone(batch, i, result)
    for indices in groups.values():
        _run_analytic(batch, indices, result)
    return result


def answer(batch):
    """run_batch() for a driver, which knows its points."""
    result = run_batch(batch)
    result.keys = result.points = None
    return result


def _require_version(batch):
    here = module_version()
    if here != batch.version:
        raise WrongVersion(f"a worker on {os.uname().nodename} has model version {here}, the sweep "
                           f"{batch.version}: all need the same build")


_technology = functools.lru_cache(maxsize=64)(make_technology)


@functools.lru_cache(maxsize=64)
def _workload(name, layers):
    import arrayflex

    return arrayflex.Workload.from_layers(layers, name)


def _workload_of(batch, point):
    return _workload(point.workload, batch.layers[point.workload])


def _array(batch, point, rows, cols):
    import arrayflex

    technology = _technology(point.technology, batch.technologies[point.technology])
    return arrayflex.Array(**dict(_keywords("Array", point), rows=rows, cols=cols, technology=technology))


def _keywords(callable_name, point):
    """The axes that are keywords of it, as the point has them."""
    return {keyword: getattr(point, axis) for keyword, axis in KEYWORDS[callable_name].items()
            if getattr(point, axis) is not None}


def _describe(error):
    return f"{type(error).__name__}: {error}"


def _run_alone(batch, i, result):
    point = batch.points[i]
    started = time.monotonic()
    try:
        array = _array(batch, point, point.rows, point.cols)
        report = _report(batch, point, array)
        result.figures[i], layers = figures_of_report(report)
        if batch.keep_layers:
            columns = [list(column) for column in zip(*layers)]
            result.layers.append(LayerColumns([i] * len(layers), list(range(len(layers))), columns))
    except Exception as error:  # whatever it is: it is this point's, and stops no other
        result.figures[i], result.errors[i] = None, _describe(error)
    result.elapsed_s[i] = time.monotonic() - started


def _report(batch, point, array):
    import arrayflex

    return arrayflex.run(
        _workload_of(batch, point), array=array, threads=1, memory=point.memory, **_keywords("run", point),
        operands=arrayflex.Operands(**dict(batch.operands))).to_dict()


def _run_analytic(batch, indices, result):
    """Points that differ in rows and columns only: one call."""
    import arrayflex

    started = time.monotonic()
    first = batch.points[indices[0]]
    rows = numpy.array([batch.points[i].rows for i in indices])
    cols = numpy.array([batch.points[i].cols for i in indices])
    workload = _workload_of(batch, first)
    try:
        # The modes are checked for each point by itself: at this size all of them fit.
        side = max(first.modes or (4,))
        points = arrayflex.analytic_points(_array(batch, first, side, side), rows, cols, workload,
                                           k=first.k, group_packing=first.group_packing == "on",
                                           layers=batch.keep_layers)
    except Exception as error:
        for i in indices:
            result.errors[i] = _describe(error)
        return
    failed = {point: f"{kind}: {message}" for point, kind, message in points.errors}
    macs = sum(t * n * m * repeat for _, t, n, m, repeat in workload.layers)
    figures = _analytic_figures(points, macs, rows.tolist(), cols.tolist())
    elapsed = (time.monotonic() - started) / len(indices)
    for position, i in enumerate(indices):
        result.elapsed_s[i] = elapsed
        result.errors[i] = failed.get(position)
        result.figures[i] = None if position in failed else figures[position]
    if batch.keep_layers:
        result.layers.append(_analytic_layers(points, indices, failed))


def _analytic_figures(points, macs, rows, cols):
    designs = []
    for design in (points.arrayflex, points.conventional):
        designs.append((design.total_cycles.tolist(), design.total_time_ns.tolist(),
                        design.area_um2.tolist()))
    figures = []
    unknown = dict.fromkeys(POINT_FIGURES)
    for position, tiles in enumerate(points.total_tiles.tolist()):
        values = dict(unknown, tiles_count=tiles, macs_count=macs)
        for prefix, (cycles, time_ns, area) in zip(("", "conventional_"), designs):
            values[f"{prefix}latency_cycles"] = cycles[position]
            values[f"{prefix}time_ns"] = known(time_ns[position])
            values[f"{prefix}area_um2"] = known(area[position])
        values["utilization_ratio"] = utilization(macs, values["latency_cycles"], rows[position],
                                                  cols[position])
        figures.append(tuple(values.values()))
    return figures


def _analytic_layers(points, indices, failed):
    good = [position for position in range(len(indices)) if position not in failed]
    layer_count = points.k.shape[1]
    known_columns = {
        "k_collapse_factor": points.k, "tiles_count": points.tiles,
        "latency_cycles": points.arrayflex.cycles, "time_ns": points.arrayflex.time_ns,
        "conventional_latency_cycles": points.conventional.cycles,
        "conventional_time_ns": points.conventional.time_ns,
    }
    columns = [known_columns[name][good].ravel() if name in known_columns else None
               for name in LAYER_FIGURES]
    return LayerColumns(numpy.repeat(numpy.array(indices)[good], layer_count),
                        numpy.tile(numpy.arange(layer_count), len(good)), columns)
