"""Every expression of a diagram: where it stands, whether it can be read, and whether its functions exist."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.model import Element, Flow, Node, local
from engine.runtime.expressions import BUILTINS, Expression, ExpressionError, is_expression, parse

_TIMES: Final = ("timeDate", "timeDuration", "timeCycle")
_ATTRIBUTES: Final = (
    ("dueDate", "到期时间", "due date"),
    ("followUpDate", "跟进时间", "follow-up date"),
    ("priority", "优先级", "priority"),
    ("assignee", "办理人", "assignee"),
    ("candidateUsers", "候选人", "candidate users"),
    ("candidateGroups", "候选组", "candidate groups"),
)


@dataclass(frozen=True)
class Formula:
    """An expression at a place: the node whose data it sees, the element to point at, what it is for, its text."""

    node: Node
    element: Element
    what: str
    what_en: str
    text: str

    def read(self) -> Expression | None:
        """Return the expression, or None if it cannot be read."""
        try:
            return parse(self.text)
        except ExpressionError:
            return None


def formulas(node: Node) -> Iterator[Formula]:
    """Yield the expressions that are computed at a node, those of its outgoing flows included."""
    for flow in node.outgoing:
        if flow.condition:
            yield Formula(node, flow, "条件", "condition", flow.condition)
    if node.kind == "userTask":
        for attribute, what, what_en in _ATTRIBUTES:
            if marked(node.camunda(attribute)):
                yield Formula(node, node, what, what_en, node.camunda(attribute))
    for parameter in node.extensions("inputOutput", "inputParameter"):
        text = (parameter.text or "").strip()
        if marked(text):
            name = str(parameter.get("name") or "")
            yield Formula(node, node, f"参数 {name} ", f"parameter {name}", text)
    for _, text in times(node):
        if marked(text):
            yield Formula(node, node, "时间", "time", text)


def marked(text: str) -> bool:
    """Whether a text holds something that is meant to be computed."""
    return "${" in text or "#{" in text


def times(node: Node) -> list[tuple[str, str]]:
    """Return the kinds and texts of all times of a node's timer."""
    found: list[tuple[str, str]] = []
    for definition in node.children("timerEventDefinition"):
        children: list[Any] = [child for child in definition if local(child) in _TIMES]
        found += [(local(child), "".join(child.itertext()).strip()) for child in children]
    return found


def check_formulas(context: Context) -> None:
    """Note expressions that cannot be read and functions that do not exist."""
    for diagram, node in context.nodes():
        for formula in formulas(node):
            _check(context, diagram.file, formula)
    functions = _functions(context)
    for key, decision in context.decisions.items():
        for name in sorted(decision.functions - functions):
            values = _names("决策表", "decision table", key)
            context.report.add(
                "unknown-function",
                context.decision_files[key],
                decision,
                function=name,
                functions=_list(functions),
                **values,
            )


def _check(context: Context, file: str, formula: Formula) -> None:
    values = _names(formula.what, formula.what_en, formula.text)
    if not is_expression(formula.text) and not isinstance(formula.element, Flow):
        context.report.add("mixed-text", file, formula.element, **values)
        return
    try:
        expression = parse(formula.text)
    except ExpressionError as error:
        reason = {"reason": str(error), "reason_en": error.english}
        context.report.add("expression", file, formula.element, **values, **reason)
        return
    functions = _functions(context)
    for name in sorted(expression.functions - functions):
        context.report.add(
            "unknown-function", file, formula.element, function=name, functions=_list(functions), **values
        )


def _functions(context: Context) -> set[str]:
    return {*BUILTINS, *context.known.functions}


def _names(what: str, what_en: str, text: str) -> dict[str, str]:
    return {"place": what, "place_en": what_en, "text": text}


def _list(names: set[str]) -> str:
    return "、".join(sorted(names))
