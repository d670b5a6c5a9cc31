# ruff: noqa: S608 - statements are put together from this module's own text only; values are parameters
"""The text of the hot path's SQL."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from engine.runtime.wire import Statement

# What the server cannot tell from a parameter's place.
_TYPES: Final[Mapping[str, str]] = {
    "id": "bigint",
    "task": "uuid",
    "key": "text",
    "skip": "bigint[]",
    "now": "timestamptz",
    "state": "bytea",
    "codec": "smallint",
    "status": "text",
    "visited": "jsonb",
    "next_due": "timestamptz",
    "ended_at": "timestamptz",
    "deployment": "integer",
    "process_key": "text",
    "business_key": "text",
    "items_gone": "uuid[]",
    "timers_gone": "uuid[]",
    "finished": "jsonb",
    "items": "jsonb",
    "items_due": "jsonb",
    "timers": "jsonb",
    "subscriptions_gone": "uuid[]",
    "subscriptions": "jsonb",
    "thrown": "jsonb",
    "fire_task": "uuid",
    "fire_occurrence": "integer",
    "fire_key": "text",
    "fire_element": "text",
    "fire_name": "text",
    "fire_due": "timestamptz",
    "fire_missed": "integer",
    "fire_worker": "text",
    "fire_begun": "jsonb",
    "key_task": "uuid",
    "key_actor": "text",
    "outcome": "jsonb",
    "incidents": "jsonb",
    "incidents_closed": "jsonb",
}

_INSTANCE: Final = """i.state, i.id, i.deployment_id, i.process_key, i.business_key, i.status, i.codec,
    i.visited::text"""
LOCK: Final = Statement(
    "runtime_lock", f"select {_INSTANCE} from instance i where i.id = %(id)s for update of i", _TYPES
)
# Carried out after the lock is held: in a statement of its own it sees what others have committed before.
NOW: Final = Statement("runtime_now", "select clock_now()")
ITEM: Final = Statement(
    "runtime_item",
    """
    select clock_now(),
        (select jsonb_build_object('assignee', w.assignee, 'candidates', w.candidates, 'excluded', w.excluded,
            'due', w.due_at, 'explanation', w.due_explanation, 'follow_up', w.follow_up_at,
            'priority', w.priority)::text
         from work_item w where w.task_id = %(task)s),
        (select (c.outcome || jsonb_build_object('task', replace(c.task_id::text, '-', '')))::text
         from completion c where c.key = %(key)s)""",
    _TYPES,
)
CLAIM_DUE: Final = Statement(
    "runtime_claim_due",
    f"""
    select {_INSTANCE}, clock_now() from instance i
    where i.next_due <= clock_now() and i.status = 'running' and i.id <> all(%(skip)s)
    order by i.next_due limit 1 for update of i skip locked""",
    _TYPES,
)
BEGIN: Final = Statement(
    "runtime_begin",
    """
    select nextval(pg_get_serial_sequence('instance', 'id')), clock_now(),
        (select id from deployment order by version desc limit 1)""",
)
POSTPONE: Final = """
update instance set failures = failures + 1, incident = %(incident)s,
       next_due = clock_now() + least(interval '1 minute' * power(2, least(failures, 10)), interval '1 hour')
where id = %(id)s and status = 'running'
"""
FINISHED: Final = "select finished_by, finished_at, step, withdrawn from finished_item where task_id = %(task)s"

PARTS: Final[Mapping[str, str]] = {
    "items_gone": "delete from work_item where task_id = any(%(items_gone)s)",
    "finished": """
        insert into finished_item
            (task_id, instance_id, process_key, step, name, finished_by, finished_at, withdrawn)
        select f.task_id, %(id)s, f.process_key, f.step, f.name, f.finished_by, %(now)s, f.withdrawn
        from jsonb_to_recordset(%(finished)s) as f
            (task_id uuid, process_key text, step text, name text, finished_by text, withdrawn boolean)""",
    "items": """
        insert into work_item (task_id, instance_id, process_key, step, name, form_key, candidates, excluded, assignee,
            due_at, due_explanation, follow_up_at, priority, created_at, claimed_at)
        select w.task_id, %(id)s, w.process_key, w.step, w.name, w.form_key, w.candidates, w.excluded, w.assignee,
            w.due_at, w.due_explanation, w.follow_up_at, w.priority, %(now)s,
            case when w.assignee is not null then %(now)s end
        from jsonb_to_recordset(%(items)s) as w
            (task_id uuid, process_key text, step text, name text, form_key text, candidates text[], excluded text[],
             assignee text, due_at timestamptz, due_explanation text[], follow_up_at timestamptz, priority smallint)""",
    "items_due": """
        update work_item set due_at = w.due_at, due_explanation = w.due_explanation
        from jsonb_to_recordset(%(items_due)s) as w (task_id uuid, due_at timestamptz, due_explanation text[])
        where work_item.task_id = w.task_id""",
    "timers_gone": "delete from timer where task_id = any(%(timers_gone)s)",
    "timers": """
        insert into timer (task_id, occurrence, instance_id, process_key, element, name, kind, due_at, started_at,
            expression, explanation)
        select t.task_id, t.occurrence, %(id)s, t.process_key, t.element, t.name, t.kind, t.due_at, t.started_at,
            t.expression, t.explanation
        from jsonb_to_recordset(%(timers)s) as t
            (task_id uuid, occurrence integer, process_key text, element text, name text, kind text,
             due_at timestamptz, started_at timestamptz, expression text, explanation text[])
        on conflict (task_id) do update set occurrence = excluded.occurrence, due_at = excluded.due_at,
            explanation = excluded.explanation""",
    "subscriptions_gone": "delete from subscription where task_id = any(%(subscriptions_gone)s)",
    "subscriptions": """
        insert into subscription (task_id, instance_id, process_key, element, label, kind, name, since)
        select s.task_id, %(id)s, s.process_key, s.element, s.label, s.kind, s.name,
            case when s.goes_on then least(s.since, (
                select min(b.since) from subscription b
                where b.instance_id = %(id)s and b.kind = s.kind and b.name = s.name)) else s.since end
        from jsonb_to_recordset(%(subscriptions)s) as s
            (task_id uuid, process_key text, element text, label text, kind text, name text, since timestamptz,
             goes_on boolean)
        on conflict (task_id) do update set process_key = excluded.process_key, element = excluded.element,
            label = excluded.label, kind = excluded.kind, name = excluded.name""",
    "thrown": """
        insert into thrown (kind, name, business_key, payload, instance_id, process_key, element, label, actor,
            thrown_at, generation, receivers, next_try_at)
        select t.kind, t.name, t.business_key, t.payload, %(id)s, t.process_key, t.element, t.label, t.actor, %(now)s,
            t.generation, t.receivers, %(now)s
        from jsonb_to_recordset(%(thrown)s) as t
            (kind text, name text, business_key text, payload jsonb, process_key text, element text, label text,
             actor text, generation smallint, receivers integer)""",
    "fire": """
        insert into fire (task_id, occurrence, instance_id, process_key, element, name, due_at, fired_at, missed,
            worker, begun)
        values (%(fire_task)s, %(fire_occurrence)s, %(id)s, %(fire_key)s, %(fire_element)s, %(fire_name)s,
            %(fire_due)s, %(now)s, %(fire_missed)s, %(fire_worker)s,
            array(select jsonb_array_elements_text(%(fire_begun)s)))""",
    "completion": """
        insert into completion (key, instance_id, task_id, actor, at, outcome)
        values (%(key)s, %(id)s, %(key_task)s, %(key_actor)s, %(now)s, %(outcome)s)""",
    "incidents": """
        insert into incident (instance_id, task_id, process_key, element, name, kind, message, data, attempts,
            opened_at)
        select %(id)s, f.task_id, f.process_key, f.element, f.name, f.kind, f.message, f.data, f.attempts, %(now)s
        from jsonb_to_recordset(%(incidents)s) as f
            (task_id uuid, process_key text, element text, name text, kind text, message text, data jsonb,
             attempts integer)
        on conflict (task_id) where resolved_at is null and task_id is not null do update set
            kind = excluded.kind, message = excluded.message, data = excluded.data,
            attempts = greatest(incident.attempts + 1, excluded.attempts)""",
    "incidents_closed": """
        update incident set resolved_at = %(now)s, resolved_by = f.by, resolution = f.resolution, reason = f.reason
        from jsonb_to_recordset(%(incidents_closed)s) as f (task_id uuid, by text, resolution text, reason text)
        where incident.task_id = f.task_id and incident.resolved_at is null""",
    "timer_recovered": """
        update incident set resolved_at = %(now)s, resolved_by = 'system', resolution = 'recovered'
        where instance_id = %(id)s and kind = 'timer' and resolved_at is null""",
}
UPDATE: Final = """
update instance set state = %(state)s, codec = %(codec)s, status = %(status)s, revision = revision + 1,
    visited = %(visited)s, next_due = %(next_due)s, ended_at = %(ended_at)s, failures = 0, incident = null
where id = %(id)s"""
INSERT: Final = """
insert into instance (id, deployment_id, process_key, business_key, status, revision, codec, state, visited, next_due,
    started_at, ended_at)
values (%(id)s, %(deployment)s, %(process_key)s, %(business_key)s, %(status)s, 0, %(codec)s, %(state)s,
    %(visited)s, %(next_due)s, %(now)s, %(ended_at)s)"""


@cache
def writing(parts: tuple[str, ...], new: bool) -> Statement:
    """Return the statement that inserts or updates an instance with the named parts of ``PARTS`` around it."""
    around = ", ".join(f"{name}_part as ({PARTS[name]})" for name in parts)
    sql = (f"with {around} " if around else "") + (INSERT if new else UPDATE)
    # The server looks at 63 bytes of a name, so it says which parts there are by their places.
    places = "".join("1" if name in parts else "0" for name in PARTS)
    return Statement(f"runtime_{'insert' if new else 'update'}_{places}", sql, _TYPES)
