"""Timer start events: when the processes of the latest deployment start by themselves, each occurrence once.

A schedule is a row; the row's lock is what a worker holds while it starts an instance, and ``schedule_fire`` admits an
occurrence once. After a time without a worker the latest occurrence that was missed starts, and the others are counted.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.runtime import starting
from engine.runtime.adjustments import Arithmetic
from engine.runtime.cycles import first_after, occurrence_of
from engine.runtime.definitions import Definition
from engine.runtime.deployments import Deployment
from engine.runtime.durations import parse_repeat
from engine.runtime.errors import ClockRefused, NotFound, Refused
from engine.runtime.event_specs import StartEvent
from engine.runtime.expressions import is_expression
from engine.runtime.incidents import require_reason
from engine.runtime.problems import Problem
from engine.runtime.session import Environment
from engine.runtime.timers import TimerEventDefinition

SYSTEM: Final = "system"
_log: Final = logging.getLogger(__name__)

_KNOWN: Final = "select * from schedule order by id for update"
_INSERT: Final = """
insert into schedule (process_key, element, name, kind, expression, deployment_id, since, occurrence, next_due, look_at)
values (%(process_key)s, %(element)s, %(name)s, %(kind)s, %(expression)s, %(deployment)s, %(since)s, %(occurrence)s,
    %(next_due)s, %(next_due)s)
"""
_KEEP: Final = "update schedule set deployment_id = %(deployment)s, name = %(name)s where id = %(id)s"
_BEGIN_ANEW: Final = """
update schedule set deployment_id = %(deployment)s, name = %(name)s, kind = %(kind)s, expression = %(expression)s,
    active = true, since = %(since)s, occurrence = %(occurrence)s, next_due = %(next_due)s, failures = 0,
    incident = null, look_at = case when paused_at is null then %(next_due)s::timestamptz end
where id = %(id)s
"""
_REST: Final = "update schedule set active = false, next_due = null, look_at = null where id = %(id)s and active"
_CLAIM: Final = """
select *, clock_now() as now from schedule
where look_at <= clock_now() and paused_at is null and active and id <> all(%(skip)s)
order by look_at, id limit 1 for update skip locked
"""
_ADVANCE: Final = """
update schedule set occurrence = %(occurrence)s, next_due = %(next_due)s, look_at = %(next_due)s,
    missed = missed + %(missed)s, failures = 0, incident = null
where id = %(id)s
"""
_LEDGER: Final = """
insert into schedule_fire (schedule_id, due_at, occurrence, fired_at, missed, worker, instance_id, business_key)
values (%(id)s, %(due)s, %(occurrence)s, %(now)s, %(missed)s, %(worker)s, %(instance)s, %(key)s)
"""
_POSTPONE: Final = """
update schedule set failures = failures + 1, incident = %(incident)s,
    look_at = clock_now() + least(interval '1 minute' * power(2, least(failures, 10)), interval '1 hour')
where id = %(id)s and look_at is not null
"""
_LOCK: Final = "select *, clock_now() as now from schedule where id = %(id)s for update"
_PAUSE: Final = """
update schedule set paused_at = %(now)s, paused_by = %(actor)s, pause_reason = %(reason)s, look_at = null
where id = %(id)s
"""
_RESUME: Final = """
update schedule set paused_at = null, paused_by = null, pause_reason = null, occurrence = %(occurrence)s,
    next_due = %(next_due)s, look_at = %(next_due)s
where id = %(id)s
"""
_NOTE: Final = """
insert into schedule_event (schedule_id, at, event, actor, reason)
values (%(id)s, %(now)s, %(event)s, %(actor)s, %(reason)s)
"""


@dataclass(frozen=True, slots=True)
class TimerStart:
    """A timer start event as the diagram has it."""

    process_key: str
    element: str
    name: str
    kind: str
    expression: str


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next of a schedule.

    Attributes:
        occurrence: its number, from 1.
        at: when it falls, UTC; None when nothing comes any more.
        before: when the occurrence before it fell, if that was counted on the way.

    """

    occurrence: int
    at: datetime | None
    before: datetime | None = None


def synchronise(environment: Environment, connection: sa.Connection, deployment: Deployment) -> None:
    """Let the schedules be those of ``deployment``, in the transaction that stores it.

    An unchanged one keeps its phase, a changed one begins anew, one that is gone rests. Raises Refused when a time of a
    start event cannot be understood.
    """
    definition = environment.deployments.definition(connection, deployment.id)
    now = connection.exec_driver_sql("select clock_now()").scalar_one().astimezone(UTC)
    known = {(row.process_key, row.element): row for row in connection.exec_driver_sql(_KNOWN)}
    for start in timer_starts(definition):
        row = known.pop((start.process_key, start.element), None)
        if row is not None and row.active and (row.kind, row.expression) == (start.kind, start.expression):
            connection.exec_driver_sql(_KEEP, {"id": row.id, "deployment": deployment.id, "name": start.name})
            continue
        try:
            coming = _following(_arithmetic(environment, connection), start, now, now)
        except ValueError as error:
            raise Refused([_problem(definition, start, str(error))]) from error
        values: dict[str, Any] = {
            "process_key": start.process_key,
            "element": start.element,
            "name": start.name,
            "kind": start.kind,
            "expression": start.expression,
            "deployment": deployment.id,
            "since": now,
            "occurrence": coming.occurrence,
            "next_due": coming.at,
        }
        if row is None:
            connection.exec_driver_sql(_INSERT, values)
        else:
            connection.exec_driver_sql(_BEGIN_ANEW, {**values, "id": row.id})
    for row in known.values():
        connection.exec_driver_sql(_REST, {"id": row.id})


def timer_starts(definition: Definition) -> Iterator[TimerStart]:
    """Yield the timer start events of a deployment."""
    for key in definition.processes:
        for spec in definition.specs[key].task_specs.values():
            if not isinstance(spec, StartEvent) or not isinstance(spec.event_definition, TimerEventDefinition):
                continue
            timer = spec.event_definition
            yield TimerStart(key, spec.name, str(spec.bpmn_name or spec.name), timer.kind, timer.expression)


def start_due(environment: Environment, *, worker: str, limit: int) -> int:
    """Start what is due by schedule. See :meth:`engine.runtime.runtime.Runtime.start_due`."""
    started = 0
    failed: list[int] = []
    for _ in range(limit):
        claimed: list[int] = []
        try:
            with environment.engine.begin() as connection:
                row = connection.exec_driver_sql(_CLAIM, {"skip": failed}).one_or_none()
                if row is None:
                    return started
                claimed.append(row.id)
                started += _start(environment, connection, row, worker)
        except Exception as error:
            if not claimed:
                raise
            failed += claimed
            _log.exception("schedule %s: its process could not start", claimed[0])
            with environment.engine.begin() as connection:
                message = f"{type(error).__name__}: {error}"[:2000]
                connection.exec_driver_sql(_POSTPONE, {"id": claimed[0], "incident": message})
    return started


def pause(environment: Environment, schedule_id: int, *, actor: str, reason: str) -> None:
    """Let a schedule rest. See :meth:`engine.runtime.runtime.Runtime.pause_schedule`."""
    with environment.engine.begin() as connection:
        row = _locked(connection, schedule_id, reason)
        if row.paused_at is not None:
            raise ClockRefused("这个定时启动已经暂停。")
        values = {"id": row.id, "now": row.now, "actor": actor, "reason": reason.strip(), "event": "schedule_paused"}
        connection.exec_driver_sql(_PAUSE, values)
        connection.exec_driver_sql(_NOTE, values)


def resume(environment: Environment, schedule_id: int, *, actor: str, reason: str) -> None:
    """Let a schedule go on. See :meth:`engine.runtime.runtime.Runtime.resume_schedule`."""
    with environment.engine.begin() as connection:
        row = _locked(connection, schedule_id, reason)
        if row.paused_at is None:
            raise ClockRefused("这个定时启动没有暂停。")
        coming = _coming(environment, connection, row)
        values = {"id": row.id, "now": row.now, "actor": actor, "reason": reason.strip(), "event": "schedule_resumed"}
        connection.exec_driver_sql(_RESUME, {"id": row.id, "occurrence": coming.occurrence, "next_due": coming.at})
        connection.exec_driver_sql(_NOTE, values)


def _start(environment: Environment, connection: sa.Connection, row: Any, worker: str) -> int:
    """Start the latest occurrence that is due, and count those that passed before it."""
    now = row.now.astimezone(UTC)
    coming = _coming(environment, connection, row)
    due = coming.before or row.next_due.astimezone(UTC)
    occurrence = max(row.occurrence, coming.occurrence - 1)
    missed = occurrence - row.occurrence
    there = due.astimezone(environment.zone)
    key = f"{row.process_key}/{there.isoformat(timespec='seconds' if there.second else 'minutes')}"
    brought = {"due": due.isoformat(), "occurrence": occurrence, "missed": missed}
    beginning = starting.Beginning(row.element, payload=brought)
    instance = starting.start(environment, connection, row.process_key, key, {}, actor=SYSTEM, beginning=beginning)
    values: dict[str, Any] = {
        "id": row.id,
        "due": due,
        "occurrence": occurrence,
        "now": now,
        "missed": missed,
        "worker": worker,
        "instance": instance,
        "key": key,
    }
    connection.exec_driver_sql(_LEDGER, values)
    connection.exec_driver_sql(_ADVANCE, {**values, "occurrence": coming.occurrence, "next_due": coming.at})
    return 1


def _coming(environment: Environment, connection: sa.Connection, row: Any) -> Next:
    """Return what comes after now of a schedule, counting on from the occurrence it waits for."""
    if row.next_due is None:
        return Next(row.occurrence, None)
    known = (row.occurrence, row.next_due.astimezone(UTC))
    since, now = row.since.astimezone(UTC), row.now.astimezone(UTC)
    return _following(_arithmetic(environment, connection), row, since, now, known)


def _arithmetic(environment: Environment, connection: sa.Connection) -> Arithmetic:
    return Arithmetic(environment.host, connection, environment.zone)


def _following(
    arithmetic: Arithmetic, start: Any, since: datetime, now: datetime, known: tuple[int, datetime] | None = None
) -> Next:
    """Return the first occurrence of ``start`` after ``now``. Raises ValueError when the diagram's text is no time."""
    if is_expression(start.expression):
        raise ValueError("流程开始之前没有数据，定时启动的时间不能用表达式")
    if start.kind != "cycle":
        at = known[1] if known is not None else arithmetic.due(start.expression, since).at
        return Next(1, at) if at > now else Next(2, None, at)
    repeat = parse_repeat(start.expression)
    first = known or (1, occurrence_of(arithmetic, repeat, since, 1).at)
    number, at, before = first_after(arithmetic, repeat, since, first, now)
    if repeat.count is not None and number > repeat.count:
        # Its last occurrence may lie further back than the one before this.
        last = occurrence_of(arithmetic, repeat, since, repeat.count).at
        return Next(repeat.count + 1, None, last)
    return Next(number, at, before)


def _locked(connection: sa.Connection, schedule_id: int, reason: str) -> Any:
    require_reason(reason)
    row = connection.exec_driver_sql(_LOCK, {"id": schedule_id}).one_or_none()
    if row is None or not row.active:
        raise NotFound("没有这个定时启动，或者现行流程里已经没有它。")
    return row


def _problem(definition: Definition, start: TimerStart, error: str) -> Problem:
    return Problem(
        file=definition.sources.get(start.process_key, ""),
        element_id=start.element,
        element_name=start.name,
        line=0,
        severity="error",
        code="schedule",
        message=f"定时启动的时间不对：{error}",
        message_en=f"The time of the timer start event is wrong: {error}",
        remedy="请写成 R/2026-11-23T08:00+08:00/P7D 这样的周期，或者一个日期、一段时间。",
        remedy_en="Write a cycle such as R/2026-11-23T08:00+08:00/P7D, a date or a duration.",
    )
