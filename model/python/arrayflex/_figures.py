"""The table of figures: what reports say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Tuple

from . import _core


@dataclass(frozen=True)
class SweepColumn:
    """A column of the database of scripts/sweep.py."""

    name: str  #: with "conventional_" in front for the conventional array
    key: str  #: as Figure.key; an object's members are added up; {design} stands for both designs
    tables: Tuple[str, ...]  #: "points", "layers"
    both_designs: bool  #: the conventional array has a column, too
    objective: str  #: in words, where Pareto fronts can be sought in it, the less the better; else empty


@dataclass(frozen=True)
class Figure:
    """One figure of a report (docs/figures.md)."""

    scope: str  #: "run", "layer", "entry" (layer or total), "design" (of an entry), "comparison", "total"
    key: str  #: the way to the value through the dictionaries of a report, with dots between the keys
    unit: str
    when: str  #: the condition under which a report has it
    meaning: str
    csv_column: str  #: empty: none
    sweep: Optional[SweepColumn]


def figures() -> List[Figure]:
    """All figures of reports, in the order of Report.to_json()."""
    rows = _core.figures()
    for row in rows:
        if row["sweep"] is not None:
            row["sweep"] = SweepColumn(**row["sweep"])
    return [Figure(**row) for row in rows]
