"""Conditions that cannot hold, whatever is answered: they ask for a value that the form does not offer."""

from itertools import product
from math import prod
from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.model import Flow
from engine.runtime.expressions import BUILTINS, Expression, ExpressionError, parse, run
from engine.runtime.expressions.tree import Frame
from engine.runtime.expressions.usage import read

_MOST: Final = 1_000  # combinations of answers that are tried
_CHOOSING: Final = frozenset({"exclusiveGateway", "inclusiveGateway"})


def check_conditions(context: Context) -> None:
    """Try each condition with all answers its forms offer, where it depends on nothing else."""
    for diagram, node in context.nodes():
        for flow in node.outgoing if node.kind in _CHOOSING else ():
            expression = _read(flow)
            if expression is None or not expression.functions <= BUILTINS.keys():
                continue
            paths = sorted(read(expression.node))
            if all(path in context.choices for path in paths) and not _may_hold(context, expression, paths):
                offered = "；".join(f"{path}：{_shown(context.choices[path])}" for path in paths) or "—"
                context.report.add(
                    "condition-never", diagram.file, flow, text=flow.condition, offered=offered, offered_en=offered
                )


def _read(flow: Flow) -> Expression | None:
    try:
        return parse(flow.condition) if flow.condition else None
    except ExpressionError:
        return None


def _may_hold(context: Context, expression: Expression, paths: list[str]) -> bool:
    # A question that need not be answered gives nothing.
    values = [[*context.choices[path], None] for path in paths]
    if prod(map(len, values)) > _MOST:
        return True
    return any(_holds(expression, paths, answers) for answers in product(*values))


def _holds(expression: Expression, paths: list[str], answers: tuple[Any, ...]) -> bool:
    data: dict[str, Any] = {}
    for path, value in zip(paths, answers, strict=True):
        *outer, last = path.split(".")
        place = data
        for step in outer:
            place = place.setdefault(step, {})
        place[last] = value
    try:
        return bool(run(expression.node, Frame(data, {})))
    except ExpressionError:
        return False


def _shown(values: list[Any]) -> str:
    return ", ".join(str(value) for value in values)
