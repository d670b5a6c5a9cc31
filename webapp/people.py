"""The names behind the engine's actors."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from engine.casework.models import Officer


def names_of(connection: sa.Connection, actors: Iterable[str]) -> dict[str, str]:
    """Return actor -> name for actors that are officers' ids; 'system' and unknown ones are left out."""
    wanted = {int(actor) for actor in actors if actor.isdecimal()}
    if not wanted:
        return {}
    query = sa.select(Officer.id, Officer.name).where(Officer.id.in_(wanted))
    return {str(identifier): name for identifier, name in connection.execute(query)}
