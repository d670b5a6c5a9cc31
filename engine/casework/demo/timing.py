"""When the demonstration's matters came in, so that each is where its fate wants it: in time, late, or long late."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final
from zlib import crc32

from engine.casework.demo.messages import DemoMatter
from engine.runtime.decisions import Decision
from rules.bureau_calendar import Calendar
from rules.working_time import BUREAU_ZONE, deadline

LONGEST_AGO: Final = 175
ON_TIME: Final = {
    "to_accept": "accept_late",
    "to_hand_on": "accept_late",
    "to_sign": "sign_late",
    "investigating": "handling_late",
    "disposing": "handling_late",
    "feeding_back": "handling_late",
    "in_review": "handling_late",
    "in_approval": "handling_late",
    "rejected_once": "handling_late",
    "to_reply": "handling_late",
    "to_visit": "handling_late",
}
"""Fate -> the limit that must not have passed."""

LATE: Final = {
    "late_sign": ("sign_late", "sign_overdue"),
    "late_handling": ("handling_late", "handling_overdue"),
}
"""Fate -> the limit that has passed, and the one that has not."""

LONG_LATE: Final = {"escalated_leader": "handling_overdue"}
SLOW_SHARE: Final = 11
"""One closed matter in so many was late on the way."""


class Timing:
    """Works out moments from the table of clocks and the calendar.

    ``now`` is when the demonstration ends, ``clocks`` the channel's row in the table of clocks by the channel's code.
    """

    def __init__(self, now: datetime, calendar: Calendar, table: Decision, clocks: Mapping[str, str]) -> None:
        self._now = now
        self._calendar = calendar
        self._table = table
        self._clocks = clocks

    def limits(self, matter: DemoMatter) -> dict[str, Any]:
        """Return the limits the matter will most likely have, by the kind its category has."""
        kind = matter.category.partition(".")[0] or "request"
        facts = {"clock": self._clocks[matter.channel], "limit": "", "kind": kind, "severity": "ordinary"}
        limits: dict[str, Any] = self._table.decide({"matter": facts}, {}).result
        return limits

    def received(self, matter: DemoMatter, limits: Mapping[str, Any]) -> datetime:
        """Return when the matter came in: as many days ago as it says, moved where its fate needs it."""
        days = min(matter.days, LONGEST_AGO)
        if matter.fate in ON_TIME:
            limit = limits[ON_TIME[matter.fate]]
            return self._first(matter, range(days, -1, -1), lambda start: self._now < self._due(start, limit))
        if matter.fate in LATE:
            passed, coming = (limits[name] for name in LATE[matter.fate])
            return self._first(
                matter,
                range(1, LONGEST_AGO),
                lambda start: self._due(start, passed) < self._now < self._due(start, coming),
            )
        if matter.fate in LONG_LATE:
            limit = limits[LONG_LATE[matter.fate]]
            return self._first(matter, range(days, LONGEST_AGO), lambda start: self._due(start, limit) < self._now)
        return self._start(matter, days)

    def finished(self, matter: DemoMatter, received: datetime, limits: Mapping[str, Any]) -> datetime:
        """Return when the last scripted act is done: for what waits just before now, else well within its limit."""
        chance = crc32(f"{matter.key}/end".encode()) % 100
        last = self._now - timedelta(minutes=35 + 3 * chance)
        if matter.fate in ON_TIME or matter.fate in LATE or matter.fate in LONG_LATE:
            return max(last, received + (self._now - received) / 2)
        span = self._due(received, limits["handling_late"]) - received
        share = 1.5 if chance % SLOW_SHARE == 0 else 0.55 + chance / 150
        return min(received + span * share, last)

    def _first(self, matter: DemoMatter, days: range, fits: Any) -> datetime:
        for count in days:
            start = self._start(matter, count)
            if fits(start):
                return start
        return self._start(matter, days[-1])

    def _start(self, matter: DemoMatter, days: int) -> datetime:
        """Return a moment of the day so many days ago, always the same for a matter, and never after now."""
        chance = crc32(matter.key.encode())
        day = (self._now.astimezone(BUREAU_ZONE) - timedelta(days=days)).date()
        start = datetime.combine(day, time(8 + chance % 9, chance // 9 % 60), BUREAU_ZONE)
        return min(start, self._now - timedelta(minutes=40 + chance % 50))

    def _due(self, start: datetime, limit: str) -> datetime:
        return deadline(start, limit, self._calendar).at
