"""What an operation leads to, read off the instance before and after it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from engine.runtime.advance import is_ready_item
from engine.runtime.protocol import Item
from engine.runtime.scopes import EmbeddedSubProcess, OneOfMany
from engine.runtime.session import Session
from engine.runtime.timers import waiting_timers
from engine.runtime.tokens import Flow, Token


@dataclass(frozen=True, slots=True)
class ItemChange:
    """A user task that is withdrawn or begins to wait: its task id, step, label and due time (UTC)."""

    task_id: str
    step: str
    name: str
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class TimerChange:
    """A timer that is withdrawn or begins to wait: its task id, element, label, due time (UTC) and kind."""

    task_id: str
    element: str
    name: str
    due: datetime
    kind: str


@dataclass(frozen=True, slots=True)
class VariableChange:
    """A variable with its JSON value before and after; None where there was none.

    Variables of a called process or of one of many have the element that opened it before their name, with a slash.
    """

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Consequences:
    """What an operation leads to.

    Attributes:
        instance_id: the instance.
        status_before: ``running``, ``suspended``, ``completed`` or ``cancelled``.
        status_after: likewise.
        items_withdrawn: user tasks that no longer wait.
        items_begun: user tasks that begin to wait.
        timers_withdrawn: timers that no longer wait.
        timers_begun: timers that begin to wait, or wait for another time.
        variables: what changes in the process data.
        passed: (kind, element, label) of everything that happens on the way, in order.
        incidents_opened: (element, label, message) of what cannot be carried out.
        incidents_closed: (element, label) of what no longer waits for a process owner.

    """

    instance_id: int
    status_before: str
    status_after: str
    items_withdrawn: tuple[ItemChange, ...] = ()
    items_begun: tuple[ItemChange, ...] = ()
    timers_withdrawn: tuple[TimerChange, ...] = ()
    timers_begun: tuple[TimerChange, ...] = ()
    variables: tuple[VariableChange, ...] = ()
    passed: tuple[tuple[str, str, str], ...] = ()
    incidents_opened: tuple[tuple[str, str, str], ...] = ()
    incidents_closed: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Before:
    """An instance as it was, for the comparison."""

    timers: dict[int, TimerChange] = field(default_factory=dict)
    data: dict[int, dict[str, Any]] = field(default_factory=dict)


def before(session: Session) -> Before:
    """Return what of an instance is compared later."""
    return Before(_timers(session), _data(session.flow))


def compared(
    session: Session, was: Before, begun: tuple[Item, ...], status_before: str, status_after: str
) -> Consequences:
    """Return what a command has changed; asked after it was saved."""
    timers = _timers(session)
    gone = [token for token in session.items.values() if not is_ready_item(token)]
    closed = [token for number, token in session.held.items() if number in session.closed or _left(session, token)]
    return Consequences(
        instance_id=session.transaction.instance_id,
        status_before=status_before,
        status_after=status_after,
        items_withdrawn=tuple(
            ItemChange(session.id_of(token), token.task_spec.name, token.task_spec.bpmn_name) for token in gone
        ),
        items_begun=tuple(
            ItemChange(item.task_id, item.step, item.name, item.due.at if item.due else None) for item in begun
        ),
        timers_withdrawn=tuple(timer for number, timer in was.timers.items() if number not in timers),
        timers_begun=tuple(timer for number, timer in timers.items() if was.timers.get(number) != timer),
        variables=tuple(_changes(session.flow, was.data, _data(session.flow))),
        passed=tuple((event.kind, event.element, event.name) for event in session.run.events),
        incidents_opened=tuple(
            (failure.token.task_spec.name, failure.token.task_spec.bpmn_name, failure.message)
            for failure in session.run.failures
        ),
        incidents_closed=tuple((token.task_spec.name, token.task_spec.bpmn_name) for token in closed),
    )


def _left(session: Session, token: Token) -> bool:
    return session.flow.find(token.id) is None


def _timers(session: Session) -> dict[int, TimerChange]:
    return {
        timer.token.id: TimerChange(
            session.id_of(timer.token),
            timer.token.task_spec.name,
            timer.token.task_spec.bpmn_name or timer.token.task_spec.name,
            timer.due,
            timer.token.task_spec.event_definition.kind,
        )
        for timer in waiting_timers(session.flow)
    }


def _data(flow: Flow) -> dict[int, dict[str, Any]]:
    """Return a copy of the data of every scope that has its own, by number; the process itself is 0."""
    found: dict[int, dict[str, Any]] = {0: _copy(dict(flow.data))}
    for number, scope in flow.subprocesses.items():
        if isinstance(scope, OneOfMany):
            found[number] = _copy(scope.local)
        elif not isinstance(scope, EmbeddedSubProcess):
            found[number] = _copy(dict(scope.data))
    return found


def _copy(data: dict[str, Any]) -> dict[str, Any]:
    copy: dict[str, Any] = orjson.loads(orjson.dumps(data))
    return copy


def _changes(flow: Flow, was: dict[int, dict[str, Any]], now: dict[int, dict[str, Any]]) -> list[VariableChange]:
    found = []
    for number, data in now.items():
        if number not in was:
            continue
        prefix = f"{flow.subprocesses[number].caller.task_spec.name}/" if number else ""
        old = was[number]
        found += [
            VariableChange(prefix + name, old.get(name), data.get(name))
            for name in [*data, *(name for name in old if name not in data)]
            if old.get(name) != data.get(name) or (name in old) != (name in data)
        ]
    return found
