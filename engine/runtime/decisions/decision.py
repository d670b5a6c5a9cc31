"""A decision: a table or one expression, and the decisions it requires, taken before it in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engine.runtime.decisions.errors import DecisionError
from engine.runtime.decisions.policies import Policy
from engine.runtime.decisions.table import NO_FUNCTIONS, Functions, Input, Output, Rule, Table
from engine.runtime.expressions import Expression, ExpressionError, evaluate


@dataclass(frozen=True)
class Decided:
    """What was decided and why.

    Attributes:
        result: for a table a record of outputs for the policies with one result, a list of them for the others, a
            number when COLLECT aggregates, None when no rule hit and there is no default; for an expression its value.
        matched: the numbers of the rules that hit, from 1; with FIRST only the first. Empty for an expression.
        inputs: the value of each input column under the text of its formula; of each variable for an expression.
        required: what the decisions below this one decided, those they require included, by id, in the order taken.

    """

    result: Any
    matched: list[int]
    inputs: dict[str, Any]
    required: dict[str, "Decided"] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Decision:
    """A decision with its logic, `table` or `formula`, and the decisions it requires.

    Attributes:
        variable: the name of its result, as the file gives it.
        line: where it stands in its file, from 1.
        given: the input data it requires, with their types and allowed values.
        requires: the decisions it requires itself.
        order: these and all below them, each after those it requires.

    """

    id: str
    name: str
    variable: str
    line: int
    table: Table | None
    formula: Expression | None = None
    given: tuple[Input, ...] = ()
    requires: tuple["Decision", ...] = field(default=(), repr=False)
    order: tuple["Decision", ...] = field(default=(), repr=False)

    @property
    def policy(self) -> Policy:
        """How several hits become one result; UNIQUE for an expression, which has one."""
        return self.table.policy if self.table else Policy.UNIQUE

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The input columns; none for an expression."""
        return self.table.inputs if self.table else ()

    @property
    def columns(self) -> tuple[Output, ...]:
        """The output columns; none for an expression."""
        return self.table.columns if self.table else ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules; none for an expression."""
        return self.table.rules if self.table else ()

    @property
    def outputs(self) -> dict[str, str]:
        """Name and type of each output."""
        return {column.name: column.type for column in self.columns}

    @cached_property
    def needs(self) -> frozenset[str]:
        """The dotted paths of the variables that must have a value, those of required decisions included."""
        return frozenset[str]().union(*(each.own_needs for each in (*self.order, self)))

    @cached_property
    def own_needs(self) -> frozenset[str]:
        """What this decision's own formulas need beside what the required decisions give."""
        provided = {name for each in self.requires for name in each.provides()}
        paths = frozenset[str]().union(*(formula.required for formula in self._formulas()))
        return frozenset(path for path in paths if path not in provided and path.split(".")[0] not in provided)

    @cached_property
    def functions(self) -> frozenset[str]:
        """The names of the functions called by any formula, required decisions included."""
        every = (formula.functions for each in (*self.order, self) for formula in each._formulas())  # noqa: SLF001
        return frozenset[str]().union(*every)

    def provides(self) -> tuple[str, ...]:
        """Return the names under which a decision that requires this one finds its result."""
        return (self.id, self.name, self.variable, *(column.name for column in self.columns))

    def _formulas(self) -> list[Expression]:
        if self.table is not None:
            return self.table.formulas()
        return [self.formula] if self.formula else []

    def bare(self, value: Any) -> Any:
        """Return a result as a decision that requires this one finds it: one output stands without its name."""
        return _single(value) if len(self.columns) == 1 else value

    def decide(self, data: Mapping[str, Any], functions: Functions = NO_FUNCTIONS) -> Decided:
        """Take the decision for these process data, after all it requires.

        Raises DecisionError: a variable has no value, a value is not allowed, several rules of a UNIQUE table hit, the
        rules of an ANY table disagree.
        """
        taken: dict[str, Decided] = {}
        for each in self.order:
            taken[each.id] = each._take(data, functions, taken)  # noqa: SLF001 - of the same class
        decided = self._take(data, functions, taken)
        return Decided(decided.result, decided.matched, decided.inputs, taken)

    def decide_for(self, values: Sequence[Any], functions: Functions = NO_FUNCTIONS) -> Decided:
        """Take the decision of the table alone, for these values of its input columns, in their order.

        Raises DecisionError as `decide` does; also for a cell that reads a variable, as there are none.
        """
        assert self.table is not None, "an expression has no columns"  # noqa: S101 - the caller has looked
        return Decided(*self.table.decide({}, functions, values))

    def _take(self, data: Mapping[str, Any], functions: Functions, taken: Mapping[str, Decided]) -> Decided:
        data = self._with_required(data, taken)
        title = f"决策「{self.name or self.id}」"
        for datum in self.given:
            if datum.expression.text not in data:
                continue  # what is missing is said where it is used
            try:
                datum.value(data, functions)
            except ExpressionError as error:
                raise DecisionError(
                    f"{title}的输入数据「{datum.label}」：{error}", f"{self.id}, data {datum.label}: {error.english}"
                ) from error
        if self.table is not None:
            return Decided(*self.table.decide(data, functions))
        formula = self.formula
        assert formula is not None, "a decision has a table or a formula"  # noqa: S101 - the reader sees to it
        try:
            value = evaluate(formula, data, functions)
        except ExpressionError as error:
            raise DecisionError(f"{title}：{error}", f"{self.id}: {error.english}") from error
        return Decided(value, [], {name: _found(name, data) for name in sorted(formula.names)})

    def _with_required(self, data: Mapping[str, Any], taken: Mapping[str, Decided]) -> Mapping[str, Any]:
        if not self.requires:
            return data
        bound: dict[str, Any] = dict(data)
        for required in self.requires:
            value = taken[required.id].result
            if isinstance(value, dict) and required.table is not None:
                bound.update(value)
        # The names of whole decisions win over the names of their outputs, so they are set last.
        for required in self.requires:
            value = required.bare(taken[required.id].result)
            bound.update({name: value for name in (required.id, required.name, required.variable) if name})
        return bound


def _single(value: Any) -> Any:
    """Reduce records of one output to the output alone, as a decision that requires it expects."""
    if isinstance(value, dict) and len(value) == 1:
        return next(iter(value.values()))
    if isinstance(value, list):
        return [_single(item) for item in value]
    return value


def _found(path: str, data: Mapping[str, Any]) -> Any:
    """Return the value of a variable, None where it has none: an expression may ask whether it has."""
    value: Any = data.get(path)
    if value is None:
        value = data
        for step in path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
    return value
