"""Decision tables: inputs for which no rule is there, rules that hit together, rules that never come into play.

For each column the values are tried at which a cell could change its mind: every literal of the column, a value between
and beside them, one that is named nowhere. What the rules say of two values in the same gap is the same, so for cells
made of literals and ranges this is exact. Columns are combined one after the other, keeping one example for each set of
rules that still hit. Source: the boxes of Calvanese et al., «Semantics and analysis of DMN decision tables», 2016.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.decisions import Decision, Input, Policy
from engine.runtime.expressions import Expression, ExpressionError, run
from engine.runtime.expressions.tree import Call, Constant, Frame, Node, Path, Subject, walk
from engine.runtime.expressions.values import equal

MOST_SETS: Final = 20_000
_OTHER: Final = "其他"
_WHOLE: Final = frozenset({"integer", "long", "int"})

Combined = dict[int, tuple[Any, ...]]


def check_tables(context: Context) -> None:
    """Check the rules of every decision table whose cells are made of literals."""
    for key, decision in context.decisions.items():
        hits = combined(context, decision)
        if hits is not None:
            _judge(context, context.decision_files[key], decision, hits)


def combined(context: Context, decision: Decision) -> Combined | None:
    """Return each set of rules that can hit (a bit mask, the first rule being bit 0) with an example of the inputs.

    None when it is no table, a cell reads variables or there are too many sets.
    """
    if decision.table is None or any(column.each for column in decision.inputs):
        return None  # an expression, or an input that is a list
    hits: Combined = {(1 << len(decision.rules)) - 1: ()}
    for number, column in enumerate(decision.inputs):
        tests = [rule.tests[number] for rule in decision.rules]
        if any(isinstance(node, Path) for test in tests for node in walk(test.node)):
            return None
        masks: dict[int, Any] = {}
        for value in values_of(column, tests, context.choices.get(column.expression.text)):
            mask = sum(1 << row for row, test in enumerate(tests) if _passes(context, test, value))
            masks.setdefault(mask, value)
        joined: Combined = {}
        for known, example in hits.items():
            for mask, value in masks.items():
                joined.setdefault(known & mask, (*example, value))
        if len(joined) > MOST_SETS:
            return None
        hits = joined
    return hits


def values_of(column: Input, tests: Iterable[Expression], choices: Iterable[Any] | None) -> list[Any]:
    """Return the values of a column at which its cells can differ; `choices` are all it can have, if that is known."""
    cells = [test.node for test in tests]
    allowed = [column.allowed.node] if column.allowed is not None else []
    literals = _literals([*cells, *allowed])
    texts = [value for value in literals if isinstance(value, str)]
    numbers = sorted({value for value in literals if isinstance(value, int | float) and not isinstance(value, bool)})
    moments = [value for value in literals if isinstance(value, date)]
    found: list[Any] = list(texts)
    if column.type == "boolean" or any(isinstance(value, bool) for value in literals):
        found += [True, False]
    if numbers:
        found += _around(numbers, whole=column.type in _WHOLE)
    for moment in moments:
        found += [moment - timedelta(days=1), moment, moment + timedelta(days=1)]
    if choices is not None:
        return list(choices)
    if texts or not found:
        found.append(_OTHER)
    if any(node == Constant(None) for cell in cells for node in walk(cell)):
        found.append(None)
    if column.allowed is not None:
        found = [value for value in found if _holds(column.allowed.node, value)]
    return found


def _literals(nodes: list[Node]) -> list[Any]:
    """Return the values of all parts that read nothing."""
    found: dict[Any, None] = {}
    stack = list(nodes)
    while stack:
        part = stack.pop()
        # The text in a call such as date("2026-01-01") is no value of its own.
        if not isinstance(part, Call):
            stack += part.parts()
        if any(isinstance(each, Path | Subject) for each in walk(part)):
            continue
        try:
            value = run(part, Frame({}, {}))
        except ExpressionError:
            continue
        if isinstance(value, bool) and not isinstance(part, Constant):
            continue  # a test, which looks at the column although it does not say so
        if isinstance(value, str | int | float | date):
            found.setdefault((type(value), value))
    return [value for _, value in found]


def _around(numbers: list[Any], *, whole: bool) -> list[Any]:
    between = [(one + two) // 2 if whole else (one + two) / 2 for one, two in pairwise(numbers)]
    return list(dict.fromkeys([*numbers, numbers[0] - 1, *between, numbers[-1] + 1]))


def _passes(context: Context, test: Expression, value: Any) -> bool:
    return _holds(test.node, value, known=set(context.known.functions))


def _holds(node: Node, value: Any, known: Iterable[str] = ()) -> bool:
    try:
        return bool(run(node, Frame({}, dict.fromkeys(known, lambda *_: None), value)))
    except ExpressionError:
        return False


def _judge(context: Context, file: str, decision: Decision, hits: Combined) -> None:
    add = context.report.add
    name = decision.name or decision.id
    policy = decision.policy
    answers = any(column.default is not None for column in decision.columns)
    if 0 in hits and not (answers or policy.many or policy.aggregates):
        add("decision-gap", file, decision, decision=name, example=_example(decision, hits[0]))
    if policy in (Policy.UNIQUE, Policy.ANY):
        code = "decision-overlap" if policy is Policy.UNIQUE else "decision-disagree"
        for (one, other), example in _together(decision, hits).items():
            if policy is Policy.UNIQUE or _disagree(context, decision, one, other):
                shown = _example(decision, example)
                add(code, file, decision, decision=name, one=one + 1, other=other + 1, example=shown)
    if policy is Policy.FIRST:
        first = {(mask & -mask).bit_length() for mask in hits if mask}
        for rule in decision.rules:
            if rule.number not in first:
                add("rule-never-hit", file, decision, decision=name, rule=rule.number)


def _together(decision: Decision, hits: Combined) -> dict[tuple[int, int], tuple[Any, ...]]:
    """Return the pairs of rules, by index, that can hit together, with an example; neighbours stand for longer rows."""
    found: dict[tuple[int, int], tuple[Any, ...]] = {}
    for mask, example in hits.items():
        rows = [row for row in range(len(decision.rules)) if mask >> row & 1]
        for pair in pairwise(rows):
            found.setdefault(pair, example)
    return found


def _disagree(context: Context, decision: Decision, one: int, other: int) -> bool:
    """Whether two rules give different outputs whatever the data; what is computed from data may be the same."""
    functions = dict.fromkeys(context.known.functions, lambda *_: None)
    for left, right in zip(decision.rules[one].values, decision.rules[other].values, strict=True):
        results: list[Any] = []
        for formula in (left, right):
            if formula is not None and any(isinstance(node, Path) for node in walk(formula.node)):
                break
            try:
                results.append(None if formula is None else run(formula.node, Frame({}, functions)))
            except ExpressionError:
                break
        else:
            if not equal(*results):
                return True
    return False


def _example(decision: Decision, values: tuple[Any, ...]) -> str:
    pairs = zip(decision.inputs, values, strict=True)
    return "，".join(f"{column.label}={_shown(value)}" for column, value in pairs) or "—"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else f'"{value}"' if isinstance(value, str) else str(value)
