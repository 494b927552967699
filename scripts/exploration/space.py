"""Reads a design space (YAML), checks it, and lists its points."""

import os
from dataclasses import dataclass, field

import arrayflex
import numpy
import yaml

from .axes import AXES, IDEAL, parse_axis
from .errors import SpaceError, SweepError
from .expression import Expression
from .figures import OBJECTIVES
from .networks import expand_workloads, load_technologies, load_workloads
from .point import Point, has_operands

_MAX_COMBINATIONS = 50_000_000
_MAX_POINTS = 10_000_000
_KEYS = ("name", "axes", "constraints", "layers", "operands", "pareto")
_OPERANDS = {option.keyword: option for option in arrayflex.options() if option.callable == "Operands"}
# Axes that matter behind a memory only.
_DMA = ("dma_burst_bytes", "dma_outstanding", "dma_alignment", "operand_buffer_bytes",
        "weight_buffer_bytes", "accumulators_bytes", "buffer_banks", "buffer_port_bytes", "mapping")


@dataclass(frozen=True)
class Settings:
    """Settings that all points share."""

    layers: str = ""  # glob patterns; empty: all
    operands: tuple = ()  # (name, value) pairs of the recipe


@dataclass
class Space:
    name: str
    axes: dict  # name: values, every axis of AXES
    constraints: list
    settings: Settings
    objectives: tuple = ("time_ns", "energy_pj", "area_um2")
    per: tuple = ("workload", "technology")
    layers: dict = field(default_factory=dict)  # workload: ((name, t, n, m, repeat), ...)
    technologies: dict = field(default_factory=dict)  # name: text of its file; None: a shipped one
    notes: list = field(default_factory=list)  # what was skipped in the workloads

    def varying(self):
        """The axes with more than one value."""
        return [name for name, values in self.axes.items() if len(values) > 1]

    def points(self):
        """All points that fulfil the constraints, in the order of the axes, the last varying fastest."""
        shape = [len(values) for values in self.axes.values()]
        combinations = int(numpy.prod(shape, dtype=object))
        if combinations > _MAX_COMBINATIONS:
            raise SpaceError("axes", f"{combinations} combinations",
                             f"at most {_MAX_COMBINATIONS} can be looked at; split the space")
        mask = numpy.ones(shape, dtype=bool)
        for constraint in self.constraints:
            mask &= self._table(constraint.names, constraint.holds)
        mask &= self._table({"memory_bytes_per_cycle", "memory_latency_ns"}, self._latency_matters)
        mask &= self._table({"memory_bytes_per_cycle", *_DMA}, self._dma_matters)
        mask &= self._table({"k", "objective"}, self._objective_matters)
        mask &= self._table({"engine", "seed", "sample_tiles"}, self._seed_matters)
        count = int(mask.sum())
        if count > _MAX_POINTS:
            raise SpaceError("axes", f"{count} points", f"at most {_MAX_POINTS} can be run; split the space")
        columns = [
            [values[i] for i in indices.tolist()]
            for values, indices in zip(self.axes.values(), numpy.nonzero(mask))
        ]
        return [_normalised(point) for point in map(Point._make, zip(*columns))]

    def _table(self, names, holds):
        """A condition on few axes, looked at once per combination of these, broadcast to all."""
        table = numpy.ones([len(v) if n in names else 1 for n, v in self.axes.items()], dtype=bool)
        axes = list(self.axes)
        for index in numpy.ndindex(table.shape):
            values = {name: self.axes[name][index[axes.index(name)]] for name in names}
            table[index] = holds(values)
        return table

    # An axis that does not matter for a value of another one is not multiplied with it.
    def _latency_matters(self, values):
        return (values["memory_bytes_per_cycle"] not in (None, IDEAL)
                or values["memory_latency_ns"] == self.axes["memory_latency_ns"][0])

    def _dma_matters(self, values):
        return values["memory_bytes_per_cycle"] is not None or all(
            values[name] == self.axes[name][0] for name in _DMA)

    def _objective_matters(self, values):
        return values["k"] is None or values["objective"] == self.axes["objective"][0]

    def _seed_matters(self, values):
        return has_operands(values["engine"]) or (
            values["seed"] == self.axes["seed"][0]
            and values["sample_tiles"] == self.axes["sample_tiles"][0])


def _normalised(point):
    if point.memory_bytes_per_cycle in (None, IDEAL):
        point = point._replace(memory_latency_ns=None)
    if point.memory_bytes_per_cycle is None:
        point = point._replace(**dict.fromkeys(_DMA))
    if point.k is not None:  # there is no choice
        point = point._replace(objective="time")
    if not point.has_operands:
        point = point._replace(seed=None, sample_tiles=None)
    return point


class _Loader(yaml.SafeLoader):
    """Refuses a key that is given twice, of which YAML's last one would win in silence."""

    def construct_mapping(self, node, deep=False):
        if isinstance(node, yaml.MappingNode):
            seen = set()
            for key_node, _ in node.value:
                key = self.construct_object(key_node, deep=True)
                if isinstance(key, str) and key in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key} is given twice", key_node.start_mark)
                seen.add(key if isinstance(key, str) else id(key_node))
        return super().construct_mapping(node, deep)


def load_space(path):
    """Raises SpaceError and SweepError."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        given = yaml.load(text, _Loader)
    except (OSError, UnicodeDecodeError) as error:
        raise SweepError(f"{path}: cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise SweepError(f"{path}: is no YAML: {' '.join(str(error).split())}") from None
    try:
        return parse_space(given, os.path.dirname(os.path.abspath(path)),
                           os.path.splitext(os.path.basename(path))[0])
    except SpaceError as error:
        raise SweepError(f"{path}: {error}") from None


def parse_space(given, folder, name="space"):
    """`folder`: what relative paths of technologies and workloads start from."""
    if not isinstance(given, dict):
        raise SpaceError("space", given, f"must be a mapping with the keys {', '.join(_KEYS)}")
    _reject_unknown("space", given, _KEYS)
    axes_given = given.get("axes")
    if not isinstance(axes_given, dict):
        raise SpaceError("axes", axes_given, f"must be a mapping of {', '.join(AXES)}")
    _reject_unknown("axes", axes_given, AXES)
    if "workload" not in axes_given:
        raise SpaceError("workload", None, "is missing: at least one network is needed")
    workloads = expand_workloads(axes_given["workload"])
    axes_given = dict(axes_given, workload=list(workloads))
    axes = {
        axis: parse_axis(axis, axes_given[axis]) if axis in axes_given else [default]
        for axis, (default, _) in AXES.items()
    }
    space = Space(
        name=str(given.get("name", name)), axes=axes,
        constraints=[Expression(text, set(AXES), f"constraints[{i}]")
                     for i, text in enumerate(_list("constraints", given.get("constraints", [])))],
        settings=Settings(_layers(given.get("layers", "")), _operands(given.get("operands", {}))))
    _read_pareto(space, given.get("pareto", {}))
    # Everything is loaded once, so that a mistake shows before anything runs.
    space.layers, space.notes = load_workloads(workloads, folder, space.settings.layers)
    space.technologies = load_technologies(axes["technology"], folder)
    return space


def _reject_unknown(item, given, allowed):
    for key in given:
        if key not in allowed:
            raise SpaceError(item, key, f"unknown key; allowed are {', '.join(allowed)}")


def _list(item, given):
    if not isinstance(given, list):
        raise SpaceError(item, given, "must be a list")
    return given


def _layers(given):
    if not isinstance(given, str):
        raise SpaceError("layers", given, "must be a text: comma-separated glob patterns")
    return given


def _operands(given):
    if not isinstance(given, dict):
        raise SpaceError("operands", given, f"must be a mapping of {', '.join(_OPERANDS)}")
    _reject_unknown("operands", given, _OPERANDS)
    for name, value in given.items():
        option = _OPERANDS[name]
        whole = option.type == "integer"
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) \
                or not option.min <= value <= option.max:
            kind = "whole numbers" if whole else "numbers"
            raise SpaceError(f"operands.{name}", value,
                             f"allowed are {kind} {option.min:g}..{option.max:g}")
    return tuple(sorted(given.items()))


def _read_pareto(space, given):
    if not isinstance(given, dict):
        raise SpaceError("pareto", given, "must be a mapping of objectives, per")
    _reject_unknown("pareto", given, ("objectives", "per"))
    for key, allowed in (("objectives", tuple(OBJECTIVES)), ("per", tuple(AXES))):
        if key not in given:
            continue
        names = _list(f"pareto.{key}", given[key])
        for name in names:
            if name not in allowed or names.count(name) > 1:
                raise SpaceError(f"pareto.{key}", name, f"allowed are {', '.join(allowed)}, each once")
        setattr(space, key, tuple(names))
    if not space.objectives:
        raise SpaceError("pareto.objectives", [], "must have at least one objective")
