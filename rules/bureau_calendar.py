"""The bureau's calendar: which days it works, which hours, and how days are written in Chinese."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

BUREAU_ZONE = ZoneInfo("Asia/Shanghai")

DayKind = Literal["holiday", "workday"]
SATURDAY = 5
WEEKDAY_NAMES = "一二三四五六日"
ONE_DAY = timedelta(days=1)
A_MOMENT = timedelta(microseconds=1)
# More runs of days off than this are summed up: nobody reads thirty weekends.
MAX_LISTED_RUNS = 4


@dataclass(frozen=True)
class Calendar:
    """Days that differ from the plain week.

    `holidays`: the day → `holiday` (off although a weekday, or off by name) or `workday` (调休: worked
    although a weekend). Days not listed follow the week: Monday to Friday worked. `provisional_years`: years
    whose State Council notice is not out yet. `names`: the day → the festival's name, for explanations.
    A year without a single listed day counts as provisional too: nobody has said anything about it.
    """

    holidays: Mapping[date, DayKind] = field(default_factory=dict)
    provisional_years: Collection[int] = frozenset()
    names: Mapping[date, str] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        """Tell whether the bureau works on `day`."""
        listed = self.holidays.get(day)
        return day.weekday() < SATURDAY if listed is None else listed == "workday"

    def is_provisional(self, day: date) -> bool:
        """Tell whether `day` lies in a year whose holidays are only guessed."""
        return day.year in self.provisional_years or day.year not in self._known_years

    def next_working(self, day: date) -> date:
        """Return `day` itself when it is worked, else the first worked day after it."""
        for _ in range(366):
            if self.is_working(day):
                return day
            day += ONE_DAY
        raise ValueError(f"日历有误：{day.year}年前后一整年没有工作日")

    def off_name(self, day: date) -> str:
        """Name the reason why `day` is not worked: the festival, 法定节假日 or 周末."""
        if named := self.names.get(day):
            return named
        return "法定节假日" if day in self.holidays and day.weekday() < SATURDAY else "周末"

    @property
    def _known_years(self) -> frozenset[int]:
        known: frozenset[int] | None = self.__dict__.get("_years")
        if known is None:
            known = frozenset(day.year for day in self.holidays)
            self.__dict__["_years"] = known
        return known


@dataclass(frozen=True)
class OfficeHours:
    """The spans of a working day in which working hours run, in bureau time, in order and apart."""

    spans: tuple[tuple[time, time], ...] = ((time(8, 30), time(12)), (time(14), time(17, 30)))

    def __post_init__(self) -> None:
        flat = [moment for span in self.spans for moment in span]
        if not flat or any(late <= early for early, late in pairwise(flat)):
            raise ValueError("办公时间有误：每段的结束要晚于开始，各段要按先后排列且不重叠")

    def on(self, day: date) -> list[tuple[datetime, datetime]]:
        """Return the spans of `day` as aware datetimes in bureau time."""
        return [
            (datetime.combine(day, start, BUREAU_ZONE), datetime.combine(day, end, BUREAU_ZONE))
            for start, end in self.spans
        ]

    @property
    def length(self) -> timedelta:
        """The working time of one whole day."""
        return sum((end - start for start, end in self.on(date(2026, 1, 5))), timedelta())


DEFAULT_HOURS = OfficeHours()
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-—–~至]\s*(\d{1,2}):(\d{2})")


def parse_office_hours(text: str) -> OfficeHours:
    """Read `08:30-12:00, 14:00-17:30` (half or full width); ValueError says in Chinese what is wrong."""
    folded = unicodedata.normalize("NFKC", text)
    parts = [part.strip() for part in re.split(r"[,;、]", folded) if part.strip()]
    spans = []
    for part in parts:
        found = _SPAN.fullmatch(part)
        if not found:
            raise ValueError(f"看不懂办公时间“{part}”，请写成 08:30-12:00")
        numbers = [int(group) for group in found.groups()]
        try:
            spans.append((time(numbers[0], numbers[1]), time(numbers[2], numbers[3])))
        except ValueError:
            raise ValueError(f"办公时间“{part}”里有不存在的钟点") from None
    return OfficeHours(tuple(spans))


def bureau_date(moment: datetime) -> date:
    """Return the day on which `moment` (aware) falls in the bureau."""
    return in_bureau(moment).date()


def in_bureau(moment: datetime) -> datetime:
    """Return `moment` in bureau time; ValueError when it carries no zone, for then it means nothing."""
    if moment.tzinfo is None:
        raise ValueError("时间缺少时区")
    return moment.astimezone(BUREAU_ZONE)


def last_day(there: datetime) -> date:
    """Return the last day a deadline has: 24:00 of a day is the next one's first moment."""
    return (there - A_MOMENT).date() if there.time() == time() else there.date()


def day_text(day: date, beside: date | None = None, *, weekday: bool = True) -> str:
    """Write `11月3日（周二）`, with the year in front when it differs from that of `beside`."""
    year = f"{day.year}年" if beside is not None and day.year != beside.year else ""
    week = f"（周{WEEKDAY_NAMES[day.weekday()]}）" if weekday else ""
    return f"{year}{day.month}月{day.day}日{week}"


def spans_of(days: Iterable[date]) -> list[tuple[date, date]]:
    """Fold ordered days into runs of consecutive days (first, last)."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and runs[-1][1] + ONE_DAY == day:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs
