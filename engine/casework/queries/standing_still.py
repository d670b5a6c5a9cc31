"""Late is what was due before its clock stopped: a lawful pause is nobody's delay."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, false, func, select

from engine.runtime.tables import clock_pause


def paused_since(instance_id: Any) -> ColumnElement[datetime | None]:
    """Return since when the clocks of an instance (a column) stand still; null while they run."""
    since: ColumnElement[datetime | None] = (
        select(clock_pause.c.since)
        .where(clock_pause.c.instance_id == instance_id, clock_pause.c.until.is_(None))
        .correlate_except(clock_pause)
        .scalar_subquery()
    )
    return since


def stands_still(instance_id: Any, due_at: Any) -> ColumnElement[bool]:
    """Return the condition that an instance's clocks stand still, and ``due_at`` had not fallen when they stopped."""
    found: ColumnElement[bool] = func.coalesce(due_at >= paused_since(instance_id), false())
    return found


def clock_of(instance_id: Any, now: Any) -> ColumnElement[datetime]:
    """Return the moment at which an instance's clocks stand: ``now``, or when they were stopped."""
    found: ColumnElement[datetime] = func.coalesce(paused_since(instance_id), now)
    return found
