"""Cycles by formula, element by element on numpy arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Optional, Tuple, Union

import numpy
import numpy.typing

from . import _core
from ._array import Array, Workload, WorkloadLike
from ._options import checked, default_of

Integers = numpy.typing.NDArray[numpy.int64]
Reals = numpy.typing.NDArray[numpy.float64]
#: A whole number, or an array (or nested list) of them.
IntegerLike = Union[int, numpy.typing.ArrayLike]


def _as_integers(name: str, value: IntegerLike) -> Integers:
    array = numpy.asarray(value)
    if array.dtype.kind not in "iu" and array.size:  # of nothing, any type will do
        raise _core.InputError(f"{name}: dtype = {array.dtype}: allowed are whole numbers")
    if array.dtype.kind == "u" and array.size and int(array.max()) > numpy.iinfo(numpy.int64).max:
        raise _core.InputError(f"{name} = {array.max()}: allowed are numbers up to 2^63-1")
    return array.astype(numpy.int64, copy=False)


def _broadcast(**values: IntegerLike) -> Tuple[Tuple[int, ...], List[Integers]]:
    arrays = {name: _as_integers(name, value) for name, value in values.items()}
    try:
        broadcast = numpy.broadcast_arrays(*arrays.values())
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise _core.InputError(f"shapes do not broadcast together: {shapes}") from None
    return broadcast[0].shape, [numpy.ascontiguousarray(array).ravel() for array in broadcast]


def _shaped(flat: Integers, shape: Tuple[int, ...]) -> Any:
    return flat.reshape(shape) if shape else int(flat[0])


def latency(
    t: IntegerLike,
    n: IntegerLike,
    m: IntegerLike,
    *,
    rows: IntegerLike = 128,
    cols: IntegerLike = 128,
    k: IntegerLike = 1,
    repeat: IntegerLike = 1,
    overlap: str = "none",
    group_packing: bool = default_of("group_packing"),
) -> Any:
    """Cycles of `repeat` products T x N times N x M on an array of rows x cols in mode k:

        (R + (n-1)*P + S) * ceil(repeat / p),  S = ceil(R/k) + ceil(C/k) + T - 2,  n = ceil(N/R) * ceil(M/C)

    with P = R + S, one tile after the other, for overlap "none", max(R, S) for "load", whose tiles
    load while others stream, and max(R, T) for "full", whose tiles stream back to back. With
    group_packing p = min(floor(R/N), floor(C/M), repeat) of the products share a tile, where at least two
    fit; else p = 1.
    The conventional array needs as many as k = 1. Arguments are whole numbers or integer arrays,
    broadcast against each other; the result is an int where all are scalars, else an int64 array of
    the common shape. Raises InputError for a value out of bounds (overlap; t, n, m, repeat 1..2^31-1; rows,
    cols 1..4096; k 1..min(rows, cols)), OverflowError beyond 2^63-1.
    """
    shape, flat = _broadcast(t=t, n=n, m=m, repeat=repeat, rows=rows, cols=cols, k=k)
    tt, nn, mm, repeats, heights, widths, modes = flat
    return _shaped(
        _core.latency_cycles(tt, nn, mm, repeats, heights, widths, modes, overlap, group_packing), shape)


def best_k(array: Array, t: IntegerLike, n: IntegerLike, m: IntegerLike) -> Any:
    """The fastest mode of the array for each shape; on a tie the smaller k. It is the same where products of
    that shape share tiles. Scalars and arrays as in latency(). Raises InputError for a shape out of bounds, or where no mode's clock is known."""
    shape, flat = _broadcast(t=t, n=n, m=m)
    return _shaped(_core.best_k(array._core, *flat), shape)


@dataclass(frozen=True)
class DesignPoints:
    """Figures of one design: P points, L layers."""

    cycles: Optional[Integers]  #: P x L; None without layers
    time_ns: Optional[Reals]  #: P x L; NaN where the clock is not known
    total_cycles: Integers  #: P
    total_time_ns: Reals  #: P
    area_um2: Reals  #: P; NaN where the technology has no numbers for the operand width


@dataclass(frozen=True)
class AnalyticPoints:
    """Result of analytic_points(). The figures of a point with an error are 0, or NaN where
    they are no counts."""

    k: Optional[Integers]  #: P x L, the mode of each layer; None without layers
    tiles: Optional[Integers]  #: P x L, all products of the layer together; None without layers
    total_tiles: Integers  #: P
    arrayflex: DesignPoints
    conventional: DesignPoints
    #: (point, "InputError" or "OverflowError", message) of the points that cannot be evaluated
    errors: List[Tuple[int, str, str]]


def analytic_points(
    array: Array,
    rows: IntegerLike,
    cols: IntegerLike,
    workload: WorkloadLike,
    *,
    k: Optional[int] = None,
    group_packing: bool = default_of("group_packing"),
    layers: bool = True,
) -> AnalyticPoints:
    """The closed form of a network on many arrays in one call.

    array: widths, modes, clocks and technology of all points; modes that were left out are for each
        point those of the default modes that fit.
    rows, cols: R and C of the P points, one-dimensional, broadcast against each other.
    k: the mode of all layers; left out: per layer the fastest.
    group_packing: whether products of a layer share tiles, as in latency().
    layers: whether to return the figures of each layer (8 to 48 bytes per point and layer) or sums
        only.

    A point that cannot be evaluated is reported in `errors` and does not stop the others.
    """
    network = workload if isinstance(workload, Workload) else Workload(workload)
    shape, (flat_rows, flat_cols) = _broadcast(rows=rows, cols=cols)
    if len(shape) > 1:
        raise _core.InputError(f"rows, cols: shape = {shape}: must have one dimension")
    points = _core.analytic_points(array._core, flat_rows, flat_cols, network._core,
                                   _mode_number(k), group_packing, layers)

    def per_layer(values: Any) -> Any:
        return values.reshape(len(flat_rows), len(network)) if layers else None

    def design(figures: Any) -> DesignPoints:
        return DesignPoints(per_layer(figures["cycles"]), per_layer(figures["time_ns"]),
                            figures["total_cycles"], figures["total_time_ns"], figures["area_um2"])

    return AnalyticPoints(per_layer(points["k"]), per_layer(points["tiles"]), points["total_tiles"],
                          design(points["arrayflex"]), design(points["conventional"]),
                          points["errors"])


def _mode_number(k: Optional[int]) -> int:
    """As the extension module wants it: 0 stands for the fastest mode."""
    return 0 if k is None else int(checked("run", {"k": k})["k"])
