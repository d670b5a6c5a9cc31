"""Of the deadlines that a changed calendar moves, those that an officer may know of."""

from collections.abc import Sequence

from sqlalchemy import Connection, or_, select

from engine.casework.calendar_store import MovedDeadline
from engine.casework.models import Matter
from engine.casework.permissions import Person, visible
from engine.runtime.tables import instance


def known_deadlines(connection: Connection, officer: Person, moved: Sequence[MovedDeadline]) -> list[MovedDeadline]:
    """Return those that belong to no matter, or to one the officer may know of, in their order."""
    query = (
        select(instance.c.id)
        .outerjoin(Matter, Matter.instance_id == instance.c.id)
        .where(instance.c.id.in_({one.instance_id for one in moved}), or_(Matter.id.is_(None), visible(officer)))
    )
    known = set(connection.execute(query).scalars())
    return [one for one in moved if one.instance_id in known]
