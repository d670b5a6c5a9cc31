"""Every expression of a diagram: where it stands, whether it can be read, and whether its functions exist."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from engine.runtime.checker.context import Context
from engine.runtime.checker.model import Element, Node, local
from engine.runtime.expressions import BUILTINS, Expression, ExpressionError, is_expression, parse

_TIMES: Final = ("timeDate", "timeDuration", "timeCycle")
_LOOP: Final = (
    ("loopCardinality", "次数", "cardinality"),
    ("completionCondition", "完成条件", "completion condition"),
)
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
    """An expression of a diagram or a decision.

    Attributes:
        node: whose data it sees.
        element: what to point at.
        what: what it is for, in Chinese.
        what_en: the same in English.
        text: as it is written.
        moment: when it is computed: `before` the node acts, `after` it, `inside` each instance, or when the completion
            condition is `judged`.
        bare: whether it needs no `${…}` around it.

    """

    node: Node
    element: Element
    what: str
    what_en: str
    text: str
    moment: Literal["before", "after", "inside", "judged"] = "before"
    bare: bool = False

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
            yield Formula(node, flow, "条件", "condition", flow.condition, "after", bare=True)
    moment: Literal["before", "inside"] = "inside" if node.multiple is not None else "before"
    yield from _work_formulas(node, moment)
    for parameter in node.extensions("inputOutput", "inputParameter"):
        text = (parameter.text or "").strip()
        if marked(text):
            name = str(parameter.get("name") or "")
            yield Formula(node, node, f"参数 {name} ", f"parameter {name}", text, moment)
    for _, text in times(node):
        if marked(text):
            yield Formula(node, node, "时间", "time", text)
    yield from _instance_formulas(node)
    yield from _call_formulas(node, moment)


def _work_formulas(node: Node, moment: Literal["before", "inside"]) -> Iterator[Formula]:
    """Yield what says who does a task and until when, and the properties of any node."""
    if node.kind in ("userTask", "manualTask"):
        for attribute, what, what_en in _ATTRIBUTES:
            if marked(node.camunda(attribute)):
                yield Formula(node, node, what, what_en, node.camunda(attribute), moment)
    for entry in node.extensions("properties", "property"):
        name, text = str(entry.get("name") or ""), str(entry.get("value") or "")
        if marked(text):
            yield Formula(node, node, f"属性 {name} ", f"property {name}", text, moment)


def _instance_formulas(node: Node) -> Iterator[Formula]:
    marker = node.multiple
    if marker is None:
        return
    collection = Element(marker).camunda("collection")
    if collection:
        yield Formula(node, node, "多实例的列表", "collection", collection, bare=True)
    for tag, what, what_en in _LOOP:
        for child in Element(marker).children(tag):
            text = "".join(child.itertext()).strip()
            if tag == "completionCondition" and text:
                yield Formula(node, node, what, what_en, text, "judged", bare=True)
            elif marked(text):
                yield Formula(node, node, what, what_en, text)


def _call_formulas(node: Node, moment: Literal["before", "inside"]) -> Iterator[Formula]:
    if node.kind != "callActivity":
        return
    for entry in node.extensions("in"):
        key = str(entry.get("businessKey") or "")
        if marked(key):
            yield Formula(node, node, "业务键", "business key", key, moment)
        for text in (str(entry.get("source") or "").strip(), str(entry.get("sourceExpression") or "").strip()):
            if text:
                yield Formula(node, node, "输入映射", "in mapping", text, moment, bare=True)


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
    if not formula.bare and not is_expression(formula.text):
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
