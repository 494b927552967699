"""Running products and networks on the model."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Union, overload

import numpy
import numpy.typing

from . import _core
from ._array import Array, Workload, WorkloadLike
from ._closed_form import _mode_number
from ._options import checked, default_of, keywords_of
from ._process import FinishedReport, run_apart


@dataclass(frozen=True)
class Activity:
    """Exact switching activity by class (docs/architecture.md)."""

    toggles: Dict[str, int]  #: bit toggles by net class
    clocked_bits: Dict[str, int]  #: bit-cycles with the clock on by register class
    gated_bits: Dict[str, int]  #: bit-cycles held

    @property
    def total_toggles(self) -> int:
        return sum(self.toggles.values())


@dataclass(frozen=True)
class Energy:
    """Energy by component; the components added up in this order are the total."""

    registers_pj: float
    multiplier_pj: float
    adder_pj: float
    compressor_pj: float
    muxes_pj: float
    clock_pj: float
    leakage_pj: float
    total_pj: float


@dataclass(frozen=True)
class GemmResult:
    """One product on one design."""

    x: numpy.typing.NDArray[Any]  #: T x M; int32 for 32-bit sums, int64 for 64-bit ones, wrapped
    k: int  #: the mode it ran in; 1 on the conventional array
    cycles: int
    tiles: int
    time_ns: Optional[float]  #: None where the clock of the mode is not known
    activity: Optional[Activity]  #: None where activity was switched off
    energy: Optional[Energy]  #: None without activity or time

    @property
    def power_mw(self) -> Optional[float]:
        return None if self.energy is None or not self.time_ns else self.energy.total_pj / self.time_ns


@dataclass(frozen=True)
class Operands:
    """The recipe of synthetic operands, as the options of `arrayflex run`."""

    zero_share: float = default_of("zero_share")  #: share of zeros among the activations, 0..1
    activation_spread: float = default_of("activation_spread")  #: standard deviation, share of full scale
    weight_spread: float = default_of("weight_spread")  #: standard deviation, share of full scale
    magnitude_bits: int = default_of("magnitude_bits")  #: bits of the largest magnitude; 0: the full width


class Report:
    """A network on both designs: what `arrayflex run --json` writes."""

    def __init__(self, core: Union[_core.Report, FinishedReport]):
        self._core = core
        self._dict: Optional[Dict[str, Any]] = None

    def to_dict(self) -> Dict[str, Any]:
        """The report's JSON as a dictionary; every key that is no count carries its unit."""
        if self._dict is None:
            self._dict = json.loads(self.to_json())
        return self._dict

    def to_json(self) -> str:
        return self._core.to_json()

    def to_csv(self) -> str:
        """One line per layer; every column carries its unit."""
        return self._core.to_csv()

    @property
    def layers(self) -> List[Dict[str, Any]]:
        """Per layer: name, t, n, m, repeat, k, tiles, cycles, time_ns, utilization, macs, activity,
        energy {exact, busy}, conventional {...}, ..."""
        return self.to_dict()["layers"]  # type: ignore[no-any-return]

    @property
    def total(self) -> Dict[str, Any]:
        """The sums of the layers, with the same keys."""
        return self.to_dict()["total"]  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        report = self.to_dict()
        return (f"Report('{report['workload']}', engine='{report['engine']}', "
                f"{len(report['layers'])} layers)")


@overload
def run(
    a: WorkloadLike, b: None = None, *, array: Optional[Array] = None, k: Optional[int] = None,
    engine: str = "fast", dims: Optional[Mapping[str, int]] = None, layers: Optional[str] = None,
    activity: bool = True, threads: int = 1, kernel: str = "", sample_tiles: Optional[int] = None,
    seed: int = 1, operands: Operands = Operands(), memory: Optional[str] = None,
    dma_burst_bytes: Optional[int] = None, dma_outstanding: Optional[int] = None, **options: Any,
) -> Report: ...


@overload
def run(
    a: numpy.typing.ArrayLike, b: numpy.typing.ArrayLike, *, array: Optional[Array] = None,
    k: Optional[int] = None, design: str = "arrayflex", activity: bool = True, threads: int = 1,
    kernel: str = "",
) -> GemmResult: ...


def run(
    a: Any, b: Any = None, *, array: Optional[Array] = None, k: Optional[int] = None,
    design: Optional[str] = None, engine: Optional[str] = None,
    dims: Optional[Mapping[str, int]] = None, layers: Optional[str] = None, activity: bool = True,
    threads: int = 1, kernel: str = "", sample_tiles: Optional[int] = None,
    seed: Optional[int] = None, operands: Optional[Operands] = None, memory: Optional[str] = None,
    dma_burst_bytes: Optional[int] = None, dma_outstanding: Optional[int] = None, **options: Any,
) -> Union[GemmResult, Report]:
    """Runs one product on given operands, or a whole network on synthetic ones.

    run(a, b): a is T x N (streamed), b is N x M (the weights): two-dimensional arrays of any integer
    type and any strides, read where they are, without a copy; every value must lie in the operand
    range of the array. Returns a GemmResult. design: "arrayflex" or "conventional".

    run(workload): the name of a shipped network, the path of a layer table or of an ONNX model, or a
    Workload. Both designs run. Returns a Report. engine: "fast" (exact activity), "analytic"
    (closed form, no activity), "pin" or "cycle" (SystemC; see engines()); memory: run every product as a
    job of the accelerator with a memory behind it, "ideal" or "BYTES_PER_CYCLE:LATENCY_NS" such as
    "64:100", with the engines fast and pin; dma_burst_bytes, dma_outstanding: longest transaction and how
    many may be in flight; dims: values of an ONNX model's dynamic dimensions, as in Workload(); layers:
    glob patterns as in Workload.select(); sample_tiles: estimate activity from about so many random tiles
    per layer; seed, operands: of the synthetic operands; options: what else options() has for run, which
    also gives all defaults and bounds.

    array: default Array(), 128 x 128, 32 bits. k: the mode of all products; left out: the fastest for
    each. activity=False counts no toggles, which is faster. no figure depends on threads. kernel: instruction set, one of available_kernels(); "" for the best one.

    The SystemC engines and those with a memory run in a process of their own, which ends with the call.
    Raises InputError and OverflowError, and EngineCrash where such a process dies. The interpreter lock
    is released while the model runs.
    """
    array = Array() if array is None else array
    threads = checked("run", {"threads": threads})["threads"]
    if b is None:
        if not isinstance(a, (str, os.PathLike, Workload)):
            raise _core.InputError("a: without b, it must be a workload: a name, a path or a Workload")
        _refuse_given("a workload", design=design)
        if isinstance(a, Workload):
            _refuse_given("a Workload, which is loaded already", dims=dims)
        workload = a if isinstance(a, Workload) else Workload(a, dims)
        return _run_network(array, workload if layers is None else workload.select(layers), operands, {
            "engine": engine, "k": k, "activity": activity, "threads": threads,
            **({"kernel": kernel} if kernel else {}), "sample_tiles": sample_tiles, "seed": seed, "memory": memory,
            "dma_burst_bytes": dma_burst_bytes, "dma_outstanding": dma_outstanding, **options})
    _refuse_given("operands a and b", engine=engine, dims=dims, layers=layers, sample_tiles=sample_tiles,
                  seed=seed, operands=operands, memory=memory, dma_burst_bytes=dma_burst_bytes,
                  dma_outstanding=dma_outstanding, **options)
    return _gemm_result(_core.run_gemm(
        array._core, _operand("a", a), _operand("b", b), _mode_number(k),
        "arrayflex" if design is None else design, activity, threads, kernel))


def _gemm_result(result: Dict[str, Any]) -> GemmResult:
    counts, spent = result["activity"], result["energy"]
    return GemmResult(
        result["x"], result["k"], result["cycles"], result["tiles"], result["time_ns"],
        None if counts is None else Activity(**counts), None if spent is None else Energy(**spent))


def _run_network(
    array: Array, workload: Workload, operands: Optional[Operands], given: Dict[str, Any]
) -> Report:
    recipe = Operands() if operands is None else operands
    given = {**given, **{option.keyword: getattr(recipe, option.keyword)
                         for option in keywords_of("Operands")}}
    return Report(_run_workload(array, workload, checked("run", {
        keyword: default_of(keyword) if value is None else value for keyword, value in given.items()})))


def engines() -> Dict[str, Dict[str, bool]]:
    """The abilities of each engine: values, activity, nets (waveforms), memory (knows what one costs),
    accelerator (simulates it), sampling, threads, kernels (a choice of instruction set), and whether it
    simulates in SystemC (systemc)."""
    return _core.engines()


def _run_workload(
    array: Array, workload: Workload, settings: Dict[str, Any],
) -> Union[_core.Report, FinishedReport]:
    engine = _core.engines().get(settings["engine"], {})
    behind_memory = settings["memory"] is not None and engine.get("accelerator", False)
    if not engine.get("systemc", False) and not behind_memory:
        return _core.run_workload(array._core, workload._core, **settings)
    core = array._core
    return run_apart({
        "technology": array.technology._reference,
        "array": {**core.parameters, "clock_period_ps": core.clock_period_ps},
        "workload": {"name": workload.name, "layers": workload.layers, "notes": workload.notes},
        "settings": {name: float(value) if isinstance(value, float) else value
                     for name, value in settings.items()}})


def _operand(name: str, value: Any) -> numpy.typing.NDArray[Any]:
    if isinstance(value, numpy.ma.MaskedArray):  # numpy.asarray() would show what the mask hides
        raise _core.InputError(f"{name}: is a masked array; use {name}.filled(0) or {name}.data")
    return numpy.asarray(value)


def _refuse_given(what: str, **arguments: Any) -> None:
    for name, value in arguments.items():
        if value is not None:
            raise _core.InputError(f"{name} = {value}: has no meaning with {what}; leave it out")


def energy(
    activity: Union[Activity, Mapping[str, Mapping[str, int]]], time_ns: float, array: Array, *,
    k: int = 1, design: str = "arrayflex",
) -> Energy:
    """Energy of an activity that took time_ns (stalls included: they cost leakage), with the numbers of
    the array's technology; what switches is charged ("exact" accounting). k is ignored for the
    conventional array. activity: an Activity, or a dictionary {toggles, clocked_bits, gated_bits} as in
    a report. Raises InputError."""
    counts = activity if isinstance(activity, Activity) else Activity(
        *(dict(activity.get(group, {})) for group in ("toggles", "clocked_bits", "gated_bits")))
    return Energy(**array._core.energy(
        {"toggles": counts.toggles, "clocked_bits": counts.clocked_bits,
         "gated_bits": counts.gated_bits}, time_ns, design, k))
