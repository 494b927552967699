"""Arrays, technologies and workloads."""

from __future__ import annotations

import os
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from . import _core
from ._options import checked, whole_number

_MAX_LAYER_DIM = 2**31 - 1


class Number(NamedTuple):
    """One number of a technology file."""

    item: str  #: its place, for example "32 bit / arrayflex / leakage / pe"
    value: float
    unit: str
    source: str


class Technology:
    """Clock periods, energies, leakage and areas of a process, each number with its source."""

    def __init__(self, name_or_path: Union[str, "os.PathLike[str]"] = "paper"):
        """A shipped technology (see technologies()), or a technology file (JSON). Raises InputError."""
        text = os.fspath(name_or_path)
        self._core = _core.Technology(text)
        self._reference: Tuple[str, ...] = ("name", text)
        if text not in _core.shipped_technologies():
            with open(text, encoding="utf-8") as file:
                self._reference = ("text", file.read(), text)

    @classmethod
    def from_json(cls, text: str, source: str = "technology") -> Technology:
        """A technology from the text of a technology file; `source` names it in messages. Raises
        InputError."""
        technology = cls.__new__(cls)
        technology._core = _core.Technology.from_json(text, source)
        technology._reference = ("text", text, source)
        return technology

    @property
    def name(self) -> str:
        return self._core.name

    @property
    def description(self) -> str:
        return self._core.description

    @property
    def source(self) -> str:
        """Where the file comes from."""
        return self._core.source

    @property
    def notes(self) -> List[str]:
        return self._core.notes

    def clock_period_ps(
        self, data_width_bits: int, modes: Sequence[int], overlap: str = "none",
    ) -> Dict[str, float]:
        """Clock periods in ps: keys "conventional", "1", "2", ... of the modes whose clock is given in
        the file or follows from its delays, where tiles overlap (load, full) with the weight mux in each of
        them. Raises InputError for a width the file does not have, or another overlap."""
        return self._core.clock_period_ps(data_width_bits, list(modes), overlap)

    def numbers(self) -> List[Number]:
        """Every number of the file with its unit and source."""
        return [Number(*row) for row in self._core.numbers()]

    def __str__(self) -> str:
        return str(self._core)

    def __repr__(self) -> str:
        return repr(self._core)


def technologies() -> List[str]:
    """Names of the shipped technologies."""
    return _core.shipped_technologies()


class Array:
    """An array of R x C processing elements, validated. Immutable."""

    def __init__(
        self,
        rows: int = 128,
        cols: int = 128,
        data_width_bits: int = 32,
        *,
        acc_width_bits: Optional[int] = None,
        modes: Optional[Iterable[int]] = None,
        overlap: str = "none",
        technology: Union[str, "os.PathLike[str]", Technology] = "paper",
        clock_period_ps: Optional[Mapping[str, float]] = None,
        **parameters: Any,
    ):
        """Raises InputError for the first parameter that is out of bounds.

        rows, cols: R and C, 1..4096.
        data_width_bits, acc_width_bits: operands and sums, 32/64, 16/64 or 8/32; the width of sums
            follows from that of operands when it is left out.
        modes: collapse factors k, each 1..min(R, C); left out: those of 1, 2, 4 that fit.
        overlap: how far the tiles of a product overlap: none, load (the next tile's weights load while a
            tile streams) or full (and it streams right behind).
        technology: its name, file or object; energies, areas and clocks are its.
        clock_period_ps: clocks instead of the technology's; keys "conventional", "1", "2", ...
        parameters: what else options() has for Array.
        """
        if not isinstance(technology, Technology):
            technology = Technology(technology)
        self._technology = technology
        self._core = _core.Array(
            technology._core, None if clock_period_ps is None else dict(clock_period_ps),
            **checked("Array", {"rows": rows, "cols": cols, "data_width_bits": data_width_bits,
                                "acc_width_bits": acc_width_bits, "modes": modes, "overlap": overlap,
                                **parameters}))

    @property
    def rows(self) -> int:
        return self._core.rows

    @property
    def cols(self) -> int:
        return self._core.cols

    @property
    def data_width_bits(self) -> int:
        return self._core.data_width_bits

    @property
    def acc_width_bits(self) -> int:
        return self._core.acc_width_bits

    @property
    def modes(self) -> List[int]:
        """Collapse factors, ascending."""
        return self._core.modes

    @property
    def overlap(self) -> str:
        """none, load or full"""
        return self._core.parameters["overlap"]  # type: ignore[no-any-return]

    @property
    def technology(self) -> Technology:
        return self._technology

    @property
    def clock_period_ps(self) -> Dict[str, float]:
        """Known clock periods in ps; keys "conventional", "1", "2", ..."""
        return self._core.clock_period_ps

    def area_um2(self, design: str = "arrayflex") -> Dict[str, float]:
        """Cell area in um2 before placement: pe_<part>_um2 of one PE, pe_total_um2,
        skew_registers_um2 and array_total_um2. Raises InputError for an unknown design, or where the
        technology has no numbers for the operand width."""
        return self._core.area_um2(design)

    def leakage_nw(self, design: str = "arrayflex") -> float:
        """Leakage power in nW of the array with its skew registers. Raises InputError as area_um2()."""
        return self._core.leakage_nw(design)

    def __repr__(self) -> str:
        modes = ", ".join(map(str, self.modes))
        return (f"Array({self.rows}, {self.cols}, {self.data_width_bits}, modes=[{modes}], "
                f"technology='{self.technology.name}')")


#: name, T, N, M and the number of products of this shape
LayerTuple = Tuple[str, int, int, int, int]


class Workload:
    """The matrix products of a network, in order."""

    def __init__(
        self,
        name_or_path: Union[str, "os.PathLike[str]"],
        dims: Optional[Mapping[str, int]] = None,
    ):
        """A shipped network (see workloads()), a layer table in CSV, native or SCALE-Sim, or an ONNX
        model (a file ending in .onnx).

        dims: values of an ONNX model's dynamic dimensions, by name or, for one without a name, by
            input and axis: {"batch": 1, "tokens[1]": 128}.

        Raises InputError, for a table with line and column. The parts of a model that are no matrix
        products are listed in `notes`.
        """
        self._core = _core.Workload(os.fspath(name_or_path), _dimensions(dims))

    @classmethod
    def from_layers(cls, layers: Iterable[LayerTuple], name: str = "layers") -> Workload:
        """A workload of (name, t, n, m, repeat) tuples; names are unique. Raises InputError."""
        workload = cls.__new__(cls)
        workload._core = _core.Workload.from_layers(name, list(layers), [])
        return workload

    @property
    def name(self) -> str:
        return self._core.name

    @property
    def description(self) -> str:
        return self._core.description

    @property
    def notes(self) -> List[str]:
        """All that was ignored or skipped while reading, one sentence each."""
        return self._core.notes

    @property
    def layers(self) -> List[LayerTuple]:
        """(name, t, n, m, repeat) of every layer: `repeat` products T x N times N x M."""
        return self._core.layers

    def select(self, patterns: str) -> Workload:
        """The layers that match one of the comma-separated glob patterns and none that starts with !
        (as --layers of the command): * any text, ? any character, [abc] one of these, [!abc] or [^abc]
        any other one, \\ takes the next character for itself. Raises InputError for a pattern that
        matches nothing, or where no layer is left."""
        selected = Workload.__new__(Workload)
        selected._core = self._core.select(patterns)
        return selected

    def __len__(self) -> int:
        return len(self._core)

    def __repr__(self) -> str:
        return repr(self._core)


#: A shipped network, the path of a file, or a loaded workload.
WorkloadLike = Union[str, "os.PathLike[str]", Workload]


def _dimensions(dims: Optional[Mapping[str, int]]) -> Dict[str, int]:
    """Plain integers; numpy's are as good."""
    values: Dict[str, int] = {}
    if not isinstance(dims, (Mapping, type(None))):
        raise _core.InputError(f"dims = {dims!r}: must be a mapping of names to whole numbers")
    for name, value in ({} if dims is None else dims).items():
        if not isinstance(name, str) or isinstance(value, bool):
            raise _core.InputError(f"dims: {name} = {value!r}: must be a name and a whole number")
        values[name] = whole_number(f"dims: {name}", value, 1, _MAX_LAYER_DIM)
    return values


def workloads() -> Dict[str, str]:
    """Names of the shipped networks with their descriptions."""
    return _core.shipped_workloads()
