"""The library of matters: browsed by kind, receiving and handling unit, and whatever else narrows it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from engine.casework.masking import masked_texts
from engine.casework.models import Category, Channel, Matter, Unit
from engine.casework.permissions import Person, permitted, visible
from engine.casework.queries.alarm_waiting import alarm_waits
from engine.casework.queries.standing_still import clock_of, stands_still
from engine.casework.queries.text_match import says
from engine.database import clock
from rules.bureau_calendar import BUREAU_ZONE

PER_PAGE = 25

FACETS = ("kind", "status", "receiving_unit_id", "handling_unit_id", "channel_id")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed by; None and '' do not narrow. ``since`` and ``until`` are days received, inclusive.

    ``category`` takes in the categories below it. ``late`` keeps open matters past their deadline and not answered.
    ``text`` is looked for in number, channel number, title and body.
    """

    kind: str = ""
    receiving_unit: int | None = None
    handling_unit: int | None = None
    channel: int | None = None
    category: int | None = None
    status: str = ""
    severity: str = ""
    since: date | None = None
    until: date | None = None
    late: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A matter in the list; ``alarmed`` when it has an alarm that no duty officer has taken note of."""

    id: int
    number: str
    title: str
    kind: str
    category: str | None
    severity: str
    status: str
    stage: str
    channel: str
    receiving_unit: str
    handling_unit: str | None
    received_at: datetime
    due_at: datetime | None
    replied_at: datetime | None
    closed_at: datetime | None
    satisfaction: str | None
    paused: bool
    alarmed: bool


@dataclass(frozen=True, slots=True)
class Library:
    """A page of matters, the newest first.

    ``counts``: facet -> value -> how many of the narrowed list, for ``kind`` and ``status`` by code, for
    ``receiving_unit_id``, ``handling_unit_id`` and ``channel_id`` by id; None counts those without. ``units`` and
    ``channels`` are the names of the ids that occur.
    """

    rows: tuple[Entry, ...]
    total: int
    counts: Mapping[str, Mapping[Any, int]]
    units: Mapping[int, str]
    channels: Mapping[int, str]
    page: int
    per_page: int
    now: datetime


def matters(
    connection: Connection, officer: Person, filters: Filters | None = None, page: int = 1, per_page: int = PER_PAGE
) -> Library:
    """Return a page of the matters this officer may know of, with the counts of each facet."""
    narrowed = and_(visible(officer), *_conditions(officer, filters or Filters()))
    receiving, handling = aliased(Unit), aliased(Unit)
    statement = (
        select(
            Matter.id,
            Matter.number,
            Matter.title,
            Matter.kind,
            Category.name.label("category"),
            Matter.severity,
            Matter.status,
            Matter.stage,
            Channel.name.label("channel"),
            receiving.name.label("receiving_unit"),
            handling.name.label("handling_unit"),
            Matter.received_at,
            Matter.due_at,
            Matter.replied_at,
            Matter.closed_at,
            Matter.satisfaction,
            stands_still(Matter.instance_id, Matter.due_at),
            alarm_waits(Matter.id),
            permitted(officer, "view_personal").label("may_reveal"),
        )
        .join(Channel, Channel.id == Matter.channel_id)
        .join(receiving, receiving.id == Matter.receiving_unit_id)
        .outerjoin(handling, handling.id == Matter.handling_unit_id)
        .outerjoin(Category, Category.id == Matter.category_id)
        .where(narrowed)
        .order_by(Matter.received_at.desc(), Matter.id.desc())
        .limit(per_page)
        .offset((max(page, 1) - 1) * per_page)
    )
    rows = tuple(_entry(row) for row in connection.execute(statement))
    total, counts = _counts(connection, narrowed)
    units = {key for facet in ("receiving_unit_id", "handling_unit_id") for key in counts[facet] if key is not None}
    return Library(
        rows=rows,
        total=total,
        counts=counts,
        units=_names(connection, Unit, units),
        channels=_names(connection, Channel, set(counts["channel_id"])),
        page=page,
        per_page=per_page,
        now=clock.now(connection),
    )


def _entry(row: Any) -> Entry:
    """Return a row of the list, its title as whoever looks may read it."""
    entry = Entry(*row[:-1])
    return entry if row.may_reveal else replace(entry, title=masked_texts(entry.title))


def _conditions(officer: Person, filters: Filters) -> list[ColumnElement[bool]]:
    wanted: list[tuple[Any, Any]] = [
        (Matter.kind, filters.kind or None),
        (Matter.receiving_unit_id, filters.receiving_unit),
        (Matter.handling_unit_id, filters.handling_unit),
        (Matter.channel_id, filters.channel),
        (Matter.status, filters.status or None),
        (Matter.severity, filters.severity or None),
    ]
    found: list[ColumnElement[bool]] = [column == value for column, value in wanted if value is not None]
    if filters.category is not None:
        below = select(Category.id).where(or_(Category.id == filters.category, Category.parent_id == filters.category))
        found.append(Matter.category_id.in_(below))
    if filters.since is not None:
        found.append(Matter.received_at >= _midnight(filters.since))
    if filters.until is not None:
        found.append(Matter.received_at <= datetime.combine(filters.until, time.max, BUREAU_ZONE))
    if filters.late:
        clock_stands = clock_of(Matter.instance_id, func.clock_now())
        found += [Matter.status != "closed", Matter.replied_at.is_(None), Matter.due_at < clock_stands]
    if filters.text.strip():
        may_see = permitted(officer, "view_personal")
        texts = (Matter.title, Matter.body)
        found.append(says(filters.text, Matter.number, Matter.channel_number, texts=texts, may_see=may_see))
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BUREAU_ZONE)


def _counts(connection: Connection, narrowed: ColumnElement[bool]) -> tuple[int, dict[str, dict[Any, int]]]:
    """Count every facet in one pass over the narrowed matters."""
    columns = [getattr(Matter, facet) for facet in FACETS]
    # Each grouping set nulls the other columns; the mask has a zero bit for the one a row is about.
    statement = (
        select(*columns, func.grouping(*columns).label("mask"), func.count().label("n"))
        .where(narrowed)
        .group_by(func.grouping_sets(*(tuple_(column) for column in columns)))
    )
    counts: dict[str, dict[Any, int]] = {facet: {} for facet in FACETS}
    for row in connection.execute(statement):
        position = next(index for index in range(len(FACETS)) if not row.mask & (1 << (len(FACETS) - 1 - index)))
        counts[FACETS[position]][row[position]] = row.n
    return sum(counts["status"].values()), counts


def _names(connection: Connection, kind: Any, ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    return {row.id: row.name for row in connection.execute(select(kind.id, kind.name).where(kind.id.in_(ids)))}
