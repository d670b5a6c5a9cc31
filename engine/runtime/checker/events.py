"""What events name and who answers: messages, signals, errors, escalations, thrown and caught."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.model import Diagram, Node, Scope, local, reference
from engine.runtime.checker.structure import service_name

_CATCHERS: Final = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent"})
_THROWERS: Final = frozenset({"intermediateThrowEvent", "endEvent"})


@dataclass
class _Names:
    """The names thrown and caught by all files."""

    caught_messages: set[str] = field(default_factory=set)
    caught_signals: set[str] = field(default_factory=set)


def check_events(context: Context) -> None:
    """Check what every event and message task names, and that what is thrown is caught."""
    names = _caught(context)
    callers = context.callers
    for diagram, node in context.nodes():
        _check_message(context, diagram, node, names)
        if "signal" in node.definitions:
            _check_signal(context, diagram, node, names)
        for code in sorted(errors_of(context, node) or ()):
            if not (_takes(node, "error", code) or _is_caught(node.scope, "error", code, callers, set())):
                context.report.add("service-error-not-caught", diagram.file, node, code=code)
        if node.kind in _THROWERS:
            _check_thrown(context, diagram, node, callers)
        elif node.kind == "boundaryEvent" and node.host is not None:
            _check_boundary(context, diagram, node)


def message_name(diagram: Diagram, holder: Any) -> str:
    """Return the name of the message that an event definition or a task names; empty when it names none."""
    return _named(diagram, holder, "messageRef", "message", "name")


def code_of(node: Node, kind: str) -> str:
    """Return the code of the error or escalation an event names; empty when it names none."""
    definition = node.definition(kind)
    if definition is None:
        return ""
    return _named(node.scope.diagram, definition, f"{kind}Ref", kind, f"{kind}Code")


def errors_of(context: Context, node: Node) -> frozenset[str] | None:
    """Return the codes of the errors the service of a node declares; None when it may raise any, or is not known."""
    if node.kind not in ("serviceTask", "sendTask") or (node.kind == "sendTask" and throws_message(node)):
        return frozenset()
    service = context.known.services.get(service_name(node) or "")
    return None if service is None or service.errors is None else frozenset(service.errors)


def throws_message(node: Node) -> bool:
    """Whether a node throws a message: a throwing event, or a send task that calls no service."""
    if node.kind == "sendTask":
        return not node.camunda("delegateExpression")
    return node.kind in _THROWERS and "message" in node.definitions


def _named(diagram: Diagram, holder: Any, attribute: str, tag: str, value: str) -> str:
    target = diagram.ids.get(reference(holder.get(attribute)))
    return str(target.get(value) or "").strip() if target is not None and local(target) == tag else ""


def _message_holder(node: Node) -> Any:
    """Return what carries `messageRef`: the task itself or the definition of the event; None if it has no message."""
    if node.kind == "receiveTask" or (node.kind == "sendTask" and throws_message(node)):
        return node.xml
    return node.definition("message")


def _caught(context: Context) -> _Names:
    names = _Names()
    for diagram, node in context.nodes():
        if node.kind == "receiveTask" or (node.kind in _CATCHERS and "message" in node.definitions):
            names.caught_messages.add(message_name(diagram, _message_holder(node)))
        if node.kind in _CATCHERS and "signal" in node.definitions:
            names.caught_signals.add(_named(diagram, node.definition("signal"), "signalRef", "signal", "name"))
    return names


def _check_message(context: Context, diagram: Diagram, node: Node, names: _Names) -> None:
    holder = _message_holder(node)
    if holder is None or (node.kind == "sendTask" and not throws_message(node)):
        return
    name = message_name(diagram, holder)
    known = reference(holder.get("messageRef")) in diagram.ids
    if not name and (known or holder.get("messageRef") is None):
        # A reference that leads nowhere is noted with the other references.
        context.report.add("no-message", diagram.file, node)
    elif name and throws_message(node) and name not in names.caught_messages:
        context.report.add("message-not-caught", diagram.file, node, name=name)


def _check_signal(context: Context, diagram: Diagram, node: Node, names: _Names) -> None:
    definition = node.definition("signal")
    name = _named(diagram, definition, "signalRef", "signal", "name")
    known = reference(definition.get("signalRef")) in diagram.ids
    if not name and (known or definition.get("signalRef") is None):
        context.report.add("no-signal", diagram.file, node)
    elif name and node.kind in _THROWERS and name not in names.caught_signals:
        context.report.add("signal-not-caught", diagram.file, node, name=name)


def _check_thrown(context: Context, diagram: Diagram, node: Node, callers: dict[Scope, list[Node]]) -> None:
    for kind in ("error", "escalation"):
        definition = node.definition(kind)
        if definition is None or (kind == "error" and node.kind != "endEvent"):
            continue
        code = code_of(node, kind)
        if not code:
            if definition.get(f"{kind}Ref") is None or reference(definition.get(f"{kind}Ref")) in diagram.ids:
                context.report.add(f"{kind}-without-code", diagram.file, node)
        elif not _is_caught(node.scope, kind, code, callers, set()):
            context.report.add(f"{kind}-not-caught", diagram.file, node, code=code)


def _is_caught(scope: Scope, kind: str, code: str, callers: dict[Scope, list[Node]], seen: set[Scope]) -> bool:
    """Whether every way out of a scope leads through a boundary event that takes this code."""
    if scope in seen:
        return True
    seen.add(scope)
    owners = [scope.owner] if scope.owner is not None else callers.get(scope, [])
    return bool(owners) and all(
        _takes(owner, kind, code) or _is_caught(owner.scope, kind, code, callers, seen) for owner in owners
    )


def _takes(activity: Node, kind: str, code: str) -> bool:
    return any(kind in event.definitions and code_of(event, kind) in ("", code) for event in activity.boundary)


def _check_boundary(context: Context, diagram: Diagram, node: Node) -> None:
    """Note a boundary event for a code that nothing inside throws: no end event, and no service that declares it."""
    for kind in ("error", "escalation"):
        definition = node.definition(kind)
        if definition is None or node.host is None:
            continue
        below = node.host.inside or context.called(node.host)
        if below is None and node.host.kind == "callActivity":
            continue  # the called process is not there, which is noted with the call
        wanted = code_of(node, kind)
        if not _may_throw(context, node.host, below, kind, wanted):
            context.report.add(f"{kind}-not-thrown", diagram.file, node, code=wanted or "*")


def _may_throw(context: Context, host: Node, below: Scope | None, kind: str, wanted: str) -> bool:
    for node in (host, *_everything(context, below, set())):
        errors = errors_of(context, node) if kind == "error" else frozenset()
        if errors is None or wanted in errors or (errors and not wanted):
            return True
        if node.kind in _THROWERS and kind in node.definitions and (not wanted or code_of(node, kind) == wanted):
            return True
    return False


def _everything(context: Context, scope: Scope | None, seen: set[Scope]) -> Iterator[Node]:
    """Yield the nodes of a scope, of those inside it and of the processes it calls."""
    if scope is None or scope in seen:
        return
    seen.add(scope)
    for node in scope.everything():
        yield node
        yield from _everything(context, context.called(node), seen)
