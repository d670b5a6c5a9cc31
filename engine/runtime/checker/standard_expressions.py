"""Expressions as the BPMN 2.0 standard (OMG formal/2013-12-09, 8.4.6) wants them in a process that is carried out.

A plain expression is a text for people; one that is computed is marked `xsi:type="tFormalExpression"` and not empty.
Engines that speak `camunda:` compute plain ones too, and so do we: a file with that namespace need not mark them.
"""

from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.model import FLOW_NODES, XSI, Diagram, Element, local, reference

# Elements that the schema lets be either; `from`, `to` and `condition` mean something else in other places.
_EITHER: Final = frozenset(
    {
        "conditionExpression",
        "completionCondition",
        "activationCondition",
        "loopCardinality",
        "loopCondition",
        "timeDate",
        "timeDuration",
        "timeCycle",
    }
)
_INSIDE: Final = {"from": "assignment", "to": "assignment", "condition": "conditionalEventDefinition"}
_ALWAYS_FORMAL: Final = frozenset({"dataPath", "messagePath", "transformation"})
_PLACES: Final = FLOW_NODES | {"sequenceFlow"}


def check_expressions(context: Context) -> None:
    """Check the expressions of every executable process."""
    for diagram in context.diagrams:
        for process in diagram.processes:
            if process.executable:
                for element in process.xml.iter():
                    _check(context, diagram, element)


def _check(context: Context, diagram: Diagram, element: Any) -> None:
    kind = local(element)
    formal = reference(element.get(f"{{{XSI}}}type")) == "tFormalExpression" if kind else False
    if not formal and _may_be_plain(element, kind):
        if not diagram.speaks_camunda:
            context.report.add("informal-expression", diagram.file, place_of(element), what=kind)
    elif (formal or _is_formal(element, kind)) and not "".join(element.itertext()).strip():
        place = place_of(element)
        # An empty time is noted with the timers; an editor leaves an empty condition on a flow that became the default.
        if not kind.startswith("time") and not _is_default(diagram, place):
            context.report.add("empty-expression", diagram.file, place, what=kind)


def _may_be_plain(element: Any, kind: str) -> bool:
    return kind in _EITHER or (kind in _INSIDE and _around(element) == _INSIDE[kind])


def _is_formal(element: Any, kind: str) -> bool:
    return kind in _ALWAYS_FORMAL or (kind == "condition" and _around(element) == "complexBehaviorDefinition")


def _around(element: Any) -> str:
    parent = element.getparent()
    return local(parent) if parent is not None else ""


def _is_default(diagram: Diagram, place: Element) -> bool:
    source = diagram.ids.get(reference(place.xml.get("sourceRef"))) if place.kind == "sequenceFlow" else None
    return source is not None and bool(place.id) and reference(source.get("default")) == place.id


def place_of(element: Any) -> Element:
    """Return the flow node or sequence flow an element belongs to: what an editor can show; else the element."""
    place = element
    while place is not None and local(place) not in _PLACES:
        place = place.getparent()
    return Element(element if place is None else place)
