"""The options of the model, from the table that the command `arrayflex` has them from, and the checks of
keyword arguments that come with it."""

from __future__ import annotations

import operator
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Union

from . import _core

Bound = Union[None, int, float]


class Axis(NamedTuple):
    """An axis of a sweep (scripts/sweep.py)."""

    name: str
    type: str  #: integer, power_of_two, number, choice, on_off, integers, text, texts, path or flag
    min: Bound
    max: Bound
    choices: List[Union[str, int]]  #: of a choice, or the integers that make sense; else empty
    unit: str
    default: Any
    absent_word: str  #: the word for "not given": none, auto or default; or empty
    words: List[str]  #: further words


class Option(NamedTuple):
    """One option, wherever it can be given."""

    key: str
    names: str  #: on the command line, such as "-c,--config"
    group: str
    commands: List[str]  #: run, gemm
    type: str  #: as in Axis
    min: Bound
    max: Bound
    choices: List[Union[str, int]]
    unit: str
    default: Any
    default_text: str
    help: str
    callable: str  #: what takes it in Python: Array, run or Operands; or empty
    keyword: str
    keyword_default: Any
    config_key: str  #: in the JSON file of an array; or empty
    axes: List[Axis]


def options() -> List[Option]:
    """The table of options: names, types, bounds, units, defaults and texts. docs/options.md shows it."""
    return list(_OPTIONS)


def _make_options() -> List[Option]:
    return [Option(**dict(row, axes=[Axis(**axis) for axis in row["axes"]])) for row in _core.options()]


_OPTIONS = _make_options()
_KEYWORDS: Dict[str, Option] = {option.keyword: option for option in _OPTIONS if option.keyword}


def keywords_of(callable_name: str) -> List[Option]:
    """The options that are keywords of it, in the order of the table."""
    return [option for option in _OPTIONS if option.callable == callable_name]


def default_of(keyword: str) -> Any:
    return _KEYWORDS[keyword].keyword_default


def whole_number(item: str, value: Any, least: int, most: int) -> int:
    """The value as an int; numpy's integers are as good. Raises InputError naming the item."""
    try:
        number = operator.index(value)
    except TypeError:
        raise _core.InputError(f"{item} = {value!r}: must be a whole number") from None
    if not least <= number <= most:
        raise _core.InputError(f"{item} = {number}: allowed are {least}..{most}")
    return number


def checked(callable_name: str, given: Mapping[str, Any]) -> Dict[str, Any]:
    """The keyword arguments with whole numbers as int, in their bounds. Raises InputError, and TypeError
    for a keyword that is none."""
    return {keyword: _checked(callable_name, keyword, value) for keyword, value in given.items()}


def _checked(callable_name: str, keyword: str, value: Any) -> Any:
    option: Optional[Option] = _KEYWORDS.get(keyword)
    if option is None or option.callable not in (callable_name, "Operands"):
        raise TypeError(f"{callable_name}() got an unexpected keyword argument '{keyword}'")
    if value is None or option.callable == "Operands":  # the bounds of operands depend on their width
        return value
    if option.type == "integer":
        return whole_number(keyword, value, _int(option.min), _int(option.max))
    if option.type == "power_of_two":  # whether it is one is looked at where it is used
        return whole_number(keyword, value, 1, 2**31 - 1)
    if option.type == "integers":
        return [whole_number(keyword, number, _int(option.min), _int(option.max)) for number in value]
    return value


def _int(bound: Bound) -> int:
    assert isinstance(bound, int)
    return bound
