"""Where a token may be put by hand, and how it is put there and taken away."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from engine.runtime import event_specs, gateways, specs
from engine.runtime.errors import CannotOperate
from engine.runtime.multi_instance import MultiInstance
from engine.runtime.scopes import OneOfMany
from engine.runtime.tokens import COMPLETED, FINISHED, WAITING, Scope, Token

_KINDS: Final[tuple[tuple[type, str], ...]] = (
    (MultiInstance, "activity"),
    (specs.UserTask, "user"),
    (specs.ServiceTask, "service"),
    (specs.RuleTask, "decision"),
    (specs.CallActivity, "call"),
    (specs.SubProcess, "call"),
    (event_specs.ReceiveTask, "event"),
    (specs.PlainTask, "task"),
    (gateways.ExclusiveGateway, "gateway"),
    (gateways.ParallelGateway, "gateway"),
    (gateways.InclusiveGateway, "gateway"),
    (event_specs.SendTask, "service"),
    (event_specs.IntermediateCatchEvent, "event"),
    (event_specs.IntermediateThrowEvent, "event"),
    (event_specs.EndEvent, "end"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """An element a token may be put at.

    Attributes:
        element: its id.
        name: its label.
        kind: ``user``, ``service``, ``decision``, ``call``, ``activity``, ``task``, ``gateway``, ``event`` or ``end``.

    """

    element: str
    name: str
    kind: str


def places(scope: Scope) -> Iterator[Place]:
    """Yield the elements of a scope that a token may be put at, in the order of the file."""
    if isinstance(scope, OneOfMany):
        return
    for spec in scope.spec.task_specs.values():
        kind = kind_of(spec)
        if kind and spec.bpmn_id is not None:
            yield Place(spec.name, str(spec.bpmn_name or spec.name), kind)


def kind_of(spec: Any) -> str:
    """Return what kind of place an element is; empty when no token may be put there."""
    if isinstance(spec, event_specs.BoundaryEvent):
        return ""
    return next((kind for type_, kind in _KINDS if isinstance(spec, type_)), "")


def place(scope: Scope, element: str) -> Place:
    """Return one place of a scope. Raises CannotOperate when there is none of that id."""
    found = next((one for one in places(scope) if one.element == element), None)
    if found is None:
        raise CannotOperate("不能移到这里：同一流程里没有这个环节，或者它不能直接到达。")
    return found


def put(scope: Scope, element: str, came_from: Any = None) -> None:
    """Put a new token at an element and let it begin, with its boundary events.

    Where tokens are counted it counts as arriving by a flow nobody has come by yet, if possible one that ``came_from``
    leads to.
    """
    found = scope.spec.task_specs
    spec = found.get(f"{element}.BoundaryEventSplit") or found[element]
    root = scope.task_tree
    if isinstance(spec, gateways.ParallelGateway | gateways.InclusiveGateway):
        root = Token(scope, found[_missing(scope, spec, came_from)], root, COMPLETED)
    root.follow(spec)


def take_away(token: Token) -> None:
    """Take a token away with all that hangs on its activity: boundary events, a called process, other waiting events.

    Raises CannotOperate for one that cannot be taken away alone.
    """
    if isinstance(token.task_spec, event_specs.BoundaryEvent):
        raise CannotOperate("附在环节上的事件不能单独移动，请移动它所在的环节。")
    if isinstance(token.workflow, OneOfMany):
        raise CannotOperate("逐项办理的其中一项不能单独移动。")
    if token.has_state(FINISHED):
        raise CannotOperate("流程已经不在这一步，请刷新页面。")
    parent, race = token.parent, token.internal_data.get("race")
    guards = parent.children if parent is not None and isinstance(parent.task_spec, specs.ActivitySplit) else []
    token.cancel()
    for other in guards:
        if other.has_state(WAITING):
            other.cancel()
    for other in list(token.workflow.unfinished()):
        if race is not None and other.internal_data.get("race") == race:
            other.cancel()


def _missing(scope: Scope, join: Any, came_from: Any) -> str:
    """Return by which of its incoming elements a token put at a join is taken to come."""
    inputs: list[str] = list(dict.fromkeys(join._inputs))  # noqa: SLF001
    waiting = [token for token in scope.unfinished() if token.task_spec is join and token.has_state(WAITING)]
    arrived = waiting[0].internal_data.get("arrived", {}) if waiting else {}
    missing = [name for name in inputs if name not in arrived] or inputs
    reached = _reached(scope, came_from.name) if came_from is not None else set()
    return next((name for name in missing if name in reached), missing[0])


def _reached(scope: Scope, start: str) -> set[str]:
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        name = ahead.pop()
        if name not in seen and name in scope.spec.task_specs:
            seen.add(name)
            ahead += scope.spec.task_specs[name]._outputs  # noqa: SLF001
    return seen
