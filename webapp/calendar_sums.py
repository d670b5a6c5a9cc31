"""Which day is the nth working day from a day, and how many lie between two: sums on the calendar in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa

from engine.casework.calendar_store import calendar
from rules.bureau_calendar import BUREAU_ZONE, in_bureau, last_day
from rules.limits import MAX_DAYS
from rules.time_left import time_left
from rules.working_time import deadline

MOST = 1000
A_DAY = timedelta(days=1)
LAST = date(2099, 12, 31)
FIRST = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Sums:
    """What was asked and what came of it.

    `start`, `count`: from which day how many working days · `day`: which day that is, with its arithmetic · `since`,
    `until`: between which days · `between`: how many working days, with its arithmetic · `problem`: why `count` will
    not do · `too_long`: the days lie too far apart · `most`: the most that may be asked.
    """

    start: str
    count: str
    since: str
    until: str
    day: date | None = None
    day_lines: tuple[str, ...] = ()
    between: int | None = None
    between_lines: tuple[str, ...] = ()
    problem: str = ""
    too_long: bool = False
    most: int = MOST


def counted(connection: sa.Connection, given: Mapping[str, str], today: date) -> Sums:
    """Return the sums that a query asks for: `from` and `n`, or `since` and `until`; today where no day is named."""
    start, since, until = (_day(given.get(name, "")) for name in ("from", "since", "until"))
    count = given.get("n", "")
    asked = Sums((start or today).isoformat(), count, (since or today).isoformat(), until.isoformat() if until else "")
    made = {name: getattr(asked, name) for name in ("start", "count", "since", "until")}
    if start is not None and count:
        if not (count.isdecimal() and len(count) < len(str(MOST * 10)) and 1 <= int(count) <= MOST):
            return Sums(**made, problem=f"请填 1 到 {MOST}")
        found = deadline(_midnight(start), f"{count}工作日", calendar(connection))
        return Sums(**made, day=last_day(in_bureau(found.at)), day_lines=found.explanation)
    if since is not None and until is not None:
        if not timedelta() <= until - since <= A_DAY * MAX_DAYS:
            return Sums(**made, too_long=True)
        left = time_left(_midnight(since), _midnight(until + A_DAY), "working_days", calendar(connection))
        # The first line speaks of now and of a deadline, the last two of today: none of which there is here.
        lines = tuple(line for line in left.explanation[1:-1] if not line.startswith("今日"))
        return Sums(**made, between=left.days, between_lines=lines)
    return asked


def _day(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if FIRST <= day <= LAST else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BUREAU_ZONE)
