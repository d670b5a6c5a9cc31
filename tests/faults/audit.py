"""What must hold whatever was killed: nothing acknowledged is lost, nothing is doubled, no chain is broken."""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import sqlalchemy as sa

from engine.casework.history import verify
from engine.runtime import Runtime
from engine.runtime.advance import ready_items
from engine.runtime.session import _loaded, locked
from engine.runtime.task_ids import task_id
from engine.runtime.timers import next_due, waiting_timers
from tests.faults.bureau import Bureau
from tests.faults.clients import Acknowledged

FINISHED = """
select replace(f.task_id::text, '-', '') as task, m.number, f.step, o.login
from finished_item f join matter m on m.instance_id = f.instance_id join officer o on o.id::text = f.finished_by
where not f.withdrawn
"""
COMPLETIONS = "select replace(task_id::text, '-', '') as task, count(*) as n from completion group by task_id"
ANSWERED = """
select m.number, e.step, count(*) as n from history_event e join matter m on m.id = e.matter_id
where e.details ? 'answers' group by m.number, e.step
"""
TIMERS = """
select t.task_id, t.occurrence, t.element, t.instance_id, t.due_at from timer t join matter m using (instance_id)
order by t.instance_id, t.due_at
"""
FIRED = """
select f.task_id, f.occurrence, f.element, f.instance_id, f.due_at from fire f join matter m using (instance_id)
order by f.instance_id, f.fired_at, f.due_at
"""
"""Of matters, as above; the orders that very late ones lead to have timers of their own."""
TOLD = """
select e.matter_id, count(*) as n from history_event e where e.event in ('reminded', 'escalated')
group by e.matter_id, e.step, e.name, e.details ->> 'level'
"""
ESCALATIONS = """
select matter_id, step, level, count(*) as n from escalation group by matter_id, step, level, due_at
"""
SECOND_LIMIT = "_overdue"
"""Whose firing is told to two levels: the bureau leader and the inspectorate (processes/escalation.dmn)."""
ORDERS_STEP = "answer"
"""What an order asks of a unit; it is late by timers of its own, and told once all the same."""
NOTHING_PENDING = """
select not exists (select from dispatch where status = 'pending')
   and not exists (select from procrastinate_jobs where queue_name = 'deliveries')
"""
NOTICES = (
    "select officer_id, matter_id, text, count(*) as n from notice group by officer_id, matter_id, text, kind, key"
)


def chains_hold(bureau: Bureau) -> None:
    with bureau.engine.connect() as connection:
        assert verify(connection) == []


def exactly_what_was_acknowledged(bureau: Bureau, done: Iterable[Acknowledged]) -> None:
    """Every acknowledged step is there once, in every place that tells of it, and no other step is."""
    acknowledged = Counter(done)
    assert set(acknowledged.values()) == {1}
    finished = Counter(Acknowledged(row.number, row.task, row.step, row.login) for row in bureau.rows(FINISHED))
    assert finished == acknowledged
    assert {row.task: row.n for row in bureau.rows(COMPLETIONS)} == {one.task: 1 for one in acknowledged}
    answered = {(row.number, row.step): row.n for row in bureau.rows(ANSWERED)}
    assert answered == Counter((one.number, one.step) for one in acknowledged)
    chains_hold(bureau)


INSTANCES = "select id, status, next_due, failures from instance order by id"
ITEMS = """
select replace(task_id::text, '-', ''), process_key, step from work_item where instance_id = %(id)s order by 1
"""
WAITING = """
select replace(task_id::text, '-', ''), occurrence, process_key, element, due_at, started_at from timer
where instance_id = %(id)s order by 1
"""
ORPHANS = """
select 'work_item', instance_id from work_item w where not exists (select from instance i where i.id = w.instance_id)
union all
select 'timer', instance_id from timer t where not exists (select from instance i where i.id = t.instance_id)
"""


def state_equals_rows(engine: sa.Engine, runtime: Runtime) -> list[str]:
    """Reload the state of every instance and compare it with the rows made of it; return every difference.

    What waits for somebody must be the worklist, what waits for a time the timers, the earliest of them ``next_due``;
    an instance that has ended or was cancelled has neither.
    """
    different = []
    with engine.connect() as connection:
        instances = connection.exec_driver_sql(INSTANCES).all()
        different += [f"{row}" for row in connection.exec_driver_sql(ORPHANS)]
    for instance in instances:
        with engine.begin() as connection:
            flow = _loaded(runtime._environment, connection, locked(connection, instance.id))
            items = [tuple(row) for row in connection.exec_driver_sql(ITEMS, {"id": instance.id})]
            timers = [tuple(row) for row in connection.exec_driver_sql(WAITING, {"id": instance.id})]
        if flow.completed != (instance.status in {"completed", "cancelled"}):
            different.append(f"instance {instance.id} is {instance.status}, its state says completed={flow.completed}")
        open_ = instance.status in {"running", "suspended"}
        wanted_items = sorted(
            (task_id(instance.id, token.id), token.workflow.process_key, token.task_spec.name)
            for token in (ready_items(flow) if open_ else ())
        )
        waiting = waiting_timers(flow) if open_ else []
        wanted_timers = sorted(
            (
                task_id(instance.id, one.token.id),
                one.occurrence,
                one.token.workflow.process_key,
                one.token.task_spec.name,
                one.due,
                one.start,
            )
            for one in waiting
        )
        if items != wanted_items:
            different.append(f"instance {instance.id}: worklist {items}, state {wanted_items}")
        if timers != wanted_timers:
            different.append(f"instance {instance.id}: timers {timers}, state {wanted_timers}")
        earliest = next_due(flow) if open_ else None
        if instance.status == "running" and not instance.failures and instance.next_due != earliest:
            different.append(f"instance {instance.id}: next_due {instance.next_due}, earliest timer {earliest}")
    return different


Timers = list[tuple[object, ...]]


def timers(bureau: Bureau) -> Timers:
    """Every timer that waits, of each instance in the order in which they fall due."""
    return [tuple(row) for row in bureau.rows(TIMERS)]


def fired_once_in_order(bureau: Bureau, expected: Timers) -> None:
    """Each timer fired once, those of an instance one after the other, and whoever is told was told once."""
    fired = [tuple(row) for row in bureau.rows(FIRED)]
    assert sorted(Counter(fired) - Counter(expected)) == []  # fired twice, or never due
    assert sorted(Counter(expected) - Counter(fired)) == []  # never fired
    for one, next_ in pairwise(fired):
        assert one[3] != next_[3] or one[4] <= next_[4]
    told = bureau.rows(TOLD)
    assert {row.n for row in told} == {1}
    escalations = bureau.rows(ESCALATIONS)
    assert {row.n for row in escalations} == {1}
    twice = sum(str(element).endswith(SECOND_LIMIT) for _, _, element, *_ in expected)
    of_matters = [row for row in escalations if row.step != ORDERS_STEP]
    assert len(told) == len(of_matters) == len(expected) + twice
    assert {row.n for row in bureau.rows(NOTICES)} == {1}
    chains_hold(bureau)


def delivered_once(bureau: Bureau, folder: Path) -> None:
    """Every dispatch was sent, the sink has one message for each, and what waited for them went on."""
    dispatches = bureau.rows("select medium, status, key, task_id from dispatch")
    assert {row.status for row in dispatches} == {"sent"}
    arrived = Counter(path.suffix for path in folder.iterdir())
    assert arrived[".eml"] == sum(row.medium == "email" for row in dispatches)
    assert arrived[".json"] == sum(row.medium == "webhook" for row in dispatches)
    assert bureau.value("select count(*) from procrastinate_jobs where queue_name = 'deliveries'") == 0
