"""A migration of many instances as it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import sqlalchemy as sa

from engine.runtime.errors import NotFound, RuntimeFailure
from engine.runtime.migrating import batch_statements as sql

Status = Literal["assessing", "assessed", "running", "reverting", "finished"]


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration as it is stored.

    Attributes:
        id: its id.
        process_key: the process.
        from_deployment: the deployment's id its instances are on.
        to_deployment: the one they move to.
        mapping: what was said by hand; see :class:`engine.runtime.migrating.plan.Plan`.
        status: ``assessing``, ``assessed``, ``running``, ``reverting`` or ``finished``.
        edition: grows with every change of the mapping.
        reason: why it was started; empty before.
        created_by: who planned it.
        created_at: when, UTC.
        started_by: who started it; None before.
        started_at: when, UTC.
        finished_at: when it was through, UTC.
        reverted_by: who moved back what had not gone on; None unless somebody has.
        revert_reason: why.

    """

    id: int
    process_key: str
    from_deployment: int
    to_deployment: int
    mapping: Mapping[str, str | None]
    status: Status
    edition: int
    reason: str
    created_by: str
    created_at: datetime
    started_by: str | None
    started_at: datetime | None
    finished_at: datetime | None
    reverted_by: str | None
    revert_reason: str | None


class NotNow(RuntimeFailure):
    """A migration is not at the stage at which this can be done."""


def one(connection: sa.Connection, migration_id: int) -> Migration:
    """Return a migration. Raises NotFound."""
    row = connection.exec_driver_sql(sql.ONE, {"id": migration_id}).mappings().one_or_none()
    if row is None:
        raise NotFound("没有这次迁移。")
    moments = {
        name: row[name].astimezone(UTC) if row[name] is not None else None
        for name in ("created_at", "started_at", "finished_at")
    }
    return Migration(**{**row, **moments})
