"""The language of conditions, timers, parameters and decision tables: interpreted here, never run as Python.

`parse(text)` reads a formula once (the result is cached), `evaluate(...)` computes it from process data.
The language: literals, variables and their members (`review.decision`, `review['decision']`), comparison, `in`,
`and or not` (also `&& || !`, `eq ne lt le gt ge`, `empty x`), arithmetic, `if test then a else b` (also written
`a if test else b` and `test ? a : b`), lists, records, and the functions in `functions.BUILTINS` plus those the host
adds. `defined(x)`, `empty(x)` and `get(record, key, default)` are the ways to ask about something that may have no
value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from engine.runtime.expressions.errors import ExpressionError, MissingValueError
from engine.runtime.expressions.functions import BUILTINS, SPELLINGS
from engine.runtime.expressions.parser import Parser
from engine.runtime.expressions.tree import Frame, Node
from engine.runtime.expressions.usage import called, read, required
from engine.runtime.expressions.values import result

__all__ = [
    "BUILTINS",
    "SPELLINGS",
    "Expression",
    "ExpressionError",
    "MissingValueError",
    "evaluate",
    "is_expression",
    "names",
    "parse",
]

_NO_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType({})


@dataclass(frozen=True)
class Expression:
    """A formula that was read and found well formed.

    Attributes:
        text: the source, without `${…}`.
        node: the root of its tree.
        names: dotted paths of all variables it reads, such as `review.decision`.
        required: those of them without which it has no value; what stands in `defined()` or `get()` is not among them.
        functions: the names of the functions it calls.

    """

    text: str
    node: Node = field(repr=False, compare=False)
    names: frozenset[str] = field(repr=False, compare=False)
    required: frozenset[str] = field(repr=False, compare=False)
    functions: frozenset[str] = field(repr=False, compare=False)


def is_expression(text: str) -> bool:
    """Whether a text is marked as a formula by `${…}` or `#{…}` around it; otherwise it stands for itself."""
    stripped = text.strip()
    return stripped[:2] in ("${", "#{") and stripped.endswith("}")


def parse(text: str, phrases: tuple[str, ...] = ()) -> Expression:
    """Read a formula, with or without `${…}` around it. `phrases` are variables whose names have spaces.

    The same text is read once. Raises ExpressionError that says where and why it cannot be read.
    """
    if not isinstance(text, str):
        raise ExpressionError("表达式必须是文字", "an expression must be a text")
    try:
        return _parse(text, phrases)
    except RecursionError:
        raise ExpressionError("表达式嵌套太深", "expression nested too deep") from None


@lru_cache(maxsize=4096)
def _parse(text: str, phrases: tuple[str, ...]) -> Expression:
    bare = text.strip()
    if is_expression(bare):
        bare = bare[2:-1].strip()
    node = Parser(bare, phrases).whole()
    return Expression(bare, node, read(node), required(node), called(node))


def evaluate(
    expression: str | Expression,
    data: Mapping[str, Any],
    functions: Mapping[str, Callable[..., Any]] = _NO_FUNCTIONS,
) -> Any:
    """Compute a formula from `data` (names to plain values) with the host's `functions` beside the built-in ones.

    Gives a plain value (texts, numbers, true/false/null, dates, times, durations, lists, records) that shares nothing
    with `data`. Raises ExpressionError, or its kind MissingValueError which names the variable without a value.
    """
    parsed = expression if isinstance(expression, Expression) else parse(expression)
    return result(run(parsed.node, Frame(data, functions)))


def run(node: Node, frame: Frame) -> Any:
    """Compute a tree; whatever Python raises below (overflow, an odd mapping) comes out as ExpressionError."""
    try:
        return node.run(frame)
    except ExpressionError:
        raise
    except Exception as error:  # the promise is that nothing else ever comes out
        raise ExpressionError(
            f"无法计算：{type(error).__name__}", f"cannot be computed: {type(error).__name__}"
        ) from error


def names(expression: str | Expression) -> frozenset[str]:
    """Return the dotted paths of the variables a formula reads. Raises ExpressionError if it cannot be read."""
    return (expression if isinstance(expression, Expression) else parse(expression)).names
