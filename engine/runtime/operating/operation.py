"""The frame of every operation: lock, permission, change, save, and either keep all of it or nothing."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import orjson
import sqlalchemy as sa

from engine.runtime import store
from engine.runtime.incidents import require_reason
from engine.runtime.operating import consequences
from engine.runtime.operating.consequences import Consequences
from engine.runtime.protocol import Event, EventKind, Transaction
from engine.runtime.session import Environment, Session, locked, opened, transaction_of

Prepare = Callable[[Transaction], object]
_NOTE: Final = """
insert into operation (instance_id, verb, element, name, actor, at, reason, details)
values (%(id)s, %(verb)s, %(element)s, %(name)s, %(actor)s, %(now)s, %(reason)s, %(details)s::jsonb)
"""
_STATUS: Final = "update instance set status = %(status)s, revision = revision + 1 where id = %(id)s"


@dataclass(frozen=True, slots=True)
class Order:
    """Who wants an operation, and why.

    Attributes:
        actor: an officer's id, or ``system``.
        reason: why; not empty.
        prepare: called with the transaction under the lock, before anything changes; checks that the actor may, and
            writes the host's own record. What it raises stops the operation.
        dry_run: whether nothing of it is kept.

    """

    actor: str
    reason: str
    prepare: Prepare | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """What the table of operations and history say of an operation.

    Attributes:
        verb: which.
        element: the element it was done at; empty for the whole instance.
        name: its label.
        details: JSON.

    """

    verb: EventKind
    element: str
    name: str
    details: Mapping[str, Any]


def operate(
    environment: Environment,
    instance_id: int,
    order: Order,
    change: Callable[[Session], Note],
    *,
    first: Callable[[sa.Connection], object] | None = None,
) -> Consequences:
    """Carry out ``change`` on an instance, let the process go on, and return what came of it.

    A suspended instance stays suspended. ``first`` takes the locks that come before the instance's. Raises NotFound,
    ReasonMissing and whatever ``first``, ``change`` and ``prepare`` raise.
    """
    reason = require_reason(order.reason)
    with _transaction(environment, order) as connection:
        if first is not None:
            first(connection)
        row = locked(connection, instance_id)
        transaction = transaction_of(environment, connection, row, order.actor)
        if order.prepare is not None:
            order.prepare(transaction)
        status = row.status
        if status == "suspended":
            row.status = "running"
        session = opened(environment, connection, row, transaction)
        was = consequences.before(session)
        note = change(session)
        session.run.events.insert(0, Event(note.verb, note.element, note.name, {"reason": reason, **note.details}))
        session.advance()
        outcome = session.save(commit=False)
        after = "completed" if session.flow.completed else "running"
        if status == "suspended" and after == "running":
            after = "suspended"
            connection.exec_driver_sql(_STATUS, {"status": after, "id": instance_id})
        note_down(transaction, note, reason)
        return consequences.compared(session, was, outcome.next, status, after)


@contextmanager
def whole(environment: Environment, instance_id: int, order: Order) -> Iterator[tuple[store.Row, Transaction]]:
    """Hold an instance's lock for an operation on all of it, which does not let it go on."""
    require_reason(order.reason)
    with _transaction(environment, order) as connection:
        row = locked(connection, instance_id)
        transaction = transaction_of(environment, connection, row, order.actor)
        if order.prepare is not None:
            order.prepare(transaction)
        yield row, transaction


def finish(environment: Environment, transaction: Transaction, note: Note, reason: str, status: str) -> None:
    """Write an operation on a whole instance that was not loaded: its status, history, and the operation itself."""
    said = require_reason(reason)
    connection = transaction.connection
    connection.exec_driver_sql(_STATUS, {"status": status, "id": transaction.instance_id})
    event = Event(note.verb, note.element, note.name, {"reason": said, **note.details})
    environment.host.record(transaction, [*transaction.events, event])
    store.write_last(transaction)
    note_down(transaction, note, said)


@contextmanager
def _transaction(environment: Environment, order: Order) -> Iterator[sa.Connection]:
    with environment.engine.connect() as connection, connection.begin() as transaction:
        yield connection
        if order.dry_run:
            transaction.rollback()


def note_down(transaction: Transaction, note: Note, reason: str) -> None:
    """Write an operation into its table."""
    values = {
        "id": transaction.instance_id,
        "verb": note.verb,
        "element": note.element,
        "name": note.name,
        "actor": transaction.actor,
        "now": transaction.now,
        "reason": reason,
        "details": orjson.dumps(note.details, default=str).decode(),
    }
    transaction.connection.exec_driver_sql(_NOTE, values)
