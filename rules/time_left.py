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
        """What is left with the part of today in it: 还剩2个工作日又3小时."""
        if self.late:
            return self.text
        if self.unit == "working_hours":
            return f"还剩{_length(self.time)}"
        if self.unit == "days":
            return f"还剩{self.days}天" if self.days else self.text
        if self.today < A_MINUTE:
            return f"还剩{self.days}个工作日" if self.days else f"{self.text}，今天的办公时间已过"
        today = _clock_time(self.today)
        return f"还剩{self.days}个工作日又{today}" if self.days else f"还剩{today}"


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
    ending = "24:00" if there.date() != last else f"{there:%H:%M}"
    first_line = f"现在{day_text(today)} {here:%H:%M}，到期{day_text(last, today)} {ending}"
    provisional = any(calendar.is_provisional(day) for day in (today, last))
    if unit == "working_hours":
        left = elapsed_working_time(here, there, calendar, hours)
        length = abs(left)
        text = f"已超{_length(length)}" if late else f"剩余{_length(length)}"
        lines = [first_line, *_between(today - ONE_DAY, last, calendar), f"办公时间内{text}"]
        return TimeLeft(unit, late, 0, left, text, tuple(lines), provisional)
    days = working_days_between(today, last, calendar) if unit == "working_days" else (last - today).days
    if not days:
        text = "已超期，尚不满一日" if late else _last_day(today, last)
    elif unit == "working_days":
        text = f"已超期{-days}个工作日" if late else f"剩余{days}个工作日（不含今日）"
    else:
        text = f"已超期{-days}天" if late else f"剩余{days}天（不含今日）"
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
        names = dict.fromkeys(calendar.off_name(start + ONE_DAY * number) for number in range((end - start).days + 1))
        special = [name for name in names if name != "周末"] or list(names)
        what, since = "、".join(special), day_text(start, first, weekday=False)
        until = day_text(end, start, weekday=False)
        lines.append(f"不计{what}：{since}" if start == end else f"不计{what}：{since}至{until}")
    rest = runs[MAX_LISTED_RUNS:]
    if rest:
        lines.append(f"另有{len(rest)}段休息日不计，共{sum((end - start).days + 1 for start, end in rest)}天")
    worked = [day for day in days if calendar.holidays.get(day) == "workday"]
    lines += [f"{day_text(day, first)}调休上班，计入" for day in worked[:MAX_LISTED_RUNS]]
    if len(worked) > MAX_LISTED_RUNS:
        lines.append(f"另有{len(worked) - MAX_LISTED_RUNS}天调休上班，计入")
    return lines


def _clock_time(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    if hours and minutes:
        return f"{hours}小时{minutes}分钟"
    return f"{hours}小时" if hours else f"{minutes}分钟"


def _length(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    if hours and minutes:
        return f"{hours}个工作小时{minutes}分钟"
    if hours:
        return f"{hours}个工作小时"
    return f"{minutes}分钟" if minutes else "不到1分钟"
