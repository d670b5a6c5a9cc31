"""Fires what is due: one timer in one transaction, the most overdue first, each once.

Picking, deciding and waiting are apart: this module fires what is due now and never sleeps. A failure is noted at its
instance, which is looked at again later, and does not keep others from their turn.
"""

import logging
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from engine.runtime import incidents, retrying, store, timers
from engine.runtime.advance import ready_items
from engine.runtime.session import Environment, Fired, locked, opened, transaction_of
from engine.runtime.timers import Waiting, running_timers
from engine.runtime.tokens import Flow

SYSTEM: Final = "system"
_log: Final = logging.getLogger(__name__)


def fire_due(environment: Environment, *, worker: str, limit: int) -> int:
    """Fire at most ``limit`` due timers. See :meth:`engine.runtime.runtime.Runtime.fire_due`."""
    fired = 0
    failed: list[int] = []
    for _ in range(limit):
        claimed: list[int] = []

        def fire_one(guarded: bool, claimed: list[int] = claimed) -> int | None:
            claimed.clear()
            with environment.engine.begin() as connection:
                row = store.claim_due(connection, failed)
                if row is None:
                    return None
                claimed.append(row.id)
                return _fire(environment, connection, row, worker, guarded=guarded)

        try:
            count = retrying.twice(fire_one)
            if count is None:
                return fired
            fired += count
        except Exception as error:
            if not claimed:
                raise
            failed.extend(claimed)
            _log.exception("instance %s: its timer could not fire", claimed[0])
            with environment.engine.begin() as connection:
                store.postpone(connection, claimed[0], message := f"{type(error).__name__}: {error}"[:2000])
            _report(environment, claimed[0], message)
    return fired


def _report(environment: Environment, instance_id: int, message: str) -> None:
    """Open an incident after some failures in a row. What keeps the timer from firing may keep this from it, too."""
    try:
        with environment.engine.begin() as connection:
            row = locked(connection, instance_id)
            event = incidents.timer_failed(connection, instance_id, message)
            if event is not None:
                transaction = transaction_of(environment, connection, row, SYSTEM)
                environment.host.record(transaction, [event])
                store.write_last(transaction)
    except Exception:  # noqa: BLE001 - logged; the timer is tried again, and so is this
        _log.exception("instance %s: its incident could not be opened", instance_id)


def _fire(
    environment: Environment, connection: sa.Connection, row: store.Row, worker: str, *, guarded: bool = True
) -> int:
    transaction = transaction_of(environment, connection, row, SYSTEM, guarded=guarded)
    session = opened(environment, connection, row, transaction)
    timer = _most_overdue(session.flow, session.run.now)
    if timer is None:
        # The stored time was early, after a failure perhaps: saving sets it right.
        session.save()
        return 0
    spec = timer.token.task_spec
    if spec.event_definition.kind == "retry":
        transaction.guarded = True  # what has failed once may well fail again
    missed = timers.fire(session.run, timer)
    session.run.happened(
        "timer_fired",
        timer.token,
        task_id=session.id_of(timer.token),
        occurrence=timer.occurrence,
        due=timer.due.isoformat(),
        missed=missed,
        activity=spec.activity,
        interrupting=bool(getattr(spec, "cancel_activity", True)),
        worker=worker,
    )
    session.advance()
    begun = tuple(token.task_spec.bpmn_name for token in ready_items(session.flow) if token.id not in session.items)
    session.save(fired=Fired(timer, missed, worker, begun))
    return 1


def _most_overdue(flow: Flow, now: datetime) -> Waiting | None:
    due = [timer for timer in running_timers(flow) if timer.due <= now]
    return min(due, key=lambda timer: (timer.due, timer.token.id), default=None)
