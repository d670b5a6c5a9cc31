"""My tasks: what waits for this officer, nearest deadline first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, all_, and_, cast, func, literal, not_, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from engine.casework.masking import masked_texts
from engine.casework.models import Matter, Unit
from engine.casework.permissions import Person, permitted, personal, visible
from engine.casework.queries.alarm_waiting import alarm_waits
from engine.casework.queries.periods import day_end, week_end
from engine.casework.queries.standing_still import clock_of, stands_still
from engine.casework.queries.text_match import says
from engine.database import clock
from engine.runtime.tables import finished_item, instance, work_item

Tab = Literal["all", "late", "today", "week", "unclaimed", "done"]
TABS: tuple[Tab, ...] = ("all", "late", "today", "week", "unclaimed", "done")
PER_PAGE = 25
MOST_COUNTED = 1000
"""Finished tasks are counted no further than this: nobody needs the exact number."""


@dataclass(frozen=True, slots=True)
class Task:
    """A waiting user task. ``assignee`` is the officer's id as text, None while nobody has claimed it.

    ``paused`` says that its clock stands still, and had not run out before; ``alone`` that it belongs to no matter, as
    a step of a weekly report: ``number`` and ``title`` are its instance's business key and its own name then;
    ``alarmed`` that its matter has an alarm which no duty officer has taken note of;
    ``suspended`` that its whole process is, so that nobody can do it now. ``process_key`` and ``deployment_id`` say
    where it is drawn.
    """

    task_id: str
    process_key: str
    deployment_id: int
    step: str
    name: str
    due_at: datetime | None
    due_explanation: tuple[str, ...]
    priority: int
    created_at: datetime
    assignee: str | None
    number: str
    title: str
    kind: str
    severity: str
    unit: str | None
    status: str
    paused: bool
    alarmed: bool
    alone: bool
    suspended: bool


@dataclass(frozen=True, slots=True)
class FinishedTask:
    """A task this officer finished."""

    task_id: str
    step: str
    name: str
    finished_at: datetime
    number: str
    title: str
    kind: str
    severity: str
    unit: str | None
    status: str


@dataclass(frozen=True, slots=True)
class Worklist:
    """One page of tasks.

    ``counts`` has the number of every tab whatever the filters, ``total`` how many the filters leave in this tab,
    ``units`` and ``steps`` what one may filter by: (id, name) and (step, label).
    """

    tab: Tab
    rows: tuple[Task, ...] | tuple[FinishedTask, ...]
    counts: Mapping[Tab, int]
    total: int
    page: int
    per_page: int
    units: tuple[tuple[int, str], ...]
    steps: tuple[tuple[str, str], ...]
    now: datetime


def theirs(officer: Person) -> ColumnElement[bool]:
    """Return the condition under which a work item is this officer's: held, or offered and not withheld."""
    me = str(officer.id)
    offered = work_item.c.candidates.op("&&")(cast(sorted({*officer.grants, personal(officer.id)}), ARRAY(Text)))
    return and_(
        or_(work_item.c.assignee == me, and_(work_item.c.assignee.is_(None), offered)),
        literal(me) != all_(work_item.c.excluded),
    )


def worklist(
    connection: Connection,
    officer: Person,
    *,
    tab: Tab = "all",
    text: str = "",
    unit: int | None = None,
    step: str = "",
    page: int = 1,
    per_page: int = PER_PAGE,
) -> Worklist:
    """Return a page of the officer's tasks, ordered by due time, with the counts of all tabs."""
    now = clock.now(connection)
    counted = connection.execute(_counts(officer, now)).one()
    counts: dict[Tab, int] = {one: getattr(counted, f"n_{one}") for one in TABS}
    units = tuple(sorted({(row["id"], row["name"]) for row in counted.units or () if row["id"] is not None}))
    steps = tuple(sorted({(row["step"], row["name"]) for row in counted.steps or ()}))
    filters = _filters(text, unit)
    statement = _finished(officer) if tab == "done" else _waiting(officer).where(*_tab(tab, now))
    source = finished_item if tab == "done" else work_item
    if step:
        filters.append(source.c.step == step)
    statement = statement.where(*filters).limit(per_page).offset((max(page, 1) - 1) * per_page)
    rows = connection.execute(statement).mappings().all()
    total = rows[0]["total"] if rows else 0
    if not rows and page > 1:
        every = statement.limit(None).offset(None).order_by(None).subquery()
        total = connection.execute(select(func.count()).select_from(every)).scalar_one()
    found = [{key: value for key, value in row.items() if key != "total"} for row in rows]
    for row in found:
        row["task_id"] = row["task_id"].hex
        if not row.pop("may_reveal") and not row.get("alone"):
            row["title"] = masked_texts(row["title"])
    tasks: Any = (
        tuple(FinishedTask(**row) for row in found)
        if tab == "done"
        else tuple(Task(**{**row, "due_explanation": tuple(row["due_explanation"])}) for row in found)
    )
    return Worklist(tab, tasks, counts, total, page, per_page, units, steps, now)


def _waiting(officer: Person) -> Select[Any]:
    return (
        select(
            work_item.c.task_id,
            work_item.c.process_key,
            instance.c.deployment_id,
            work_item.c.step,
            work_item.c.name,
            work_item.c.due_at,
            work_item.c.due_explanation,
            work_item.c.priority,
            work_item.c.created_at,
            work_item.c.assignee,
            *_of_matter_or_not(),
            stands_still(work_item.c.instance_id, work_item.c.due_at).label("paused"),
            alarm_waits(Matter.id).label("alarmed"),
            permitted(officer, "view_personal").label("may_reveal"),
            Matter.id.is_(None).label("alone"),
            (instance.c.status == "suspended").label("suspended"),
        )
        .select_from(work_item)
        .join(instance, instance.c.id == work_item.c.instance_id)
        .outerjoin(Matter, Matter.instance_id == work_item.c.instance_id)
        .outerjoin(Unit, Unit.id == Matter.handling_unit_id)
        .where(theirs(officer), _known(officer))
        .order_by(work_item.c.due_at.asc().nulls_last(), work_item.c.priority.desc(), work_item.c.created_at)
    )


def _finished(officer: Person) -> Select[Any]:
    return (
        select(
            finished_item.c.task_id,
            finished_item.c.step,
            finished_item.c.name,
            finished_item.c.finished_at,
            permitted(officer, "view_personal").label("may_reveal"),
            *_of_matter(),
        )
        .select_from(finished_item)
        .join(Matter, Matter.instance_id == finished_item.c.instance_id)
        .outerjoin(Unit, Unit.id == Matter.handling_unit_id)
        .where(finished_item.c.finished_by == str(officer.id), not_(finished_item.c.withdrawn), visible(officer))
        .order_by(finished_item.c.finished_at.desc())
    )


def _known(officer: Person) -> ColumnElement[bool]:
    """Return the condition that the officer may know of the item's matter, or that it has none."""
    return or_(Matter.id.is_(None), visible(officer))


def _of_matter_or_not() -> Sequence[Any]:
    return (
        func.coalesce(Matter.number, instance.c.business_key).label("number"),
        func.coalesce(Matter.title, work_item.c.name).label("title"),
        func.coalesce(Matter.kind, "").label("kind"),
        func.coalesce(Matter.severity, "ordinary").label("severity"),
        Unit.name.label("unit"),
        func.coalesce(Matter.status, "open").label("status"),
        func.count().over().label("total"),
    )


def _of_matter() -> Sequence[Any]:
    return (
        Matter.number,
        Matter.title,
        Matter.kind,
        Matter.severity,
        Unit.name.label("unit"),
        Matter.status,
        func.count().over().label("total"),
    )


def _tab(tab: Tab, now: datetime) -> list[ColumnElement[bool]]:
    due = work_item.c.due_at
    conditions: dict[str, list[ColumnElement[bool]]] = {
        "late": [due < _clock(now)],
        "today": [due >= now, due <= day_end(now)],
        "week": [due >= now, due <= week_end(now)],
        "unclaimed": [work_item.c.assignee.is_(None)],
    }
    return conditions.get(tab, [])


def _clock(now: Any) -> ColumnElement[datetime]:
    return clock_of(work_item.c.instance_id, now)


def _filters(text: str, unit: int | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if text.strip():
        conditions.append(says(text, Matter.number, Matter.title))
    if unit is not None:
        conditions.append(Matter.handling_unit_id == unit)
    return conditions


def _counts(officer: Person, now: datetime) -> Select[Any]:
    due = work_item.c.due_at
    finished = (
        select(finished_item.c.task_id)
        .join(Matter, Matter.instance_id == finished_item.c.instance_id)
        .where(finished_item.c.finished_by == str(officer.id), not_(finished_item.c.withdrawn), visible(officer))
        .limit(MOST_COUNTED)
        .subquery()
    )
    unit: Any = func.jsonb_build_object("id", Unit.id, "name", Unit.name)
    step: Any = func.jsonb_build_object("step", work_item.c.step, "name", work_item.c.name)
    return (
        select(
            func.count().label("n_all"),
            func.count().filter(due < _clock(now)).label("n_late"),
            func.count().filter(due >= now, due <= day_end(now)).label("n_today"),
            func.count().filter(due >= now, due <= week_end(now)).label("n_week"),
            func.count().filter(work_item.c.assignee.is_(None)).label("n_unclaimed"),
            select(func.count()).select_from(finished).scalar_subquery().label("n_done"),
            func.jsonb_agg(unit.distinct()).label("units"),
            func.jsonb_agg(step.distinct()).label("steps"),
        )
        .select_from(work_item)
        .outerjoin(Matter, Matter.instance_id == work_item.c.instance_id)
        .outerjoin(Unit, Unit.id == Matter.handling_unit_id)
        .where(theirs(officer), _known(officer))
    )
