"""Pareto fronts: points that no other point beats in every objective."""

from dataclasses import dataclass

import numpy

from .database import AXIS_COLUMNS
from .figures import POINT_FIGURES

#: axis: column
COLUMN_OF_AXIS = dict(zip(
    ("rows", "cols", "data_width_bits", "modes", "k", "technology", "workload", "engine",
     "memory_bytes_per_cycle", "memory_latency_ns", "sample_tiles", "seed"), AXIS_COLUMNS))


@dataclass
class Front:
    """The front of one group of points."""

    group: dict  # column: value
    objectives: tuple  # those that are known
    unknown: tuple  # those that are not, for any point of the group
    points: list  # dictionaries, all of the group
    front: list  # dictionaries, the front, by the first objective

    @property
    def title(self):
        return ", ".join(f"{column} = {value}" for column, value in self.group.items()) or "all points"


def non_dominated(values):
    """Which rows of a P x O array are on the front (least of everything). Of equal rows all are."""
    order = numpy.lexsort(values.T[::-1])
    keep = numpy.zeros(len(values), dtype=bool)
    front = numpy.empty((0, values.shape[1]))
    for i in order:
        row = values[i]
        # What could beat this row comes before it in the order, so is on the front or beaten by it.
        beaten = (front <= row).all(axis=1) & (front < row).any(axis=1)
        if not beaten.any():
            keep[i] = True
            if not (front == row).all(axis=1).any():
                front = numpy.vstack([front, row])
    return keep


def fronts(database, objectives, per):
    """One Front per group of finished points with equal values of the axes `per`. Where an objective is
    known for some points of a group only, the others are left out; where for none, the objective is."""
    columns = (*AXIS_COLUMNS, *POINT_FIGURES)
    groups = {}
    for row in database.rows(columns, "status = 'done'"):
        point = dict(zip(columns, row))
        key = tuple((COLUMN_OF_AXIS[axis], point[COLUMN_OF_AXIS[axis]]) for axis in per)
        groups.setdefault(key, []).append(point)
    return [_front(dict(key), points, objectives) for key, points in groups.items()]


def _front(group, points, objectives):
    known = tuple(name for name in objectives if any(point[name] is not None for point in points))
    unknown = tuple(name for name in objectives if name not in known)
    points = [point for point in points if all(point[name] is not None for name in known)]
    if not known or not points:
        return Front(group, known, unknown, points, [])
    values = numpy.array([[point[name] for name in known] for point in points], dtype=float)
    keep = non_dominated(values)
    front = [point for point, kept in zip(points, keep.tolist()) if kept]
    front.sort(key=lambda point: [point[name] for name in known])
    return Front(group, known, unknown, points, front)


def format_front(front, varying, limit=20):
    """The front as text: the axes that vary and the objectives."""
    lines = [f"Pareto front, {front.title}: {len(front.front)} of {len(front.points)} points, least "
             + ", ".join(front.objectives)]
    if front.unknown:
        lines.append(f"  not known for these points: {', '.join(front.unknown)}"
                     + (" (needs an engine with activity)" if "energy_pj" in front.unknown else ""))
    columns = [COLUMN_OF_AXIS[axis] for axis in varying if COLUMN_OF_AXIS[axis] not in front.group]
    columns += front.objectives
    rows = [[_text(point[column]) for column in columns] for point in front.front[:limit]]
    widths = [max([len(column)] + [len(row[i]) for row in rows]) for i, column in enumerate(columns)]
    for row in [columns] + rows:
        lines.append("  " + "  ".join(text.rjust(width) for text, width in zip(row, widths)))
    if len(front.front) > limit:
        lines.append(f"  ... and {len(front.front) - limit} more")
    return "\n".join(lines)


def _text(value):
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
