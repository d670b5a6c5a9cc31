"""What must hold whatever was killed: nothing acknowledged is lost, nothing is doubled, no chain is broken."""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from engine.casework.history import verify
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
TIMERS = "select task_id, occurrence, element, instance_id, due_at from timer order by instance_id, due_at"
FIRED = "select task_id, occurrence, element, instance_id, due_at from fire order by instance_id, fired_at, due_at"
TOLD = """
select e.matter_id, count(*) as n from history_event e where e.event in ('reminded', 'escalated')
group by e.matter_id, e.step, e.name, e.details ->> 'level'
"""
ESCALATIONS = "select matter_id, step, level, count(*) as n from escalation group by matter_id, step, level, due_at"
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
    assert len(told) == len(escalations) == len(expected)
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
