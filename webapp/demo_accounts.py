"""The accounts a demonstration lists on its log-in page: one for each role."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine.casework.models import Holding, Officer, Unit
from engine.casework.roles import ROLES
from engine.runtime.tables import work_item
from webapp.vocabulary import word


def demo_accounts(connection: sa.Connection) -> list[dict[str, Any]]:
    """Return login, password, name, role and unit of one officer for each role, in the order of the roles.

    Of those who hold a role it is the one with the most work waiting, so that there is something to see.
    """
    from engine.casework.demo.bureau import PASSWORD  # noqa: PLC0415 - only a demonstration needs the demo's material

    grant = Holding.role + "@" + sa.func.coalesce(sa.cast(Holding.unit_id, sa.Text), "*")
    waiting = (
        sa.select(sa.func.count())
        .select_from(work_item)
        .where(
            grant == sa.any_(work_item.c.candidates),
            sa.func.coalesce(work_item.c.assignee, sa.cast(Officer.id, sa.Text)) == sa.cast(Officer.id, sa.Text),
        )
        .correlate(Holding, Officer)
        .scalar_subquery()
    )
    query = (
        sa.select(Holding.role, Officer.login, Officer.name, Unit.name.label("unit"))
        .join(Officer, Officer.id == Holding.officer_id)
        .outerjoin(Unit, Unit.id == Holding.unit_id)
        .where(Officer.active)
        .order_by(waiting.desc(), Officer.id, Holding.id)
    )
    first: dict[str, dict[str, Any]] = {}
    for row in connection.execute(query):
        account = {"login": row.login, "password": PASSWORD, "name": row.name, "unit": row.unit}
        first.setdefault(row.role, account | {"role": word("role", row.role)})
    return [first[role] for role in ROLES if role in first]
