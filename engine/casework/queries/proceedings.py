"""Supervisions, accountability cases and rectifications as pages show them, and the ledger of points."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select, text
from sqlalchemy.orm import aliased

from engine.casework.models import Category, Matter, Officer, PointEntry, Proceeding, Unit
from engine.casework.permissions import Person, permitted, roles_of, units_of, visible
from engine.casework.proceedings.visibility import EVERYTHING, visible_proceeding
from engine.casework.queries.records import HistoryView
from engine.casework.queries.worklist import theirs
from engine.database import clock
from engine.runtime import NotFound
from engine.runtime.tables import instance, work_item
from rules.working_time import BUREAU_ZONE

PER_PAGE = 25
UNKNOWN = "没有这件督查、问责或整改。"

HISTORY = text(
    """
select row_number() over (order by e.id) as sequence, e.at, e.event, e.step, e.name, e.actor,
       coalesce(o.name, '系统') as actor_name, e.details
from instance_event e left join officer o on o.id::text = e.actor
where e.instance_id = :instance order by e.id
"""
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows the list; empty means all. ``kind`` and ``status`` are codes, ``unit`` an id."""

    kind: str = ""
    status: str = "open"
    unit: int | None = None
    matter: str = ""


@dataclass(frozen=True, slots=True)
class ProceedingRow:
    """A proceeding in a list. ``step`` and ``due_at`` are of what waits, None when nothing does."""

    number: str
    kind: str
    level: str | None
    title: str
    unit: str
    status: str
    outcome: str | None
    opened_at: datetime
    closed_at: datetime | None
    step: str | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Proceedings:
    """A page of proceedings, those with the nearest deadline first; ``counts`` by kind whatever the kind chosen."""

    rows: tuple[ProceedingRow, ...]
    total: int
    counts: Mapping[str, int]
    units: tuple[tuple[int, str], ...]
    page: int
    per_page: int
    now: datetime


@dataclass(frozen=True, slots=True)
class ProceedingDetail:
    """One proceeding with its history.

    ``matter`` and ``parent`` are numbers, '' where there is none or this officer may not know of it; ``children`` the
    proceedings that came of it, as far as this officer may know. ``waiting`` says (step, whose turn as candidate
    strings, due time) of what waits, ``task`` is the id of what this officer may do now, '' for nothing.
    """

    row: ProceedingRow
    ground: str
    reason: str
    matter: str
    parent: str
    children: tuple[str, ...]
    category: str
    concerned: str
    opened_by: str
    deployment_id: int | None
    history: tuple[HistoryView, ...]
    task: str
    now: datetime


@dataclass(frozen=True, slots=True)
class PointsRow:
    """What stands against an officer's name: points that count today, and each entry behind them."""

    officer_id: int
    officer: str
    unit: str
    points: int
    entries: tuple["Points", ...]


@dataclass(frozen=True, slots=True)
class Points:
    """One entry of the ledger; it counts until ``expires_on`` unless it was withdrawn."""

    proceeding: str
    points: int
    sanction: str
    decided_at: datetime
    expires_on: date
    withdrawn_at: datetime | None


def proceedings(connection: Connection, officer: Person, filters: Filters, page: int = 1) -> Proceedings:
    """Return a page of the proceedings this officer may know of."""
    wide = and_(visible_proceeding(officer), *_conditions(filters))
    narrowed = and_(wide, Proceeding.kind == filters.kind) if filters.kind else wide
    by_kind = select(Proceeding.kind, func.count().label("n")).where(wide).group_by(Proceeding.kind)
    counts = {row.kind: row.n for row in connection.execute(by_kind)}
    statement = (
        _rows(narrowed)
        .order_by(
            case((Proceeding.status == "open", 0), else_=1),
            work_item.c.due_at.asc().nulls_last(),
            Proceeding.opened_at.desc(),
            Proceeding.id.desc(),
        )
        .limit(PER_PAGE)
        .offset((max(page, 1) - 1) * PER_PAGE)
    )
    units = select(Unit.id, Unit.name).where(Unit.id.in_(select(Proceeding.unit_id).where(visible_proceeding(officer))))
    return Proceedings(
        rows=tuple(ProceedingRow(*row) for row in connection.execute(statement)),
        total=sum(count for kind, count in counts.items() if filters.kind in {"", kind}),
        counts=counts,
        units=tuple((row.id, row.name) for row in connection.execute(units.order_by(Unit.position, Unit.id))),
        page=page,
        per_page=PER_PAGE,
        now=clock.now(connection),
    )


def of_matter(connection: Connection, officer: Person, matter_id: int) -> tuple[ProceedingRow, ...]:
    """Return the proceedings about a matter that this officer may know of, the newest first."""
    statement = _rows(and_(visible_proceeding(officer), Proceeding.matter_id == matter_id))
    return tuple(ProceedingRow(*row) for row in connection.execute(statement.order_by(Proceeding.id.desc())))


def titles(connection: Connection, officer: Person, numbers: Collection[str]) -> Mapping[str, str]:
    """Return what those of the numbered proceedings are called that this officer may know of, by number."""
    if not numbers:
        return {}
    theirs_to_know = and_(Proceeding.number.in_(numbers), visible_proceeding(officer))
    found = connection.execute(select(Proceeding.number, Proceeding.title).where(theirs_to_know))
    return {row.number: row.title for row in found}


def proceeding_detail(connection: Connection, officer: Person, number: str) -> ProceedingDetail:
    """Return one proceeding; raises NotFound in the same words whether there is none or it is not theirs to know."""
    mine = and_(visible_proceeding(officer), Proceeding.number == number)
    row = connection.execute(_rows(mine)).one_or_none()
    if row is None:
        raise NotFound(UNKNOWN)
    parent, concerned, opener = aliased(Proceeding), aliased(Officer), aliased(Officer)
    more = connection.execute(
        select(
            Proceeding.id,
            Proceeding.ground,
            Proceeding.reason,
            Proceeding.instance_id,
            select(Matter.number)
            .where(Matter.id == Proceeding.matter_id, visible(officer))
            .scalar_subquery()
            .label("matter"),
            select(parent.number)
            .where(parent.id == Proceeding.parent_id, visible_proceeding(officer, parent))
            .scalar_subquery()
            .label("parent"),
            Category.name.label("category"),
            concerned.name.label("concerned"),
            func.coalesce(opener.name, "系统").label("opened_by"),
            instance.c.deployment_id,
        )
        .outerjoin(Category, Category.id == Proceeding.category_id)
        .outerjoin(concerned, concerned.id == Proceeding.officer_id)
        .outerjoin(opener, opener.id == func.nullif(Proceeding.opened_by, "system").cast(Proceeding.id.type))
        .outerjoin(instance, instance.c.id == Proceeding.instance_id)
        .where(Proceeding.number == number)
    ).one()
    children = select(Proceeding.number).where(Proceeding.parent_id == more.id, visible_proceeding(officer))
    return ProceedingDetail(
        row=ProceedingRow(*row),
        ground=more.ground,
        reason=more.reason or "",
        matter=more.matter or "",
        parent=more.parent or "",
        children=tuple(connection.execute(children.order_by(Proceeding.id)).scalars()),
        category=more.category or "",
        concerned=more.concerned or "",
        opened_by=more.opened_by,
        deployment_id=more.deployment_id,
        history=tuple(HistoryView(*entry) for entry in connection.execute(HISTORY, {"instance": more.instance_id})),
        task=_task(connection, officer, more.instance_id),
        now=clock.now(connection),
    )


def points_ledger(connection: Connection, officer: Person) -> tuple[PointsRow, ...]:
    """Return the points that officers have, the most first.

    The inspectorate, the director and the legal office see all, a bureau leader those of the units they are in charge
    of, everybody their own.
    """
    now = clock.now(connection)
    mine: list[ColumnElement[bool]] = [PointEntry.officer_id == officer.id]
    if not EVERYTHING.isdisjoint(roles_of(officer.grants)):
        mine.append(PointEntry.officer_id.is_not(None))
    in_charge = units_of(officer.grants, "bureau_leader")
    if in_charge:
        mine.append(Officer.unit_id.in_(in_charge))
    rows = connection.execute(
        select(
            PointEntry.officer_id,
            Officer.name,
            Unit.name.label("unit"),
            Proceeding.number,
            PointEntry.points,
            PointEntry.sanction,
            PointEntry.decided_at,
            PointEntry.expires_on,
            PointEntry.withdrawn_at,
        )
        .join(Officer, Officer.id == PointEntry.officer_id)
        .join(Proceeding, Proceeding.id == PointEntry.proceeding_id)
        .outerjoin(Unit, Unit.id == Officer.unit_id)
        .where(or_(*mine))
        .order_by(PointEntry.officer_id, PointEntry.decided_at.desc())
    ).all()
    today = now.astimezone(BUREAU_ZONE).date()
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.officer_id, []).append(row)
    ledger = [
        PointsRow(
            officer_id=officer_id,
            officer=entries[0].name,
            unit=entries[0].unit or "",
            points=sum(one.points for one in entries if one.withdrawn_at is None and one.expires_on > today),
            entries=tuple(Points(*entry[3:]) for entry in entries),
        )
        for officer_id, entries in found.items()
    ]
    return tuple(sorted(ledger, key=lambda one: (-one.points, one.officer_id)))


def may_supervise(connection: Connection, officer: Person, matter_id: int) -> bool:
    """Say whether the officer may open a supervision of this matter."""
    found = select(Matter.id).where(Matter.id == matter_id, permitted(officer, "supervise"))
    return connection.execute(found).first() is not None


def _rows(condition: ColumnElement[bool]) -> Select[Any]:
    """Return the rows of a list; of several things that wait in a proceeding the earliest due."""
    first = (
        select(work_item.c.task_id)
        .where(work_item.c.instance_id == Proceeding.instance_id)
        .order_by(work_item.c.due_at.asc().nulls_last(), work_item.c.created_at)
        .limit(1)
        .correlate(Proceeding)
        .scalar_subquery()
    )
    return (
        select(
            Proceeding.number,
            Proceeding.kind,
            Proceeding.level,
            Proceeding.title,
            Unit.name.label("unit"),
            Proceeding.status,
            Proceeding.outcome,
            Proceeding.opened_at,
            Proceeding.closed_at,
            work_item.c.name.label("step"),
            work_item.c.due_at,
        )
        .join(Unit, Unit.id == Proceeding.unit_id)
        .outerjoin(work_item, work_item.c.task_id == first)
        .where(condition)
    )


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.status:
        found.append(Proceeding.status == filters.status)
    if filters.unit is not None:
        found.append(Proceeding.unit_id == filters.unit)
    if filters.matter:
        found.append(Proceeding.matter_id.in_(select(Matter.id).where(Matter.number == filters.matter)))
    return found


def _task(connection: Connection, officer: Person, instance_id: int | None) -> str:
    """Return the id of the item of this instance that the officer may do, '' for none."""
    if instance_id is None:
        return ""
    found = select(work_item.c.task_id).where(work_item.c.instance_id == instance_id, theirs(officer)).limit(1)
    task = connection.execute(found).scalar()
    return "" if task is None else str(task.hex)
