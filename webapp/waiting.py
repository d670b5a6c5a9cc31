"""One waiting task as a page needs it, if this officer may know of its matter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from engine.casework.models import Holding, Matter, MatterAccused, Officer
from engine.casework.permissions import Person, unaccused, visible
from engine.casework.queries.standing_still import stands_still
from engine.casework.queries.worklist import theirs
from engine.runtime import AlreadyDone, NotFound
from engine.runtime.tables import finished_item, instance, work_item


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """A task that waits. `theirs` says whether this officer holds it or may take it, `mine` whether they hold it."""

    task_id: str
    process_key: str
    step: str
    name: str
    form_key: str
    deployment_id: int
    assignee: str | None
    due_at: datetime | None
    theirs: bool
    mine: bool
    matter_id: int
    number: str
    handling_unit_id: int | None
    accuses: bool


class TaskGone(AlreadyDone):
    """The task no longer waits; it still says which matter and form it belonged to.

    Attributes:
        number: the matter's number.
        matter_id: the matter's id.
        name: the step's label.
        deployment_id: the deployment its form is in.
        process_key: the process the step is drawn in.

    """

    def __init__(self, row: sa.Row[tuple[object, ...]]) -> None:
        super().__init__("" if row.withdrawn else row.finished_by, row.finished_at, row.step)
        self.number: str = row.number
        self.matter_id: int = row.matter_id
        self.name: str = row.name
        self.deployment_id: int = row.deployment_id
        self.process_key: str = row.process_key


def item_of(connection: sa.Connection, officer: Person, task_id: str) -> WaitingTask:
    """Return a waiting task of a matter this officer may know of.

    Raises TaskGone when it waits no longer, NotFound when there is none or the matter is not for this officer.
    """
    wanted = identifier(task_id)
    query = (
        sa.select(
            work_item.c.process_key,
            work_item.c.step,
            work_item.c.name,
            work_item.c.form_key,
            work_item.c.assignee,
            work_item.c.due_at,
            instance.c.deployment_id,
            theirs(officer).label("theirs"),
            Matter.id.label("matter_id"),
            Matter.number,
            Matter.handling_unit_id,
            sa.exists().where(MatterAccused.matter_id == Matter.id).label("accuses"),
        )
        .select_from(work_item)
        .join(instance, instance.c.id == work_item.c.instance_id)
        .join(Matter, Matter.instance_id == work_item.c.instance_id)
        .where(work_item.c.task_id == wanted, visible(officer))
    )
    row = connection.execute(query).mappings().one_or_none()
    if row is not None:
        return WaitingTask(task_id=wanted.hex, mine=row["assignee"] == str(officer.id), **row)
    gone = (
        sa.select(
            finished_item.c.process_key,
            finished_item.c.step,
            finished_item.c.name,
            finished_item.c.finished_by,
            finished_item.c.finished_at,
            finished_item.c.withdrawn,
            instance.c.deployment_id,
            Matter.id.label("matter_id"),
            Matter.number,
        )
        .select_from(finished_item)
        .join(instance, instance.c.id == finished_item.c.instance_id)
        .join(Matter, Matter.instance_id == finished_item.c.instance_id)
        .where(
            finished_item.c.task_id == wanted,
            # A unit that was asked sees a closed matter no longer; that its own answer has arrived it may be told.
            sa.or_(visible(officer), sa.and_(finished_item.c.finished_by == str(officer.id), unaccused(officer))),
        )
    )
    finished = connection.execute(gone).one_or_none()
    if finished is None:
        raise NotFound("没有这项任务。")
    raise TaskGone(finished)


def alone_of(connection: sa.Connection, officer: Person, task_id: str) -> sa.Row[Any]:
    """Return a waiting task of this officer's that belongs to no matter, with where it runs.

    ``paused`` says that its clock stands still. Raises NotFound for any other.
    """
    row = connection.execute(
        sa.select(
            work_item,
            instance.c.deployment_id,
            instance.c.business_key,
            instance.c.status,
            stands_still(work_item.c.instance_id, work_item.c.due_at).label("paused"),
        )
        .join(instance, instance.c.id == work_item.c.instance_id)
        .where(
            work_item.c.task_id == identifier(task_id),
            theirs(officer),
            ~sa.exists().where(Matter.instance_id == work_item.c.instance_id),
        )
    ).one_or_none()
    if row is None:
        raise NotFound("没有这项任务。")
    return row


def identifier(task_id: str) -> UUID:
    """Return a task's id. Raises NotFound for what is none."""
    try:
        return UUID(task_id)
    except ValueError:
        raise NotFound("没有这项任务。") from None


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody a task may be given to."""

    id: int
    name: str


def colleagues(connection: sa.Connection, task_id: str) -> list[Colleague]:
    """Return the active officers a waiting task was offered to, without who holds it and who is kept from it.

    Whoever the matter accuses is among none of them: the task was never offered to them.
    """
    grant = Holding.role + "@" + sa.func.coalesce(sa.cast(Holding.unit_id, sa.Text), "*")
    me = sa.cast(Officer.id, sa.Text)
    query = (
        sa.select(Officer.id, Officer.name)
        .distinct()
        .join(Holding, Holding.officer_id == Officer.id)
        .join(work_item, grant == sa.any_(work_item.c.candidates))
        .where(
            work_item.c.task_id == UUID(task_id),
            Officer.active,
            me != sa.all_(work_item.c.excluded),
            sa.func.coalesce(work_item.c.assignee, "") != me,
        )
        .order_by(Officer.id)
    )
    return [Colleague(identifier, name) for identifier, name in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class NextTask:
    """Where an officer goes on."""

    task_id: str
    number: str


def next_item(connection: sa.Connection, officer: Person, after: str) -> NextTask | None:
    """Return the next task: one of the matter numbered `after` if any waits there, else the nearest due."""
    query = (
        sa.select(work_item.c.task_id, Matter.number)
        .select_from(work_item)
        .join(Matter, Matter.instance_id == work_item.c.instance_id)
        .where(theirs(officer), visible(officer))
        .order_by((Matter.number == after).desc(), work_item.c.due_at.asc().nulls_last(), work_item.c.created_at)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else NextTask(row.task_id.hex, row.number)
