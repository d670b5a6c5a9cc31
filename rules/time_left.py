"""How much of a limit is left: the inverse of a deadline, with its arithmetic in plain Chinese.

What is left is what could still be given as a limit now and would end no later than the deadline: whole working days
and whole days on the calendar (the first day excluded, 民法典 201), or the time within office hours.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from rules.bureau_calendar import (
    BUREAU_ZONE,
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
A_MINUTE = timedelta(minutes=1)
_SAID: dict[Unit, re.Pattern[str]] = {
    "working_days": re.compile(r"^第\d+个工作日：|^暂停时剩余\d+个工作日"),
    "working_hours": re.compile(r"^满.*工作小时.*：|^暂停时剩余.*工作小时"),
    "days": re.compile(r"届满(?:日为|：)|^扣除暂停的\d+天"),
}


@dataclass(frozen=True)
class TimeLeft:
    """What is left of a limit, or by how much it is exceeded.

    `unit`: what is counted · `days`: whole days after today, negative when the deadline has passed on an earlier day
    (`working_days`, `days`) · `time`: the time within office hours (`working_hours`), negative when it has passed ·
    `today`: the office time that today still has before the deadline (`working_days`) · `late`: the deadline has
    passed · `text`: in one phrase · `explanation`: the arithmetic, line by line · `provisional`: a year's holidays on
    the way are only guessed.
    """

    unit: Unit
    late: bool
    days: int
    time: timedelta
    text: str
    explanation: tuple[str, ...]
    provisional: bool
    today: timedelta = timedelta()

    @property
    def brief(self) -> str:
        """What is left with the part of today in it: 还剩2个工作日3小时."""
        if self.late:
            return self.text
        if self.unit == "working_hours":
            return f"还剩{_length(self.time)}"
        if self.days or self.today >= A_MINUTE:
            whole = f"{self.days}{NAMES[self.unit]}" if self.days else ""
            return f"还剩{whole}{_clock_time(self.today)}"
        return self.text if self.unit == "days" else f"{self.text}，今天的办公时间已过"


def unit_of(explanation: Iterable[str]) -> Unit | None:
    """Return what a deadline was counted in, by its arithmetic (`rules.working_time`); None on the running clock."""
    found: Unit | None = None
    for line in explanation:
        for unit, said in _SAID.items():
            if said.search(line):
                found = unit
    return found


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
    if unit == "days":
        return TimeLeft(unit, late, days, timedelta(), text, (first_line, text), provisional)
    skipped = _between(min(today, last), max(today, last), calendar)
    rest = timedelta()
    if not late:
        midnight = datetime.combine(today + ONE_DAY, time(), BUREAU_ZONE)
        rest = elapsed_working_time(here, min(there, midnight), calendar, hours)
        if rest >= A_MINUTE:
            skipped.append(f"今日办公时间还有{_clock_time(rest)}")
    return TimeLeft(unit, late, days, timedelta(), text, (first_line, *skipped, text), provisional, rest)


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


def _clock_time(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return "".join(f"{amount}{unit}" for amount, unit in ((hours, "小时"), (minutes, "分")) if amount)


def _length(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    whole, rest = divmod(minutes, 60)
    return (
        "".join(f"{amount}{unit}" for amount, unit in ((whole, "个工作小时"), (rest, "分钟")) if amount) or "不到1分钟"
    )
