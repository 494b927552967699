"""The workloads and technologies of a space: found, read once, and handed to the workers by content.

A file that changes while the sweep runs, or that another machine does not see, changes nothing then.
"""

import itertools
import os

from .axes import parse_values, whole_number
from .errors import SpaceError, SweepError

_MAX_DIM = 2**31 - 1


def expand_workloads(given):
    """{label: (name or path as written, values of dynamic dimensions)} of the axis workload, in order.

    An entry is a text, or {file: ..., dims: {NAME: value, list or range}}, which stands for one workload
    per combination of the values. Raises SpaceError."""
    workloads = {}
    for entry in given if isinstance(given, list) else [given]:
        for label, workload in _expand(entry):
            if label in workloads:
                raise SpaceError("workload", label, "is listed twice")
            workloads[label] = workload
    if not workloads:
        raise SpaceError("workload", given, "must have at least one value")
    return workloads


def _expand(entry):
    if isinstance(entry, str) and entry:
        return [(entry, (entry, {}))]
    allowed = "must be a text, or {file: MODEL.onnx, dims: {NAME: VALUE}}"
    if not isinstance(entry, dict) or "file" not in entry or not set(entry) <= {"file", "dims"}:
        raise SpaceError("workload", entry, allowed)
    file, dims = entry["file"], entry.get("dims", {})
    if not isinstance(file, str) or not file:
        raise SpaceError("workload.file", file, "must be a text")
    if not isinstance(dims, dict):
        raise SpaceError("workload.dims", dims, allowed)
    for name in dims:
        if not isinstance(name, str) or not name:
            raise SpaceError("workload.dims", name, "names are texts")
    values = [parse_values(f"workload.dims.{name}", whole_number(1, _MAX_DIM), value)
              for name, value in dims.items()]
    expanded = []
    for combination in itertools.product(*values):
        chosen = dict(zip(dims, combination))
        label = " ".join([file, *(f"{name}={value}" for name, value in chosen.items())])
        expanded.append((label, (file, chosen)))
    return expanded


def load_workloads(workloads, folder, patterns):
    """({label: layers}, notes) of what expand_workloads() returned; layers are (name, t, n, m, repeat)
    tuples of those that match the patterns. Raises SweepError."""
    import arrayflex

    layers, notes = {}, []
    for label, (name, dims) in workloads.items():
        try:
            path = name if name in arrayflex.workloads() else os.path.join(folder, name)
            loaded = arrayflex.Workload(path, dims)
            notes += [note if path in note else f"{name}: {note}" for note in loaded.notes]
            chosen = loaded.select(patterns) if patterns else loaded
        except arrayflex.InputError as error:
            raise SweepError(f"workload: {error}") from None
        layers[label] = tuple(chosen.layers)
    return layers, list(dict.fromkeys(notes))  # once, however many values its dimensions have


def load_technologies(names, folder):
    """{name: text of its file}, None for a shipped one. Raises SweepError."""
    import arrayflex

    shipped = arrayflex.technologies()
    texts = {}
    for name in names:
        try:
            texts[name] = None if name in shipped else _read(os.path.join(folder, name))
            make_technology(name, texts[name])
        except arrayflex.InputError as error:
            raise SweepError(f"technology: {error}") from None
        except (OSError, UnicodeDecodeError) as error:
            raise SweepError(f"technology = {name!r}: neither one of the shipped ones "
                             f"({', '.join(shipped)}) nor a file that can be read: {error}") from None
    return texts


def make_technology(name, text):
    """Raises arrayflex.InputError."""
    import arrayflex

    return arrayflex.Technology(name) if text is None else arrayflex.Technology.from_json(text, name)


def _read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()
