"""Where the calendar of a year comes from: the package, the statute, or a notice that an officer types in."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import chinese_calendar.constants as package
from lunardate import LunarDate

from rules.bureau_calendar import ONE_DAY, SATURDAY, Calendar, DayKind

FIRST_YEAR, LAST_LUNAR_YEAR = 2004, 2099

# Document numbers of the State Council General Office's notices, where they are known for certain.
NOTICE_NUMBERS = {
    2018: "国办发明电〔2017〕12号",
    2019: "国办发明电〔2018〕15号",
    2020: "国办发明电〔2019〕16号",
    2021: "国办发明电〔2020〕27号",
    2022: "国办发明电〔2021〕11号",
    2023: "国办发明电〔2022〕16号",
    2024: "国办发明电〔2023〕7号",
    2025: "国办发明电〔2024〕12号",
}
STATUTE = "《全国年节及纪念日放假办法》（2024年修订）"
FULL_NAMES = {"清明": "清明节", "端午": "端午节", "中秋": "中秋节"}


@dataclass(frozen=True)
class Day:
    """One day that differs from the plain week, and why."""

    day: date
    kind: DayKind
    name: str


@dataclass(frozen=True)
class YearCalendar:
    """The special days of one year, whether they are official, and the source in a sentence."""

    year: int
    days: tuple[Day, ...]
    status: Literal["official", "provisional"]
    source: str


@dataclass(frozen=True)
class LineProblem:
    """What is wrong with one line (counted from 1) of a typed notice."""

    line: int
    message: str


class NoticeError(ValueError):
    """A typed notice that cannot be taken; `problems` has every faulty line."""

    def __init__(self, problems: list[LineProblem]) -> None:
        super().__init__("；".join(f"第{problem.line}行：{problem.message}" for problem in problems))
        self.problems = tuple(problems)


def year_of(year: int) -> YearCalendar:
    """Return the official calendar of `year` when the package has it, else the provisional one."""
    return year_from_package(year) if year in packaged_years() else provisional_year(year)


def packaged_years() -> range:
    """Return the years that the installed chinese-calendar package knows."""
    return range(FIRST_YEAR, max(package.holidays).year + 1)


def year_from_package(year: int) -> YearCalendar:
    """Return the holidays and make-up workdays of `year`; ValueError when the package does not have it."""
    if year not in packaged_years():
        last = packaged_years()[-1]
        raise ValueError(f"chinese-calendar 没有{year}年的放假安排（收录 {FIRST_YEAR}—{last}）")
    names = {holiday.value: FULL_NAMES.get(holiday.chinese, holiday.chinese) for holiday in package.Holiday}
    off = {day: names[name] for day, name in package.holidays.items() if day.year == year}
    moon = LunarDate(year, 8, 15).to_solar_date()
    if off.get(moon) == "国庆节":
        # Both festivals in one block: the package names it after one of them, people look for either.
        off = {day: "国庆节、中秋节" if name == "国庆节" else name for day, name in off.items()}
    worked = {day: f"{names[name]}调休" for day, name in package.workdays.items() if day.year == year}
    days = [Day(day, "holiday", name) for day, name in off.items()]
    # The package lists ordinary weekdays nowhere; what it lists as a workday is a weekend that is worked.
    days += [Day(day, "workday", name) for day, name in worked.items()]
    number = NOTICE_NUMBERS.get(year)
    source = f"国务院办公厅关于{year}年部分节假日安排的通知" + (f"（{number}）" if number else "")
    source += "，chinese-calendar 收录" if number else "（chinese-calendar 收录）"
    return YearCalendar(year, tuple(sorted(days, key=lambda item: item.day)), "official", source)


def provisional_year(year: int) -> YearCalendar:
    """Return the statutory holidays of `year` (2004 to 2099), as STATUTE sets them.

    Thirteen days; one that falls on a weekend or on another is made good on a working day, here the next one.
    The State Council's notice, which comes in autumn, moves these days and adds 调休.
    """
    if not FIRST_YEAR <= year <= LAST_LUNAR_YEAR:
        raise ValueError(f"只能推算{FIRST_YEAR}—{LAST_LUNAR_YEAR}年的节假日")
    statutory = statutory_days(year)
    found: dict[date, str] = {}
    for day, name in statutory:
        found[day] = f"{found[day]}、{name}" if day in found else name
    taken: set[date] = set()
    for day, name in statutory:
        if day.weekday() >= SATURDAY or day in taken:
            made_good = day + ONE_DAY
            while made_good in found or made_good.weekday() >= SATURDAY:
                made_good += ONE_DAY
            found[made_good] = f"{name}补假"
        taken.add(day)
    days = tuple(Day(day, "holiday", name) for day, name in sorted(found.items()) if day.year == year)
    source = f"{STATUTE}推算，{year}年放假通知公布前暂用"
    return YearCalendar(year, days, "provisional", source)


def statutory_days(year: int) -> list[tuple[date, str]]:
    """Return the thirteen days off of STATUTE article 2 in `year`, in order, each with its name."""
    new_year = LunarDate(year, 1, 1).to_solar_date()
    days = [(date(year, 1, 1), "元旦")]
    days += [(new_year + timedelta(days=n), "春节") for n in range(-1, 3)]
    days += [(_qingming(year), "清明节")]
    days += [(date(year, 5, n), "劳动节") for n in (1, 2)]
    days += [(LunarDate(year, 5, 5).to_solar_date(), "端午节")]
    days += [(LunarDate(year, 8, 15).to_solar_date(), "中秋节")]
    # Mid-autumn may fall into the National Day block; the statute then still counts thirteen days.
    days += [(date(year, 10, n), "国庆节") for n in (1, 2, 3)]
    return sorted(days)


def calendar_of(years: Iterable[YearCalendar]) -> Calendar:
    """Join years into the calendar that deadlines are counted on; a later one of the same year wins."""
    latest = {year.year: year for year in years}
    days = [item for year in latest.values() for item in year.days]
    return Calendar(
        holidays={item.day: item.kind for item in days},
        provisional_years=frozenset(year.year for year in latest.values() if year.status == "provisional"),
        names={item.day: item.name for item in days if item.kind == "holiday"},
    )


_DATE = r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
_LINE = re.compile(rf"{_DATE}(?:\s*[~至到—]+\s*{_DATE})?\s*(休|班)\s*(.*)")
LONGEST_BREAK = 16


def parse_notice(text: str, year: int | None = None) -> tuple[Day, ...]:
    """Read a notice typed as lines: `2027-02-05 休 春节`, `2027-02-14 班`, `2027-10-01~2027-10-07 休 国庆节`.

    Empty lines and what follows a `#` do not count. With `year`, days outside it (a December or January
    beside it excepted) are slips. NoticeError carries every faulty line; nothing is taken by halves.
    """
    found: dict[date, Day] = {}
    problems: list[LineProblem] = []
    for line, raw in enumerate(text.splitlines(), 1):
        written = unicodedata.normalize("NFKC", raw).split("#")[0].strip()
        if not written:
            continue
        try:
            days = _read_line(written, year)
        except ValueError as problem:
            problems.append(LineProblem(line, str(problem)))
            continue
        problems += [LineProblem(line, f"{item.day} 写了两次") for item in days if item.day in found]
        found |= {item.day: item for item in days}
    if not found and not problems:
        problems.append(LineProblem(1, "一天也没有写"))
    if problems:
        raise NoticeError(problems)
    return tuple(sorted(found.values(), key=lambda item: item.day))


def _read_line(written: str, year: int | None) -> list[Day]:
    match = _LINE.fullmatch(written)
    if not match:
        raise ValueError(f"看不懂“{written}”，请写成“2027-02-05 休 春节”或“2027-02-14 班”")
    numbers = [int(group) for group in match.groups()[:6] if group]
    first = _date(*numbers[:3])
    last = _date(*numbers[3:]) if len(numbers) > 3 else first  # noqa: PLR2004 a second date was written
    kind: DayKind = "holiday" if match[7] == "休" else "workday"
    if not first <= last <= first + timedelta(days=LONGEST_BREAK):
        raise ValueError(f"{first} 至 {last} 不是一段假期")
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    for day in days:
        if year and (day + timedelta(days=31)).year != year != (day - timedelta(days=31)).year:
            raise ValueError(f"{day} 不在{year}年")
        if kind == "workday" and day.weekday() < SATURDAY:
            raise ValueError(f"{day} 是周{'一二三四五'[day.weekday()]}，本来就上班")
    return [Day(day, kind, match[8].strip() or ("放假" if kind == "holiday" else "调休")) for day in days]


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"{year}-{month}-{day} 不是一个日期") from None


def _qingming(year: int) -> date:
    """Solar term by the usual formula for the 21st century (C = 4.81), right for 2000 to 2099."""
    short = year - 2000
    return date(year, 4, int(short * 0.2422 + 4.81) - short // 4)
