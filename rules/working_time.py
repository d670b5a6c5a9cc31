"""Deadlines in natural days, working days and working hours, each with its arithmetic in plain Chinese.

Civil code (民法典) articles 201 to 203: the first day is excluded; a limit in months ends on the day of the
same number, else on the month's last day; a last day that is a holiday rolls on to the day after the holiday;
the last day ends at 24:00. Hours run from the moment itself.
"""

import calendar as month_lengths
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from rules.bureau_calendar import (
    BUREAU_ZONE,
    DEFAULT_HOURS,
    MAX_LISTED_RUNS,
    ONE_DAY,
    Calendar,
    OfficeHours,
    bureau_date,
    day_text,
    in_bureau,
    parse_office_hours,
    spans_of,
)
from rules.limits import Limit, parse_limit

__all__ = [
    "BUREAU_ZONE",
    "DEFAULT_HOURS",
    "Calendar",
    "Deadline",
    "Limit",
    "OfficeHours",
    "deadline",
    "elapsed_working_time",
    "parse_limit",
    "parse_office_hours",
    "working_days_between",
]


@dataclass(frozen=True)
class Deadline:
    """When something is due: the instant in UTC, its arithmetic line by line, whether a year was guessed."""

    at: datetime
    explanation: tuple[str, ...]
    provisional: bool


def deadline(start: datetime, limit: Limit | str, calendar: Calendar, hours: OfficeHours = DEFAULT_HOURS) -> Deadline:
    """Return when `limit`, running from `start` (aware), ends.

    A due time at the end of a day is the next day's 00:00 in bureau time. ValueError: a limit that cannot be
    read, a start without zone.
    """
    parsed = parse_limit(limit) if isinstance(limit, str) else limit
    received = in_bureau(start)
    if parsed.kind == "elapsed":
        return _elapsed(received, parsed)
    if parsed.kind == "working_hours":
        return _working_hours(received, parsed, calendar, hours)
    first = received.date()
    lines = [f"{day_text(first)}收到，次日起算"]
    if parsed.kind == "working_days":
        last, off = _count_working_days(first, parsed.working_days, calendar)
        lines += _days_off(off, first, last, calendar)
        reached = f"第{parsed.working_days}个工作日：{day_text(last, first)}24:00 到期"
    else:
        last = _after_months(first, parsed.months) + timedelta(days=parsed.days)
        rolled = calendar.next_working(last)
        if rolled != last:
            lines.append(
                f"{parsed.label}届满日为{day_text(last, first)}，是{calendar.off_name(last)}，"
                f"顺延至假后首个工作日{day_text(rolled, first)}"
            )
        last, reached = rolled, f"{parsed.label}届满：{day_text(rolled, first)}24:00 到期"
    lines.append(reached)
    at = datetime.combine(last + ONE_DAY, time(), BUREAU_ZONE).astimezone(UTC)
    return _finish(at, lines, first, last, calendar)


def working_days_between(start: date | datetime, end: date | datetime, calendar: Calendar) -> int:
    """Count working days after `start`'s day up to and including `end`'s; negative when `end` is earlier."""
    first, last = _day(start), _day(end)
    if last < first:
        return -working_days_between(last, first, calendar)
    return sum(calendar.is_working(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))


def elapsed_working_time(
    start: datetime, end: datetime, calendar: Calendar, hours: OfficeHours = DEFAULT_HOURS
) -> timedelta:
    """Return the time within office hours from `start` to `end` (aware); negative when `end` is earlier."""
    first, last = in_bureau(start), in_bureau(end)
    if last < first:
        return -elapsed_working_time(last, first, calendar, hours)
    total, day = timedelta(), first.date()
    while day <= last.date():
        if calendar.is_working(day):
            if first.date() < day < last.date():
                total += hours.length
            else:
                for opens, closes in hours.on(day):
                    total += max(min(closes, last) - max(opens, first), timedelta())
        day += ONE_DAY
    return total


def _day(moment: date | datetime) -> date:
    return bureau_date(moment) if isinstance(moment, datetime) else moment


def _after_months(day: date, months: int) -> date:
    """Civil code 202: the day of the same number, else the month's last day."""
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    return date(year, month, min(day.day, month_lengths.monthrange(year, month)[1]))


def _count_working_days(first: date, wanted: int, calendar: Calendar) -> tuple[date, list[date]]:
    day, off = first, []
    while wanted:
        following = calendar.next_working(day + ONE_DAY)
        off += [day + timedelta(days=n) for n in range(1, (following - day).days)]
        day, wanted = following, wanted - 1
    return day, off


def _days_off(off: list[date], first: date, last: date, calendar: Calendar) -> list[str]:
    lines = []
    runs = spans_of(off)
    listed = [run for run in runs if _run_name(run, calendar) != "周末" or len(runs) <= MAX_LISTED_RUNS]
    for run in listed:
        start, end = run
        until = "" if start == end else f"—{day_text(end, start, weekday=False)}"
        lines.append(f"跳过 {day_text(start, first, weekday=False)}{until} {_run_name(run, calendar)}")
    weekends = [run for run in runs if run not in listed]
    if weekends:
        count = sum((end - start).days + 1 for start, end in weekends)
        lines.append(f"另跳过{len(weekends)}个周末，共{count}天")
    day = first + ONE_DAY
    while day <= last:
        if calendar.holidays.get(day) == "workday":
            lines.append(f"{day_text(day, first)}调休上班，计入")
        day += ONE_DAY
    return lines


def _run_name(run: tuple[date, date], calendar: Calendar) -> str:
    start, end = run
    names = [calendar.off_name(start + timedelta(days=n)) for n in range((end - start).days + 1)]
    special = list(dict.fromkeys(name for name in names if name != "周末"))
    return "、".join(special) or "周末"


def _elapsed(received: datetime, limit: Limit) -> Deadline:
    at = (received.astimezone(UTC) + limit.elapsed).astimezone(BUREAU_ZONE)
    lines = (
        f"{_moment(received)}收到，即时起算",
        f"{limit.label}后：{_moment(at, received)}到期",
    )
    return Deadline(at.astimezone(UTC), lines, provisional=False)


def _working_hours(received: datetime, limit: Limit, calendar: Calendar, hours: OfficeHours) -> Deadline:
    first, left, begun = received.date(), limit.elapsed, None
    day, at, off = first, received, []
    while left:
        if calendar.is_working(day):
            for opens, closes in hours.on(day):
                run = min(closes - max(opens, received), left)
                if left and run > timedelta():
                    begun = begun or max(opens, received)
                    at, left = max(opens, received) + run, left - run
        else:
            calendar.next_working(day)  # refuses a calendar without working days
            off.append(day)
        day += ONE_DAY
    lines = [f"{_moment(received)}收到，{_start_text(received, begun or received)}"]
    lines += _days_off(off, first - ONE_DAY, at.date(), calendar)
    lines.append(f"满{limit.label}：{_moment(at, received)}到期")
    return _finish(at.astimezone(UTC), lines, first, at.date(), calendar)


def _start_text(received: datetime, begun: datetime) -> str:
    return "即时起算" if begun == received else f"自{_moment(begun, received)}上班起算"


def _moment(moment: datetime, beside: datetime | None = None) -> str:
    return f"{day_text(moment.date(), beside.date() if beside else None)}{moment:%H:%M}"


def _finish(at: datetime, lines: list[str], first: date, last: date, calendar: Calendar) -> Deadline:
    guessed = sorted({day.year for day in (first, last) if calendar.is_provisional(day)})
    lines += [f"{year}年放假安排尚未公布，暂按周末和法定节假日推算，公布后自动重算" for year in guessed]
    return Deadline(at, tuple(lines), provisional=bool(guessed))
