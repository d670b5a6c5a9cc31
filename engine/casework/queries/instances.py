"""Running processes as inspectors and process owners look at them: lists of instances and of incidents.

An inspector sees the instances of the matters and proceedings they may see. A process owner also sees all others that
neither accuse nor concern them, without what is about people (:mod:`engine.casework.masking`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from engine.casework.masking import masked_message, masked_number
from engine.casework.models import Matter, Proceeding
from engine.casework.permissions import Person, bureau_wide, permitted, roles_of, visible
from engine.casework.proceedings.visibility import kept_from, visible_proceeding
from engine.casework.queries.hiding import known_words
from engine.runtime import NotFound
from engine.runtime.tables import deployment, incident, instance, work_item

PER_PAGE = 30
UNKNOWN = "没有这个流程实例。"
STATUSES = ("running", "suspended", "completed", "cancelled")
LONGEST_ID = 18  # digits
State = Literal["open", "resolved", "all"]


@dataclass(frozen=True, slots=True)
class Filters:
    """What to list: a process, a status, a version (deployment id), only with open incidents, an id or a number."""

    process: str = ""
    status: str = ""
    deployment: int | None = None
    incidents: bool = False
    text: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """An instance in the list. ``number`` is masked unless ``full``; ``title`` is empty then.

    ``steps`` are the labels of the steps that wait for somebody, ``waiting`` is how many wait.
    """

    id: int
    process_key: str
    deployment_id: int
    version: int
    status: str
    number: str
    title: str
    full: bool
    matter: bool
    started_at: datetime
    ended_at: datetime | None
    next_due: datetime | None
    waiting: int
    incidents: int
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InstanceList:
    """A page of instances with what one may filter by: processes, and (deployment id, version)."""

    rows: tuple[InstanceRow, ...]
    total: int
    processes: tuple[str, ...]
    versions: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident in the list; ``number`` as in :class:`InstanceRow`."""

    id: int
    instance_id: int
    process_key: str
    element: str
    name: str
    kind: str
    message: str
    attempts: int
    opened_at: datetime
    resolved_at: datetime | None
    resolution: str | None
    resolved_by: str | None
    reason: str | None
    number: str
    full: bool


def seen(officer: Person) -> ColumnElement[bool]:
    """Return the condition under which the officer may know of an instance, joined to its matter or proceeding."""
    held = roles_of(officer.grants)
    technical = bureau_wide(held, "operate")
    watching = "inspector" in held
    matters = or_(permitted(officer, "operate"), visible(officer) if watching else literal(False))  # noqa: FBT003 - SQL
    alone = and_(Matter.id.is_(None), literal(technical or watching))
    known = or_(_no_proceeding(), visible_proceeding(officer))
    if technical:
        known = or_(known, ~kept_from(officer))
    # Of no matter at all the table of permissions would say that everything bureau-wide is allowed.
    return or_(and_(Matter.id.is_not(None), matters), and_(alone, known))


def _no_proceeding() -> ColumnElement[bool]:
    return Proceeding.id.is_(None)


def _full(officer: Person) -> ColumnElement[bool]:
    """Return the condition that an instance is shown with what is about people, joined to what it belongs to."""
    alone = and_(Matter.id.is_(None), or_(_no_proceeding(), visible_proceeding(officer)))
    shown = or_(alone, and_(Matter.id.is_not(None), visible(officer)))
    return func.coalesce(shown, literal(False))  # noqa: FBT003 - SQL


def instances(connection: Connection, officer: Person, filters: Filters, per_page: int = PER_PAGE) -> InstanceList:
    """Return a page of the instances this officer may know of, the newest first."""
    conditions: list[ColumnElement[bool]] = [seen(officer)]
    facets = (
        select(
            func.array_agg(instance.c.process_key.distinct()).label("processes"),
            func.jsonb_agg(func.jsonb_build_array(deployment.c.id, deployment.c.version).distinct()).label("versions"),
        )
        .select_from(instance)
        .join(deployment, deployment.c.id == instance.c.deployment_id)
        .outerjoin(Matter, Matter.instance_id == instance.c.id)
        .outerjoin(Proceeding, Proceeding.instance_id == instance.c.id)
        .where(seen(officer))
    )
    if filters.process:
        conditions.append(instance.c.process_key == filters.process)
    if filters.status:
        conditions.append(instance.c.status == filters.status)
    if filters.deployment is not None:
        conditions.append(instance.c.deployment_id == filters.deployment)
    if filters.incidents:
        conditions.append(_open_incidents() > 0)
    wanted = filters.text.strip()
    if wanted:
        named = [and_(visible(officer), Matter.number == wanted)]
        if wanted.isdecimal() and len(wanted) <= LONGEST_ID:
            named.append(instance.c.id == int(wanted))
        conditions.append(or_(*named))
    query = _instances(officer).where(*conditions).order_by(instance.c.id.desc())
    rows = connection.execute(query.limit(per_page).offset((max(filters.page, 1) - 1) * per_page)).mappings().all()
    total = connection.execute(
        select(func.count())
        .select_from(instance)
        .outerjoin(Matter, Matter.instance_id == instance.c.id)
        .outerjoin(Proceeding, Proceeding.instance_id == instance.c.id)
        .where(*conditions)
    ).scalar_one()
    facet = connection.execute(facets).one()
    return InstanceList(
        tuple(_row(row) for row in rows),
        total,
        tuple(sorted(facet.processes or ())),
        tuple(sorted(((number, version) for number, version in facet.versions or ()), reverse=True)),
    )


def one(connection: Connection, officer: Person, instance_id: int) -> InstanceRow:
    """Return an instance this officer may know of. Raises NotFound."""
    query = _instances(officer).where(instance.c.id == instance_id, seen(officer))
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(UNKNOWN)
    return _row(row)


def _open_incidents() -> Any:
    return (
        select(func.count())
        .where(incident.c.instance_id == instance.c.id, incident.c.resolved_at.is_(None))
        .scalar_subquery()
    )


def _instances(officer: Person) -> Select[Any]:
    waiting = select(func.count()).where(work_item.c.instance_id == instance.c.id).scalar_subquery()
    named = func.array_agg(aggregate_order_by(work_item.c.name.distinct(), work_item.c.name))
    steps = select(named).where(work_item.c.instance_id == instance.c.id).scalar_subquery()
    return (
        select(
            instance.c.id,
            instance.c.process_key,
            instance.c.deployment_id,
            deployment.c.version,
            instance.c.status,
            func.coalesce(Matter.number, instance.c.business_key).label("number"),
            func.coalesce(Matter.title, "").label("title"),
            _full(officer).label("full"),
            Matter.id.is_not(None).label("matter"),
            instance.c.started_at,
            instance.c.ended_at,
            instance.c.next_due,
            waiting.label("waiting"),
            _open_incidents().label("incidents"),
            steps.label("steps"),
        )
        .select_from(instance)
        .join(deployment, deployment.c.id == instance.c.deployment_id)
        .outerjoin(Matter, Matter.instance_id == instance.c.id)
        .outerjoin(Proceeding, Proceeding.instance_id == instance.c.id)
    )


def _row(row: Any) -> InstanceRow:
    values = dict(row)
    values["steps"] = tuple(values["steps"] or ())
    if not values["full"]:
        values |= {"number": masked_number(values["number"]), "title": ""}
    return InstanceRow(**values)


def incidents(
    connection: Connection,
    officer: Person,
    *,
    state: State = "open",
    kind: str = "",
    page: int = 1,
    per_page: int = PER_PAGE,
) -> tuple[tuple[IncidentRow, ...], int]:
    """Return a page of the incidents this officer may know of, the oldest open first, and how many there are."""
    conditions: list[ColumnElement[bool]] = [seen(officer)]
    if state == "open":
        conditions.append(incident.c.resolved_at.is_(None))
    elif state == "resolved":
        conditions.append(incident.c.resolved_at.is_not(None))
    if kind:
        conditions.append(incident.c.kind == kind)
    order = incident.c.opened_at.asc() if state == "open" else incident.c.id.desc()
    query = _incidents(officer).where(*conditions).order_by(order, incident.c.id)
    rows = connection.execute(query.limit(per_page).offset((max(page, 1) - 1) * per_page)).mappings().all()
    total = connection.execute(select(func.count()).select_from(_incidents(officer).where(*conditions).subquery()))
    return _shown(connection, rows), total.scalar_one()


def incident_of(connection: Connection, officer: Person, incident_id: int) -> IncidentRow:
    """Return an incident this officer may know of. Raises NotFound."""
    query = _incidents(officer).where(incident.c.id == incident_id, seen(officer))
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(UNKNOWN)
    return _shown(connection, [row])[0]


def incidents_of(connection: Connection, officer: Person, incident_ids: Collection[int]) -> tuple[IncidentRow, ...]:
    """Return those of the incidents that this officer may know of, the oldest first."""
    query = _incidents(officer).where(incident.c.id.in_(sorted(incident_ids)), seen(officer))
    return _shown(connection, connection.execute(query.order_by(incident.c.id)).mappings().all())


def numbers(connection: Connection, officer: Person, instance_ids: Collection[int]) -> dict[int, str]:
    """Return what the instances are called, by id; masked where their matter is not this officer's to see."""
    query = (
        select(
            instance.c.id,
            func.coalesce(Matter.number, instance.c.business_key).label("number"),
            _full(officer).label("full"),
        )
        .outerjoin(Matter, Matter.instance_id == instance.c.id)
        .outerjoin(Proceeding, Proceeding.instance_id == instance.c.id)
        .where(instance.c.id.in_(sorted(instance_ids)))
    )
    return {row.id: row.number if row.full else masked_number(row.number) for row in connection.execute(query)}


def _incidents(officer: Person) -> Select[Any]:
    return (
        select(
            incident.c.id,
            incident.c.instance_id,
            incident.c.process_key,
            incident.c.element,
            incident.c.name,
            incident.c.kind,
            incident.c.message,
            incident.c.attempts,
            incident.c.opened_at,
            incident.c.resolved_at,
            incident.c.resolution,
            incident.c.resolved_by,
            incident.c.reason,
            func.coalesce(Matter.number, instance.c.business_key).label("number"),
            _full(officer).label("full"),
        )
        .select_from(incident)
        .join(instance, instance.c.id == incident.c.instance_id)
        .outerjoin(Matter, Matter.instance_id == instance.c.id)
        .outerjoin(Proceeding, Proceeding.instance_id == instance.c.id)
    )


def _shown(connection: Connection, rows: Sequence[Any]) -> tuple[IncidentRow, ...]:
    """Return incidents as this officer may read them: masked where the matter is not theirs to see."""
    known = known_words(connection, [row["instance_id"] for row in rows if not row["full"]])
    return tuple(_incident(row, known.get(row["instance_id"])) for row in rows)


def _incident(row: Any, known: Any) -> IncidentRow:
    values = dict(row)
    values["full"] = bool(values["full"])
    if not values["full"]:
        values |= {
            "number": masked_number(values["number"]),
            "message": masked_message(values["message"], known),
            "reason": masked_message(values["reason"], known) if values["reason"] else values["reason"],
        }
    return IncidentRow(**values)
