# ruff: noqa: D102 - Node says for all of them what run() and parts() do
"""The nodes of a parsed expression. Each computes its value from the data and knows its parts; nothing else runs.

There is no node for attributes, methods, assignment, loops or definitions, so none of these can be written.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from engine.runtime.expressions.errors import ExpressionError, MissingValueError
from engine.runtime.expressions.functions import BUILTINS
from engine.runtime.expressions.operations import arithmetic, compare, negated
from engine.runtime.expressions.values import admit, empty, kind, number, ordered


@dataclass(frozen=True, slots=True)
class Frame:
    """What one evaluation may read: the data, the host's functions, and the value `?` stands for."""

    data: Mapping[str, Any]
    functions: Mapping[str, Callable[..., Any]]
    subject: Any = None


class Node(Protocol):
    """A node of the tree."""

    def run(self, frame: Frame) -> Any:
        """Compute the value. Raises ExpressionError."""

    def parts(self) -> "tuple[Node, ...]":
        """Return the nodes below this one."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal."""

    value: str | int | float | bool | None

    def run(self, frame: Frame) -> Any:  # noqa: ARG002 - a literal needs no data
        return self.value

    def parts(self) -> tuple[Node, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Subject:
    """The `?` of a decision table's cell: the value of its column."""

    def run(self, frame: Frame) -> Any:
        return admit(frame.subject)

    def parts(self) -> tuple[Node, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Path:
    """A variable and the members below it: `review.decision`, also written `review['decision']`."""

    steps: tuple[str, ...]

    @property
    def dotted(self) -> str:
        """The path as one text."""
        return ".".join(self.steps)

    def run(self, frame: Frame) -> Any:
        value: Any = frame.data
        for depth, step in enumerate(self.steps):
            if not isinstance(value, Mapping):
                if value is None:
                    raise MissingValueError(self.dotted)
                owner = ".".join(self.steps[:depth])
                raise ExpressionError(
                    f"变量 {owner} 是{kind(value)}，没有成员 {step}",
                    f"variable {owner} is no record, it has no member {step}",
                )
            if step not in value:
                raise MissingValueError(self.dotted)
            value = value[step]
        return admit(value)

    def parts(self) -> tuple[Node, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a computed record or an element of a computed list."""

    owner: Node
    key: Node

    def run(self, frame: Frame) -> Any:
        owner, key = self.owner.run(frame), self.key.run(frame)
        if isinstance(owner, dict) and isinstance(key, str):
            if key not in owner:
                raise MissingValueError(f"[{key!r}]")
            return admit(owner[key])
        if isinstance(owner, list | str) and isinstance(key, int) and not isinstance(key, bool):
            if not -len(owner) <= key < len(owner):
                raise MissingValueError(f"[{key}]")
            return admit(owner[key])
        raise ExpressionError(
            f"不能用{kind(key)}取{kind(owner)}的成员", f"cannot index {type(owner).__name__} by {type(key).__name__}"
        )

    def parts(self) -> tuple[Node, ...]:
        return (self.owner, self.key)


@dataclass(frozen=True, slots=True)
class Sign:
    """A leading minus or plus."""

    minus: bool
    operand: Node

    def run(self, frame: Frame) -> Any:
        value = self.operand.run(frame)
        return negated(value) if self.minus else number(value, "+")

    def parts(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Not:
    """Logical negation."""

    operand: Node

    def run(self, frame: Frame) -> Any:
        return not self.operand.run(frame)

    def parts(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Logic:
    """`and` or `or` over two or more operands; it stops at the one that decides, and that operand is the value."""

    stops_at: bool
    operands: tuple[Node, ...]

    def run(self, frame: Frame) -> Any:
        value: Any = None
        for operand in self.operands:
            value = operand.run(frame)
            if bool(value) is self.stops_at:
                break
        return value

    def parts(self) -> tuple[Node, ...]:
        return self.operands


@dataclass(frozen=True, slots=True)
class Compare:
    """A chain of comparisons: `1 < n <= 5` holds if every link holds."""

    first: Node
    links: tuple[tuple[str, Node], ...]

    def run(self, frame: Frame) -> Any:
        left = self.first.run(frame)
        for sign, node in self.links:
            right = node.run(frame)
            if not compare(sign, left, right):
                return False
            left = right
        return True

    def parts(self) -> tuple[Node, ...]:
        return (self.first, *(node for _, node in self.links))


@dataclass(frozen=True, slots=True)
class InRange:
    """Whether a value lies in an interval whose ends belong to it or not."""

    value: Node
    low: Node
    high: Node
    low_included: bool
    high_included: bool

    def run(self, frame: Frame) -> Any:
        value = self.value.run(frame)
        return ordered(self.low.run(frame), value, "<=" if self.low_included else "<") and ordered(
            value, self.high.run(frame), "<=" if self.high_included else "<"
        )

    def parts(self) -> tuple[Node, ...]:
        return (self.value, self.low, self.high)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`+ - * / // %` on numbers; `+` also joins texts, and `+ -` move dates by durations."""

    sign: str
    left: Node
    right: Node

    def run(self, frame: Frame) -> Any:
        left, right = self.left.run(frame), self.right.run(frame)
        return admit(arithmetic(self.sign, left, right))

    def parts(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Conditional:
    """`a if test else b`, also written `test ? a : b`."""

    test: Node
    then: Node
    otherwise: Node

    def run(self, frame: Frame) -> Any:
        return (self.then if self.test.run(frame) else self.otherwise).run(frame)

    def parts(self) -> tuple[Node, ...]:
        return (self.test, self.then, self.otherwise)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list, written in brackets or parentheses."""

    items: tuple[Node, ...]

    def run(self, frame: Frame) -> Any:
        return [item.run(frame) for item in self.items]

    def parts(self) -> tuple[Node, ...]:
        return self.items


@dataclass(frozen=True, slots=True)
class RecordOf:
    """A record, written in braces, with texts as keys."""

    entries: tuple[tuple[str, Node], ...]

    def run(self, frame: Frame) -> Any:
        return {key: value.run(frame) for key, value in self.entries}

    def parts(self) -> tuple[Node, ...]:
        return tuple(value for _, value in self.entries)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function by its name; built-in ones cannot be replaced by the host's."""

    name: str
    arguments: tuple[Node, ...]

    def run(self, frame: Frame) -> Any:
        builtin = BUILTINS.get(self.name)
        function = builtin.run if builtin else frame.functions.get(self.name)
        if function is None:
            raise ExpressionError(f"没有这个函数：{self.name}", f"unknown function: {self.name}")
        arguments = [argument.run(frame) for argument in self.arguments]
        try:
            return admit(function(*arguments))
        except ExpressionError:
            raise
        except Exception as error:  # whatever a host's function raises ends this expression only
            raise ExpressionError(
                f"函数 {self.name} 出错：{str(error)[:200] or type(error).__name__}",
                f"function {self.name} failed: {type(error).__name__}: {str(error)[:200]}",
            ) from error

    def parts(self) -> tuple[Node, ...]:
        return self.arguments


@dataclass(frozen=True, slots=True)
class Tolerant:
    """`defined(x)`, `empty(x)` and `get(record, key, default)`: what is missing is an answer, not an error."""

    name: str
    arguments: tuple[Node, ...]

    def run(self, frame: Frame) -> Any:
        if self.name == "get":
            return self._get(frame)
        try:
            value = self.arguments[0].run(frame)
        except MissingValueError:
            return self.name == "empty"
        return empty(value) if self.name == "empty" else value is not None

    def _get(self, frame: Frame) -> Any:
        try:
            return Member(*self.arguments[:2]).run(frame)
        except MissingValueError:
            return self.arguments[2].run(frame) if len(self.arguments) > 2 else None  # noqa: PLR2004 - the default

    def parts(self) -> tuple[Node, ...]:
        return self.arguments


def walk(node: Node) -> Iterator[Node]:
    """Yield all nodes of a tree, the root first."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(current.parts())
