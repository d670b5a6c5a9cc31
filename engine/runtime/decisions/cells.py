"""The cells of a decision table: unary tests such as `-`, `"a","b"`, `>= 3`, `[1..5]`, `not(...)` and `? > 3`.

Source: OMG Decision Model and Notation 1.3, clause 9 (S-FEEL) and grammar rules 7 to 18.
"""

# ruff: noqa: D102 - Node says for all of them what run() and parts() do
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine.runtime.expressions import Expression, ExpressionError
from engine.runtime.expressions.operations import compare
from engine.runtime.expressions.parser import Parser, checked
from engine.runtime.expressions.tree import (
    Arithmetic,
    Compare,
    Frame,
    InRange,
    ListOf,
    Logic,
    Node,
    Not,
    RecordOf,
    Sign,
    Subject,
    walk,
)
from engine.runtime.expressions.usage import called, read, required
from engine.runtime.expressions.values import equal

_SIGNS = ("<", "<=", ">", ">=", "==", "!=")
_SUBJECT = Subject()


@dataclass(frozen=True, slots=True)
class Anything:
    """`-` or an empty cell: every value passes."""

    def run(self, frame: Frame) -> Any:  # noqa: ARG002 - every value passes
        return True

    def parts(self) -> tuple[Node, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Matches:
    """A plain value in a cell: the input equals it, or is one of it if it is a list."""

    value: Node

    def run(self, frame: Frame) -> Any:
        value = self.value.run(frame)
        subject = _SUBJECT.run(frame)
        return equal(subject, value) or (isinstance(value, list) and any(equal(subject, item) for item in value))

    def parts(self) -> tuple[Node, ...]:
        return (self.value,)


@dataclass(frozen=True, slots=True)
class Compares:
    """`>= 3`: the input stands in this relation to the value; no input stands in any relation of order."""

    sign: str
    value: Node

    def run(self, frame: Frame) -> Any:
        subject = _SUBJECT.run(frame)
        if subject is None and self.sign not in ("==", "!="):
            return False
        return compare(self.sign, subject, self.value.run(frame))

    def parts(self) -> tuple[Node, ...]:
        return (self.value,)


@dataclass(frozen=True, slots=True)
class Within:
    """`[1..5]`: the input lies in the range; no input lies in none."""

    interval: Node

    def run(self, frame: Frame) -> Any:
        return frame.subject is not None and self.interval.run(frame)

    def parts(self) -> tuple[Node, ...]:
        return (self.interval,)


class CellParser(Parser):
    """Reads the unary tests of one input cell."""

    def tests(self) -> Node:
        """Return the test of the whole cell. Raises ExpressionError."""
        if self.is_next("-") and self.tokens[self.at + 1].kind == "end":
            return Anything()
        node = self._list()
        self.finish()
        return checked(node)

    def _list(self) -> Node:
        if self.is_next("not") and self.tokens[self.at + 1].value == "(":
            start = self.at
            self.take()
            self.take()
            inner = self._alternatives()
            self.expect(")")
            if self.peek().kind == "end" or self.is_next(")"):
                return Not(inner)
            self.at = start  # `not(a) and ?`: an ordinary formula that happens to begin so
        return self._alternatives()

    def _alternatives(self) -> Node:
        tests = [self._test()]
        while self.accept(","):
            tests.append(self._test())
        return Logic(stops_at=True, operands=tuple(tests)) if len(tests) > 1 else tests[0]

    def _test(self) -> Node:
        sign = self.accept(*_SIGNS)
        if sign:
            return Compares(sign, self.sum())
        interval = self.interval(_SUBJECT)
        if interval is not None:
            return Within(interval)
        node = self.expression()
        uses_subject = any(isinstance(each, Subject) for each in walk(node))
        if uses_subject and isinstance(node, Arithmetic | Sign | ListOf | RecordOf):
            raise ExpressionError("用到 ? 的格子要是一个判断，例如 ? > 3", "a cell with ? must be a test such as ? > 3")
        if uses_subject or isinstance(node, Compare | Logic | Not | InRange):
            return node
        return Matches(node)


@lru_cache(maxsize=8192)
def unary_tests(text: str, phrases: tuple[str, ...] = ()) -> Expression:
    """Read an input cell; its value is whether the column's value (`Frame.subject`) passes. Raises ExpressionError."""
    bare = text.strip()
    node = CellParser(bare, phrases, subject=True).tests() if bare else Anything()
    return _expression(bare, node)


@lru_cache(maxsize=4096)
def alternatives(text: str, phrases: tuple[str, ...] = ()) -> tuple[Node, ...]:
    """Read a list of allowed output values, in their order of priority. Raises ExpressionError."""
    parser = Parser(text.strip(), phrases)
    items = [parser.expression()]
    while parser.accept(","):
        items.append(parser.expression())
    parser.finish()
    return tuple(checked(item) for item in items)


def _expression(text: str, node: Node) -> Expression:
    return Expression(text, node, read(node), required(node), called(node))
