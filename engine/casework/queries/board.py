"""The escalation board: what is late, how high it has climbed, who was told, and four figures over it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, Date, Row, Select, and_, case, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from engine.casework.calendar_store import calendar
from engine.casework.masking import masked_texts
from engine.casework.models import Escalation, Matter, Officer, Unit
from engine.casework.permissions import Person, permitted, visible
from engine.casework.queries.periods import DAYS_A_WEEK, days_ago, week_start
from engine.casework.queries.standing_still import paused_since
from engine.casework.vocabulary import LEVELS
from engine.database import clock
from engine.runtime.tables import work_item
from rules.bureau_calendar import bureau_date
from rules.working_time import deadline

SOON = "4工作小时"
CARDS_A_LANE = 50
ZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Card:
    """A matter on the board, in the lane of the highest level it has reached with the step that still waits.

    ``told``: [{officer_id, name, role, by}]. ``may_acknowledge`` says whether this officer may take note of it.
    """

    escalation_id: int
    level: str
    number: str
    title: str
    kind: str
    severity: str
    handling_unit: str | None
    step: str
    step_name: str
    due_at: datetime | None
    fired_at: datetime
    told: tuple[Mapping[str, Any], ...]
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    note: str | None
    may_acknowledge: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """One level: its cards, the longest late first, and how many there are in all."""

    level: str
    cards: tuple[Card, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The four figures. ``on_time`` of ``answered`` matters replied to or closed this week kept their deadline."""

    open: int
    late: int
    soon: int
    on_time: int
    answered: int

    @property
    def rate(self) -> float | None:
        """The share answered in time, None when none was answered."""
        return self.on_time / self.answered if self.answered else None


@dataclass(frozen=True, slots=True)
class UnitLoad:
    """What a unit handles now: open matters, and those of them that are late. ``unit_id`` None: not assigned yet."""

    unit_id: int | None
    unit: str | None
    open: int
    late: int


@dataclass(frozen=True, slots=True)
class DayCount:
    """One day of the bureau: matters received into the platform, closed, and escalated as late."""

    day: date
    new: int
    closed: int
    late: int


@dataclass(frozen=True, slots=True)
class Board:
    """The board as one officer may see it. ``soon_until`` is the end of the next four working hours."""

    lanes: tuple[Lane, ...]
    figures: Figures
    units: tuple[UnitLoad, ...]
    days: tuple[DayCount, ...]
    soon_until: datetime
    now: datetime


def board(connection: Connection, officer: Person) -> Board:
    """Return the escalation board for what this officer may know of."""
    now = clock.now(connection)
    soon = deadline(now, SOON, calendar(connection)).at
    figures, units = _figures(connection, officer, now, soon)
    return Board(
        lanes=_lanes(connection, officer),
        figures=figures,
        units=units,
        days=_days(connection, officer, now),
        soon_until=soon,
        now=now,
    )


def _open_matters(officer: Person) -> CTE:
    """Open matters with the earliest due time of what waits, or their own where nothing waits."""
    waits = (
        select(work_item.c.instance_id, func.min(work_item.c.due_at).label("due_at"))
        .group_by(work_item.c.instance_id)
        .subquery()
    )
    # least() ignores nulls: a matter is late when a step of it or the whole of it is; the whole until it is answered.
    due = func.least(waits.c.due_at, case((Matter.replied_at.is_(None), Matter.due_at)))
    return (
        select(
            Matter.id,
            Matter.handling_unit_id,
            due.label("due_at"),
            paused_since(Matter.instance_id).label("paused_since"),
        )
        .outerjoin(waits, waits.c.instance_id == Matter.instance_id)
        .where(Matter.status != "closed", visible(officer))
        .cte("open_matter")
    )


def _figures(
    connection: Connection, officer: Person, now: datetime, soon: datetime
) -> tuple[Figures, tuple[UnitLoad, ...]]:
    waiting = _open_matters(officer)
    late = func.count().filter(waiting.c.due_at < func.coalesce(waiting.c.paused_since, now))
    soon_due = (waiting.c.due_at >= now, waiting.c.due_at <= soon, waiting.c.paused_since.is_(None))
    by_unit = connection.execute(
        select(
            waiting.c.handling_unit_id,
            Unit.name,
            func.count().label("open"),
            late.label("late"),
            func.count().filter(*soon_due).label("soon"),
        )
        .outerjoin(Unit, Unit.id == waiting.c.handling_unit_id)
        .group_by(waiting.c.handling_unit_id, Unit.name)
        .order_by(late.desc(), func.count().desc(), Unit.name)
    ).all()
    answered = func.coalesce(Matter.replied_at, Matter.closed_at)
    week = connection.execute(
        select(func.count().label("answered"), func.count().filter(answered <= Matter.due_at).label("on_time")).where(
            visible(officer),
            answered >= week_start(now),
            answered <= now,
            Matter.due_at.is_not(None),
            Matter.outcome.is_distinct_from("cancelled"),
        )
    ).one()
    figures = Figures(
        open=sum(row.open for row in by_unit),
        late=sum(row.late for row in by_unit),
        soon=sum(row.soon for row in by_unit),
        on_time=week.on_time,
        answered=week.answered,
    )
    units = tuple(UnitLoad(row.handling_unit_id, row.name, row.open, row.late) for row in by_unit)
    return figures, units


def _lanes(connection: Connection, officer: Person) -> tuple[Lane, ...]:
    rank = case({level: index for index, level in enumerate(LEVELS)}, value=Escalation.level)
    highest = (
        select(
            Escalation.id.label("escalation_id"),
            Escalation.matter_id,
            func.row_number()
            .over(partition_by=Escalation.matter_id, order_by=(rank.desc(), Escalation.fired_at.desc()))
            .label("place"),
        )
        .join(Matter, Matter.id == Escalation.matter_id)
        .where(Matter.status != "closed", _still_waits(), visible(officer))
        .subquery()
    )
    acknowledger, unit = aliased(Officer), aliased(Unit)
    ordered = (
        select(
            Escalation.id.label("escalation_id"),
            Escalation.level,
            Matter.number,
            Matter.title,
            Matter.kind,
            Matter.severity,
            unit.name.label("handling_unit"),
            Escalation.step,
            Escalation.step_name,
            Escalation.due_at,
            Escalation.fired_at,
            Escalation.told,
            Escalation.acknowledged_at,
            acknowledger.name.label("acknowledged_by"),
            Escalation.note,
            permitted(officer, "acknowledge").label("may_acknowledge"),
            permitted(officer, "view_personal").label("may_reveal"),
            func.count().over(partition_by=Escalation.level).label("total"),
            func.row_number()
            .over(
                partition_by=Escalation.level,
                order_by=(Escalation.acknowledged_at.is_not(None), Escalation.due_at.asc().nulls_last()),
            )
            .label("position"),
        )
        .join(highest, and_(highest.c.escalation_id == Escalation.id, highest.c.place == 1))
        .join(Matter, Matter.id == Escalation.matter_id)
        .outerjoin(unit, unit.id == Matter.handling_unit_id)
        .outerjoin(acknowledger, acknowledger.id == Escalation.acknowledged_by)
        .subquery()
    )
    statement = select(ordered).where(ordered.c.position <= CARDS_A_LANE).order_by(ordered.c.position)
    rows = connection.execute(statement).all()
    return tuple(_lane(level, [row for row in rows if row.level == level]) for level in reversed(LEVELS))


def _lane(level: str, rows: list[Row[Any]]) -> Lane:
    cards = tuple(
        Card(
            escalation_id=row.escalation_id,
            level=level,
            number=row.number,
            title=row.title if row.may_reveal else masked_texts(row.title),
            kind=row.kind,
            severity=row.severity,
            handling_unit=row.handling_unit,
            step=row.step,
            step_name=row.step_name,
            due_at=row.due_at,
            fired_at=row.fired_at,
            told=tuple(row.told),
            acknowledged_at=row.acknowledged_at,
            acknowledged_by=row.acknowledged_by,
            note=row.note,
            may_acknowledge=row.may_acknowledge and row.acknowledged_at is None,
        )
        for row in rows
    )
    return Lane(level, cards, rows[0].total if rows else 0)


def _still_waits() -> ColumnElement[bool]:
    """Return the condition that the escalated step still waits: the user task, or something in the called process."""
    return exists().where(
        work_item.c.instance_id == Matter.instance_id,
        or_(work_item.c.step == Escalation.step, work_item.c.process_key == Escalation.step),
    )


def _days(connection: Connection, officer: Person, now: datetime) -> tuple[DayCount, ...]:
    since = days_ago(now, DAYS_A_WEEK - 1)

    def per_day(moment: Any, *conditions: ColumnElement[bool]) -> Select[Any]:
        day = cast(func.timezone(ZONE, moment), Date).label("day")
        return select(day, func.count().label("n")).where(moment >= since, moment <= now, *conditions).group_by(day)

    late = per_day(Escalation.fired_at, Escalation.level != "reminder", visible(officer)).join(
        Matter, Matter.id == Escalation.matter_id
    )
    counts = [
        {row.day: row.n for row in connection.execute(statement)}
        for statement in (
            per_day(Matter.imported_at, visible(officer)),
            per_day(Matter.closed_at, visible(officer)),
            late,
        )
    ]
    first = bureau_date(since)
    days = [date.fromordinal(first.toordinal() + offset) for offset in range(DAYS_A_WEEK)]
    return tuple(DayCount(day, *(count.get(day, 0) for count in counts)) for day in days)
