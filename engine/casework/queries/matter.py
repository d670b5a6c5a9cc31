"""A matter's page: the matter in one statement, everything around it in another."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Text, and_, cast, func, or_, select, text
from sqlalchemy.orm import aliased

from engine.casework import history, petitioners
from engine.casework.errors import NotPermitted, unknown_matter
from engine.casework.history import Entry
from engine.casework.masking import masked_texts
from engine.casework.models import Category, Channel, MatterAccused, Officer, Petitioner, Unit
from engine.casework.models import Matter as MatterRow
from engine.casework.permissions import Person, permitted, require, visible
from engine.casework.queries import records
from engine.casework.queries.hiding import unnamed
from engine.casework.queries.records import MatterDetail, Named, PetitionerView, Progress
from engine.casework.roles import ROLES
from engine.runtime.tables import deployment, instance

T = TypeVar("T")

AROUND = text(
    """
select
 (select coalesce(jsonb_agg(to_jsonb(x)), '[]') from
   (select sequence, at, event, step, name, actor, actor_name, details
    from history_event where matter_id = :matter order by sequence) x) as history,
 (select coalesce(jsonb_agg(to_jsonb(x)), '[]') from
   (select a.id, filename, media_type, size, step, coalesce(o.name, '系统') as uploaded_by, uploaded_at
    from attachment a left join officer o on o.id::text = a.uploaded_by
    where matter_id = :matter order by a.id) x) as attachments,
 (select coalesce(jsonb_agg(to_jsonb(x)), '[]') from
   (select method, at, o.name as officer, note from contact c left join officer o on o.id = c.officer_id
    where matter_id = :matter order by at, c.id) x) as contacts,
 (select coalesce(jsonb_agg(to_jsonb(x)), '[]') from
   (select e.id, step, step_name, level, due_at, fired_at, told, acknowledged_at, o.name as acknowledged_by, note
    from escalation e left join officer o on o.id = e.acknowledged_by
    where matter_id = :matter order by fired_at, e.id) x) as escalations,
 (select coalesce(jsonb_agg(to_jsonb(x)), '[]') from
   (select id, kind, medium, status, attempts, last_error, created_at, sent_at
    from dispatch where matter_id = :matter and kind <> 'notice' order by id) x) as dispatches,
 (select coalesce(jsonb_agg(to_jsonb(x)), '[]') from
   (select task_id, process_key, step, w.name, form_key, candidates, excluded, assignee, o.name as holder,
           due_at, due_explanation, created_at
    from work_item w left join officer o on o.id::text = w.assignee
    where instance_id = :instance order by due_at nulls last, created_at) x) as items,
 (select coalesce(jsonb_agg(to_jsonb(x)), '[]') from
   (select process_key, step, f.name, coalesce(o.name, '系统') as finished_by, finished_at
    from finished_item f left join officer o on o.id::text = f.finished_by
    where instance_id = :instance and not withdrawn order by finished_at) x) as finished,
 (select coalesce(jsonb_agg(to_jsonb(x)), '[]') from
   (select process_key, element, name, due_at, explanation from timer
    where instance_id = :instance order by due_at) x) as timers,
 (select to_jsonb(x) from
   (select since, reason, coalesce(o.name, paused_by) as who from clock_pause p
    left join officer o on o.id::text = p.paused_by
    where instance_id = :instance and until is null) x) as pause,
 (select visited from instance where id = :instance) as visited,
 (select to_jsonb(x) from
   (select p.reason, coalesce(o.name, p.actor) as who, p.at
    from operation p join instance i on i.id = p.instance_id left join officer o on o.id::text = p.actor
    where p.instance_id = :instance and p.verb = 'suspended' and i.status = 'suspended'
    order by p.id desc limit 1) x) as suspension,
 (select coalesce(jsonb_object_agg(id, name), '{}') from unit) as units,
 (select to_jsonb(x) from
   (select a.categories, a.raised_at, a.acknowledged_at, o.name as acknowledged_by, a.note
    from alarm a left join officer o on o.id = a.acknowledged_by where a.matter_id = :matter) x) as alarm,
 clock_now() as now
"""
)


TEXTS = ("history", "attachments", "contacts", "escalations", "dispatches", "pause", "suspension", "alarm")
"""What around a matter has texts that somebody wrote."""


def matter_detail(connection: Connection, officer: Person, number: str) -> MatterDetail:
    """Return a matter with all that this officer may see of it; raises NotFound when there is none for them.

    The petitioner is masked; :func:`reveal_petitioner` shows all and leaves a trace. Linked matters that the officer
    may not know of are left out.
    """
    row = connection.execute(_matter(officer, number)).one_or_none()
    if row is None:
        raise unknown_matter()
    around = dict(connection.execute(AROUND, {"matter": row.id, "instance": row.instance_id}).mappings().one())
    # The facts of people that stand in texts are for those who may see the petitioner.
    shown = _same if row.may_reveal else masked_texts
    around |= {name: shown(around[name]) for name in TEXTS}
    items = tuple(_item(found, officer, around["units"]) for found in around["items"])
    pause = next(iter(_all(records.PauseView, [around["pause"]] if around["pause"] else [])), None)
    escalations = [{**found, "told": tuple(found["told"])} for found in around["escalations"]]
    record = _record(row)
    # What was noted may name a matter this one repeats, or that repeats it, and which accuses whoever looks.
    noted, judgement = unnamed(connection, officer, (around["history"], record.judgement))
    texts = {name: shown(getattr(record, name)) for name in ("title", "body", "place", "channel_number", "reply")}
    return MatterDetail(
        matter=replace(record, judgement=shown(judgement), **texts),
        history=_all(records.HistoryView, noted),
        attachments=_all(records.AttachmentView, around["attachments"]),
        contacts=_all(records.ContactView, around["contacts"]),
        escalations=_all(records.EscalationView, escalations),
        dispatches=_all(records.DispatchView, around["dispatches"]),
        linked=_linked(connection, officer, row.id, row.primary_id),
        items=items,
        finished=_all(records.FinishedView, around["finished"]),
        timers=_all(records.TimerView, around["timers"]),
        progress=_progress(around["visited"] or {}, items, pause.since if pause else around["now"]),
        pause=pause,
        suspension=_all(records.SuspensionView, [around["suspension"]])[0] if around["suspension"] else None,
        alarm=_alarm(around["alarm"], acknowledges=row.may_acknowledge) if around["alarm"] else None,
        now=around["now"],
    )


def reveal_petitioner(connection: Connection, officer: Person, number: str) -> PetitionerView:
    """Return the petitioner in full and write into the history who looked; the caller commits.

    Raises NotFound when the matter is not theirs to see, NotPermitted when only its petitioner is not.
    """
    matter_id = require(connection, officer, "view", number)
    row = connection.execute(
        select(Petitioner)
        .join(MatterRow, MatterRow.petitioner_id == Petitioner.id)
        .where(MatterRow.id == matter_id, permitted(officer, "view_personal"))
    ).one_or_none()
    if row is None:
        raise NotPermitted("您的岗位不需要查看群众的完整信息。")
    shown = [label for field, label in petitioners.LABELS.items() if getattr(row, field)]
    entry = Entry("viewed", "查看群众信息", None, {"fields": shown})
    history.append(connection, matter_id, [entry], actor=str(officer.id))
    return PetitionerView(
        name=row.name or "",
        phone=row.phone or "",
        identity_number=row.identity_number or "",
        address=row.address or "",
        anonymous=row.anonymous,
        revealed=True,
        may_reveal=True,
    )


def _matter(officer: Person, number: str) -> Any:
    receiving, handling, supervising = aliased(Unit), aliased(Unit), aliased(Unit)
    handler, registrar = aliased(Officer), aliased(Officer)
    accused_name = func.coalesce(Unit.name, Officer.name)
    accused = (
        select(func.array_agg(accused_name.distinct()))
        .select_from(MatterAccused)
        .outerjoin(Unit, Unit.id == MatterAccused.unit_id)
        .outerjoin(Officer, Officer.id == MatterAccused.officer_id)
        .where(MatterAccused.matter_id == MatterRow.id)
        .correlate(MatterRow)
        .scalar_subquery()
    )
    return (
        select(
            *MatterRow.__table__.c,
            Channel.name.label("channel_name"),
            Channel.number_label,
            Channel.medium,
            Channel.online,
            Channel.solicited,
            Category.name.label("category_name"),
            receiving.name.label("receiving_name"),
            handling.name.label("handling_name"),
            supervising.name.label("supervising_name"),
            handler.name.label("handler_name"),
            registrar.name.label("registrar_name"),
            Petitioner.name.label("petitioner_name"),
            Petitioner.phone,
            Petitioner.identity_number,
            Petitioner.address,
            Petitioner.anonymous,
            permitted(officer, "view_personal").label("may_reveal"),
            permitted(officer, "acknowledge_alarm").label("may_acknowledge"),
            accused.label("accused"),
            instance.c.deployment_id,
            deployment.c.version.label("deployment_version"),
        )
        .select_from(MatterRow)
        .join(Channel, Channel.id == MatterRow.channel_id)
        .join(Petitioner, Petitioner.id == MatterRow.petitioner_id)
        .join(receiving, receiving.id == MatterRow.receiving_unit_id)
        .outerjoin(handling, handling.id == MatterRow.handling_unit_id)
        .outerjoin(supervising, supervising.id == MatterRow.supervising_unit_id)
        .outerjoin(handler, handler.id == MatterRow.handler_id)
        .outerjoin(registrar, cast(registrar.id, Text) == MatterRow.registered_by)
        .outerjoin(Category, Category.id == MatterRow.category_id)
        .outerjoin(instance, instance.c.id == MatterRow.instance_id)
        .outerjoin(deployment, deployment.c.id == instance.c.deployment_id)
        .where(MatterRow.number == number, visible(officer))
    )


def _record(row: Row[Any]) -> records.Matter:
    masked = PetitionerView(
        name=petitioners.mask_name(row.petitioner_name),
        phone=petitioners.mask_number(row.phone),
        identity_number=petitioners.mask_number(row.identity_number, 6, 2),
        address=petitioners.mask_address(row.address),
        anonymous=row.anonymous,
        revealed=False,
        may_reveal=row.may_reveal,
    )
    own = {field.name: getattr(row, field.name) for field in fields(records.Matter) if hasattr(row, field.name)}
    return records.Matter(
        **{
            **own,
            "channel": Named(row.channel_id, row.channel_name),
            "category": _named(row.category_id, row.category_name),
            "receiving_unit": Named(row.receiving_unit_id, row.receiving_name),
            "handling_unit": _named(row.handling_unit_id, row.handling_name),
            "supervising_unit": _named(row.supervising_unit_id, row.supervising_name),
            "handler": _named(row.handler_id, row.handler_name),
            "petitioner": masked,
            "due_explanation": tuple(row.due_explanation),
            "accused": tuple(row.accused or ()),
            "registered_by": row.registrar_name or history.SYSTEM_NAME,
        }
    )


def _named(identifier: int | None, name: str | None) -> Named | None:
    return None if identifier is None or name is None else Named(identifier, name)


def _linked(
    connection: Connection, officer: Person, matter_id: int, primary_id: int | None
) -> tuple[records.LinkedView, ...]:
    family = [MatterRow.primary_id == matter_id]
    if primary_id is not None:
        family += [MatterRow.id == primary_id, MatterRow.primary_id == primary_id]
    rows = connection.execute(
        select(
            MatterRow.number,
            MatterRow.title,
            Channel.name.label("channel"),
            MatterRow.status,
            MatterRow.received_at,
            (MatterRow.id == (primary_id or 0)).label("primary"),
            permitted(officer, "view_personal").label("may_reveal"),
        )
        .join(Channel, Channel.id == MatterRow.channel_id)
        .where(and_(or_(*family), MatterRow.id != matter_id, visible(officer)))
        .order_by((MatterRow.id == (primary_id or 0)).desc(), MatterRow.id)
    )
    return tuple(
        records.LinkedView(row[0], row.title if row.may_reveal else masked_texts(row.title), *row[2:-1]) for row in rows
    )


def _alarm(found: Mapping[str, Any], *, acknowledges: bool) -> records.AlarmView:
    return _all(records.AlarmView, [{**found, "may_acknowledge": acknowledges}])[0]


def _item(found: Mapping[str, Any], officer: Person, units: Mapping[str, str]) -> records.ItemView:
    me = str(officer.id)
    withheld = me in found["excluded"]
    mine = found["assignee"] == me and not withheld
    offered = mine or (
        found["assignee"] is None and not withheld and not set(officer.grants).isdisjoint(found["candidates"])
    )
    return records.ItemView(
        task_id=found["task_id"].replace("-", ""),
        process_key=found["process_key"],
        step=found["step"],
        name=found["name"],
        form_key=found["form_key"],
        assignee=found["assignee"],
        who=found["holder"] or "、".join(_candidate(one, units) for one in found["candidates"]),
        mine=mine,
        offered=offered,
        due_at=_moment(found["due_at"]),
        due_explanation=tuple(found["due_explanation"]),
        created_at=datetime.fromisoformat(found["created_at"]),
    )


def _candidate(candidate: str, units: Mapping[str, str]) -> str:
    role, _, unit = candidate.partition("@")
    name = ROLES[role].name if role in ROLES else role
    return f"{units[unit]}{name}" if unit in units else name


def _progress(
    visited: Mapping[str, Mapping[str, int]], items: Sequence[records.ItemView], now: datetime
) -> dict[str, Progress]:
    keys = dict.fromkeys([*visited, *(item.process_key for item in items)])
    found = {}
    for key in keys:
        here = [item for item in items if item.process_key == key]
        active = tuple(dict.fromkeys(item.step for item in here))
        late = tuple(dict.fromkeys(item.step for item in here if item.due_at is not None and item.due_at < now))
        found[key] = Progress(key, dict(visited.get(key, {})), active, late)
    return found


def _all(kind: Callable[..., T], rows: Sequence[Mapping[str, Any]]) -> tuple[T, ...]:
    """Build records of JSON rows, with moments and lists as the record declares them."""
    readers = _readers(kind)
    return tuple(kind(**{key: readers[key](value) for key, value in row.items()}) for row in rows)


@cache
def _readers(kind: Any) -> dict[str, Callable[[Any], Any]]:
    found: dict[str, Callable[[Any], Any]] = {}
    for field in fields(kind):
        declared = str(field.type)
        found[field.name] = _moment if "datetime" in declared else tuple if "tuple" in declared else _same
    return found


def _moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _same(value: Any) -> Any:
    return value
