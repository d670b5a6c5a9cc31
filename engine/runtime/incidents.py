"""Incidents: what could not be carried out, waits for a process owner, and what was done about it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import sqlalchemy as sa

from engine.runtime import retrying
from engine.runtime.errors import CannotOperate, NotFound, ReasonMissing
from engine.runtime.protocol import Event
from engine.runtime.retrying import Kind
from engine.runtime.task_ids import task_id
from engine.runtime.tokens import FINISHED, Token

if TYPE_CHECKING:
    from engine.runtime.session import Session

Resolution = Literal["retried", "by_hand", "recovered", "withdrawn"]
FAILED_IN_A_ROW: Final = 5  # timers: after so many an incident opens

_COLUMNS: Final = """id, instance_id, replace(task_id::text, '-', ''), process_key, element, name, kind, message, data,
    attempts, opened_at, resolved_at, resolved_by, resolution, reason"""
# The instance is not locked by this alone: whoever acts on an incident locks it first and asks again.
_ONE: Final = f"select {_COLUMNS} from incident where id = %(id)s"  # noqa: S608 - this module's own text
_OF_INSTANCE: Final = f"""
select {_COLUMNS} from incident where instance_id = %(id)s and (resolved_at is null or not %(open)s) order by id"""  # noqa: S608
_TIMER: Final = """
insert into incident (instance_id, process_key, element, name, kind, message, attempts, opened_at)
select i.id, coalesce(t.process_key, i.process_key), coalesce(t.element, ''), coalesce(t.name, ''), 'timer',
    %(message)s, i.failures, clock_now()
from instance i left join lateral
    (select process_key, element, name from timer where instance_id = i.id order by due_at, task_id limit 1) t on true
where i.id = %(id)s and i.failures >= %(most)s
on conflict (instance_id) where resolved_at is null and kind = 'timer' do update set
    message = excluded.message, attempts = excluded.attempts
returning element, name, xmax = 0
"""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that could not be carried out.

    Attributes:
        id: its id.
        instance_id: the instance.
        task_id: the token that waits, 32 hexadecimal digits; empty for a timer that cannot fire.
        process_key: the process the element is drawn in.
        element: the element's id.
        name: its label.
        kind: ``service``, ``element`` (a gateway, a decision, a time), ``effect`` or ``timer``.
        message: why.
        data: the parameters and the data it was tried with; what was too large is left out and named.
        attempts: how often it was tried in a row.
        opened_at: when, UTC.
        resolved_at: when it was closed; None while it is open.
        resolved_by: by whom.
        resolution: ``retried``, ``by_hand``, ``recovered`` (by itself) or ``withdrawn`` (the process went another way).
        reason: why it was closed so.

    """

    id: int
    instance_id: int
    task_id: str
    process_key: str
    element: str
    name: str
    kind: Kind
    message: str
    data: dict[str, Any]
    attempts: int
    opened_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None
    resolution: Resolution | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Closing:
    """How an incident is closed by a command.

    Attributes:
        resolution: how.
        reason: why, as whoever did it says; empty when nobody did.

    """

    resolution: Resolution
    reason: str = ""


def require_reason(reason: str) -> str:
    """Return a reason without blanks around it. Raises ReasonMissing when nothing is left."""
    said = reason.strip()
    if not said:
        raise ReasonMissing
    return said


def one(connection: sa.Connection, incident_id: int) -> Incident:
    """Return an incident. Raises NotFound."""
    row = connection.exec_driver_sql(_ONE, {"id": incident_id}).one_or_none()
    if row is None:
        raise NotFound("没有这条异常。")
    return _incident(row)


def of_instance(connection: sa.Connection, instance_id: int, *, only_open: bool = False) -> list[Incident]:
    """Return an instance's incidents, the oldest first."""
    rows = connection.exec_driver_sql(_OF_INSTANCE, {"id": instance_id, "open": only_open})
    return [_incident(row) for row in rows]


def changes(session: "Session", parts: dict[str, Any]) -> None:
    """Add to ``parts`` the incidents that a command opens, and those whose token no longer waits."""
    failures = {failure.token.id: failure for failure in session.run.failures if retrying.held(failure.token)}
    if failures:
        parts["incidents"] = [
            {
                "task_id": session.id_of(failure.token),
                "process_key": failure.token.workflow.process_key,
                "element": failure.token.task_spec.name,
                "name": failure.token.task_spec.bpmn_name or failure.token.task_spec.name,
                "kind": failure.kind,
                "message": failure.message,
                "data": failure.data,
                "attempts": failure.attempts,
            }
            for failure in failures.values()
        ]
    gone = [number for number, token in session.held.items() if not _waits(session, number, token)]
    if gone:
        parts["incidents_closed"] = [_closed(session, number) for number in gone]


def _waits(session: "Session", number: int, token: Token) -> bool:
    return session.flow.find(number) is not None and retrying.held(token) and not token.has_state(FINISHED)


def _closed(session: "Session", number: int) -> dict[str, Any]:
    closing = session.closed.get(number, Closing("withdrawn"))
    return {
        "task_id": task_id(session.transaction.instance_id, number),
        "by": session.transaction.actor,
        "resolution": closing.resolution,
        "reason": closing.reason or None,
    }


def timer_failed(connection: sa.Connection, instance_id: int, message: str) -> Event | None:
    """Open an incident when an instance's timer has failed five times in a row; return the event of one that is new."""
    values = {"id": instance_id, "message": message[: retrying.LONGEST], "most": FAILED_IN_A_ROW}
    row = connection.exec_driver_sql(_TIMER, values).one_or_none()
    if row is None or not row[2]:
        return None
    return Event("incident_opened", row[0], row[1] or row[0], {"incident": "timer", "message": values["message"]})


def require_open(incident: Incident) -> Incident:
    """Return an incident that is open. Raises CannotOperate when it is closed."""
    if incident.resolved_at is not None:
        raise CannotOperate("这条异常已经处理完毕，请刷新页面。")
    return incident


def _incident(row: "sa.Row[Any]") -> Incident:
    values = list(row)
    values[2] = values[2] or ""
    values[8] = values[8] or {}
    for place in (10, 11):
        values[place] = values[place].astimezone(UTC) if values[place] is not None else None
    return Incident(*values)
