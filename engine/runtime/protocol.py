"""What passes between the runtime and the product that hosts it.

The runtime knows no matter, no officer and no calendar. Whoever builds one hands it a :class:`Host`,
which answers what services exist, who is offered a task, when a deadline falls and how history is kept.
Times are timezone-aware UTC everywhere; process data is JSON.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

import orjson
import sqlalchemy as sa

from engine.runtime.wire import Sending

EventKind = Literal[
    "started",
    "completed",
    "claimed",
    "unclaimed",
    "assigned",
    "timer_fired",
    "service_called",
    "effect_requested",
    "effect_finished",
    "message_received",
    "message_thrown",
    "signal_received",
    "signal_thrown",
    "error_caught",
    "escalation_caught",
    "escalation_uncaught",
    "decided",
    "ended",
    "due_moved",
    "migrated",
    "migration_reverted",
    "due_extended",
    "clock_paused",
    "clock_resumed",
    "service_failed",
    "incident_opened",
    "incident_retried",
    "incident_resolved",
    "suspended",
    "resumed",
    "cancelled",
    "token_moved",
    "variables_changed",
    "restarted",
    "correlated",
]


@dataclass(frozen=True, slots=True)
class Due:
    """A point in time and how it was arrived at.

    Attributes:
        at: the moment, UTC.
        explanation: the arithmetic, one Chinese sentence a line.

    """

    at: datetime
    explanation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """A user task that waits for somebody.

    Attributes:
        task_id: 32 hexadecimal digits, unique over all instances.
        step: the user task's id in the diagram.
        name: its label.
        groups: ``camunda:candidateGroups``, or the id of its lane.
        form_key: ``camunda:formRef`` or ``camunda:formKey``, or the step.
        due: ``camunda:dueDate`` worked out when the task began to wait.
        follow_up: ``camunda:followUpDate``, likewise.
        priority: ``camunda:priority``; 50 when the diagram says nothing.
        properties: ``camunda:properties``, as name to value.
        local: what this one of a multi-instance activity is about: its element variable and ``loopCounter``.

    """

    task_id: str
    step: str
    name: str
    groups: tuple[str, ...] = ()
    form_key: str = ""
    due: Due | None = None
    follow_up: Due | None = None
    priority: int = 50
    properties: dict[str, str] = field(default_factory=dict)
    local: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offer:
    """Who may take an item. The strings mean something to the host only.

    Attributes:
        candidates: whoever holds one of these may take it.
        assignee: whose it is from the start; None when it is open to all candidates.
        excluded: who may not have it although a candidate string fits.

    """

    candidates: tuple[str, ...] = ()
    assignee: str | None = None
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an instance; the host turns it into history.

    Attributes:
        kind: what happened.
        element: the id of the BPMN element; empty for the instance itself.
        name: its label.
        details: JSON; for ``decided`` the inputs, the outputs, the numbers of the rules that matched, and the
            same of each required decision in ``required``, in the order they were taken.

    """

    kind: EventKind
    element: str
    name: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Transaction:
    """One command's transaction: the instance is locked until it commits.

    Attributes:
        connection: the SQLAlchemy connection; the host writes with it, and never commits.
        instance_id: the instance.
        business_key: what the host calls the instance.
        process_key: the id of the process it runs.
        deployment_id: the deployment it belongs to, for good.
        now: the database clock's time of the command, UTC.
        actor: who acts: an officer's id, or ``system``.
        host_state: anything the host wants to carry through the command.
        offer: of the item at hand, who was offered it and who holds it; None when the command has no item.
        variables: what the host changes in the process data, name to JSON value (``matter``, for instance); taken
            over before the process goes on, and after every service that was called.
        events: what the host adds to history during the command; recorded with the rest, before them.
        last: statements of the host that the runtime sends together with its own last one; what is only written, as
            history is, costs no round trip of its own there.
        source: gives the main process' data when it is asked for; read it through ``data``.
        guarded: whether a service that fails can be undone alone: each is called within a savepoint, and
            ``host_state`` is copied before. A command that can be carried out again does without at first.

    """

    connection: sa.Connection
    instance_id: int
    business_key: str
    process_key: str
    deployment_id: int
    now: datetime
    actor: str
    host_state: Any = None
    offer: Offer | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    last: list[Sending] = field(default_factory=list, repr=False)
    source: Callable[[], Mapping[str, Any]] = field(default=dict, repr=False)
    guarded: bool = True

    @property
    def data(self) -> dict[str, Any]:
        """A copy of the main process' data; changing it changes nothing."""
        copy: dict[str, Any] = orjson.loads(orjson.dumps(self.source()))
        return copy


@dataclass(frozen=True, slots=True)
class Call:
    """A service task asks its service to run.

    Attributes:
        transaction: the command it happens in.
        task_id: the service task's id in this instance, 32 hexadecimal digits.
        element: its id in the diagram.
        name: its label.
        parameters: the input parameters of the diagram, evaluated.
        data: a copy of the process data the task sees.

    """

    transaction: Transaction
    task_id: str
    element: str
    name: str
    parameters: dict[str, Any]
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Service:
    """Something a service task may call, by ``camunda:delegateExpression="${name}"``.

    A computing service (``effect`` false) returns a JSON object, stored in the process data under the
    service task's id. An effect writes its request with the transaction's connection and returns None; the
    task then waits until the effect's result is brought by ``Runtime.finish_effect``.

    Attributes:
        name: as the diagram writes it.
        run: what does it.
        parameters: the input parameters it cannot do without.
        optional: those it also understands.
        outputs: the keys of its result, each with its type, for the checker.
        effect: whether the result arrives later.
        errors: the codes of the BPMN errors it may raise; None when it may raise any.
        verdict: of an effect, the boolean among its outputs that says whether it came about. Where a diagram reads it,
            the diagram decides what a failure means; elsewhere, and without one, a failure opens an incident.

    """

    name: str
    run: Callable[[Call], dict[str, Any] | None]
    parameters: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    outputs: dict[str, str] = field(default_factory=dict)
    effect: bool = False
    verdict: str = ""
    errors: tuple[str, ...] | None = ()


class Host(Protocol):
    """What the runtime asks of the product it runs in."""

    @property
    def services(self) -> Mapping[str, Service]:
        """The services a diagram may call, by name."""

    @property
    def functions(self) -> Mapping[str, Callable[..., Any]]:
        """The functions an expression may call beside the built-in ones, by name."""

    @property
    def groups(self) -> Collection[str]:
        """The roles a lane or ``camunda:candidateGroups`` may name."""

    @property
    def start(self) -> Mapping[str, Mapping[str, Any]]:
        """What instances start with, for the checker: process key, or ``*`` for all, to names and types."""

    @property
    def reads(self) -> Collection[str]:
        """The user tasks whose answers the host takes over itself, for the checker: no field of theirs is unused."""

    def holders(self, connection: sa.Connection) -> Collection[str]:
        """Return the roles that somebody holds, for the checker."""

    def fields(self, form: bytes) -> dict[str, str]:
        """Return the variables of a form with their types; raise ValueError naming what is wrong in it."""

    def due(self, connection: sa.Connection, value: Any, start: datetime) -> Due:
        """Return when ``value`` falls, counted from ``start``.

        ``value`` is a text such as ``3工作日``, ``4工作小时`` or ``P3D``, an ISO 8601 date or time (bureau time
        when it names no zone), or a datetime. Raise ValueError when it is none of these.
        """

    def extended(self, connection: sa.Connection, due: datetime, by: str) -> Due:
        """Return ``due`` put off by a length such as ``15日`` or ``3工作日``, counted from the last day it has.

        Asked only for what is no ISO 8601 duration. Raise ValueError when ``by`` is no length.
        """

    def held(self, connection: sa.Connection, value: Any, due: datetime, since: datetime, until: datetime) -> Due:
        """Return when a clock of ``value`` falls that was due at ``due`` and stood still from ``since`` to ``until``.

        What was left at ``since`` is left at ``until``, in the clock's own unit: working days, working hours, days.
        Asked only for what :meth:`due` understands, and never for a due time before ``since``.
        """

    def offer(self, transaction: Transaction, item: Item) -> Offer:
        """Return who may take ``item``, which has just begun to wait."""

    def may_hold(self, transaction: Transaction, holder: str, offer: Offer) -> bool:
        """Say whether ``holder`` may keep an item they hold now that it is offered as ``offer`` says."""

    def record(self, transaction: Transaction, events: Sequence[Event]) -> None:
        """Write ``events`` into history. Called once in every command, before its commit."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a completed task led to.

    Attributes:
        instance_id: the instance.
        task_id: the task that was completed.
        ended: whether the instance ended by it.
        next: the user tasks that began to wait by it.
        repeated: whether the command had been carried out before under the same key.

    """

    instance_id: int
    task_id: str
    ended: bool
    next: tuple[Item, ...] = ()
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """A due time that was worked out anew, extended, or held by a pause.

    Attributes:
        element: the id of the user task or timer.
        old: when it fell before, UTC; None when it had none.
        new: when it falls now, UTC.
        name: the element's label.
        explanation: the arithmetic of the new time, one Chinese sentence a line.

    """

    element: str
    old: datetime | None
    new: datetime
    name: str = ""
    explanation: tuple[str, ...] = ()


__all__ = [
    "Call",
    "Due",
    "Event",
    "EventKind",
    "Host",
    "Item",
    "Moved",
    "Offer",
    "Outcome",
    "Service",
    "Transaction",
]
