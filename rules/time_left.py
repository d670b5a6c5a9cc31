"""How much of a limit is left: the inverse of a deadline, with its arithmetic in plain Chinese.

What is left is what could still be given as a limit now and would end no later than the deadline: whole working days
and whole days on the calendar (the first day excluded, 民法典 201), or the time within office hours.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from rules.bureau_calendar import (
    DEFAULT_HOURS,
    MAX_LISTED_RUNS,
    ONE_DAY,
    Calendar,
    OfficeHours,
    day_text,
    in_bureau,
    last_day,
    spans_of,
)
from rules.working_time import elapsed_working_time, working_days_between

Unit = Literal["working_days", "days", "working_hours"]
NAMES: dict[Unit, str] = {"working_days": "个工作日", "days": "天", "working_hours": "工作小时"}


@dataclass(frozen=True)
class TimeLeft:
    """What is left of a limit, or by how much it is exceeded.

    `unit`: what is counted · `days`: whole days after today, negative when the deadline has passed on an earlier day
    (`working_days`, `days`) · `time`: the time within office hours (`working_hours`), negative when it has passed ·
    `late`: the deadline has passed · `text`: in one phrase · `explanation`: the arithmetic, line by line ·
    `provisional`: a year's holidays on the way are only guessed.
    """

    unit: Unit
    late: bool
    days: int
    time: timedelta
    text: str
    explanation: tuple[str, ...]
    provisional: bool


def time_left(
    now: datetime, due: datetime, unit: Unit, calendar: Calendar, hours: OfficeHours = DEFAULT_HOURS
) -> TimeLeft:
    """Return what is left from `now` until `due` (both aware), counted in `unit`.

    ValueError: a time without zone.
    """
    here, there = in_bureau(now), in_bureau(due)
    late = here >= there
    today = here.date()
    last = last_day(there)
    first_line = f"现在{_moment(here)}，到期{_ending(there, last, today)}"
    provisional = any(calendar.is_provisional(day) for day in (today, last))
    if unit == "working_hours":
        left = elapsed_working_time(here, there, calendar, hours)
        length = abs(left)
        text = f"已超{_length(length)}" if late else f"剩余{_length(length)}"
        lines = [first_line, *_between(today - ONE_DAY, last, calendar), f"办公时间内{text}"]
        return TimeLeft(unit, late, 0, left, text, tuple(lines), provisional)
    days = working_days_between(today, last, calendar) if unit == "working_days" else (last - today).days
    if late:
        text = f"已超期{-days}{NAMES[unit]}" if days else "已超期，尚不满一日"
    else:
        text = f"剩余{days}{NAMES[unit]}（不含今日）" if days else _last_day(today, last)
    skipped = _between(min(today, last), max(today, last), calendar) if unit == "working_days" else []
    return TimeLeft(unit, late, days, timedelta(), text, (first_line, *skipped, text), provisional)


def _last_day(today: date, last: date) -> str:
    return "今日到期" if today == last else f"{day_text(last, today)}到期，其间没有工作日"


def _between(first: date, last: date, calendar: Calendar) -> list[str]:
    """Say which days after `first` up to `last` are left out, and which weekends are worked."""
    if last <= first:
        return []
    days = [first + timedelta(days=number) for number in range(1, (last - first).days + 1)]
    runs = spans_of(day for day in days if not calendar.is_working(day))
    lines = []
    for start, end in runs[:MAX_LISTED_RUNS]:
        until = "" if start == end else f"—{day_text(end, start, weekday=False)}"
        names = dict.fromkeys(calendar.off_name(start + ONE_DAY * number) for number in range((end - start).days + 1))
        special = [name for name in names if name != "周末"] or list(names)
        lines.append(f"不计 {day_text(start, first, weekday=False)}{until} {'、'.join(special)}")
    rest = runs[MAX_LISTED_RUNS:]
    if rest:
        lines.append(f"另有{len(rest)}段休息日不计，共{sum((end - start).days + 1 for start, end in rest)}天")
    worked = [day for day in days if calendar.holidays.get(day) == "workday"]
    lines += [f"{day_text(day, first)}调休上班，计入" for day in worked[:MAX_LISTED_RUNS]]
    if len(worked) > MAX_LISTED_RUNS:
        lines.append(f"另有{len(worked) - MAX_LISTED_RUNS}天调休上班，计入")
    return lines


def _moment(moment: datetime) -> str:
    return f"{day_text(moment.date())}{moment:%H:%M}"


def _ending(there: datetime, last: date, today: date) -> str:
    clock = "24:00" if there.date() != last else f"{there:%H:%M}"
    return f"{day_text(last, today)}{clock}"


def _length(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    whole, rest = divmod(minutes, 60)
    return (
        "".join(f"{amount}{unit}" for amount, unit in ((whole, "个工作小时"), (rest, "分钟")) if amount) or "不到1分钟"
    )
