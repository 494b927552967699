"""The model's tables for scripts and tests: net and register classes, parts, widths.

They are declared in model/arrayflex/core/net_classes.h and widths.h; tables.json is generated from these.
"""

import json
import pathlib

_ROOT = pathlib.Path(__file__).resolve().parent.parent
_TABLES = json.loads((_ROOT / "model/arrayflex/core/tables.json").read_text(encoding="utf-8"))

SWITCHING_PARTS = tuple(_TABLES["switching_parts"])
COMPONENTS = tuple(_TABLES["energy_components"])
ACC_WIDTH = {pair["data"]: pair["acc"] for pair in _TABLES["width_pairs"]}
OPERAND_WIDTHS = tuple(sorted(ACC_WIDTH))


def net_classes(overlap="none", **properties):
    """Names of the net classes of a machine, in the order of reports; those with the given properties
    (in_pe, phase, register, in_conventional) where there are any."""
    return [row["name"] for row in _TABLES["net_classes"]
            if overlap in row["overlaps"] and all(row[key] == properties[key] for key in properties)]


def register_classes(overlap="none"):
    """Names of the register classes of a machine, in the order of reports."""
    return net_classes(overlap, register=True)


def width_bits(name, data_width, acc_width):
    """Width of a net of the class; of one PE where it joins several nets."""
    width = next(row["width"] for row in _TABLES["net_classes"] if row["name"] == name)
    return width["data"] * data_width + width["acc"] * acc_width
