"""Dates, times and ISO 8601 durations as values of expressions."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from engine.runtime.expressions.errors import ExpressionError

_DURATION: Final = re.compile(
    r"(-)?P(?:(\d{1,9})W|(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,7})D)?"
    r"(T(?=\d)(?:(\d{1,8})H)?(?:(\d{1,9})M)?(?:(\d{1,10})(?:[.,](\d{1,6}))?S)?)?)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, order=True)
class Months:
    """A duration of whole months (`P1Y2M`), which has no length in days of its own."""

    count: int

    def __neg__(self) -> "Months":
        return Months(-self.count)

    def after(self, day: date) -> date:
        """`day` moved by these months; the 31st becomes the last day of a shorter month."""
        index = day.year * 12 + day.month - 1 + self.count
        year, month = divmod(index, 12)
        if not date.min.year <= year <= date.max.year:
            raise ExpressionError("日期超出范围", "date out of range")
        last = calendar.monthrange(year, month + 1)[1]
        return day.replace(year=year, month=month + 1, day=min(day.day, last))


def parse_duration(text: str) -> timedelta | Months:
    """Read an ISO 8601 duration: days and time give a timedelta, years and months give Months.

    A mixture (`P1M3D`) has no one length and is refused, as are durations without a part.
    Raises ExpressionError.
    """
    match = _DURATION.fullmatch(text)
    if match is None or text.lstrip("-") == "P":
        raise ExpressionError(
            f"不是 ISO 8601 时长：{text[:80]!r}（例如 P3D、PT8H）",
            f"not an ISO 8601 duration: {text[:80]!r} (such as P3D, PT8H)",
        )
    minus, weeks, years, months, days, clock, hours, minutes, seconds, fraction = match.groups()
    sign = -1 if minus else 1
    if years or months:
        if days or clock:
            raise ExpressionError(f"时长不能混合月和天：{text}", f"a duration must not mix months and days: {text}")
        return Months(sign * (int(years or 0) * 12 + int(months or 0)))
    try:
        return sign * timedelta(
            weeks=int(weeks or 0),
            days=int(days or 0),
            hours=int(hours or 0),
            minutes=int(minutes or 0),
            seconds=int(seconds or 0),
            microseconds=int((fraction or "").ljust(6, "0")),
        )
    except OverflowError:
        raise ExpressionError(f"时长太大：{text}", f"duration too large: {text}") from None


def format_duration(value: timedelta | Months) -> str:
    """Write a duration as ISO 8601, so that `parse_duration` reads the same again."""
    if isinstance(value, Months):
        return f"{'-' * (value.count < 0)}P{abs(value.count)}M"
    minus, length = value < timedelta(), abs(value)
    seconds, fraction = length.seconds, length.microseconds
    clock = "".join(f"{amount}{unit}" for amount, unit in ((seconds // 3600, "H"), (seconds // 60 % 60, "M")) if amount)
    if seconds % 60 or fraction:
        clock += f"{seconds % 60}" + (f".{fraction:06}".rstrip("0") if fraction else "") + "S"
    days = f"{length.days}D" if length.days or not clock else ""
    return f"{'-' * minus}P{days}" + (f"T{clock}" if clock else "")


def parse_date(text: str) -> date:
    """Read `2025-03-01` (ISO 8601, extended form). Raises ExpressionError."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise ExpressionError(f"不是日期：{text[:80]!r}（例如 2025-03-01）", f"not a date: {text[:80]!r}")


def parse_datetime(text: str) -> datetime:
    """Read `2025-03-01T08:30:00+08:00` (ISO 8601); a date alone is its first moment. Raises ExpressionError."""
    if re.match(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    raise ExpressionError(
        f"不是日期时间：{text[:80]!r}（例如 2025-03-01T08:30:00）", f"not a date and time: {text[:80]!r}"
    )


def parse_time(text: str) -> time:
    """Read `08:30:00` (ISO 8601). Raises ExpressionError."""
    if re.match(r"\d\d:\d\d", text, re.ASCII):
        try:
            return time.fromisoformat(text)
        except ValueError:
            pass
    raise ExpressionError(f"不是时间：{text[:80]!r}（例如 08:30）", f"not a time: {text[:80]!r}")
