"""The rows of one instance: written after a move, kept before it, put back when it is undone."""

from typing import Any, Final

import orjson
import sqlalchemy as sa

from engine.runtime import codec, projection, retrying
from engine.runtime.migrating.move import Moved
from engine.runtime.migrating.plan import Plan
from engine.runtime.session import Session
from engine.runtime.task_ids import task_id
from engine.runtime.timers import next_due, waiting_timers

_INSTANCE: Final = """
select state, revision, jsonb_build_object('deployment_id', deployment_id, 'codec', codec, 'visited', visited,
    'next_due', next_due, 'failures', failures, 'incident', incident)
from instance where id = %(id)s
"""
_AROUND: Final = """
select (select coalesce(jsonb_agg(to_jsonb(w)), '[]') from work_item w where instance_id = %(id)s),
       (select coalesce(jsonb_agg(to_jsonb(t)), '[]') from timer t where instance_id = %(id)s),
       (select coalesce(jsonb_agg(to_jsonb(s)), '[]') from subscription s where instance_id = %(id)s)
"""
_MOVE: Final = """
update instance set deployment_id = %(deployment)s, state = %(state)s, codec = %(codec)s, visited = %(visited)s::jsonb,
    next_due = %(next_due)s, failures = 0, incident = null, revision = revision + 1
where id = %(id)s returning revision
"""
_ITEMS: Final = """
update work_item set process_key = w.process_key, step = w.step, name = w.name, form_key = w.form_key,
    candidates = w.candidates, excluded = w.excluded, due_at = w.due_at, due_explanation = w.due_explanation,
    follow_up_at = w.follow_up_at, priority = w.priority, assignee = w.assignee,
    claimed_at = case when w.assignee is not distinct from work_item.assignee then work_item.claimed_at
                      when w.assignee is not null then %(now)s end
from jsonb_to_recordset(%(rows)s::jsonb) as w (task_id uuid, process_key text, step text, name text, form_key text,
    candidates text[], excluded text[], assignee text, due_at timestamptz, due_explanation text[],
    follow_up_at timestamptz, priority smallint)
where work_item.task_id = w.task_id
"""
_TIMERS_GONE: Final = "delete from timer where task_id = any(%(ids)s::uuid[])"
_TIMER_NAMES: Final = """
update timer set process_key = t.process_key, element = t.element, name = t.name
from jsonb_to_recordset(%(rows)s::jsonb) as t (task_id uuid, process_key text, element text, name text)
where timer.task_id = t.task_id
"""
_TIMERS: Final = """
insert into timer (task_id, occurrence, instance_id, process_key, element, name, kind, due_at, started_at, expression,
    explanation)
select t.task_id, t.occurrence, %(id)s, t.process_key, t.element, t.name, t.kind, t.due_at, t.started_at, t.expression,
    t.explanation
from jsonb_to_recordset(%(rows)s::jsonb) as t (task_id uuid, occurrence integer, process_key text, element text,
    name text, kind text, due_at timestamptz, started_at timestamptz, expression text, explanation text[])
on conflict (task_id) do update set occurrence = excluded.occurrence, process_key = excluded.process_key,
    element = excluded.element, name = excluded.name, kind = excluded.kind, due_at = excluded.due_at,
    started_at = excluded.started_at, expression = excluded.expression, explanation = excluded.explanation
"""
_DOERS: Final = """
update finished_item set step = r.new
from jsonb_to_recordset(%(rows)s::jsonb) as r (process_key text, old text, new text)
where finished_item.instance_id = %(id)s and finished_item.process_key = r.process_key and finished_item.step = r.old
returning replace(task_id::text, '-', ''), r.old
"""
_INCIDENTS: Final = """
update incident set element = r.new
from jsonb_to_recordset(%(rows)s::jsonb) as r (process_key text, old text, new text)
where incident.instance_id = %(id)s and incident.process_key = r.process_key and incident.element = r.old
    and incident.resolved_at is null
"""
_WITHDRAWN: Final = """
update incident set resolved_at = %(now)s, resolved_by = %(actor)s, resolution = 'withdrawn'
where instance_id = %(id)s and resolved_at is null and task_id is not null and task_id <> all(%(held)s::uuid[])
returning id
"""
_OPEN_AGAIN: Final = """
update incident set resolved_at = null, resolved_by = null, resolution = null where id = any(%(ids)s)
"""
_RESTORE: Final = """
update instance set state = %(state)s, revision = revision + 1, deployment_id = b.deployment_id, codec = b.codec,
    visited = b.visited, next_due = b.next_due, failures = b.failures, incident = b.incident
from jsonb_to_record(%(before)s::jsonb) as b (deployment_id integer, codec smallint, visited jsonb,
    next_due timestamptz, failures smallint, incident text)
where id = %(id)s returning revision
"""
_PUT_BACK: Final = (
    "delete from work_item where instance_id = %(id)s",
    "insert into work_item select * from jsonb_populate_recordset(null::work_item, %(items)s::jsonb)",
    "delete from timer where instance_id = %(id)s",
    "insert into timer select * from jsonb_populate_recordset(null::timer, %(timers)s::jsonb)",
    "delete from subscription where instance_id = %(id)s",
    "insert into subscription select * from jsonb_populate_recordset(null::subscription, %(subscriptions)s::jsonb)",
)
_DOERS_BACK: Final = """
update finished_item set step = r.step from jsonb_to_recordset(%(rows)s::jsonb) as r (task_id uuid, step text)
where finished_item.task_id = r.task_id
"""


def keep(connection: sa.Connection, instance_id: int) -> tuple[bytes, int, dict[str, Any]]:
    """Return an instance's state, its revision, and all else that a move changes, as JSON."""
    state, revision, row = connection.exec_driver_sql(_INSTANCE, {"id": instance_id}).one()
    items, timers, awaited = connection.exec_driver_sql(_AROUND, {"id": instance_id}).one()
    around = {"items": items, "timers": timers, "subscriptions": awaited, "doers": [], "renamed": [], "withdrawn": []}
    return bytes(state), revision, {"instance": row, **around}


def write(plan: Plan, session: Session, moved: Moved, items: list[dict[str, Any]], kept: dict[str, Any]) -> int:
    """Write a moved instance with its items and timers, add to ``kept`` what else is changed; return its revision."""
    connection, instance_id = session.connection, session.transaction.instance_id
    if items:
        values = {"rows": _json(items), "now": session.transaction.now}
        connection.exec_driver_sql(_ITEMS, values)
    _write_timers(session, moved, kept["timers"])
    kept["withdrawn"] = _withdraw(session)
    revision: int = connection.exec_driver_sql(
        _MOVE,
        {
            "id": instance_id,
            "deployment": plan.target.id,
            "state": codec.pack(session.flow),
            "codec": codec.VERSION,
            "visited": _json(_visited(plan, kept["instance"]["visited"])),
            "next_due": next_due(session.flow),
        },
    ).scalar_one()
    return revision


def _withdraw(session: Session) -> list[int]:
    """Close the incidents of what the new version does not have; return their ids."""
    command = session.transaction
    held = [
        session.id_of(token) for scope in session.flow.flows for token in scope.unfinished() if retrying.held(token)
    ]
    values = {"id": command.instance_id, "now": command.now, "actor": command.actor, "held": held}
    return list(session.connection.exec_driver_sql(_WITHDRAWN, values).scalars())


def rename(plan: Plan, connection: sa.Connection, instance_id: int, kept: dict[str, Any]) -> None:
    """Let those who did a step that has another name now have done it under that, and note in ``kept`` who they are.

    Comes before anything is offered anew: four eyes look at who did which step.
    """
    renamed = [{"process_key": key, "old": old, "new": new} for (key, old), new in plan.renamed.items()]
    if renamed:
        values = {"rows": _json(renamed), "id": instance_id}
        doers = connection.exec_driver_sql(_DOERS, values).all()
        connection.exec_driver_sql(_INCIDENTS, values)
        kept["renamed"] = renamed
        kept["doers"] = [{"task_id": task, "step": step} for task, step in doers]


def _write_timers(session: Session, moved: Moved, kept: list[dict[str, Any]]) -> None:
    connection, instance_id = session.connection, session.transaction.instance_id
    waiting = {session.id_of(timer.token): timer for timer in waiting_timers(session.flow)}
    gone = [task for row in kept if (task := row["task_id"].replace("-", "")) not in waiting]
    if gone:
        connection.exec_driver_sql(_TIMERS_GONE, {"ids": gone})
    names = [
        {
            "task_id": task_id(instance_id, timer.token.id),
            "process_key": timer.token.workflow.process_key,
            "element": timer.token.task_spec.name,
            "name": timer.token.task_spec.bpmn_name,
        }
        for timer in waiting.values()
    ]
    if names:
        connection.exec_driver_sql(_TIMER_NAMES, {"rows": _json(names)})
    counted = [projection.timer_row(session, timer) for timer in waiting.values() if timer.token.id in moved.counted]
    if counted:
        connection.exec_driver_sql(_TIMERS, {"rows": _json(counted), "id": instance_id})


def _visited(plan: Plan, visited: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Return how often each element was passed, under the new ids."""
    found: dict[str, dict[str, int]] = {}
    for key, counts in visited.items():
        for element, count in counts.items():
            place = found.setdefault(key, {})
            name = plan.renamed.get((key, element), element)
            place[name] = place.get(name, 0) + count
    return found


def restore(connection: sa.Connection, instance_id: int, state: bytes, kept: dict[str, Any]) -> int:
    """Put an instance back as :func:`keep` found it, its revision excepted, which grows; return that."""
    around = {name: _json(kept[name]) for name in ("items", "timers", "subscriptions")}
    values = {"id": instance_id, **around}
    for statement in _PUT_BACK:
        connection.exec_driver_sql(statement, values)
    if kept["doers"]:
        connection.exec_driver_sql(_DOERS_BACK, {"rows": _json(kept["doers"])})
    if kept["renamed"]:
        back = [{**row, "old": row["new"], "new": row["old"]} for row in kept["renamed"]]
        connection.exec_driver_sql(_INCIDENTS, {"rows": _json(back), "id": instance_id})
    if kept["withdrawn"]:
        connection.exec_driver_sql(_OPEN_AGAIN, {"ids": kept["withdrawn"]})
    before = {"id": instance_id, "state": state, "before": _json(kept["instance"])}
    revision: int = connection.exec_driver_sql(_RESTORE, before).scalar_one()
    return revision


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
