"""A decision table, compiled: which rules hit for these data, and what follows from the hit policy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from engine.runtime.decisions.errors import DecisionError
from engine.runtime.decisions.kinds import read_as
from engine.runtime.decisions.matching import CellError, Column, hits
from engine.runtime.decisions.policies import Hit, Policy, combine
from engine.runtime.expressions import Expression, ExpressionError, run
from engine.runtime.expressions.tree import Frame, Node
from engine.runtime.expressions.values import equal, result

Functions = Mapping[str, Callable[..., Any]]
NO_FUNCTIONS: Final[Functions] = MappingProxyType({})


@dataclass(frozen=True)
class Input:
    """One input column, or a named input datum: its label, the formula of its value, its type, its allowed values.

    Attributes:
        allowed: the test every value but null must pass; None if all are allowed.
        each: whether a list is tested item by item.

    """

    label: str
    expression: Expression
    type: str
    allowed: Expression | None
    each: bool = False

    def value(self, data: Mapping[str, Any], functions: Functions) -> Any:
        """Return the value as its type. Raises ExpressionError if it has none or it is not allowed."""
        return self.accepted(run(self.expression.node, Frame(data, functions)), data, functions)

    def accepted(self, given: Any, data: Mapping[str, Any], functions: Functions) -> Any:
        """Return a value given for the column as its type. Raises ExpressionError if it is not allowed."""
        value = read_as(self.type, given)
        if value is None or self.allowed is None:
            return value
        for item in value if self.each and isinstance(value, list) else (value,):
            if not run(self.allowed.node, Frame(data, functions, item)):
                text = self.allowed.text
                raise ExpressionError(
                    f"值 {shown(item)} 不在允许的值 {text} 之中", f"{shown(item)} is not one of {text}"
                )
        return value


@dataclass(frozen=True)
class Output:
    """One output column: its name in the result, its type, its allowed values in order of priority, its default."""

    name: str
    label: str
    type: str
    allowed: tuple[Node, ...]
    default: Expression | None

    @cached_property
    def ranked(self) -> tuple[Any, ...]:
        """The allowed values, best first; empty if all are allowed."""
        return tuple(run(node, Frame({}, NO_FUNCTIONS)) for node in self.allowed)

    def value(self, formula: Expression | None, data: Mapping[str, Any], functions: Functions) -> Any:
        """Return what a cell of this column gives. Raises ExpressionError if it cannot or the value is not allowed."""
        if formula is None:
            return None
        value = result(run(formula.node, Frame(data, functions)))
        if value is not None and self.ranked and not any(equal(value, each) for each in self.ranked):
            raise ExpressionError(f"值 {shown(value)} 不在允许的值之中", f"{shown(value)} is not an allowed value")
        return value


@dataclass(frozen=True)
class Rule:
    """One row: its number from 1, one test for each input and one formula (None if empty) for each output."""

    number: int
    tests: tuple[Expression, ...]
    values: tuple[Expression | None, ...]


@dataclass(frozen=True, eq=False)
class Table:
    """The table of a decision; `title` and `key` name the decision in errors, Chinese and English."""

    title: str
    key: str
    policy: Policy
    inputs: tuple[Input, ...]
    columns: tuple[Output, ...]
    rules: tuple[Rule, ...]

    @cached_property
    def compiled(self) -> tuple[Column, ...]:
        """The cells of the inputs, column by column."""
        return tuple(Column([rule.tests[number] for rule in self.rules]) for number in range(len(self.inputs)))

    def formulas(self) -> list[Expression]:
        """Return every formula of the table."""
        formulas = [column.expression for column in self.inputs]
        formulas += [column.default for column in self.columns if column.default is not None]
        for rule in self.rules:
            formulas += [*rule.tests, *(value for value in rule.values if value is not None)]
        return formulas

    def decide(
        self, data: Mapping[str, Any], functions: Functions, given: Sequence[Any] | None = None
    ) -> tuple[Any, list[int], dict[str, Any]]:
        """Return the result, the numbers of the rules that hit, and the inputs. Raises DecisionError.

        With `given`, one value for each input column, the columns' own formulas are not computed.
        """
        values = [
            self._input(column, data, functions, () if given is None else (given[number],))
            for number, column in enumerate(self.inputs)
        ]
        frames = [Frame(data, functions, value) for value in values]
        found = [self._hit(self.rules[number], data, functions) for number in self._matching(frames)]
        if not found:
            outcome = self._default(data, functions)
        else:
            try:
                outcome = combine(self.policy, found, [column.ranked for column in self.columns])
            except DecisionError as error:
                raise DecisionError(f"{self.title}：{error}", f"{self.key}: {error.english}") from None
        inputs = {column.expression.text: value for column, value in zip(self.inputs, values, strict=True)}
        return outcome, [hit.number for hit in found], inputs

    def _matching(self, frames: list[Frame]) -> list[int]:
        try:
            return hits(self.compiled, frames, len(self.rules), first=self.policy is Policy.FIRST)
        except CellError as error:
            failure = error.failure
            where, english = f"第 {failure.rule + 1} 条规则的", f"rule {failure.rule + 1}, "
            label = self.inputs[failure.column].label
            raise self._wrong(f"{where}输入「{label}」", f"{english}input {label}", failure.error) from failure.error

    def _input(self, column: Input, data: Mapping[str, Any], functions: Functions, given: tuple[Any, ...]) -> Any:
        try:
            return column.accepted(given[0], data, functions) if given else column.value(data, functions)
        except ExpressionError as error:
            raise self._wrong(f"的输入「{column.label}」", f"input {column.label}", error) from error

    def _hit(self, rule: Rule, data: Mapping[str, Any], functions: Functions) -> Hit:
        outputs: dict[str, Any] = {}
        for column, formula in zip(self.columns, rule.values, strict=True):
            try:
                outputs[column.name] = column.value(formula, data, functions)
            except ExpressionError as error:
                where, english = f"第 {rule.number} 条规则的", f"rule {rule.number}, "
                raise self._wrong(f"{where}输出「{column.label}」", f"{english}output {column.label}", error) from error
        return Hit(rule.number, outputs)

    def _default(self, data: Mapping[str, Any], functions: Functions) -> Any:
        """Return what follows when no rule hits."""
        if self.policy is Policy.COLLECT_COUNT:
            return 0
        if all(column.default is None for column in self.columns):
            return None
        record: dict[str, Any] = {}
        for column in self.columns:
            try:
                record[column.name] = column.value(column.default, data, functions)
            except ExpressionError as error:
                label = column.label
                raise self._wrong(f"的默认输出「{label}」", f"default of output {label}", error) from error
        if self.policy.aggregates:
            return next(iter(record.values()))
        return [record] if self.policy.many else record

    def _wrong(self, where: str, english: str, error: ExpressionError) -> DecisionError:
        return DecisionError(f"{self.title}{where}：{error}", f"{self.key}, {english}: {error.english}")


def shown(value: Any) -> str:
    """Return a value as error messages show it."""
    return value.isoformat() if isinstance(value, date) else repr(value)[:80]
