"""The bureau's calendar in the database: read for every deadline, seeded from the packages, changed by a notice.

When the State Council's notice for a year is entered, every open deadline is worked out anew. What would move is
shown first, on a calendar that only this thread assumes; then the notice is stored and the deadlines follow,
case by case, each in a transaction of its own. A year stays marked ``unmoved`` until all have followed, so
:func:`move_deadlines` finishes what a crash has left.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, RootTransaction, text

from engine.database import clock
from engine.runtime.protocol import Moved
from rules.bureau_calendar import Calendar, in_bureau
from rules.calendar_source import Day, YearCalendar, calendar_of, packaged_years, year_of

FIRST_YEAR = 2018
YEARS_AHEAD = 2
KEPT_CALENDARS = 8

STAMP = text("select string_agg(year || ':' || revision, ',' order by year) from calendar_year")
YEARS = text("select year, status, source from calendar_year order by year")
DAYS = text("select day, kind, name, year from holiday order by day")
PUT_YEAR = text(
    """
insert into calendar_year (year, status, source, changed_by, changed_at, unmoved)
values (:year, :status, :source, :actor, clock_now(), :unmoved)
on conflict (year) do update set status = excluded.status, source = excluded.source, changed_by = excluded.changed_by,
    changed_at = excluded.changed_at, unmoved = excluded.unmoved, revision = calendar_year.revision + 1
"""
)
CLEAR = text("delete from holiday where year = :year")
PUT_DAY = text(
    """
insert into holiday (day, kind, name, year) values (:day, :kind, :name, :year)
on conflict (day) do update set kind = excluded.kind, name = excluded.name, year = excluded.year
"""
)
OPEN = text(
    """
select i.id, m.number, m.title from instance i left join matter m on m.instance_id = i.id
where i.status in ('running', 'suspended')
  and (exists (select 1 from timer t where t.instance_id = i.id)
       or exists (select 1 from work_item w where w.instance_id = i.id and w.due_at is not null))
order by i.id
"""
)
UNMOVED = text("select year, changed_by from calendar_year where unmoved order by year")
DONE = text("update calendar_year set unmoved = false where unmoved and year = any(:years)")

_cache: dict[tuple[str, str], Calendar] = {}
_of_transaction: WeakKeyDictionary[RootTransaction, Calendar] = WeakKeyDictionary()
_assumed: ContextVar[Calendar | None] = ContextVar("assumed_calendar", default=None)


class Recomputing(Protocol):
    """The part of the runtime that works deadlines out anew."""

    def recompute_due(self, instance_id: int, *, actor: str, reason: str, dry_run: bool = False) -> list[Moved]:
        """Work out every due time of an instance; store them unless ``dry_run``."""


@dataclass(frozen=True, slots=True)
class MovedDeadline:
    """A deadline that a changed calendar moves: of which matter and element, from when to when (UTC)."""

    instance_id: int
    number: str | None
    title: str | None
    element: str
    old: datetime | None
    new: datetime


def calendar(connection: Connection) -> Calendar:
    """Return the calendar in force. Asks the database once a transaction whether the copy at hand is still good."""
    assumed = _assumed.get()
    if assumed is not None:
        return assumed
    transaction = connection.get_transaction()
    known = _of_transaction.get(transaction) if transaction is not None else None
    if known is not None:
        return known
    return use(connection, connection.execute(STAMP).scalar() or "")


def use(connection: Connection, stamp: str) -> Calendar:
    """Return the calendar of a stamp (``STAMP``), as this transaction has read it, and use it until its end."""
    key = (str(connection.engine.url), stamp)
    found = _cache.get(key)
    if found is None:
        found = calendar_of(years(connection))
        while len(_cache) >= KEPT_CALENDARS:
            _cache.pop(next(iter(_cache)), None)
        _cache[key] = found
    transaction = connection.get_transaction()
    if transaction is not None:
        _of_transaction[transaction] = found
    return found


def years(connection: Connection) -> list[YearCalendar]:
    """Return the years as they are stored."""
    days: dict[int, list[Day]] = {}
    for row in connection.execute(DAYS):
        days.setdefault(row.year, []).append(Day(row.day, row.kind, row.name))
    return [
        YearCalendar(row.year, tuple(days.get(row.year, ())), row.status, row.source)
        for row in connection.execute(YEARS)
    ]


def seed_calendar(connection: Connection, *, actor: str = "system", through: int | None = None) -> list[int]:
    """Store the years that are missing, from 2018 to two years ahead (or ``through``); return which those were.

    Years the package knows are official, later ones provisional. What is stored is never overwritten, except that a
    provisional year becomes official when the package has come to know it and no officer has entered a notice.
    """
    last = through or in_bureau(clock.now(connection)).year + YEARS_AHEAD
    stored = {year.year: year.status for year in years(connection)}
    added = []
    for year in range(FIRST_YEAR, last + 1):
        if stored.get(year) == "official" or (year in stored and year not in packaged_years()):
            continue
        _store(connection, year_of(year), actor=actor, unmoved=year in stored)
        added.append(year)
    return added


def preview_notice(
    engine: Engine, runtime: Recomputing, year: int, days: Sequence[Day], *, actor: str
) -> list[MovedDeadline]:
    """Return the open deadlines that the notice would move, soonest first; stores nothing."""
    with engine.connect() as connection:
        changed = YearCalendar(year, tuple(days), "official", "")
        supposed = calendar_of([*(known for known in years(connection) if known.year != year), changed])
        cases = connection.execute(OPEN).all()
    found: list[MovedDeadline] = []
    with assume(supposed):
        for case in cases:
            moved = runtime.recompute_due(case.id, actor=actor, reason=_reason(year), dry_run=True)
            found += [MovedDeadline(case.id, case.number, case.title, one.element, one.old, one.new) for one in moved]
    return _sorted(found)


def enter_notice(
    engine: Engine,
    runtime: Recomputing,
    year: int,
    days: Sequence[Day],
    source: str,
    *,
    actor: str,
    dry_run: bool = False,
) -> list[MovedDeadline]:
    """Make ``days`` the official calendar of ``year`` and move the open deadlines; return those that moved.

    ``days`` may lie in the December before or the January after, as notices have it. ``source`` names the notice.
    With ``dry_run`` nothing is stored and the answer is what would move.
    """
    if dry_run:
        return preview_notice(engine, runtime, year, days, actor=actor)
    with engine.begin() as connection:
        _store(connection, YearCalendar(year, tuple(days), "official", source), actor=actor, unmoved=True)
    return move_deadlines(engine, runtime)


def move_deadlines(engine: Engine, runtime: Recomputing) -> list[MovedDeadline]:
    """Let open deadlines follow a calendar that changed, where they have not yet; return those that moved.

    Safe to call at any time and by several processes: a deadline that is right already does not move.
    """
    with engine.connect() as connection:
        waiting = connection.execute(UNMOVED).all()
        cases = connection.execute(OPEN).all() if waiting else []
    if not waiting:
        return []
    actor, reason = waiting[-1].changed_by, _reason(*(row.year for row in waiting))
    found: list[MovedDeadline] = []
    for case in cases:
        moved = runtime.recompute_due(case.id, actor=actor, reason=reason)
        found += [MovedDeadline(case.id, case.number, case.title, one.element, one.old, one.new) for one in moved]
    with engine.begin() as connection:
        connection.execute(DONE, {"years": [row.year for row in waiting]})
    return _sorted(found)


@contextmanager
def assume(supposed: Calendar) -> Iterator[None]:
    """Have :func:`calendar` answer ``supposed`` in this thread, to see what it would lead to."""
    token = _assumed.set(supposed)
    try:
        yield
    finally:
        _assumed.reset(token)


def _store(connection: Connection, year: YearCalendar, *, actor: str, unmoved: bool) -> None:
    connection.execute(
        PUT_YEAR,
        {"year": year.year, "status": year.status, "source": year.source, "actor": actor, "unmoved": unmoved},
    )
    connection.execute(CLEAR, {"year": year.year})
    rows = [{"day": item.day, "kind": item.kind, "name": item.name, "year": year.year} for item in year.days]
    if rows:
        connection.execute(PUT_DAY, rows)
    transaction = connection.get_transaction()
    if transaction is not None:
        _of_transaction.pop(transaction, None)


def _reason(*changed: int) -> str:
    return f"{'、'.join(str(year) for year in changed)}年放假安排调整"


def _sorted(found: list[MovedDeadline]) -> list[MovedDeadline]:
    return sorted(found, key=lambda moved: (moved.new, moved.instance_id, moved.element))
