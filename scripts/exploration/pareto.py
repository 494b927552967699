"""Pareto fronts: points that no other point beats in every objective."""

from dataclasses import dataclass

import numpy

from .axes import AXES
from .database import AXIS_COLUMNS

#: axis: column
COLUMN_OF_AXIS = dict(zip(AXES, AXIS_COLUMNS))

# Rows that are compared with the front in one go.
_BLOCK = 1000


@dataclass
class Front:
    """The front of one group of points."""

    group: dict  # column: value
    objectives: tuple  # those that are known
    unknown: tuple  # those that are not, for any point of the group
    #: All points of the group that know these: a row each, a column per objective. In the order of the
    #: values: the database's order goes by keys, which another version of the model changes, and where
    #: points of a picture overlap the last one is seen.
    values: numpy.ndarray
    front: list  # dictionaries of axes and objectives: the points on the front, by the first objective

    @property
    def title(self):
        return ", ".join(f"{column} = {value}" for column, value in self.group.items()) or "all points"


def non_dominated(values):
    """Which rows of a P x O array are on the front (least of everything). Of equal rows all are."""
    order = numpy.lexsort(values.T[::-1])
    keep = numpy.zeros(len(values), dtype=bool)
    front = numpy.empty((0, values.shape[1]))
    for start in range(0, len(order), _BLOCK):
        block = order[start:start + _BLOCK]
        for i in block[~_beaten(values[block], front)]:
            # A row that could beat this one comes before it in the order, so is on the front or beaten by it.
            if not _beaten(values[i:i + 1], front)[0]:
                keep[i] = True
                if not (front == values[i]).all(axis=1).any():
                    front = numpy.vstack([front, values[i]])
    return keep


def _beaten(rows, front):
    """Which rows are beaten by one of the front."""
    no_worse = (front[:, None, :] <= rows[None, :, :]).all(axis=2)
    better = (front[:, None, :] < rows[None, :, :]).any(axis=2)
    return (no_worse & better).any(axis=0)


def fronts(database, objectives, per):
    """One Front per group of finished points with equal values of the axes `per`. Where an objective is
    known for some points of a group only, the others are left out; where for none, the objective is."""
    per_columns = [COLUMN_OF_AXIS[axis] for axis in per]
    groups = {}
    for point_id, *row in database.finished_figures((*per_columns, *objectives)):
        group = groups.setdefault(tuple(row[:len(per_columns)]), ([], []))
        group[0].append(point_id)
        group[1].append(row[len(per_columns):])
    return [_front(database, dict(zip(per_columns, key)), ids, figures, objectives)
            for key, (ids, figures) in sorted(groups.items(), key=lambda entry: _sort_key(entry[0]))]


def _sort_key(values):
    """Numbers by size, also those that are texts in the database, before other texts."""
    keys = []
    for value in values:
        try:
            keys.append((0, float(value), ""))
        except (TypeError, ValueError):
            keys.append((1, 0.0, str(value)))
    return keys


def _front(database, group, ids, figures, objectives):
    values = numpy.array(figures, dtype=float)  # NaN where a figure is not known
    is_known = ~numpy.isnan(values).all(axis=0)
    known = tuple(name for name, kept in zip(objectives, is_known) if kept)
    unknown = tuple(name for name in objectives if name not in known)
    values = values[:, is_known]
    is_complete = ~numpy.isnan(values).any(axis=1)
    values = values[is_complete]
    if not known or not len(values):
        return Front(group, known, unknown, values, [])
    chosen = numpy.array(ids)[is_complete][non_dominated(values)].tolist()
    columns = (*AXIS_COLUMNS, *known)
    front = [dict(zip(columns, row)) for row in database.points_of(chosen, columns)]
    front.sort(key=lambda point: [point[name] for name in known])  # stable: equal ones by their axes
    return Front(group, known, unknown, values[numpy.lexsort(values.T[::-1])], front)


def format_front(front, varying, limit=20):
    """The front as text: the axes that vary and the objectives."""
    lines = [f"Pareto front, {front.title}: {len(front.front)} of {len(front.values)} points, least "
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
