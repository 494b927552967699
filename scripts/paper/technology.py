"""Technology files as plain numbers, for studies that change them."""

import copy
import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "model" / "technologies"


def _values(tree):
    """Numbers instead of {value, unit, source}."""
    if isinstance(tree, dict):
        if "value" in tree:
            return tree["value"]
        return {key: _values(part) for key, part in tree.items()}
    return tree


def _scale(design, dynamic, leakage):
    for parts in design["energy_per_toggle"].values():
        for classes in parts.values():
            for name in classes:
                classes[name] *= dynamic
    for group in ("clocked_bit", "gated_bit"):
        for name in design[group]:
            design[group][name] *= dynamic
    design["clock_tree"] *= dynamic
    for name in design["leakage"]:
        design["leakage"][name] *= leakage


def load(name, width_bits=32):
    """Numbers of a shipped technology at one width: {arrayflex, conventional, glitch_factor}."""
    content = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    if "numbers_from" not in content:
        return _values(content["widths"][str(width_bits)])
    source = content["numbers_from"]
    numbers = load(source["technology"], width_bits)
    for design in ("arrayflex", "conventional"):
        _scale(numbers[design], source["energy_factor"], source["leakage_factor"])
    return numbers


def toggle_energies(design, k):
    """{part: {class: fJ}} in mode k, a calibrated one."""
    return design["energy_per_toggle"][str(k)]


def varied(numbers, change):
    """A copy of the numbers with change(design_name, design) applied to both designs."""
    result = copy.deepcopy(numbers)
    for name in ("arrayflex", "conventional"):
        change(name, result[name])
    return result
