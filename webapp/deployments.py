"""The deployments as the pages list them, with how much runs on each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.runtime.tables import deployment, instance


@dataclass(frozen=True, slots=True)
class Version:
    """A deployment in the list; `running` counts the instances that are still on it."""

    id: int
    version: int
    note: str
    deployed_by: str
    deployed_at: datetime
    running: int
    total: int


def versions(connection: sa.Connection) -> list[Version]:
    """Return all deployments, the newest first."""
    running = sa.func.count(instance.c.id).filter(instance.c.status == "running")
    query = (
        sa.select(
            deployment.c.id,
            deployment.c.version,
            deployment.c.note,
            deployment.c.deployed_by,
            deployment.c.deployed_at,
            running.label("running"),
            sa.func.count(instance.c.id).label("total"),
        )
        .outerjoin(instance, instance.c.deployment_id == deployment.c.id)
        .group_by(deployment.c.id)
        .order_by(deployment.c.version.desc())
    )
    return [Version(**row) for row in connection.execute(query).mappings()]


def newest(connection: sa.Connection) -> int | None:
    """Return the id of the deployment new instances start on, or None before the first."""
    query = sa.select(deployment.c.id).order_by(deployment.c.version.desc()).limit(1)
    return connection.execute(query).scalar()
