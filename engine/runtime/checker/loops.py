"""Which nodes a token waits at, and circles in which it waits nowhere."""

from collections.abc import Callable
from typing import Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.model import Node, Scope
from engine.runtime.checker.structure import service_name

_WAITING_EVENTS: Final = frozenset({"timer", "message", "signal", "conditional"})
# What a service or a sub-process throws comes out here without any waiting.
_THROWN: Final = frozenset({"error", "escalation"})


def check_loops(context: Context) -> None:
    """Note every circle of elements none of which waits."""
    waiting = waiting_nodes(context)
    for diagram in context.diagrams:
        for scope in diagram.scopes():
            if not scope.too_large:
                _check_scope(context, diagram.file, scope, waiting)


def _waits_itself(context: Context, node: Node) -> bool:
    """Whether a token stops at this very node until somebody or something outside the process moves it."""
    if node.kind in ("userTask", "receiveTask", "eventBasedGateway", "manualTask"):
        return True
    if node.kind == "intermediateCatchEvent":
        return bool(_WAITING_EVENTS.intersection(node.definitions))
    if node.kind == "serviceTask":
        service = context.known.services.get(service_name(node) or "")
        return service is None or service.effect
    return node.kind == "callActivity" and context.called(node) is None


def waiting_nodes(context: Context) -> set[Node]:
    """Return all nodes a token waits at, or inside: in a sub-process or in a called process."""
    nodes = [node for _, node in context.nodes()]
    waiting = {node for node in nodes if _waits_itself(context, node)}
    processes: set[Scope] = set()
    while fresh := {node.scope.process for node in waiting} - processes:
        processes |= fresh
        waiting.update(node for node in nodes if context.called(node) in processes)
    for node in list(waiting):
        owner = node.scope.owner
        while owner is not None and owner not in waiting:
            waiting.add(owner)
            owner = owner.scope.owner
    return waiting


def _check_scope(context: Context, file: str, scope: Scope, waiting: set[Node]) -> None:
    """Find circles of nodes none of which waits: a token would turn in them for ever in one command."""
    busy = _in_circles({node for node in scope.nodes.values() if node not in waiting})

    def step(node: Node) -> list[Node]:
        return [target for target in _onward(node) if target in busy]

    reported: set[Node] = set()
    for node in scope.nodes.values():
        if node not in busy or node in reported:
            continue
        circle = _circle(node, step)
        if circle:
            reported.update(circle)
            path = " → ".join(each.title for each in [*circle, circle[0]])
            context.report.add("endless-loop", file, node, path=path)


def _in_circles(nodes: set[Node]) -> set[Node]:
    """Leave out, again and again, what nothing leads to or what leads to nothing: it stands in no circle."""
    left = set(nodes)
    while True:
        kept = {
            node
            for node in left
            if any(source in left for source in _back(node)) and any(target in left for target in _onward(node))
        }
        if kept == left:
            return left
        left = kept


def _circle(start: Node, step: Callable[[Node], list[Node]]) -> list[Node]:
    """Return the shortest way from a node back to itself, or nothing."""
    came: dict[Node, Node] = {}
    row = [start]
    while row:
        following: list[Node] = []
        for node in row:
            for target in step(node):
                if target is start:
                    path = [node]
                    while path[-1] is not start:
                        path.append(came[path[-1]])
                    return path[::-1]
                if target not in came:
                    came[target] = node
                    following.append(target)
        row = following
    return []


def _onward(node: Node) -> list[Node]:
    thrown = [event for event in node.boundary if _THROWN.intersection(event.definitions)]
    return [flow.target for flow in node.outgoing if flow.target is not None] + thrown


def _back(node: Node) -> list[Node]:
    sources = [flow.source for flow in node.incoming if flow.source is not None]
    if node.host is not None and _THROWN.intersection(node.definitions):
        sources.append(node.host)
    return sources
