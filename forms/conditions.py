"""Conditions under which a component is hidden: a small expression over the form's own keys.

The grammar is a part of FEEL (a leading ``=`` is accepted)::

    decision = "reject" and not(urgent)      amount >= 1000 or kind in ("a", "b")     "noise" in topics

The expression is parsed once, its types are checked against the form, and becomes a tree of plain lists
that Python here and JavaScript in the browser interpret alike. Nothing is ever handed to ``eval``.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from forms.moments import SHAPES, read_moment

Scalar = str | int | float | bool | None
Tree = list[Any]
"""``["value", v]``, ``["name", key]``, ``[operator, tree, …]``, ``["in", tree, [v, …]]`` or ``["has", key, tree]``."""

_LONGEST = 500
_DEEPEST = 20
_ORDERED = frozenset({"number", "date", "datetime", "time"})
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>-?\d{1,15}(?:\.\d{1,6})?)
            |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
            |(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
            |(?P<sign><=|>=|!=|==|=|<|>|\(|\)|\[|\]|,))""",
    re.VERBOSE,
)


class ConditionError(ValueError):
    """A condition that is refused: ``message`` in Chinese, ``message_en`` in English."""

    def __init__(self, message: str, message_en: str) -> None:
        super().__init__(message_en)
        self.message = message
        self.message_en = message_en


@dataclass(frozen=True, slots=True)
class Name:
    """What a name in a condition stands for: the form's key, its kind, its permitted values (empty: any)."""

    key: str
    kind: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked condition. ``tree`` is JSON-able, for the browser; ``names`` are the keys it reads."""

    source: str
    tree: Tree
    names: frozenset[str]

    def holds(self, value_of: Callable[[str], Any]) -> bool:
        """Return whether the condition is true when ``value_of(key)`` gives the answers (None: nothing)."""
        return bool(_evaluate(self.tree, value_of))

    def __hash__(self) -> int:
        return hash(self.source)


def parse_condition(text: str, names: Mapping[str, Name]) -> Condition:
    """Return the condition written in ``text``; ``names`` are all names it may use.

    Raises ConditionError for what cannot be read, unknown names, and comparisons that can never hold.
    """
    source = text.strip().removeprefix("=").strip()
    if not source:
        raise ConditionError("条件是空的", "the condition is empty")
    if len(source) > _LONGEST:
        raise ConditionError(f"条件不能超过 {_LONGEST} 个字符", f"longer than {_LONGEST} characters")
    parser = _Parser(_tokens(source), names)
    tree = parser.whole()
    return Condition(source, tree, frozenset(parser.used))


def _evaluate(tree: Tree, value_of: Callable[[str], Any]) -> Any:
    word, *rest = tree
    if word in {"and", "or"}:
        parts = (_evaluate(part, value_of) for part in rest)
        return all(parts) if word == "and" else any(parts)
    if word in _COMPARISONS:
        left, right = (_evaluate(part, value_of) for part in rest)
        return _COMPARISONS[word](left, right)
    others: dict[str, Callable[[], Any]] = {
        "value": lambda: rest[0],
        "name": lambda: value_of(rest[0]),
        "not": lambda: not _evaluate(rest[0], value_of),
        "in": lambda: _evaluate(rest[0], value_of) in rest[1],
        "has": lambda: _evaluate(rest[1], value_of) in (value_of(rest[0]) or ()),
    }
    return others[word]()


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Return a comparison that is false when a side is unanswered."""
    return lambda left, right: left is not None and right is not None and compare(left, right)


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
}


def _tokens(source: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None or match.lastgroup is None:
            rest = source[position : position + 12].strip()
            raise ConditionError(f"无法理解“{rest}”", f"cannot read '{rest}'")
        tokens.append((match.lastgroup, match.group(match.lastgroup)))
        position = match.end()
        while position < len(source) and source[position].isspace():
            position += 1
    return tokens


@dataclass(frozen=True, slots=True)
class _Typed:
    """A part of the tree with its kind; ``name`` is set when it is a key of the form."""

    tree: Tree
    kind: str
    name: Name | None = None


class _Parser:
    """Recursive descent over the tokens; every method returns a checked part."""

    def __init__(self, tokens: list[tuple[str, str]], names: Mapping[str, Name]) -> None:
        self._tokens = tokens
        self._names = names
        self._position = 0
        self._depth = 0
        self.used: set[str] = set()

    def whole(self) -> Tree:
        part = self._boolean(self._either())
        if self._position < len(self._tokens):
            word = self._tokens[self._position][1]
            raise ConditionError(f"“{word}”之前缺少运算符", f"an operator is missing before '{word}'")
        return part.tree

    def _either(self) -> _Typed:
        return self._joined("or", lambda: self._joined("and", self._negation))

    def _joined(self, word: str, inner: Callable[[], _Typed]) -> _Typed:
        parts = [inner()]
        while self._take("name", word):
            parts.append(inner())
        if len(parts) == 1:
            return parts[0]
        return _Typed([word, *(self._boolean(part).tree for part in parts)], "boolean")

    def _negation(self) -> _Typed:
        if not self._take("name", "not"):
            return self._comparison()
        with_depth = self._deeper(self._negation)
        return _Typed(["not", self._boolean(with_depth).tree], "boolean")

    def _comparison(self) -> _Typed:
        left = self._operand()
        if self._take("name", "in"):
            return self._membership(left)
        if self._peek() == ("name", "not") and self._peek(1) == ("name", "in"):
            self._position += 2
            return _Typed(["not", self._membership(left).tree], "boolean")
        kind, sign = self._peek()
        if kind != "sign" or sign not in {"=", "==", "!=", "<", "<=", ">", ">="}:
            return left
        self._position += 1
        right = self._operand()
        word = "=" if sign == "==" else sign
        _check_pair(left, right, word)
        return _Typed([word, left.tree, right.tree], "boolean")

    def _membership(self, left: _Typed) -> _Typed:
        if self._peek()[0] == "name":
            right = self._operand()
            if right.name is None or right.kind != "list":
                raise ConditionError(
                    "in 的右边应是多选题或括号里的几个值",
                    "'in' needs a checklist or values in parentheses on its right",
                )
            if left.kind != "text":
                raise ConditionError("多选题的值是文字", "the values of a checklist are text")
            _check_value(right.name, left)
            return _Typed(["has", right.name.key, left.tree], "boolean")
        closing = {"(": ")", "[": "]"}.get(self._peek()[1], "")
        if not closing:
            raise ConditionError(
                "in 的右边应是多选题或括号里的几个值", "'in' needs a checklist or values in parentheses on its right"
            )
        self._position += 1
        values: list[Scalar] = []
        while True:
            literal = self._operand()
            if literal.tree[0] != "value":
                raise ConditionError("括号里只能写固定的值", "only fixed values may stand in the parentheses")
            _check_pair(left, literal, "=")
            values.append(literal.tree[1])
            if not self._take("sign", ","):
                break
        if not self._take("sign", closing):
            raise ConditionError(f"缺少“{closing}”", f"'{closing}' is missing")
        return _Typed(["in", left.tree, values], "boolean")

    def _operand(self) -> _Typed:
        kind, word = self._peek()
        self._position += 1
        if kind == "number":
            return _Typed(["value", float(word) if "." in word else int(word)], "number")
        if kind == "text":
            return _Typed(["value", re.sub(r"\\(.)", r"\1", word[1:-1])], "text")
        if (kind, word) == ("sign", "("):
            inner = self._deeper(self._either)
            if not self._take("sign", ")"):
                raise ConditionError("缺少“)”", "')' is missing")
            return inner
        if kind == "name" and word in {"true", "false"}:
            return _Typed(["value", word == "true"], "boolean")
        if (kind, word) == ("name", "null"):
            return _Typed(["value", None], "null")
        if kind == "name" and word not in {"and", "or", "not", "in"}:
            return self._named(word)
        shown = word or "结尾"
        raise ConditionError(f"“{shown}”处缺少一个值", f"a value is missing at '{word or 'the end'}'")

    def _named(self, word: str) -> _Typed:
        name = self._names.get(word)
        if name is None:
            raise ConditionError(f"本表单没有“{word}”这一项", f"this form has no key '{word}'")
        if not name.kind:
            raise ConditionError(f"“{word}”不能用在条件里", f"'{word}' cannot be used in a condition")
        self.used.add(name.key)
        return _Typed(["name", name.key], name.kind, name)

    def _boolean(self, part: _Typed) -> _Typed:
        if part.kind != "boolean":
            raise ConditionError("条件的每一部分都应是“是或否”", "every part of a condition must be true or false")
        return part

    def _deeper(self, inner: Callable[[], _Typed]) -> _Typed:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ConditionError("条件嵌套过深", "the condition is nested too deeply")
        part = inner()
        self._depth -= 1
        return part

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        position = self._position + ahead
        return self._tokens[position] if position < len(self._tokens) else ("", "")

    def _take(self, kind: str, word: str) -> bool:
        if self._peek() == (kind, word):
            self._position += 1
            return True
        return False


def _check_pair(left: _Typed, right: _Typed, sign: str) -> None:
    """Refuse a comparison that can never be true: other kinds, or a value the question does not offer."""
    for one, other in ((left, right), (right, left)):
        if one.name is not None:
            _check_value(one.name, other)
    kinds = {left.kind, right.kind}
    moment = kinds & set(SHAPES)
    if moment and "text" in kinds and any(part.tree[0] == "value" for part in (left, right)):
        kinds -= {"text"}
    kinds -= {"null"} if sign in {"=", "!="} else set()
    if len(kinds) > 1 or "list" in kinds:
        raise ConditionError("两边的类型不同，无法比较", "the two sides are of different kinds")
    if sign not in {"=", "!="} and not kinds <= _ORDERED:
        raise ConditionError("只有数字和日期可以比较大小", "only numbers and dates have an order")


def _check_value(name: Name, other: _Typed) -> None:
    if other.tree[0] != "value" or other.kind != "text":
        return
    value = other.tree[1]
    if name.values and value not in name.values:
        raise ConditionError(f"“{name.key}”没有“{value}”这个选项", f"'{name.key}' offers no value '{value}'")
    if name.kind in SHAPES and read_moment(name.kind, value) is None:
        shape = SHAPES[name.kind]
        raise ConditionError(f"“{value}”应写成 {shape}", f"'{value}' should be written {shape}")
