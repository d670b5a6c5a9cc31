"""Fires what is due: one timer in one transaction, the most overdue first, each once.

Picking, deciding and waiting are apart: this module fires what is due now and never sleeps. A failure is noted at its
instance, which is looked at again later, and does not keep others from their turn.
"""

import logging
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from engine.runtime import store, timers
from engine.runtime.session import Environment, Fired, opened, transaction_of
from engine.runtime.timers import Waiting, waiting_timers
from engine.runtime.tokens import Flow

SYSTEM: Final = "system"
_log: Final = logging.getLogger(__name__)


def fire_due(environment: Environment, *, worker: str, limit: int) -> int:
    """Fire at most ``limit`` due timers. See :meth:`engine.runtime.runtime.Runtime.fire_due`."""
    fired = 0
    failed: list[int] = []
    for _ in range(limit):
        claimed: list[int] = []
        try:
            with environment.engine.begin() as connection:
                row = store.claim_due(connection, failed)
                if row is None:
                    return fired
                claimed.append(row.id)
                fired += _fire(environment, connection, row, worker)
        except Exception as error:
            if not claimed:
                raise
            failed += claimed
            _log.exception("instance %s: its timer could not fire", claimed[0])
            with environment.engine.begin() as connection:
                store.postpone(connection, claimed[0], f"{type(error).__name__}: {error}"[:2000])
    return fired


def _fire(environment: Environment, connection: sa.Connection, row: store.Row, worker: str) -> int:
    session = opened(environment, connection, row, transaction_of(environment, connection, row, SYSTEM))
    timer = _most_overdue(session.flow, session.run.now)
    if timer is None:
        # The stored time was early, after a failure perhaps: saving sets it right.
        session.save()
        return 0
    spec = timer.token.task_spec
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
    session.save(fired=Fired(timer, missed, worker))
    return 1


def _most_overdue(flow: Flow, now: datetime) -> Waiting | None:
    due = [timer for timer in waiting_timers(flow) if timer.due <= now]
    return min(due, key=lambda timer: (timer.due, timer.token.id), default=None)
