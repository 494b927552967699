"""The axes of a design space: names, defaults, and what a value may be."""

import math

import arrayflex

from .errors import SpaceError

MAX_ARRAY_DIM = next(option.max for option in arrayflex.options() if option.key == "rows")
ENGINES = arrayflex.engines()  # name: what it can do
IDEAL = "ideal"


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


def _switch(item, value):
    # YAML reads on and off as truth values.
    return _choice("on", "off")(item, {True: "on", False: "off"}[value] if isinstance(value, bool) else value)


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


def _power_of_two(least, most):
    parse_whole = whole_number(least, most)

    def parse(item, value):
        number = parse_whole(item, value)
        if number & (number - 1):
            raise SpaceError(item, value, f"allowed are powers of two {least}..{most}")
        return number
    return parse


_BY_BOUNDS = {"integer": whole_number, "power_of_two": _power_of_two, "number": _number}


def _parser(axis):
    """The parser of the values of an axis, a row of arrayflex.options()."""
    if axis.choices == ["on", "off"]:
        parse = _switch
    elif axis.choices and axis.type in ("choice", "integer"):
        parse = _choice(*axis.choices)
    elif axis.type in _BY_BOUNDS:
        parse = _BY_BOUNDS[axis.type](axis.min, axis.max)
    else:
        parse = {"integers": _modes, "text": _text}[axis.type]
    words = {axis.absent_word: None} if axis.absent_word else {}
    words.update((word, word) for word in axis.words)
    return _word_or(words, parse) if words else parse


# The oldest axes first, as they stand in results; others follow in the order of the table.
_FIRST = ("rows", "cols", "data_width_bits", "modes", "k", "technology", "workload", "engine",
          "memory_bytes_per_cycle", "memory_latency_ns", "sample_tiles", "seed")


def _ordered_axes():
    axes = {axis.name: axis for option in arrayflex.options() for axis in option.axes}
    return {**{name: axes[name] for name in _FIRST}, **axes}


#: name: its row of the table, in the order of results
ROWS = _ordered_axes()
#: name: (value without the axis, parser). A value is None where the word says none, auto or default.
AXES = {name: (axis.default, _parser(axis)) for name, axis in ROWS.items()}
#: {keyword of arrayflex.Array or run: axis} of the axes that are handed on as they are.
KEYWORDS = {
    callable_name: {option.keyword: axis.name for option in arrayflex.options() for axis in option.axes
                    if option.callable == callable_name and option.keyword == axis.name}
    for callable_name in ("Array", "run")}
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
