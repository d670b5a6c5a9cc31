# ruff: noqa: S608 - the statements are put together from this module's own text only
"""Proves by query that no timer fired twice or early and that none is missing, over everything the ledger has."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

PATIENCE: Final = timedelta(minutes=10)
"""How late a timer may be before it counts as missing: a worker looks every second."""

SHOWN: Final = 100

_LEDGER: Final = """
select (select count(*) from fire) as fired,
    (select count(*) from (select 1 from fire group by task_id, occurrence having count(*) > 1) x) as twice,
    (select count(*) from fire where fired_at < due_at) as early,
    (select percentile_cont(0.5) within group (order by fired_at - due_at) from fire) as median,
    (select percentile_cont(0.95) within group (order by fired_at - due_at) from fire) as late,
    (select max(fired_at - due_at) from fire) as latest,
    (select count(*) from schedule_fire) as started,
    (select count(*) from (select 1 from schedule_fire group by schedule_id, due_at having count(*) > 1) x)
        as started_twice,
    (select count(*) from schedule_fire where fired_at < due_at) as started_early,
    (select count(*) from pg_constraint c where c.contype = 'p' and c.convalidated
        and c.conrelid in ('fire'::regclass, 'schedule_fire'::regclass)) as keys,
    (select count(*) from timer) as waiting,
    (select count(*) from clock_pause where until is null) as paused,
    (select count(*) from procrastinate_workers where last_heartbeat > now() - interval '1 minute') as workers,
    clock_now() as now
"""
# A retry is no clock, what is paused or suspended waits lawfully, and what fails has an incident of its own.
_RUNNING: Final = """
from timer t join instance i on i.id = t.instance_id
where i.status = 'running' and t.kind <> 'retry'
  and not exists (select from clock_pause p where p.instance_id = i.id and p.until is null)
"""
_MISSING: Final = f"""
select t.instance_id, i.business_key, t.element, t.name, t.due_at, i.failures, i.incident, count(*) over () as total
{_RUNNING} and t.due_at < clock_now() - %(patience)s
order by t.due_at limit {SHOWN}
"""
_UNWATCHED: Final = f"""
select count(*) from (
    select 1 {_RUNNING} and i.failures = 0
    group by i.id having i.next_due is null or i.next_due > min(t.due_at)) x
"""


@dataclass(frozen=True, slots=True)
class Missing:
    """A timer that should have fired.

    Attributes:
        instance_id: the instance.
        business_key: what the host calls it.
        element: the timer's id in the diagram.
        name: its label.
        due_at: when it was due, UTC.
        failures: how often it was tried in vain.
        incident: why it could not fire; empty when nobody tried.

    """

    instance_id: int
    business_key: str
    element: str
    name: str
    due_at: datetime
    failures: int
    incident: str


@dataclass(frozen=True, slots=True)
class Proof:
    """The figures, and how they were found.

    Attributes:
        fired: entries of the ledger.
        twice: keys (task and occurrence) that stand in it more than once.
        early: entries that fired before they were due.
        started: instances started by schedule.
        started_twice: occurrences that started more than once.
        started_early: and before their time.
        keys: whether the primary keys of both ledgers are in force.
        waiting: timers that wait now.
        paused: instances whose clocks stand still.
        missing: timers that are overdue longer than ``patience``, the longest first; at most a hundred.
        missing_total: how many there are in all.
        unwatched: running instances no worker would look at in time for their earliest timer.
        workers: processes that have shown signs of life within a minute.
        median: the lag of the middle firing; None without any.
        late: the lag that one firing in twenty exceeds.
        latest: the longest lag.
        patience: how late counts as missing.
        now: when this was asked, UTC.

    """

    fired: int
    twice: int
    early: int
    started: int
    started_twice: int
    started_early: int
    keys: bool
    waiting: int
    paused: int
    missing: tuple[Missing, ...]
    missing_total: int
    unwatched: int
    workers: int
    median: timedelta | None
    late: timedelta | None
    latest: timedelta | None
    patience: timedelta
    now: datetime

    @property
    def holds(self) -> bool:
        """Whether nothing fired twice or early and nothing is missing."""
        found = (self.twice, self.early, self.started_twice, self.started_early, self.missing_total, self.unwatched)
        return self.keys and not any(found)


def prove(connection: sa.Connection, patience: timedelta = PATIENCE) -> Proof:
    """Return the proof over the whole ledger as it is now."""
    figures: Any = connection.exec_driver_sql(_LEDGER).one()
    rows = connection.exec_driver_sql(_MISSING, {"patience": patience}).all()
    missing = tuple(
        Missing(
            row.instance_id,
            row.business_key,
            row.element,
            row.name,
            row.due_at.astimezone(UTC),
            row.failures,
            row.incident or "",
        )
        for row in rows
    )
    return Proof(
        fired=figures.fired,
        twice=figures.twice,
        early=figures.early,
        started=figures.started,
        started_twice=figures.started_twice,
        started_early=figures.started_early,
        keys=figures.keys == 2,  # noqa: PLR2004 - one of each ledger
        waiting=figures.waiting,
        paused=figures.paused,
        missing=missing,
        missing_total=rows[0].total if rows else 0,
        unwatched=connection.exec_driver_sql(_UNWATCHED).scalar_one(),
        workers=figures.workers,
        median=figures.median,
        late=figures.late,
        latest=figures.latest,
        patience=patience,
        now=figures.now.astimezone(UTC),
    )
