"""What is drawn in a process and in those it calls, element by element, so that two deployments can be compared."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from engine.runtime.definitions import Definition
from engine.runtime.expressions import is_expression
from engine.runtime.xml import safe_parse

_BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_CAMUNDA: Final = "http://camunda.org/schema/1.0/bpmn"
_NAMESPACES: Final = {"bpmn": _BPMN, "camunda": _CAMUNDA}
_EVENT: Final = "EventDefinition"
BOUNDARY: Final = "boundaryEvent"
CONTAINER: Final = "subProcess"
GATEWAYS: Final = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"})
PEOPLE: Final = frozenset({"userTask", "manualTask"})
_NODES: Final = (
    PEOPLE
    | GATEWAYS
    | {"task", "serviceTask", "businessRuleTask", "sendTask", "receiveTask", "callActivity", CONTAINER}
    | {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", BOUNDARY}
)

Place = tuple[str, str]
"""Where an element is drawn: the key of its process and its id."""


@dataclass(frozen=True)
class Element:
    """An element of a diagram.

    Attributes:
        process_key: the process it is drawn in.
        id: its id.
        name: its label, or the id.
        kind: its BPMN tag, and for an event behind a colon what it waits for or throws (``boundaryEvent:timer``).
        scope: what it lies in: the id of an embedded sub-process, or the key of the process.
        facts: what the diagram says of it, as text by name; two elements with the same facts do the same.
        incoming: where its flows come from, once for each flow.
        outgoing: where its flows lead.
        reads: the expressions it evaluates when a token comes to it, as the diagram has them.
        needs: dotted paths its decision table reads.
        writes: the name its result is stored under; empty when it stores none.

    """

    process_key: str
    id: str
    name: str
    kind: str
    scope: str
    facts: Mapping[str, str] = field(default_factory=dict)
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()
    writes: str = ""

    @property
    def place(self) -> Place:
        """Where it is drawn."""
        return (self.process_key, self.id)

    @property
    def boundary(self) -> bool:
        """Whether it is attached to an activity, which may go on without it."""
        return self.kind.startswith(BOUNDARY)


def elements(definition: Definition, process_key: str) -> dict[Place, Element]:
    """Return everything drawn in a process and in the processes it calls, in the order of the files.

    Nothing when the deployment has no such process.
    """
    found: dict[Place, Element] = {}
    ahead, seen = [process_key], {process_key}
    while ahead:
        drawn = _drawn(definition, ahead.pop(0))
        found.update({element.place: element for element in drawn})
        called = {element.facts["called"] for element in drawn if "called" in element.facts}
        ahead += sorted(called - seen)
        seen |= called
    return found


def _drawn(definition: Definition, process_key: str) -> list[Element]:
    path = definition.sources.get(process_key)
    if path is None:
        return []
    root = safe_parse(definition.files[path], path)
    for process in root.iter(f"{{{_BPMN}}}process"):
        if process.get("id") == process_key:
            return [_element(definition, process_key, scope, node) for scope, node in _nodes(process, process_key)]
    return []


def _nodes(container: Any, scope: str) -> Iterator[tuple[str, Any]]:
    for node in container.iterchildren(etree.Element):
        if etree.QName(node).localname in _NODES:
            yield scope, node
            if etree.QName(node).localname == CONTAINER:
                yield from _nodes(node, str(node.get("id")))


def _element(definition: Definition, process_key: str, scope: str, node: Any) -> Element:
    tag = etree.QName(node).localname
    identifier = str(node.get("id"))
    event = next((child for child in node if str(child.tag).endswith(_EVENT)), None)
    kind = tag
    if tag.endswith("Event"):
        kind += ":" + (etree.QName(event).localname.removesuffix(_EVENT) if event is not None else "none")
    flows = node.getparent().findall(f"{{{_BPMN}}}sequenceFlow")
    leaving = [flow for flow in flows if flow.get("sourceRef") == identifier]
    facts = {name: text for name, text in _facts(definition, node, tag, event, leaving) if text}
    decision = definition.decisions.get(facts.get("decision", ""))
    reads = [facts[name] for name in ("due", "follow_up", "priority", "timer", "collection") if name in facts]
    return Element(
        process_key=process_key,
        id=identifier,
        name=str(node.get("name") or identifier),
        kind=kind,
        scope=scope,
        facts=facts,
        incoming=tuple(str(flow.get("sourceRef")) for flow in flows if flow.get("targetRef") == identifier),
        outgoing=tuple(str(flow.get("targetRef")) for flow in leaving),
        reads=(*reads, *(_text(entry) for entry in _inputs(node)), *_conditions(leaving)),
        needs=frozenset(decision.needs) if decision is not None else frozenset(),
        writes=_writes(node, tag, kind, identifier),
    )


def _facts(definition: Definition, node: Any, tag: str, event: Any, leaving: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield what the diagram says of a node, by name; empty texts are left out by the caller."""
    if tag in PEOPLE:
        form = _camunda(node, "formRef") or _camunda(node, "formKey") or str(node.get("id"))
        yield "role", _camunda(node, "candidateGroups") or _lane(node)
        yield "form", form
        yield "form_content", _digest(definition.forms.get(form))
        yield "due", _camunda(node, "dueDate")
        yield "follow_up", _camunda(node, "followUpDate")
        yield "priority", _camunda(node, "priority")
        entries = node.xpath("./bpmn:extensionElements/camunda:properties/camunda:property", namespaces=_NAMESPACES)
        yield "properties", "；".join(sorted(f"{entry.get('name')}={entry.get('value') or ''}" for entry in entries))
    yield "service", _camunda(node, "delegateExpression")
    yield "parameters", "；".join(sorted(f"{entry.get('name')}={_text(entry)}" for entry in _inputs(node)))
    decision = _camunda(node, "decisionRef")
    yield "decision", decision
    yield "decision_content", _digest(_table(definition, decision))
    yield "called", str(node.get("calledElement") or "")
    yield "handed", "；".join(_mappings(node))
    if tag == BOUNDARY:
        yield "attached", str(node.get("attachedToRef") or "")
        yield "interrupting", str(node.get("cancelActivity") or "true").lower()
    yield from _event_facts(node, event)
    loop = node.find(f"{{{_BPMN}}}multiInstanceLoopCharacteristics")
    if loop is not None:
        yield "multi_instance", "sequential" if loop.get("isSequential") == "true" else "parallel"
        yield "collection", _camunda(loop, "collection") or _child(loop, "loopCardinality")
        yield "element_variable", _camunda(loop, "elementVariable")
        yield "completion", _child(loop, "completionCondition")
    if tag in GATEWAYS:
        ways = [f"{_child(flow, 'conditionExpression') or '—'} → {flow.get('targetRef')}" for flow in leaving]
        otherwise = str(node.get("default") or "")
        ways += [f"default → {flow.get('targetRef')}" for flow in leaving if flow.get("id") == otherwise]
        yield "conditions", "；".join(ways)


def _event_facts(node: Any, event: Any) -> Iterator[tuple[str, str]]:
    if event is not None:
        for child in event.iterchildren(etree.Element):
            name = etree.QName(child).localname
            if name in {"timeDate", "timeDuration", "timeCycle"}:
                yield "timer", _text(child)
                yield "timer_kind", name.removeprefix("time").lower()
    referring = event if event is not None else node
    for attribute in ("messageRef", "signalRef", "errorRef", "escalationRef"):
        reference = referring.get(attribute)
        if reference:
            found = node.getroottree().xpath("//*[@id=$id]", id=reference)
            yield attribute.removesuffix("Ref"), str(found[0].get("name") or reference) if found else str(reference)


def _writes(node: Any, tag: str, kind: str, identifier: str) -> str:
    if node.find(f"{{{_BPMN}}}multiInstanceLoopCharacteristics") is not None:
        return identifier
    if tag == "businessRuleTask":
        return _camunda(node, "resultVariable") or identifier
    if tag in PEOPLE | {"serviceTask", "sendTask", "receiveTask"}:
        return identifier
    catching = tag in {BOUNDARY, "intermediateCatchEvent", "startEvent"}
    return identifier if catching and not kind.endswith((":timer", ":none")) else ""


def _table(definition: Definition, decision: str) -> bytes | None:
    """Return the file a decision is in; decisions of one file change together."""
    path = definition.tables.get(decision)
    return None if path is None else definition.files[path]


def _conditions(leaving: list[Any]) -> list[str]:
    """Return the conditions of flows, marked as formulas: in a diagram they may also stand bare."""
    texts = [_child(flow, "conditionExpression") for flow in leaving]
    return [text if is_expression(text) else f"${{{text}}}" for text in texts if text]


def _inputs(node: Any) -> list[Any]:
    found = node.xpath("./bpmn:extensionElements/camunda:inputOutput/camunda:inputParameter", namespaces=_NAMESPACES)
    return list(found)


def _mappings(node: Any) -> Iterator[str]:
    """Yield what a call activity hands over and takes back, when the diagram says it; see ``camunda:in``."""
    for entry in node.xpath(
        "./bpmn:extensionElements/*[self::camunda:in or self::camunda:out]", namespaces=_NAMESPACES
    ):
        yield etree.QName(entry).localname + "(" + ", ".join(f"{k}={v}" for k, v in sorted(entry.attrib.items())) + ")"


def _lane(node: Any) -> str:
    """Return the id of the innermost lane a node lies in, which is whom the runtime offers it to; "" for none."""
    found = ""
    for lane in node.getroottree().iter(f"{{{_BPMN}}}lane"):
        if any((one.text or "").strip() == node.get("id") for one in lane.iterfind(f"{{{_BPMN}}}flowNodeRef")):
            found = str(lane.get("id") or "")
    return found


def _camunda(node: Any, attribute: str) -> str:
    return str(node.get(f"{{{_CAMUNDA}}}{attribute}") or "").strip()


def _child(node: Any, tag: str) -> str:
    return _text(node.find(f"{{{_BPMN}}}{tag}"))


def _text(node: Any) -> str:
    return (node.text or "").strip() if node is not None else ""


def _digest(content: bytes | None) -> str:
    return hashlib.sha256(content).hexdigest()[:12] if content is not None else ""
