"""The shape of the flow: starts and ends, what is not reached or leads nowhere, gateways, loops that never wait."""

from collections.abc import Callable, Iterable
from typing import Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.model import ACTIVITIES, GATEWAYS, Node, Scope

_CONDITIONAL: Final = frozenset({"exclusiveGateway", "inclusiveGateway", "complexGateway"})
_AFTER_EVENT_GATEWAY: Final = frozenset({"intermediateCatchEvent", "receiveTask"})
_SPLIT: Final = 2


def check_structure(context: Context) -> None:
    """Check every scope of every diagram."""
    for diagram in context.diagrams:
        for scope in diagram.scopes():
            file = diagram.file
            if scope.nodes:
                _check_starts_and_ends(context, file, scope)
                _check_reach(context, file, scope)
            elif scope.executable or (scope.owner is not None and not _is_refused(scope.owner)):
                context.report.add("no-start", file, scope)
            for node in scope.nodes.values():
                _check_splits(context, file, node)
                if node.kind in GATEWAYS:
                    _check_gateway(context, file, node)


def next_nodes(node: Node) -> list[Node]:
    """Return where a token can go from here: along the flows, and out through boundary events."""
    return [flow.target for flow in node.outgoing if flow.target] + node.boundary


def reach(starts: Iterable[Node], step: Callable[[Node], Iterable[Node]]) -> set[Node]:
    """Return everything that can be reached from `starts` by `step`, themselves included."""
    found: set[Node] = set()
    stack = list(starts)
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack.extend(step(node))
    return found


def _apart(node: Node) -> bool:
    """Whether a node stands outside the flow by design: event sub-processes, compensation, link targets."""
    return (
        node.by_event
        or str(node.xml.get("isForCompensation") or "") == "true"
        or (node.kind == "intermediateCatchEvent" and "link" in node.definitions)
    )


def plain_starts(scope: Scope) -> list[Node]:
    """Return the start events without a trigger: where a process begins that is started or called."""
    return [node for node in scope.starts if not node.definitions]


def _is_refused(owner: Node) -> bool:
    """Whether a sub-process is refused as a whole, so that nothing more is said of its shape."""
    return owner.by_event or owner.kind != "subProcess"


def entries(scope: Scope) -> list[Node]:
    """Return where a scope begins: its start events, else (in a sub-process) the nodes nothing leads to."""
    starts = scope.starts
    if not starts and scope.parent is not None:
        starts = [node for node in scope.nodes.values() if not node.incoming and node.kind != "boundaryEvent"]
    return starts + [node for node in scope.nodes.values() if _apart(node)]


def _check_starts_and_ends(context: Context, file: str, scope: Scope) -> None:
    add = context.report.add
    if scope.owner is None or not _is_refused(scope.owner):
        if not scope.starts:
            add("no-start", file, scope)
        if not any(node.kind == "endEvent" for node in scope.nodes.values()):
            add("no-end", file, scope)
    for extra in plain_starts(scope)[1:]:
        add("several-starts", file, extra)
    for node in scope.nodes.values():
        if node.kind == "startEvent" and node.incoming:
            add("start-incoming", file, node)
        if node.kind == "endEvent" and node.outgoing:
            add("end-outgoing", file, node)
        if node.kind == "boundaryEvent" and node.incoming:
            add("boundary-incoming", file, node)


def _check_reach(context: Context, file: str, scope: Scope) -> None:
    reached = reach(entries(scope), next_nodes)
    nodes = list(scope.nodes.values())
    begun = bool(scope.starts or scope.parent)
    for node in nodes:
        # Without any start event the process is refused as a whole; what can never be the first is named all the same.
        if node not in reached and node.kind != "boundaryEvent" and (begun or _never_first(node)):
            context.report.add("unreachable", file, node)
    stops = [node for node in nodes if not node.outgoing and not _may_stop(node, scope)]
    for node in stops:
        context.report.add("dead-end", file, node)
    if not any(node.kind == "endEvent" for node in nodes) and not (
        scope.owner is not None and _is_refused(scope.owner)
    ):
        for start in scope.starts:
            context.report.add("never-ends", file, start)
    back: dict[Node, list[Node]] = {}
    for node in nodes:
        for following in next_nodes(node):
            back.setdefault(following, []).append(node)
    ended = reach([node for node in nodes if not node.outgoing], lambda node: back.get(node, []))
    stuck = next((node for node in nodes if node in reached and node not in ended and not _apart(node)), None)
    if stuck:
        context.report.add("never-ends", file, stuck)


def _never_first(node: Node) -> bool:
    """Whether a flow must lead to a node: an end, or an event on the way (not one that a link leads to)."""
    on_the_way = node.kind in ("intermediateCatchEvent", "intermediateThrowEvent") and not node.incoming
    return (node.kind == "endEvent" or on_the_way) and not _apart(node)


def _may_stop(node: Node, scope: Scope) -> bool:
    return (
        node.kind == "endEvent"
        or node.by_event
        or str(node.xml.get("isForCompensation") or "") == "true"
        or scope.kind == "adHocSubProcess"
        or (node.kind == "boundaryEvent" and "compensate" in node.definitions)
        or (node.kind == "intermediateThrowEvent" and "link" in node.definitions)
    )


def _check_splits(context: Context, file: str, node: Node) -> None:
    add = context.report.add
    if node.kind not in GATEWAYS:
        if len(node.outgoing) >= _SPLIT:
            add("implicit-split", file, node, count=len(node.outgoing))
        words = ("任务", "a task") if node.kind in ACTIVITIES else ("事件", "an event")
    elif node.kind in _CONDITIONAL and len(node.outgoing) >= _SPLIT:
        return
    else:
        words = ("不选路的网关", "a gateway that does not choose")
    for flow in node.outgoing:
        if flow.condition:
            add("condition-ignored", file, flow, source=words[0], source_en=words[1])


def _check_gateway(context: Context, file: str, node: Node) -> None:
    add = context.report.add
    if node.kind in ("exclusiveGateway", "inclusiveGateway") and len(node.outgoing) >= _SPLIT:
        if not node.default:
            add("no-default", file, node)
        for flow in node.outgoing:
            if not flow.condition and flow.id != node.default:
                add("no-condition", file, flow)
    if len(node.incoming) < _SPLIT and len(node.outgoing) < _SPLIT and node.kind != "eventBasedGateway":
        add("single-gateway", file, node)
    if node.kind == "eventBasedGateway":
        _check_event_gateway(context, file, node)


def _check_event_gateway(context: Context, file: str, node: Node) -> None:
    add = context.report.add
    for flow in node.outgoing:
        target = flow.target
        if target and target.kind not in _AFTER_EVENT_GATEWAY:
            add("event-gateway", file, target, target=target.title, target_en=target.title)
        elif target and len(target.incoming) > 1:
            add("event-gateway-shared", file, target, target=target.title)
    if len(node.outgoing) < _SPLIT:
        add("event-gateway", file, node, target="单独一条线", target_en="a single flow")


def service_name(node: Node) -> str | None:
    """Return the service that `camunda:delegateExpression="${name}"` names; None if it names none."""
    text = node.camunda("delegateExpression")
    if text[:2] not in ("${", "#{") or not text.endswith("}"):
        return None
    name = text[2:-1].strip()
    return name if name.isidentifier() else None
