"""What happened to an instance and what it waits for, for whoever may know of it (see :func:`instances.one`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, not_, or_, select

from engine.casework.models import Matter
from engine.casework.permissions import Person, permitted
from engine.casework.queries.hiding import hiding
from engine.runtime.tables import finished_item, fire, incident, operation, thrown, timer

MOST = 200


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of what happened to an instance: who (an actor), what, where, when, why."""

    at: datetime
    what: str
    element: str
    name: str
    actor: str
    note: str


@dataclass(frozen=True, slots=True)
class Uncaught:
    """A message or signal that nobody waited for."""

    id: int
    kind: str
    name: str
    label: str
    thrown_at: datetime


def timers(connection: Connection, instance_id: int) -> Sequence[Any]:
    """Return an instance's waiting timers, the earliest first: element, name, kind, due_at, expression."""
    return connection.execute(
        select(timer.c.element, timer.c.name, timer.c.kind, timer.c.due_at, timer.c.expression)
        .where(timer.c.instance_id == instance_id)
        .order_by(timer.c.due_at, timer.c.element)
    ).all()


def happened(connection: Connection, instance_id: int, *, full: bool) -> list[Happened]:
    """Return what happened to an instance, the newest first: steps, timers, incidents, operations by hand.

    Without ``full`` nobody is named who only did a step, and reasons and messages are masked.
    """
    hide = hiding(connection, instance_id, full=full)
    found = [
        Happened(row.at, row.verb, row.element, row.name, row.actor, hide(row.reason))
        for row in connection.execute(select(operation).where(operation.c.instance_id == instance_id))
    ]
    for row in connection.execute(select(finished_item).where(finished_item.c.instance_id == instance_id)):
        what, who = ("withdrawn", "") if row.withdrawn else ("completed", row.finished_by if full else "")
        found.append(Happened(row.finished_at, what, row.step, row.name, who, ""))
    found += [
        Happened(row.fired_at, "timer_fired", row.element, row.name, "system", "")
        for row in connection.execute(select(fire).where(fire.c.instance_id == instance_id))
    ]
    found += [
        Happened(
            row.opened_at,
            "incident_opened",
            row.element,
            row.name,
            "system",
            hide(row.message),
        )
        for row in connection.execute(select(incident).where(incident.c.instance_id == instance_id))
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)[:MOST]


def uncaught(connection: Connection, officer: Person, *, for_matter: bool) -> list[Uncaught]:
    """Return messages and signals that nobody waited for, the newest first; who they were about is not said.

    Those only that the officer may bring to the instance: none of a matter that accuses them, and to an instance that
    is no matter's (``for_matter``) none of a matter at all.
    """
    about = or_(Matter.instance_id == thrown.c.instance_id, Matter.number == thrown.c.business_key)
    kept = and_(about, not_(permitted(officer, "operate"))) if for_matter else about
    rows = connection.execute(
        select(thrown.c.id, thrown.c.kind, thrown.c.name, thrown.c.label, thrown.c.thrown_at)
        .where(thrown.c.status == "uncaught", ~exists().where(kept))
        .order_by(thrown.c.id.desc())
        .limit(MOST)
    )
    return [Uncaught(*row) for row in rows]
