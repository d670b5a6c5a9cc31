"""What a deadline becomes when it is extended, or when its clock stood still, in the unit it was given in.

An extension is counted from the last day the deadline has (民法典 articles 201 to 203). After a pause as much is left
as was left when it began: working days and the part of a day at hand, working hours, or days on the calendar.
"""

from datetime import UTC, date, datetime, time, timedelta

from rules.bureau_calendar import (
    A_MOMENT,
    BUREAU_ZONE,
    DEFAULT_HOURS,
    ONE_DAY,
    Calendar,
    OfficeHours,
    day_text,
    in_bureau,
    last_day,
)
from rules.limits import Limit, parse_limit
from rules.working_time import Deadline, deadline, elapsed_working_time, working_days_between


def extended(due: datetime, limit: Limit | str, calendar: Calendar, hours: OfficeHours = DEFAULT_HOURS) -> Deadline:
    """Return when a deadline that was `due` (aware) ends after an extension by `limit`.

    ValueError: a limit that cannot be read, a time without zone.
    """
    parsed = parse_limit(limit) if isinstance(limit, str) else limit
    there = in_bureau(due)
    if parsed.kind == "elapsed":
        return Deadline(due + parsed.elapsed, (), provisional=False)
    # 24:00 of a day is the next one's first moment, but the day it ends is the last one it has.
    start = there - A_MOMENT if there.time() == time() else there
    found = deadline(start, parsed, calendar, hours)
    return Deadline(found.at, found.explanation[1:], found.provisional)


def held(
    due: datetime,
    limit: Limit | str,
    since: datetime,
    until: datetime,
    calendar: Calendar,
    *,
    hours: OfficeHours = DEFAULT_HOURS,
) -> Deadline:
    """Return when a deadline given as `limit` and `due` after `since` ends when its clock stood still until `until`.

    Never earlier than `due`. ValueError: a limit that cannot be read, a time without zone.
    """
    parsed = parse_limit(limit) if isinstance(limit, str) else limit
    begun, ended, there = in_bureau(since), in_bureau(until), in_bureau(due)
    if parsed.kind == "elapsed":
        return Deadline(due + (until - since), (), provisional=False)
    if parsed.kind == "working_hours":
        left = elapsed_working_time(since, due, calendar, hours)
        if left <= timedelta():
            return Deadline(max(due, until), (), provisional=False)
        at = deadline(until, Limit("working_hours", parsed.text, elapsed=left), calendar, hours).at
        line = f"暂停时剩余{Limit('working_hours', '', elapsed=left).label or '不到1秒'}，恢复后接着计算"
        return Deadline(max(at, due), (line,), provisional=False)
    if begun.date() == ended.date():
        return Deadline(due, (), provisional=False)
    last = last_day(there)
    if parsed.kind == "working_days":
        left_days = max(0, working_days_between(begun.date(), last, calendar))
        new = _after(ended.date(), left_days, calendar, resumed=calendar.is_working(begun.date()))
        line = f"暂停时剩余{left_days}个工作日（不含当日），恢复后接着计算"
    else:
        days = (ended.date() - begun.date()).days
        new = calendar.next_working(last + ONE_DAY * days)
        line = f"扣除暂停的{days}天，至{day_text(new, last)}"
    return Deadline(max(_at(new, there), due), (line,), provisional=calendar.is_provisional(new))


def _at(day: date, there: datetime) -> datetime:
    """Return the same time of the day on another: 24:00 where the deadline is the end of a day."""
    if there.time() == time():
        day += ONE_DAY
    return datetime.combine(day, there.timetz().replace(tzinfo=None), BUREAU_ZONE).astimezone(UTC)


def _after(day: date, working_days: int, calendar: Calendar, *, resumed: bool) -> date:
    """Return the day so many working days after `day`; the day at hand goes on on the first working day there is."""
    if resumed or not working_days:
        day = calendar.next_working(day)
    for _ in range(working_days):
        day = calendar.next_working(day + ONE_DAY)
    return day
