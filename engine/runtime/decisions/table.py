"""A decision table, ready to be asked: which rules hit for these data, and what follows from the hit policy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from engine.runtime.decisions.errors import DecisionError
from engine.runtime.decisions.policies import Hit, Policy, combine
from engine.runtime.expressions import Expression, ExpressionError, run
from engine.runtime.expressions.temporal import parse_date, parse_datetime, parse_duration
from engine.runtime.expressions.tree import Frame, Node
from engine.runtime.expressions.values import equal, result

_NO_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType({})
# Process data is JSON, so a date comes as a text; a column that says it holds dates has it read as one.
_READERS: Final[Mapping[str, Callable[[str], Any]]] = MappingProxyType(
    {
        "date": parse_date,
        "datetime": parse_datetime,
        "dateandtime": parse_datetime,
        "duration": parse_duration,
        "daytimeduration": parse_duration,
        "yearmonthduration": parse_duration,
    }
)


@dataclass(frozen=True)
class Input:
    """One input column: its label, the formula of its value, its type and, if limited, the test of allowed values."""

    label: str
    expression: Expression
    type: str
    allowed: Expression | None


@dataclass(frozen=True)
class Output:
    """One output column: its name in the result, its type, its allowed values in order of priority, its default."""

    name: str
    label: str
    type: str
    allowed: tuple[Node, ...]
    default: Expression | None


@dataclass(frozen=True)
class Rule:
    """One row: its number from 1, one test for each input and one formula (None if empty) for each output."""

    number: int
    tests: tuple[Expression, ...]
    values: tuple[Expression | None, ...]


@dataclass(frozen=True)
class Decided:
    """What was decided and why.

    Attributes:
        result: a record of outputs for the policies with one result, a list of them for the others, a number when
            COLLECT aggregates; None when no rule hit and there is no default.
        matched: the numbers of the rules that hit, from 1.
        inputs: the value of each input column under the text of its formula.
        required: what the decisions this one requires decided, by their ids.

    """

    result: Any
    matched: list[int]
    inputs: dict[str, Any]
    required: dict[str, "Decided"] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """A decision with its table and the decisions it requires.

    Attributes:
        outputs: name and type of each output (`number` alone under the decision's id when COLLECT aggregates).
        needs: the dotted paths of the variables that must have a value, those of required decisions included.
        functions: the names of the functions its formulas call.

    """

    id: str
    name: str
    variable: str
    line: int
    policy: Policy
    inputs: tuple[Input, ...]
    columns: tuple[Output, ...]
    rules: tuple[Rule, ...]
    requires: tuple["Decision", ...] = ()

    @property
    def outputs(self) -> dict[str, str]:
        """Names and types of the outputs."""
        return {column.name: column.type for column in self.columns}

    @property
    def needs(self) -> frozenset[str]:
        """The variables that must be there before the decision is taken."""
        own = frozenset[str]().union(*(expression.required for expression in self._formulas()))
        provided = {name for each in self.requires for name in each.provides()}
        below = frozenset[str]().union(*(each.needs for each in self.requires))
        return below | {path for path in own if path not in provided and path.split(".")[0] not in provided}

    @property
    def functions(self) -> frozenset[str]:
        """The functions called by any formula, required decisions included."""
        own = frozenset[str]().union(*(expression.functions for expression in self._formulas()))
        return own.union(*(each.functions for each in self.requires))

    def provides(self) -> tuple[str, ...]:
        """Return the names under which a decision that requires this one finds its result."""
        return (self.id, self.name, self.variable, *(column.name for column in self.columns))

    def _formulas(self) -> list[Expression]:
        formulas = [column.expression for column in self.inputs]
        for rule in self.rules:
            formulas += [*rule.tests, *(value for value in rule.values if value is not None)]
        return formulas

    def decide(self, data: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] = _NO_FUNCTIONS) -> Decided:
        """Take the decision for these process data.

        Raises DecisionError: a variable has no value, a value is not allowed, several rules of a UNIQUE table hit, the
        rules of an ANY table disagree.
        """
        return self._decide(data, functions, {})

    def _decide(
        self, data: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]], taken: dict[str, Decided]
    ) -> Decided:
        for required in self.requires:
            if required.id not in taken:
                taken[required.id] = required._decide(data, functions, taken)  # noqa: SLF001 - of the same class
        data = self._with_required(data, taken)
        values = [self._input(column, data, functions) for column in self.inputs]
        frames = [Frame(data, functions, value) for value in values]
        hits = [self._hit(rule, data, functions) for rule in self.rules if self._passes(rule, frames)]
        try:
            outcome = combine(self.policy, hits, [self._ranked(column) for column in self.columns])
        except DecisionError as error:
            raise DecisionError(f"{self._title}：{error}", f"{self.id}: {error.english}") from None
        if not hits and (default := self._default(data, functions)) is not None:
            outcome = [default] if self.policy.many else default
        return Decided(
            outcome,
            [hit.number for hit in hits],
            {column.expression.text: value for column, value in zip(self.inputs, values, strict=True)},
            {required.id: taken[required.id] for required in self.requires},
        )

    @property
    def _title(self) -> str:
        return f"决策「{self.name or self.id}」"

    def _with_required(self, data: Mapping[str, Any], taken: Mapping[str, Decided]) -> Mapping[str, Any]:
        if not self.requires:
            return data
        bound: dict[str, Any] = dict(data)
        for required in self.requires:
            value = taken[required.id].result
            if isinstance(value, dict):
                bound.update(value)
        # The names of whole decisions win over the names of their outputs, so they are set last.
        for required in self.requires:
            value = taken[required.id].result
            if len(required.columns) == 1:
                value = _single(value)
            bound.update({name: value for name in (required.id, required.name, required.variable) if name})
        return bound

    def _input(self, column: Input, data: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Any:
        try:
            value = run(column.expression.node, Frame(data, functions))
            reader = _READERS.get(column.type)
            if isinstance(value, str) and reader:
                value = reader(value)
            elif isinstance(value, datetime) and column.type == "date":
                value = value.date()
            allowed = value is None or column.allowed is None
            if not allowed and column.allowed is not None:
                allowed = bool(run(column.allowed.node, Frame(data, functions, value)))
        except ExpressionError as error:
            raise DecisionError(
                f"{self._title}的输入「{column.label}」：{error}", f"{self.id}, input {column.label}: {error.english}"
            ) from error
        if not allowed:
            raise DecisionError(
                f"{self._title}的输入「{column.label}」的值 {_shown(value)} 不在允许的值 {_text(column.allowed)} 之中",
                f"{self.id}, input {column.label}: {_shown(value)} is not one of {_text(column.allowed)}",
            )
        return value

    def _passes(self, rule: Rule, frames: Sequence[Frame]) -> bool:
        return all(
            self._cell_passes(rule, column, test, frame)
            for column, test, frame in zip(self.inputs, rule.tests, frames, strict=True)
        )

    def _cell_passes(self, rule: Rule, column: Input, test: Expression, frame: Frame) -> bool:
        try:
            return bool(run(test.node, frame))
        except ExpressionError as error:
            raise DecisionError(
                f"{self._title}第 {rule.number} 条规则的输入「{column.label}」：{error}",
                f"{self.id}, rule {rule.number}, input {column.label}: {error.english}",
            ) from error

    def _hit(self, rule: Rule, data: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Hit:
        outputs: dict[str, Any] = {}
        for column, expression in zip(self.columns, rule.values, strict=True):
            where = f"{self._title}第 {rule.number} 条规则的输出「{column.label}」"
            english = f"{self.id}, rule {rule.number}, output {column.label}"
            try:
                value = result(run(expression.node, Frame(data, functions))) if expression else None
            except ExpressionError as error:
                raise DecisionError(f"{where}：{error}", f"{english}: {error.english}") from error
            if value is not None and column.allowed and not any(equal(value, each) for each in self._ranked(column)):
                raise DecisionError(
                    f"{where}的值 {_shown(value)} 不在允许的值之中",
                    f"{english}: {_shown(value)} is not an allowed value",
                )
            outputs[column.name] = value
        return Hit(rule.number, outputs)

    def _ranked(self, column: Output) -> list[Any]:
        return [run(node, Frame({}, _NO_FUNCTIONS)) for node in column.allowed]

    def _default(self, data: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> dict[str, Any] | None:
        if all(column.default is None for column in self.columns):
            return None
        try:
            return {
                column.name: result(run(column.default.node, Frame(data, functions))) if column.default else None
                for column in self.columns
            }
        except ExpressionError as error:
            raise DecisionError(f"{self._title}的默认输出：{error}", f"{self.id}, default: {error.english}") from error


def _single(value: Any) -> Any:
    """Reduce records of one output to the output alone, as a decision that requires it expects."""
    if isinstance(value, dict) and len(value) == 1:
        return next(iter(value.values()))
    if isinstance(value, list):
        return [_single(item) for item in value]
    return value


def _shown(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else repr(value)[:80]


def _text(expression: Expression | None) -> str:
    return expression.text if expression else ""
