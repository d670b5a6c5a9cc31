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
    "fire_task": "uuid",
    "fire_occurrence": "integer",
    "fire_key": "text",
    "fire_element": "text",
    "fire_name": "text",
    "fire_due": "timestamptz",
    "fire_missed": "integer",
    "fire_worker": "text",
    "key_task": "uuid",
    "key_actor": "text",
    "outcome": "jsonb",
}

_INSTANCE: Final = """'id', i.id, 'deployment', i.deployment_id, 'process', i.process_key, 'key', i.business_key,
    'status', i.status, 'codec', i.codec, 'visited', i.visited, 'now', clock_now(),
    'waited', i.revision <> (select s.revision from instance s where s.id = i.id)"""
_ITEM: Final = """'item', case when w.task_id is not null then jsonb_build_object('assignee', w.assignee,
    'candidates', w.candidates, 'excluded', w.excluded, 'due', w.due_at, 'explanation', w.due_explanation,
    'follow_up', w.follow_up_at, 'priority', w.priority) end,
    'done', (select c.outcome || jsonb_build_object('task', replace(c.task_id::text, '-', ''))
             from completion c where c.key = %(key)s)"""
LOCK: Final = Statement(
    "runtime_lock",
    f"""
    select i.state, jsonb_build_object({_INSTANCE})::text from instance i
    where i.id = %(id)s for update of i""",
    _TYPES,
)
LOCK_ITEM: Final = Statement(
    "runtime_lock_item",
    f"""
    select i.state, jsonb_build_object({_INSTANCE}, {_ITEM})::text
    from instance i left join work_item w on w.task_id = %(task)s
    where i.id = %(id)s for update of i""",
    _TYPES,
)
ITEM_AGAIN: Final = Statement(
    "runtime_item_again",
    f"""
    select jsonb_build_object('now', clock_now(), {_ITEM})::text
    from (select) as one left join work_item w on w.task_id = %(task)s""",
    _TYPES,
)
CLAIM_DUE: Final = Statement(
    "runtime_claim_due",
    f"""
    select i.state, jsonb_build_object({_INSTANCE})::text from instance i
    where i.next_due <= clock_now() and i.status = 'running' and i.id <> all(%(skip)s)
    order by i.next_due limit 1 for update of i skip locked""",
    _TYPES,
)
BEGIN: Final = Statement(
    "runtime_begin",
    """
    select jsonb_build_object('id', nextval(pg_get_serial_sequence('instance', 'id')), 'now', clock_now(),
        'deployment', (select id from deployment order by version desc limit 1))::text""",
    _TYPES,
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
    "fire": """
        insert into fire (task_id, occurrence, instance_id, process_key, element, name, due_at, fired_at, missed,
            worker)
        values (%(fire_task)s, %(fire_occurrence)s, %(id)s, %(fire_key)s, %(fire_element)s, %(fire_name)s,
            %(fire_due)s, %(now)s, %(fire_missed)s, %(fire_worker)s)""",
    "completion": """
        insert into completion (key, instance_id, task_id, actor, at, outcome)
        values (%(key)s, %(id)s, %(key_task)s, %(key_actor)s, %(now)s, %(outcome)s)""",
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
