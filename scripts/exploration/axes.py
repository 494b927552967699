"""The axes of a design space: names, defaults, and what a value may be."""

import math

import arrayflex
from model_tables import OPERAND_WIDTHS

from .errors import SpaceError

MAX_ARRAY_DIM = 4096
ENGINES = arrayflex.engines()  # name: what it can do
NONE = "none"
IDEAL = "ideal"
DEFAULT_MODES = "default"
AUTO = "auto"


def whole_number(least, most):
    """A parser of values: whole numbers in these bounds."""
    def parse(item, value):
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise SpaceError(item, value, f"allowed are whole numbers {least}..{most}")
        return value
    return parse


def _number(least, most):
    def parse(item, value):
        ok = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not ok or math.isnan(value) or not least <= value <= most:
            raise SpaceError(item, value, f"allowed are numbers {least:g}..{most:g}")
        return float(value)
    return parse


def _choice(*choices):
    def parse(item, value):
        if isinstance(value, bool) or value not in choices:
            raise SpaceError(item, value, f"allowed are {', '.join(map(str, choices))}")
        return value
    return parse


def _word_or(words, parse_other):
    """One of `words` ({text: value}), or what parse_other takes."""
    def parse(item, value):
        if isinstance(value, str) and value in words:
            return words[value]
        try:
            return parse_other(item, value)
        except SpaceError as error:
            raise SpaceError(item, value, f"{', '.join(words)}, or: "
                             + str(error).split(": ", 1)[1]) from None
    return parse


def _modes(item, value):
    collapse_factor = whole_number(1, MAX_ARRAY_DIM)
    if isinstance(value, int) and not isinstance(value, bool):
        raise SpaceError(item, value, "a value is a list of collapse factors, or default; one set is "
                         "written [[1, 2, 4]], two are written [[1, 2], [1, 2, 4]]")
    if not isinstance(value, list) or not value:
        raise SpaceError(item, value, "must be default or a list of collapse factors")
    modes = tuple(sorted(collapse_factor(item, k) for k in value))
    if len(set(modes)) != len(modes):
        raise SpaceError(item, value, "each collapse factor may be listed once")
    return modes


def _text(item, value):
    if not isinstance(value, str) or not value:
        raise SpaceError(item, value, "must be a text")
    return value


#: name: (value without the axis, parser). A value is None where the word says none, auto or default.
AXES = {
    "rows": (128, whole_number(1, MAX_ARRAY_DIM)),
    "cols": (128, whole_number(1, MAX_ARRAY_DIM)),
    "data_width_bits": (32, _choice(*OPERAND_WIDTHS)),
    "modes": (None, _word_or({DEFAULT_MODES: None}, _modes)),
    "k": (None, _word_or({AUTO: None}, whole_number(1, MAX_ARRAY_DIM))),
    "technology": ("paper", _text),
    "workload": (None, _text),
    "engine": ("analytic", _choice(*ENGINES)),
    "memory_bytes_per_cycle": (None, _word_or({NONE: None, IDEAL: IDEAL}, _number(0.001, 1e6))),
    "memory_latency_ns": (0.0, _number(0, 1e6)),
    "sample_tiles": (None, _word_or({NONE: None}, whole_number(2, 100000))),
    "seed": (1, whole_number(0, 2**63 - 1)),
}
_MAX_AXIS_VALUES = 100000


def parse_axis(name, given):
    """The values of an axis (of workload: the labels of its entries). Raises SpaceError."""
    return parse_values(name, AXES[name][1], given)


def parse_values(name, parse, given):
    """A single value, a list, or a range {from, to, step or factor}. Raises SpaceError."""
    if isinstance(given, dict):
        given = _range(name, given)
    elif not isinstance(given, list):
        given = [given]
    if not given:
        raise SpaceError(name, given, "must have at least one value")
    values = [parse(name, value) for value in given]
    seen = set()
    for value, text in zip(values, given):
        if value in seen:
            raise SpaceError(name, text, "is listed twice")
        seen.add(value)
    return values


def _range(name, given):
    keys = set(given)
    if keys not in ({"from", "to", "step"}, {"from", "to", "factor"}):
        raise SpaceError(name, given, "a range is {from: A, to: B, step: S} or {from: A, to: B, factor: F}")
    for key, value in given.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise SpaceError(f"{name}.{key}", value, "must be a number")
    first, last = given["from"], given["to"]
    if first > last:
        raise SpaceError(name, given, "from must not exceed to")
    if "step" in given:
        if given["step"] <= 0:
            raise SpaceError(f"{name}.step", given["step"], "must be positive")
        count = math.floor((last - first) / given["step"] * (1 + 1e-12) + 1e-12) + 1
        _require_count(name, count)
        return [first + i * given["step"] for i in range(count)]
    if given["factor"] <= 1 or first <= 0:
        raise SpaceError(name, given, "a factor exceeds 1, and such a range starts above 0")
    values = []
    while first <= last:
        values.append(first)
        first *= given["factor"]
        _require_count(name, len(values))
    return values


def _require_count(name, count):
    if count > _MAX_AXIS_VALUES:
        raise SpaceError(name, f"{count} values", f"an axis has at most {_MAX_AXIS_VALUES}")
