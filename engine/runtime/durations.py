"""ISO 8601 durations and repeating intervals, counted on the calendar.

``P1M`` after 31 January is the last day of February, and three months of it are 30 April: months are counted from
where counting began, never from a day that a shorter month already cut.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

MAX_YEARS: Final = 100
_DURATION: Final = re.compile(
    r"^P(?=\d|T\d)(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,5})M)?(?:(?P<weeks>\d{1,5}(?:[.,]\d+)?)W)?"
    r"(?:(?P<days>\d{1,6}(?:[.,]\d+)?)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,7}(?:[.,]\d+)?)H)?(?:(?P<minutes>\d{1,8}(?:[.,]\d+)?)M)?"
    r"(?:(?P<seconds>\d{1,9}(?:[.,]\d+)?)S)?)?$",
    re.ASCII,
)
_REPEAT: Final = re.compile(r"^R(?P<count>\d{0,9})/(?P<rest>.+)$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time: whole months, and an exact rest.

    Attributes:
        months: counted on the calendar.
        exact: weeks, days, hours, minutes and seconds.

    """

    months: int
    exact: timedelta

    def times(self, count: int) -> "Duration":
        """Return this length ``count`` times over."""
        return Duration(self.months * count, self.exact * count)

    def after(self, start: datetime, zone: tzinfo) -> datetime:
        """Return the moment this length after ``start``, UTC; months are counted on the calendar of ``zone``."""
        if not self.months:
            return (start + self.exact).astimezone(UTC)
        local = start.astimezone(zone)
        index = local.year * 12 + local.month - 1 + self.months
        year, month = index // 12, index % 12 + 1
        day = min(local.day, calendar.monthrange(year, month)[1])
        return (local.replace(year=year, month=month, day=day) + self.exact).astimezone(UTC)


def parse_duration(text: str) -> Duration:
    """Read an ISO 8601 duration such as ``P3D``, ``PT4H`` or ``P1Y6M``.

    Raises ValueError with a Chinese sentence when it is none, is negative, is zero or is longer than a hundred years.
    """
    found = _DURATION.match(text.strip().upper())
    if found is None:
        raise ValueError(f"“{text}”不是一段时间（例如 P3D、PT4H）")
    months = int(found["years"] or 0) * 12 + int(found["months"] or 0)
    names = ("weeks", "days", "hours", "minutes", "seconds")
    exact = timedelta(**{name: float((found[name] or "0").replace(",", ".")) for name in names})
    if not months and not exact:
        raise ValueError(f"“{text}”的长度是零")
    if months > MAX_YEARS * 12 or exact > timedelta(days=366 * MAX_YEARS):
        raise ValueError(f"“{text}”超过 {MAX_YEARS} 年")
    return Duration(months, exact)


def is_duration(text: str) -> bool:
    """Whether a text is meant as an ISO 8601 duration, so that its faults are the duration's faults."""
    return text.strip()[:1].upper() == "P" or text.strip()[:2].upper() in {"-P", "+P"}


@dataclass(frozen=True, slots=True)
class Repeat:
    """A repeating interval.

    Attributes:
        count: how often; None for ever.
        first: when it first falls, as text; empty when it first falls one period after its start.
        period: the time between two, as text: an ISO 8601 duration, or whatever the host understands.

    """

    count: int | None
    first: str
    period: str


def parse_repeat(text: str) -> Repeat:
    """Read ``R3/PT1H``, ``R/P1D``, ``R/3工作日`` or ``R3/2026-03-01T09:00:00+08:00/P1D``.

    Raises ValueError with a Chinese sentence when it is none or repeats no time at all.
    """
    found = _REPEAT.match(text.strip())
    if found is None:
        raise ValueError(f"“{text}”不是重复的时间（例如 R/P1D、R3/PT1H）")
    count = int(found["count"]) if found["count"] else None
    if count == 0:
        raise ValueError(f"“{text}”一次也不重复")
    first, _, period = found["rest"].rpartition("/")
    if "/" in first or is_duration(first) or not period:
        raise ValueError(f"“{text}”不是重复的时间（例如 R/P1D、R3/PT1H）")
    return Repeat(count, first, period)
