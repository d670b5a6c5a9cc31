"""Works out due times anew, after the calendar, a deadline or the facts behind it have changed, and shows the moves.

Extensions and pauses that were granted before are applied again to what comes out.
"""

from datetime import UTC, datetime
from typing import Any

from engine.runtime import adjustments, timers
from engine.runtime.protocol import Due, Moved
from engine.runtime.session import Environment, Session, locked, opened, transaction_of
from engine.runtime.task_ids import split

_ITEMS = "select replace(task_id::text, '-', ''), created_at, due_at from work_item where instance_id = %(id)s"
_SUSPENDED = "update instance set status = 'suspended' where id = %(id)s"


def recompute_due(environment: Environment, instance_id: int, *, actor: str, reason: str, dry_run: bool) -> list[Moved]:
    """Work out an instance's due times anew. See :meth:`engine.runtime.runtime.Runtime.recompute_due`."""
    with environment.engine.begin() as connection:
        row = locked(connection, instance_id)
        if row.status not in {"running", "suspended"}:
            return []
        suspended = row.status == "suspended"
        row.status = "running"  # its clocks go on while it stands, so that what is due is right when it is resumed
        session = opened(environment, connection, row, transaction_of(environment, connection, row, actor))
        moved = worked_out(session, reason)
        if moved and not dry_run:
            session.save(commit=not suspended)
            if suspended:
                connection.exec_driver_sql(_SUSPENDED, {"id": instance_id})
        return moved


def worked_out(session: Session, reason: str) -> list[Moved]:
    """Work out the due times of an instance in memory anew; return those that moved. Raises CannotAdvance."""
    return [*_timers(session, reason), *_items(session, reason)]


def _timers(session: Session, reason: str) -> list[Moved]:
    moved = []
    for timer in timers.waiting_timers(session.flow):
        if timer.retries:
            continue
        due = timers.arm(session.run, timer.token, timer.start)
        if due.at != timer.due:
            moved.append(_moved(session, timer.token, timer.due, due, reason))
    return moved


def _items(session: Session, reason: str) -> list[Moved]:
    moved = []
    rows = session.connection.exec_driver_sql(_ITEMS, {"id": session.transaction.instance_id}).all()
    for task, created_at, old in rows:
        token = session.items.get(split(task)[1])
        if token is None:
            continue
        start = created_at.astimezone(UTC)
        due = due_of_item(session, token, start)
        before: datetime | None = old.astimezone(UTC) if old is not None else None
        if due is None or due.at == before:
            continue
        session.moved.append({"task_id": task, "due_at": due.at, "due_explanation": list(due.explanation)})
        moved.append(_moved(session, token, before, due, reason))
    return moved


def due_of_item(session: Session, token: Any, start: datetime) -> Due | None:
    """Return when a user task is due that began at ``start`` (UTC), with the extensions and pauses it has had.

    None when the diagram names no due time. Raises CannotAdvance.
    """
    run, text = session.run, token.task_spec.step.due
    due = run.due_of(text, token, start)
    moves = (*token.internal_data.get("moves", ()), *adjustments.pauses(session.flow.task_tree))
    if due is None or not moves:
        return due
    return run.arithmetic.adjusted(run.value(text, token), due, start, moves)


def _moved(session: Session, token: Any, old: datetime | None, due: Due, reason: str) -> Moved:
    element = str(token.task_spec.name)
    session.run.happened(
        "due_moved",
        token,
        old=old.isoformat() if old is not None else None,
        new=due.at.isoformat(),
        reason=reason,
        explanation=list(due.explanation),
    )
    return Moved(element, old, due.at, str(token.task_spec.bpmn_name or element), due.explanation)
