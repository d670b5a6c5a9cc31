"""The fire ledger: every timer that fired, how late, by which worker, and what followed from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select, tuple_

from engine.casework.models import HistoryEvent, Matter, Unit
from engine.casework.permissions import Person, visible
from engine.runtime.tables import finished_item, fire
from rules.bureau_calendar import BUREAU_ZONE

PER_PAGE = 50
TOLD = ("reminded", "escalated")


@dataclass(frozen=True, slots=True)
class FireFilters:
    """What narrows the ledger: days of firing (both included), a handling unit, the least lag."""

    since: date | None = None
    until: date | None = None
    unit: int | None = None
    lag: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Caused:
    """What a firing led to: ``kind`` is ``begun`` or ``withdrawn`` (a step), ``reminded`` or ``escalated`` (people)."""

    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Firing:
    """An entry of the ledger. ``number`` is the matter's, None where it is not this officer's to know."""

    process_key: str
    element: str
    name: str
    occurrence: int
    due_at: datetime
    fired_at: datetime
    missed: int
    worker: str
    number: str | None
    caused: tuple[Caused, ...]

    @property
    def lag(self) -> timedelta:
        """How long after its time it fired."""
        return self.fired_at - self.due_at


@dataclass(frozen=True, slots=True)
class Ledger:
    """A page of the ledger, the newest first; ``units`` are those one may filter by: (id, name)."""

    rows: tuple[Firing, ...]
    total: int
    units: tuple[tuple[int, str], ...]
    page: int
    per_page: int


def fire_ledger(
    connection: Connection, officer: Person, filters: FireFilters, *, page: int = 1, per_page: int = PER_PAGE
) -> Ledger:
    """Return a page of the fire ledger; a matter and what followed in it only where the officer may know it."""
    known = and_(Matter.instance_id == fire.c.instance_id, visible(officer))
    source = fire.outerjoin(Matter.__table__, known)
    conditions = _conditions(filters)
    total: int = connection.execute(select(func.count()).select_from(source).where(*conditions)).scalar_one()
    rows = connection.execute(
        select(fire, Matter.id.label("matter_id"), Matter.number)
        .select_from(source)
        .where(*conditions)
        .order_by(fire.c.fired_at.desc(), fire.c.task_id, fire.c.occurrence)
        .limit(per_page)
        .offset((max(page, 1) - 1) * per_page)
    ).all()
    told, withdrawn = _told(connection, rows), _withdrawn(connection, rows)
    units = connection.execute(select(Unit.id, Unit.name).order_by(Unit.position, Unit.id)).all()
    return Ledger(
        rows=tuple(_firing(row, told, withdrawn) for row in rows),
        total=total,
        units=tuple((row.id, row.name) for row in units),
        page=page,
        per_page=per_page,
    )


def _conditions(filters: FireFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.since is not None:
        found.append(fire.c.fired_at >= _midnight(filters.since))
    if filters.until is not None:
        found.append(fire.c.fired_at <= datetime.combine(filters.until, time.max, BUREAU_ZONE))
    if filters.unit is not None:
        found.append(Matter.handling_unit_id == filters.unit)
    if filters.lag is not None:
        found.append(fire.c.fired_at - fire.c.due_at >= filters.lag)
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BUREAU_ZONE)


Key = tuple[int, datetime]


def _told(connection: Connection, rows: Sequence[Any]) -> dict[Key, list[Caused]]:
    """Return whom the firings told: the entries of history that carry the same moment, for it is one transaction."""
    keys = {(row.matter_id, row.fired_at) for row in rows if row.matter_id is not None}
    found: dict[Key, list[Caused]] = {}
    if keys:
        entries = connection.execute(
            select(HistoryEvent.matter_id, HistoryEvent.at, HistoryEvent.event, HistoryEvent.details)
            .where(tuple_(HistoryEvent.matter_id, HistoryEvent.at).in_(sorted(keys)), HistoryEvent.event.in_(TOLD))
            .order_by(HistoryEvent.sequence)
        )
        for entry in entries:
            names = tuple(str(name) for name in entry.details.get("told") or ())
            found.setdefault((entry.matter_id, entry.at), []).append(Caused(entry.event, names))
    return found


def _withdrawn(connection: Connection, rows: Sequence[Any]) -> dict[Key, list[str]]:
    keys = {(row.instance_id, row.fired_at) for row in rows}
    found: dict[Key, list[str]] = {}
    if keys:
        items = connection.execute(
            select(finished_item.c.instance_id, finished_item.c.finished_at, finished_item.c.name).where(
                finished_item.c.withdrawn,
                tuple_(finished_item.c.instance_id, finished_item.c.finished_at).in_(sorted(keys)),
            )
        )
        for item in items:
            found.setdefault((item.instance_id, item.finished_at), []).append(item.name)
    return found


def _firing(row: Any, told: dict[Key, list[Caused]], withdrawn: dict[Key, list[str]]) -> Firing:
    caused = []
    if row.begun:
        caused.append(Caused("begun", tuple(row.begun)))
    gone = withdrawn.get((row.instance_id, row.fired_at))
    if gone:
        caused.append(Caused("withdrawn", tuple(gone)))
    if row.matter_id is not None:
        caused += told.get((row.matter_id, row.fired_at), [])
    return Firing(
        row.process_key,
        row.element,
        row.name,
        row.occurrence,
        row.due_at.astimezone(UTC),
        row.fired_at.astimezone(UTC),
        row.missed,
        row.worker,
        row.number,
        tuple(caused),
    )
