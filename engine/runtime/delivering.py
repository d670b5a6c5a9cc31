"""Brings what instances threw to other instances: to each of them once, each in a transaction of its own.

What is on its way stands in the table ``thrown``, who has caught it in ``caught``. A worker holds the row of ``thrown``
while it serves one receiver; others pass it over. So a worker may die at any moment, and any number of them may run.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson
import sqlalchemy as sa

from engine.runtime import catching, starting
from engine.runtime.errors import Suspended
from engine.runtime.events import Kind
from engine.runtime.process_data import normalise_record
from engine.runtime.session import Environment, locked, opened, transaction_of
from engine.runtime.task_ids import split
from engine.runtime.throwing import NOTED

SYSTEM: Final = "system"
AT_ONCE: Final = "at once"  # the worker's name where a command delivers what it threw itself
MAX_AT_ONCE: Final = 50  # receivers served by the command that threw; the worker's tick serves the rest
MAX_GENERATION: Final = 32  # events that lead to each other with no person in between; more is a loop
_log: Final = logging.getLogger(__name__)

# In the order they were thrown, one after the other: who waits for a second only after the first must not miss it.
# What had to be put off is out of the row, and holds up nobody.
_CLAIM: Final = """
select id, kind, name, business_key, payload, instance_id, thrown_at, generation, receivers from thrown
where status = 'pending' and next_try_at <= clock_now() and id <> all(%(skip)s::bigint[])
    and (incident is not null or id = (
        select min(fresh.id) from thrown fresh where fresh.status = 'pending' and fresh.incident is null))
order by id limit 1 for update skip locked
"""
# A signal is for whoever waited when it was thrown; a message for whoever of its business key waits when it arrives.
_NEXT: Final[Mapping[str, str]] = {
    "signal": """
        select s.instance_id from subscription s
        where s.kind = 'signal' and s.name = %(name)s and s.instance_id > %(after)s and s.since <= %(at)s
            and s.instance_id is distinct from %(thrower)s::bigint
            and not exists (select from caught c where c.thrown_id = %(id)s and c.instance_id = s.instance_id)
        order by s.instance_id limit 1""",
    "message": """
        select i.id from instance i
        where i.business_key = %(key)s and i.status in ('running', 'suspended') and i.id > %(after)s
            and i.id is distinct from %(thrower)s::bigint
            and not exists (select from caught c where c.thrown_id = %(id)s and c.instance_id = i.id)
        order by i.id limit 1""",
}
_WAITED: Final = """
select replace(task_id::text, '-', ''), since from subscription
where instance_id = %(instance)s and kind = %(kind)s and name = %(name)s and (kind = 'message' or since <= %(at)s)
"""
_CAUGHT: Final = """
with counted as (update thrown set receivers = receivers + 1 where id = %(id)s)
insert into caught (thrown_id, instance_id, started, caught_at, worker)
values (%(id)s, %(instance)s, %(started)s, clock_now(), %(worker)s)
"""
_STARTED: Final = "select started from caught where thrown_id = %(id)s and started is not null"
_DONE: Final = """
update thrown set delivered_at = clock_now(), failures = 0, incident = %(incident)s,
    status = case when kind = 'signal' or receivers > 0 then 'delivered' else 'uncaught' end
where id = %(id)s
"""
_POSTPONE: Final = """
update thrown set failures = failures + 1, incident = %(incident)s,
    next_try_at = clock_now() + least(interval '1 minute' * power(2, least(failures, 10)), interval '1 hour')
where id = %(id)s
"""
_HOLD: Final = """
update thrown set incident = %(incident)s, next_try_at = clock_now() + interval '1 minute' where id = %(id)s
"""
_THROW: Final = """
insert into thrown (kind, name, business_key, payload, actor, thrown_at, next_try_at)
values (%(kind)s, %(name)s, %(key)s, %(payload)s::jsonb, %(actor)s, clock_now(), clock_now()) returning id
"""


@dataclass(frozen=True, slots=True)
class _Thrown:
    id: int
    kind: Kind
    name: str
    business_key: str
    payload: dict[str, Any]
    instance_id: int | None
    thrown_at: datetime
    generation: int
    receivers: int


@dataclass(slots=True)
class _Progress:
    """How far a worker has come with one event: behind whom to go on, which starts and whom it had to leave out."""

    worker: str
    after: int = 0
    failed: str = ""
    suspended: str = ""
    tried: set[str] = field(default_factory=set)


@contextmanager
def after(environment: Environment) -> Iterator[None]:
    """Bring what the command in the body threw to others, when it has been committed.

    What fails here, or is too much, is left to the worker.
    """
    if NOTED.get() is not None:  # a command within a command: the outer one sees to it
        yield
        return
    noted: list[int] = []
    before = NOTED.set(noted)
    try:
        yield
    finally:
        NOTED.reset(before)
    if noted:
        _at_once(environment)


def _at_once(environment: Environment) -> None:
    try:
        deliver_thrown(environment, worker=AT_ONCE, limit=MAX_AT_ONCE)
    except Exception:  # noqa: BLE001 - the command itself is done; whatever went wrong here, the worker takes it up
        _log.exception("what was thrown could not be delivered at once")


def signal(environment: Environment, name: str, payload: Mapping[str, Any] | None, *, actor: str) -> int:
    """Throw a signal from outside. See :meth:`engine.runtime.runtime.Runtime.signal`."""
    content = normalise_record(payload or {}, name)
    key = content.get("businessKey")
    values = {
        "kind": "signal",
        "name": name,
        "key": key if isinstance(key, str) else "",
        "payload": orjson.dumps(content).decode(),
        "actor": actor,
    }
    with environment.engine.begin() as connection:
        thrown = connection.exec_driver_sql(_THROW, values).scalar_one()
    _at_once(environment)
    with environment.engine.connect() as connection:
        found = connection.exec_driver_sql("select receivers from thrown where id = %(id)s", {"id": thrown})
        return int(found.scalar_one())


def deliver_thrown(environment: Environment, *, worker: str, limit: int) -> int:
    """Bring events to at most ``limit`` receivers. See :meth:`engine.runtime.runtime.Runtime.deliver_thrown`."""
    served = 0
    progress: dict[int, _Progress] = {}
    done: list[int] = []
    while served < limit:
        claimed: list[_Thrown] = []
        turn: list[int | str | None] = []
        try:
            with environment.engine.begin() as connection:
                found = connection.exec_driver_sql(_CLAIM, {"skip": done}).one_or_none()
                if found is None:
                    return served
                thrown = _Thrown(*found)
                claimed.append(thrown)
                far = progress.setdefault(thrown.id, _Progress(worker))
                receiver = _receiver(environment, connection, thrown, far)
                turn.append(receiver)
                if receiver is None:
                    done.append(thrown.id)
                    _close(connection, thrown, far)
                else:
                    served += _serve(environment, connection, thrown, receiver, far)
        except Exception as error:
            if not claimed:
                raise
            _log.exception("%s %s could not be brought to %s", claimed[0].kind, claimed[0].name, turn)
            far = progress[claimed[0].id]
            far.failed = f"{type(error).__name__}: {error}"[:2000]
            if turn[:1] in ([], [None]):  # not one receiver's fault: nobody would be served by trying on
                done.append(claimed[0].id)
                with environment.engine.begin() as connection:
                    _close(connection, claimed[0], far)
    return served


def _receiver(environment: Environment, connection: sa.Connection, thrown: _Thrown, far: _Progress) -> int | str | None:
    """Return whose turn it is: an instance, or a start event as ``process/element``; None when all have been served."""
    if thrown.generation > MAX_GENERATION:
        return None
    values = {
        "id": thrown.id,
        "name": thrown.name,
        "key": thrown.business_key,
        "after": far.after,
        "at": thrown.thrown_at,
        "thrower": thrown.instance_id,
    }
    found = connection.exec_driver_sql(_NEXT[thrown.kind], values).scalar_one_or_none()
    if found is not None:
        return int(found)
    if thrown.kind == "message" and (thrown.receivers or far.failed or far.suspended):
        return None
    begun = set(connection.exec_driver_sql(_STARTED, {"id": thrown.id}).scalars())
    for start in starting.starts_by(environment, connection, thrown.kind, thrown.name):
        if start not in begun and start not in far.tried:
            return start
    return None


def _serve(
    environment: Environment,
    connection: sa.Connection,
    thrown: _Thrown,
    receiver: int | str,
    far: _Progress,
) -> int:
    """Bring an event to one receiver; return whether it took it, as a number."""
    _pass_over(far, receiver)
    if isinstance(receiver, str):
        process_key, element = receiver.split("/", 1)
        beginning = starting.Beginning(
            element,
            thrown.kind,
            thrown.name,
            thrown.payload,
            thrown=thrown.id,
            generation=thrown.generation + 1,
            since=thrown.thrown_at,
        )
        instance_id = starting.start(
            environment, connection, process_key, thrown.business_key, {}, actor=SYSTEM, beginning=beginning
        )
        _note_caught(connection, thrown, instance_id, receiver, far.worker)
        return 1
    row = locked(connection, receiver)
    if row.status in {"completed", "cancelled"}:
        return 0
    try:
        session = opened(environment, connection, row, transaction_of(environment, connection, row, SYSTEM))
    except Suspended as error:
        far.suspended = error.message
        return 0
    session.run.generation = thrown.generation + 1
    asked = {"instance": receiver, "kind": thrown.kind, "name": thrown.name, "at": thrown.thrown_at}
    waited = {split(task)[1]: since for task, since in connection.exec_driver_sql(_WAITED, asked)}
    # As if it had arrived when it was thrown, or when a message's receiver began to wait for it.
    session.run.since = max(thrown.thrown_at, *waited.values()) if waited else session.run.now
    among = waited.keys() if thrown.kind == "signal" else None
    if not catching.deliver(session.flow, thrown.kind, thrown.name, thrown.payload, among, thrown=thrown.id):
        return 0
    session.advance()
    session.save(commit=False)
    _note_caught(connection, thrown, receiver, None, far.worker)
    return 1


def _pass_over(far: _Progress, receiver: int | str) -> None:
    if isinstance(receiver, str):
        far.tried.add(receiver)
    else:
        far.after = receiver


def _note_caught(
    connection: sa.Connection, thrown: _Thrown, instance_id: int, started: str | None, worker: str
) -> None:
    values = {"id": thrown.id, "instance": instance_id, "started": started, "worker": worker}
    connection.exec_driver_sql(_CAUGHT, values)


def _close(connection: sa.Connection, thrown: _Thrown, far: _Progress) -> None:
    """Note that an event has been brought to all, or that it is to be tried again for those left out."""
    if far.failed:
        connection.exec_driver_sql(_POSTPONE, {"id": thrown.id, "incident": far.failed})
    elif far.suspended:
        connection.exec_driver_sql(_HOLD, {"id": thrown.id, "incident": far.suspended})
    else:
        stopped = thrown.generation > MAX_GENERATION
        incident = f"连续 {thrown.generation} 个事件互相引发，已经停止。" if stopped else None
        connection.exec_driver_sql(_DONE, {"id": thrown.id, "incident": incident})
