"""Constraints: conditions on a point, in a small part of Python's syntax, never handed to eval()."""

import ast
import operator

from .errors import SpaceError

_BINARY = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
}
_COMPARISONS = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
_FUNCTIONS = {"abs": abs, "len": len, "max": max, "min": min, "sum": sum}
# The words of the axes, as a point has them.
_WORDS = {"none": None, "auto": None, "default": None, "ideal": "ideal"}
_ALLOWED = ("allowed are axis names, none, auto, default, ideal, numbers, texts, lists, + - * / // %, "
            "comparisons, in, and, or, not, and the functions " + ", ".join(_FUNCTIONS))
_MAX_LENGTH = 1000


class Expression:
    """A condition. `names` are the axes it speaks of."""

    def __init__(self, text, known_names, item="constraint"):
        """Raises SpaceError for anything but the allowed syntax, and for unknown names."""
        self.text = text
        self._item = item
        if not isinstance(text, str) or len(text) > _MAX_LENGTH:
            raise SpaceError(item, text, f"must be a text of at most {_MAX_LENGTH} characters")
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise SpaceError(item, text, f"is no expression ({error.__class__.__name__})") from None
        self.names = set()
        self._check(self._tree, known_names)

    def holds(self, values):
        """Whether it is true of {axis: value}. Raises SpaceError where it has no value."""
        try:
            return bool(self._value(self._tree, values))
        except (TypeError, ValueError, ArithmeticError) as error:
            used = ", ".join(f"{name} = {_shown(name, values[name])}" for name in sorted(self.names))
            raise SpaceError(self._item, self.text, f"has no value for {used}: {error}") from None

    def _refuse(self, node):
        raise SpaceError(self._item, self.text, f"{ast.unparse(node)!r} is not allowed; {_ALLOWED}")

    def _check(self, node, known_names):
        if isinstance(node, ast.Name):
            if node.id in _WORDS:
                return
            if node.id not in known_names:
                raise SpaceError(self._item, self.text,
                                 f"unknown name {node.id}; known are {', '.join(sorted(known_names))}")
            self.names.add(node.id)
            return
        if isinstance(node, ast.Constant):
            if not isinstance(node.value, (bool, int, float, str, type(None))):
                self._refuse(node)
            return
        for child in self._children(node):
            self._check(child, known_names)

    def _children(self, node):
        if isinstance(node, ast.BoolOp):
            return node.values
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
            return [node.operand]
        if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            return [node.left, node.right]
        if isinstance(node, ast.Compare) and all(type(op) in _COMPARISONS for op in node.ops):
            return [node.left, *node.comparators]
        if isinstance(node, (ast.List, ast.Tuple)):
            return node.elts
        if (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
                and node.func.id in _FUNCTIONS and not node.keywords):
            return node.args
        return self._refuse(node)

    def _value(self, node, values):
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return _WORDS[node.id] if node.id in _WORDS else values[node.id]
        if isinstance(node, ast.BoolOp):
            is_and = isinstance(node.op, ast.And)
            for operand in node.values:
                result = self._value(operand, values)
                if bool(result) != is_and:
                    break
            return result
        if isinstance(node, ast.UnaryOp):
            operand = self._value(node.operand, values)
            return not operand if isinstance(node.op, ast.Not) else -_number(operand)
        if isinstance(node, ast.BinOp):
            # Numbers only: "text" * 10**9 is no condition, but a way to fill the memory.
            return _BINARY[type(node.op)](_number(self._value(node.left, values)),
                                          _number(self._value(node.right, values)))
        if isinstance(node, ast.Compare):
            return self._compare(node, values)
        if isinstance(node, ast.Call):
            return _FUNCTIONS[node.func.id](*(self._value(arg, values) for arg in node.args))
        return [self._value(element, values) for element in node.elts]

    def _compare(self, node, values):
        left = self._value(node.left, values)
        for op, comparator in zip(node.ops, node.comparators):
            right = self._value(comparator, values)
            if isinstance(op, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)):
                _refuse_word(left)
                _refuse_word(right)
            if not _COMPARISONS[type(op)](left, right):
                return False
            left = right
        return True


def _shown(name, value):
    """A value as the space has it."""
    return repr(value) if value is not None else {"k": "auto", "modes": "default"}.get(name, "none")


def _refuse_word(value):
    if value is None:
        raise TypeError("auto, default and none are no numbers; compare them by == and !=")


def _number(value):
    _refuse_word(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{value!r} is no number")
    return value
