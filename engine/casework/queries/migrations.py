"""Migrations of running matters as process owners look at them: the list, and what becomes of each matter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal_column, or_, select, text
from sqlalchemy.orm import aliased

from engine.casework.masking import masked_number
from engine.casework.models import Matter
from engine.casework.permissions import Person, permitted, visible
from engine.runtime.tables import deployment, instance, migration, migration_step, work_item

PER_PAGE = 50
Show = Literal["safe", "needs_mapping", "blocked", "times", "migrated", "skipped", "failed", "reverted", "all"]
VERDICTS: tuple[Show, ...] = ("safe", "needs_mapping", "blocked")
OUTCOMES: tuple[Show, ...] = ("migrated", "failed", "skipped", "reverted")
TIMES: ColumnElement[bool] = func.jsonb_path_exists(
    migration_step.c.changes, literal_column("'$ ? (exists(@.timers[*]) || @.items[*].due != null)'::jsonpath")
)
"""The condition that a deadline of the instance is moved, begins or goes."""
AT_ONCE = text(
    """
exists (select from jsonb_array_elements(migration_step.changes -> 'timers') t
        where (t ->> 'new')::timestamptz <= clock_now())
"""
)
"""The condition that one of its timers is past by the new count, and fires as soon as it is moved."""
REVERTIBLE: ColumnElement[bool] = and_(
    migration_step.c.outcome == "migrated",
    instance.c.revision == migration_step.c.revision_after,
    migration_step.c.kept.is_not(None),
)
"""The condition that nothing has happened to an instance since it was moved, and what it was is still kept."""


EXPIRED: ColumnElement[bool] = and_(
    migration_step.c.outcome == "migrated",
    instance.c.revision == migration_step.c.revision_after,
    migration_step.c.kept.is_(None),
)


@dataclass(frozen=True, slots=True)
class MigrationRow:
    """A migration in the list; ``done`` of ``total`` instances have an outcome."""

    id: int
    process_key: str
    from_version: int
    to_version: int
    status: str
    reason: str
    created_by: str
    created_at: datetime
    finished_at: datetime | None
    total: int
    done: int


@dataclass(frozen=True, slots=True)
class StepRow:
    """What becomes of one instance. ``number`` is masked unless the officer may see the matter.

    ``revertible`` says that it can be moved back; ``expired`` that only the time for that is over.
    """

    instance_id: int
    number: str
    verdict: str
    reasons: list[dict[str, Any]]
    changes: dict[str, Any]
    outcome: str | None
    error: str | None
    done_at: datetime | None
    revertible: bool
    expired: bool


def migrations(
    connection: Connection, officer: Person, page: int, per_page: int = PER_PAGE
) -> tuple[list[MigrationRow], int]:
    """Return a page of all migrations, the newest first, and how many there are."""
    source, target = aliased(deployment), aliased(deployment)
    steps = (
        _known(
            officer,
            migration_step.c.migration_id,
            func.count().label("total"),
            func.count(migration_step.c.outcome).label("done"),
        )
        .group_by(migration_step.c.migration_id)
        .subquery()
    )
    query = (
        select(
            migration.c.id,
            migration.c.process_key,
            source.c.version.label("from_version"),
            target.c.version.label("to_version"),
            migration.c.status,
            migration.c.reason,
            migration.c.created_by,
            migration.c.created_at,
            migration.c.finished_at,
            func.coalesce(steps.c.total, 0).label("total"),
            func.coalesce(steps.c.done, 0).label("done"),
        )
        .join(source, source.c.id == migration.c.from_deployment)
        .join(target, target.c.id == migration.c.to_deployment)
        .outerjoin(steps, steps.c.migration_id == migration.c.id)
        .order_by(migration.c.id.desc())
    )
    rows = connection.execute(query.limit(per_page).offset((max(page, 1) - 1) * per_page)).mappings()
    total = connection.execute(select(func.count()).select_from(migration)).scalar_one()
    return [MigrationRow(**row) for row in rows], total


def _known(officer: Person, *columns: Any) -> Select[Any]:
    """Select from the steps of all migrations, without those whose matter accuses the officer."""
    joined = migration_step.outerjoin(Matter, Matter.instance_id == migration_step.c.instance_id).outerjoin(
        instance, instance.c.id == migration_step.c.instance_id
    )
    return select(*columns).select_from(joined).where(or_(Matter.id.is_(None), permitted(officer, "migrate")))


def counts(connection: Connection, officer: Person, migration_id: int) -> Mapping[str, int]:
    """Return how many instances of a migration there are by verdict, by outcome, and in all; absent means none.

    ``times`` are those whose deadlines change, ``at_once`` those of the safe ones that have a timer which fires as
    soon as they are moved, ``revertible`` those that can be moved back, ``total`` all. None that accuses the officer
    is counted.
    """
    also = {
        "times": TIMES,
        "at_once": and_(migration_step.c.verdict == "safe", AT_ONCE),
        "revertible": REVERTIBLE,
    }
    rows = connection.execute(
        _known(
            officer,
            migration_step.c.verdict,
            migration_step.c.outcome,
            func.count().label("total"),
            *(func.count().filter(condition).label(name) for name, condition in also.items()),
        )
        .where(migration_step.c.migration_id == migration_id)
        .group_by(migration_step.c.verdict, migration_step.c.outcome)
    ).mappings()
    found: dict[str, int] = {"total": 0}
    for row in rows:
        named = {name: row[name] for name in ("total", *also)} | {row["verdict"]: row["total"]}
        for name, number in (named | {row["outcome"]: row["total"]}).items():
            if name is not None and number:
                found[name] = found.get(name, 0) + number
    return found


def running(connection: Connection, process_key: str, deployment_id: int) -> int:
    """Return how many instances of a process are on a version and not over."""
    return connection.execute(
        select(func.count()).where(
            instance.c.deployment_id == deployment_id,
            instance.c.process_key == process_key,
            instance.c.status.in_(("running", "suspended")),
        )
    ).scalar_one()


def waiting_at(connection: Connection, process_key: str, deployment_id: int) -> dict[tuple[str, str], int]:
    """Return at which steps instances of a process wait on a version: process and step to how many instances."""
    rows = connection.execute(
        select(work_item.c.process_key, work_item.c.step, func.count(work_item.c.instance_id.distinct()))
        .join(instance, instance.c.id == work_item.c.instance_id)
        .where(instance.c.deployment_id == deployment_id, instance.c.process_key == process_key)
        .group_by(work_item.c.process_key, work_item.c.step)
    )
    return {(key, step): count for key, step, count in rows}


def steps(
    connection: Connection, officer: Person, migration_id: int, show: Show, *, page: int, per_page: int = PER_PAGE
) -> tuple[list[StepRow], int]:
    """Return a page of what becomes of instances, by id, and how many there are; none that accuses the officer."""
    conditions = [migration_step.c.migration_id == migration_id]
    if show == "times":
        conditions.append(TIMES)
    elif show in VERDICTS:
        conditions.append(migration_step.c.verdict == show)
    elif show != "all":
        conditions.append(migration_step.c.outcome == show)
    full = or_(Matter.id.is_(None), visible(officer))
    query = (
        _known(
            officer,
            migration_step.c.instance_id,
            migration_step.c.business_key.label("number"),
            migration_step.c.verdict,
            migration_step.c.reasons,
            migration_step.c.changes,
            migration_step.c.outcome,
            migration_step.c.error,
            migration_step.c.done_at,
            REVERTIBLE.label("revertible"),
            EXPIRED.label("expired"),
            full.label("full"),
        )
        .where(*conditions)
        .order_by(migration_step.c.instance_id)
    )
    rows = connection.execute(query.limit(per_page).offset((max(page, 1) - 1) * per_page)).mappings()
    total = connection.execute(_known(officer, func.count()).where(*conditions)).scalar_one()
    return [_step(row) for row in rows], total


def _step(row: Mapping[Any, Any]) -> StepRow:
    values = {**row, "revertible": bool(row["revertible"]), "expired": bool(row["expired"])}
    if not values.pop("full"):
        values["number"] = masked_number(values["number"])
    return StepRow(**values)
