"""The columns of a table, compiled: which rules pass for the values of the inputs.

Sets of rules are bit masks: bit 0 stands for the first rule.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.runtime.decisions.cells import Anything, Matches
from engine.runtime.expressions import Expression, ExpressionError, run
from engine.runtime.expressions.tree import Constant, Frame, Logic, Node, Sign

_LITERAL: Final = (str, int, float, bool, type(None))


@dataclass(frozen=True, slots=True)
class Failure:
    """A cell that could not be computed: the rule from 0, the column from 0, and why."""

    rule: int
    column: int
    error: ExpressionError


class Column:
    """One input column. Its literals are looked up all at once, its other tests asked one by one."""

    def __init__(self, cells: Sequence[Expression]) -> None:
        self._always = 0
        self._literals: dict[Any, int] = {}
        others: dict[str, tuple[Node, int]] = {}
        for number, cell in enumerate(cells):
            bit = 1 << number
            literals = _literals(cell.node)
            if isinstance(cell.node, Anything):
                self._always |= bit
            elif literals is not None:
                for value in literals:
                    self._literals[_key(value)] = self._literals.get(_key(value), 0) | bit
            else:
                node, mask = others.get(cell.text, (cell.node, 0))
                others[cell.text] = (node, mask | bit)
        self._tests = {number: others[cell.text] for number, cell in enumerate(cells) if cell.text in others}
        self._tested = sum(1 << number for number in self._tests)

    def passing(self, frame: Frame, alive: int) -> tuple[int, list[tuple[int, ExpressionError]]]:
        """Return which of the rules in `alive` pass for `frame.subject`, and which of them cannot be computed."""
        passed = self._always
        subject = frame.subject
        if type(subject) in _LITERAL:
            passed |= self._literals.get(_key(subject), 0)
        failures: list[tuple[int, ExpressionError]] = []
        asking = alive & self._tested
        while asking:
            node, mask = self._tests[_lowest(asking)]
            asked = asking & mask
            asking ^= asked
            try:
                if run(node, frame):
                    passed |= asked
            except ExpressionError as error:
                failures.append((asked, error))
        return passed & alive, failures


def hits(columns: Sequence[Column], frames: Sequence[Frame], rules: int, *, first: bool) -> list[int]:
    """Return the rules that hit, counted from 0 and in order; with `first` at most the first one.

    Raises CellError for the first rule with a cell that cannot be computed, unless an earlier rule hit and `first`.
    """
    alive = (1 << rules) - 1
    failures: list[Failure] = []
    for number, (column, frame) in enumerate(zip(columns, frames, strict=True)):
        alive, failed = column.passing(frame, alive)
        failures += [Failure(_lowest(mask), number, error) for mask, error in failed]
        if not alive and not failures:
            return []
    if failures:
        failure = min(failures, key=lambda each: each.rule)
        if not (first and alive and _lowest(alive) < failure.rule):
            raise CellError(failure)
    return [_lowest(alive)] if first and alive else list(_bits(alive))


class CellError(Exception):
    """A cell that had to be computed and cannot be."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure.error))
        self.failure = failure


def _key(value: Any) -> Any:
    # true is not 1, though Python thinks so.
    return ("boolean", value) if isinstance(value, bool) else value


def _literals(node: Node) -> list[Any] | None:
    """Return the values a cell lists, None if it holds anything but literals."""
    if isinstance(node, Logic) and node.stops_at:
        found = [_literals(operand) for operand in node.operands]
        if any(each is None for each in found):
            return None
        return [value for each in found if each is not None for value in each]
    if not isinstance(node, Matches):
        return None
    value = node.value
    if isinstance(value, Sign) and isinstance(value.operand, Constant) and type(value.operand.value) in (int, float):
        number: Any = value.operand.value
        return [-number if value.minus else number]
    return [value.value] if isinstance(value, Constant) else None


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = _lowest(mask)
        yield lowest
        mask &= mask - 1
