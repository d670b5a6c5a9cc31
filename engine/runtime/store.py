"""The hot path's SQL, in plain text: one statement to lock and load an instance, one to write all that changed.

What changed is written by data-modifying common table expressions around the update of the instance, so that state,
worklist, timers, ledger and completion are one round trip. A statement is put together from the parts a command
needs; each of the few that occur is prepared once on a connection. Their text is in :mod:`engine.runtime.statements`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import sqlalchemy as sa

from engine.runtime import statements
from engine.runtime.protocol import Due, Offer, Transaction
from engine.runtime.wire import Sending, Value, send, send_all

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Row:
    """An instance's row, locked.

    Attributes:
        id: the instance.
        deployment_id: its deployment.
        process_key: its process.
        business_key: what the host calls it.
        status: ``running``, ``completed``, ``cancelled`` or ``suspended``.
        codec: the version of the state.
        state: the packed state.
        visited: process key to element id to count, as JSON.
        now: the command's time, UTC.

    """

    id: int
    deployment_id: int
    process_key: str
    business_key: str
    status: str
    codec: int
    state: bytes
    visited: bytes
    now: datetime


@dataclass(frozen=True, slots=True)
class ItemRow:
    """What a work item's row knows beyond the diagram.

    Attributes:
        offer: who may take it.
        due: when it is due.
        follow_up: when to look at it.
        priority: from 0 to 100.

    """

    offer: Offer
    due: Due | None
    follow_up: Due | None
    priority: int


@dataclass(frozen=True, slots=True)
class Finished:
    """A work item that no longer waits: by whom, when, which step, and whether nobody did it."""

    by: str
    at: datetime
    step: str
    withdrawn: bool


def begin(connection: sa.Connection) -> tuple[int, datetime, int | None]:
    """Return a new instance's number, the time, and the current deployment; None when nothing is deployed."""
    number, now, deployment = send(connection, statements.BEGIN, {}) or (None, None, None)
    return _integer(number), _moment(now), None if deployment is None else _integer(deployment)


def lock(connection: sa.Connection, instance_id: int) -> Row | None:
    """Lock an instance and load it; None when there is none."""
    found, now = send_all(connection, [(statements.LOCK, {"id": instance_id}), (statements.NOW, {})])
    return None if found is None or now is None else _row((*found, *now))


def lock_item(
    connection: sa.Connection, instance_id: int, task: str, key: str | None
) -> tuple[Row, ItemRow | None, dict[str, Any] | None] | None:
    """Lock an instance and load it with one of its work items and the outcome kept under an idempotency key.

    Return None when there is no such instance.
    """
    asked: list[Sending] = [(statements.LOCK, {"id": instance_id}), (statements.ITEM, {"task": task, "key": key})]
    found, beside = send_all(connection, asked)
    if found is None or beside is None:
        return None
    now, item, done = beside
    return _row((*found, now)), _item(item), None if done is None else orjson.loads(done)


def claim_due(connection: sa.Connection, skip: list[int]) -> Row | None:
    """Lock the running instance whose timer is most overdue, leaving alone those another worker holds."""
    found = send(connection, statements.CLAIM_DUE, {"skip": _array(skip)})
    return None if found is None else _row(found)


def postpone(connection: sa.Connection, instance_id: int, incident: str) -> None:
    """Note why a timer could not fire, and look at it again later: after 1, 2, 4 … minutes, at most an hour."""
    connection.exec_driver_sql(statements.POSTPONE, {"id": instance_id, "incident": incident})


def finished(connection: sa.Connection, task: str) -> Finished | None:
    """Return how a work item ended; None when it never was one or still waits."""
    found = connection.exec_driver_sql(statements.FINISHED, {"task": task}).one_or_none()
    return None if found is None else Finished(found[0], found[1].astimezone(UTC), found[2], found[3])


def write(
    connection: sa.Connection,
    parts: Mapping[str, Any],
    values: Mapping[str, Value],
    *,
    new: bool,
    ahead: Sequence[Sending],
    commit: bool,
) -> None:
    """Write an instance with all that changed around it, in one statement.

    Args:
        connection: of the command.
        parts: the parts that are needed, by name; where a part has one parameter of its own name, its value: a list of
            task ids, or rows as dictionaries.
        values: all other parameters.
        new: whether the instance is inserted.
        ahead: the host's own statements that go with it.
        commit: whether the transaction ends with it.

    """
    parameters = dict(values)
    for name, value in parts.items():
        rows = isinstance(value, list) and value and isinstance(value[0], dict)
        parameters[name] = orjson.dumps(value).decode() if rows else _array(value or ())
    send(
        connection,
        statements.writing(tuple(name for name in statements.PARTS if name in parts), new),
        parameters,
        ahead=ahead,
        commit=commit,
    )


def write_last(transaction: Transaction) -> None:
    """Send the host's last statements in a command that writes no instance."""
    for statement, parameters in transaction.last:
        send(transaction.connection, statement, parameters)


def _array(values: Sequence[str | int]) -> str:
    """Return ids as PostgreSQL writes an array; they hold nothing that would need quoting."""
    return "{" + ",".join(map(str, values)) + "}"


def _integer(value: bytes | None) -> int:
    """Return an integer of the binary format, whatever its size."""
    return int.from_bytes(value or b"", signed=True)


def _moment(value: bytes | None) -> datetime:
    """Return a ``timestamptz`` of the binary format: microseconds since the year 2000."""
    return _EPOCH + timedelta(microseconds=_integer(value))


def _text(value: bytes | None) -> str:
    return (value or b"").decode()


def _row(found: tuple[bytes | None, ...]) -> Row:
    """Return a row from the columns of ``statements.LOCK`` and the time."""
    state, number, deployment, process, business_key, status, codec, visited, now = found
    return Row(
        _integer(number),
        _integer(deployment),
        _text(process),
        _text(business_key),
        _text(status),
        _integer(codec),
        state or b"",
        visited or b"{}",
        _moment(now),
    )


def _item(found: bytes | None) -> ItemRow | None:
    if found is None:
        return None
    facts: dict[str, Any] = orjson.loads(found)
    due, follow_up = facts["due"], facts["follow_up"]
    return ItemRow(
        Offer(tuple(facts["candidates"]), facts["assignee"], tuple(facts["excluded"])),
        Due(_utc(due), tuple(facts["explanation"])) if due is not None else None,
        Due(_utc(follow_up)) if follow_up is not None else None,
        facts["priority"],
    )


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
