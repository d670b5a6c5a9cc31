"""Multiple instances and the mappings of calls: what they name and how often."""

import re
from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.formulas import marked
from engine.runtime.checker.model import Element, Node
from engine.runtime.checker.structure import plain_starts
from engine.runtime.multi_instance import MAX_INSTANCES

_NAME: Final = re.compile(r"[^\W\d_]\w*")
_TAKEN: Final = frozenset(
    {"matter", "loopCounter", "nrOfInstances", "nrOfActiveInstances", "nrOfCompletedInstances", "typename"}
)


def check_repetition(context: Context) -> None:
    """Check the multi-instance markers and the mappings of all activities."""
    for diagram, node in context.nodes():
        if node.multiple is not None:
            _check_multiple(context, diagram.file, node)
        if node.kind == "callActivity":
            _check_mappings(context, diagram.file, node)


def _check_multiple(context: Context, file: str, node: Node) -> None:
    marker = Element(node.multiple)
    collection = marker.camunda("collection")
    cardinality = text_of(node.multiple, "loopCardinality")
    if not collection and not cardinality:
        context.report.add("no-collection", file, node)
    if collection and cardinality:
        context.report.add("two-collections", file, node)
    if cardinality and not marked(cardinality):
        number = int(cardinality) if cardinality.isdecimal() and len(cardinality) < 10 else 0  # noqa: PLR2004 - digits
        if not 1 <= number <= MAX_INSTANCES:
            context.report.add("cardinality", file, node, text=cardinality, most=MAX_INSTANCES)
    variable = marker.camunda("elementVariable")
    if variable and (variable in _TAKEN or not _NAME.fullmatch(variable)):
        context.report.add("element-variable", file, node, key=variable)


def _check_mappings(context: Context, file: str, node: Node) -> None:
    for direction, zh in (("in", "输入"), ("out", "输出")):
        for entry in node.extensions(direction):
            if entry.get("businessKey") is not None or entry.get("variables") is not None:
                continue
            source, target = entry.get("source") or entry.get("sourceExpression"), entry.get("target")
            if not source or not target:
                missing = "source" if not source else "target"
                context.report.add("mapping", file, node, what=f"{zh} {missing}", what_en=f"{direction} {missing}")
    called = context.called(node)
    if called is not None and called.starts and not plain_starts(called):
        context.report.add("no-plain-start", file, node, process=called.title)
        context.report.add("no-plain-start", called.diagram.file, called, process=called.title)


def text_of(parent: Any, tag: str) -> str:
    """Return the text of a child of this name, without blanks around it."""
    return next(("".join(child.itertext()).strip() for child in Element(parent).children(tag)), "")
