"""The outbox: whatever leaves the bureau is first a row in the transaction that wants it to leave.

The web application calls :func:`set_defer` at start-up, so that a job is queued on the same connection, in the same
transaction. Whoever delivers reads the row, sends with its ``key`` (the receiver can tell a repetition by it)
and marks what came of it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select, text

from engine.casework.models import Dispatch

Defer = Callable[[Connection, int], object]


class _Queue:
    """Where jobs go; without a job queue the rows simply wait, and :func:`pending` finds them."""

    defer: Defer | None = None


_queue = _Queue()


def set_defer(hook: Defer | None) -> None:
    """Have ``hook`` called for every new dispatch, with its id and the connection whose transaction wrote it."""
    _queue.defer = hook


def defer(connection: Connection, dispatch_id: int) -> None:
    """Queue the job that delivers a dispatch, in the caller's transaction."""
    if _queue.defer is not None:
        _queue.defer(connection, dispatch_id)


@dataclass(frozen=True, slots=True)
class Message:
    """A dispatch as whoever delivers it needs it."""

    id: int
    matter_id: int | None
    task_id: str | None
    kind: str
    medium: str
    address: str | None
    subject: str
    body: str
    key: str
    status: str
    attempts: int
    created_at: datetime
    last_error: str | None = None


INSERT = text(
    """
insert into dispatch (matter_id, task_id, kind, medium, address, subject, body, key, created_at)
values (:matter, :task, :kind, :medium, :address, :subject, :body, :key, clock_now())
on conflict (key) do nothing
returning id
"""
)
BY_KEY = text("select id from dispatch where key = :key")
GET = select(
    Dispatch.id,
    Dispatch.matter_id,
    Dispatch.task_id,
    Dispatch.kind,
    Dispatch.medium,
    Dispatch.address,
    Dispatch.subject,
    Dispatch.body,
    Dispatch.key,
    Dispatch.status,
    Dispatch.attempts,
    Dispatch.created_at,
    Dispatch.last_error,
)
PENDING = text(
    """
select id from dispatch where status = 'pending' and created_at < clock_now() - cast(:older as interval)
order by created_at limit :limit
"""
)
SENT = text(
    """
update dispatch set status = 'sent', attempts = attempts + 1, last_error = null, sent_at = clock_now(),
       receipt = cast(:receipt as jsonb)
where id = :id and status <> 'sent'
"""
)
AGAIN = text(
    """
update dispatch set status = 'pending', attempts = 0
where id = (select max(id) from dispatch where task_id = :task and status = 'failed')
returning id
"""
)
WITHDRAW = text(
    """
update dispatch set status = 'failed', last_error = :why
where matter_id = :matter and status = 'pending' and task_id is not null
"""
)
RESUME = text(
    """
with woken as (
    update dispatch set status = 'pending', attempts = 0
    where matter_id = :matter and status = 'failed' and task_id is null and medium = 'process'
    returning id
)
select id from woken
union select id from dispatch where matter_id = :matter and status <> 'pending' and task_id is not null
order by id
"""
)
FAILED = text(
    """
update dispatch set attempts = attempts + 1, last_error = :error,
       status = case when :final then 'failed' else status end
where id = :id and status <> 'sent'
"""
)


def request_delivery(
    connection: Connection,
    *,
    kind: str,
    medium: str,
    key: str,
    address: str | None = None,
    subject: str = "",
    body: str = "",
    matter_id: int | None = None,
    task_id: str | None = None,
) -> int:
    """Write a dispatch and queue its job, all in the caller's transaction; return its id.

    ``key`` makes it unique: asked for again under the same key it is the same dispatch, and no second job is queued.
    ``task_id`` is the service task (32 hexadecimal digits) that the result completes.
    """
    created: int | None = connection.execute(
        INSERT,
        {
            "matter": matter_id,
            "task": UUID(task_id) if task_id else None,
            "kind": kind,
            "medium": medium,
            "address": address,
            "subject": subject,
            "body": body,
            "key": key,
        },
    ).scalar()
    if created is None:
        existing: int = connection.execute(BY_KEY, {"key": key}).scalar_one()
        return existing
    defer(connection, created)
    return created


def take(connection: Connection, dispatch_id: int) -> Message | None:
    """Lock a pending dispatch for delivery until the transaction ends; None when it is done or somebody has it."""
    waiting = GET.where(Dispatch.id == dispatch_id, Dispatch.status == "pending").with_for_update(skip_locked=True)
    return _message(connection.execute(waiting).mappings().one_or_none())


def get(connection: Connection, dispatch_id: int) -> Message | None:
    """Return a dispatch whatever became of it, or None."""
    return _message(connection.execute(GET.where(Dispatch.id == dispatch_id)).mappings().one_or_none())


def pending(connection: Connection, older_than: timedelta = timedelta(), limit: int = 100) -> list[int]:
    """Return the ids of dispatches that still wait, oldest first, so that a lost job can be queued again."""
    rows = connection.execute(PENDING, {"older": older_than, "limit": limit})
    return [row.id for row in rows]


def mark_sent(connection: Connection, dispatch_id: int, receipt: Mapping[str, Any] | None = None) -> bool:
    """Note that it arrived, with what the receiver answered; False when that was noted before."""
    said = None if receipt is None else json.dumps(receipt, ensure_ascii=False)
    return connection.execute(SENT, {"id": dispatch_id, "receipt": said}).rowcount == 1


def mark_failed(connection: Connection, dispatch_id: int, error: str, *, final: bool = False) -> None:
    """Note a failed attempt; ``final`` gives up. A dispatch that has arrived stays arrived."""
    connection.execute(FAILED, {"id": dispatch_id, "error": error[:2000], "final": final})


def again(connection: Connection, task_id: str) -> bool:
    """Queue the dispatch of a task once more that had failed for good, under its old key; False when there is none."""
    dispatch_id: int | None = connection.execute(AGAIN, {"task": UUID(task_id)}).scalar()
    if dispatch_id is None:
        return False
    defer(connection, dispatch_id)
    return True


def withdraw(connection: Connection, matter_id: int, why: str) -> int:
    """Hold back what a matter's process wanted to send and has not; return how many dispatches there were."""
    return connection.execute(WITHDRAW, {"matter": matter_id, "why": why[:2000]}).rowcount


def resume(connection: Connection, matter_id: int) -> None:
    """Queue what came in vain while a matter's process was suspended: messages to it, and results of what it sent.

    A result that was told already is told again, which changes nothing.
    """
    for dispatch_id in connection.execute(RESUME, {"matter": matter_id}).scalars().all():
        defer(connection, dispatch_id)


def _message(row: RowMapping | None) -> Message | None:
    if row is None:
        return None
    task = row["task_id"]
    return Message(**{**dict(row), "task_id": task.hex if task else None})
