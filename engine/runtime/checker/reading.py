"""Reads a BPMN file into the graph of `model`: scopes, nodes, flows, boundary events, lanes."""

from typing import Any, Final

from engine.runtime.checker.model import (
    BPMN,
    FLOW_NODES,
    SCOPES,
    Diagram,
    Element,
    Flow,
    Node,
    Scope,
    local,
    reference,
)

_LANE: Final = f"{{{BPMN}}}lane"
_LISTED: Final = f"{{{BPMN}}}flowNodeRef"


def read_diagram(root: Any, file: str) -> Diagram:
    """Read the graph of a parsed BPMN file."""
    diagram = Diagram(root, file)
    for element in root.iter():
        key = element.get("id")
        if key and isinstance(element.tag, str):
            diagram.ids.setdefault(str(key), element)
    for element in root:
        if local(element) == "process":
            diagram.pools.append(_scope(element, diagram, None))
    diagram.processes = [process for process in diagram.pools if process.executable] or list(diagram.pools)
    return diagram


def _scope(element: Any, diagram: Diagram, parent: Scope | None) -> Scope:
    scope = Scope(element, diagram, parent)
    for position, child in enumerate(element):
        kind = local(child)
        if kind in FLOW_NODES:
            node = Node(child, scope)
            # A node without an id cannot be referenced, but it can be wrong.
            scope.nodes.setdefault(node.id or f"#{position}", node)
            if kind in SCOPES:
                node.inside = _scope(child, diagram, scope)
                node.inside.owner = node
                scope.inner.append(node.inside)
    for child in element:
        if local(child) == "sequenceFlow":
            _connect(scope, Flow(child))
    _attach(scope)
    return scope


def _attach(scope: Scope) -> None:
    """Tie boundary events to their activities, and nodes to the lanes that list them."""
    for node in scope.nodes.values():
        node.host = scope.nodes.get(reference(node.xml.get("attachedToRef"))) if node.kind == "boundaryEvent" else None
        if node.host:
            node.host.boundary.append(node)
    for lane in scope.xml.iter(_LANE):
        for named in lane.iterchildren(_LISTED):
            # The innermost lane comes last in the file, and is the role.
            found = _within(scope, reference(named.text))
            if found is not None:
                found.lane = Element(lane)


def _within(scope: Scope, key: str) -> Node | None:
    if key in scope.nodes:
        return scope.nodes[key]
    return next((found for inner in scope.inner if (found := _within(inner, key))), None)


def _connect(scope: Scope, flow: Flow) -> None:
    flow.source = scope.nodes.get(reference(flow.xml.get("sourceRef")))
    flow.target = scope.nodes.get(reference(flow.xml.get("targetRef")))
    scope.flows.append(flow)
    if flow.source:
        flow.source.outgoing.append(flow)
    if flow.target:
        flow.target.incoming.append(flow)
