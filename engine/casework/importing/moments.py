"""Dates and times as channels write them, in bureau time unless they name a zone."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Literal

from rules.bureau_calendar import BUREAU_ZONE

Order = Literal["dmy", "mdy"]

_TIME = (
    r"(?:[T\s]*(?P<half>上午|下午|晚上|凌晨|中午|AM|PM)?\s*"
    r"(?P<hour>\d{1,2})[::时点](?P<minute>\d{1,2})?[::分]?(?P<second>\d{1,2})?(?:\.\d+)?秒?\s*(?P<half2>AM|PM)?)?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*[日号]?" + _TIME
)
_YEAR_LAST = re.compile(r"(?P<first>\d{1,2})[-/.](?P<second_part>\d{1,2})[-/.](?P<year>\d{4})" + _TIME)
_COMPACT = re.compile(
    r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:\s*(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?)?"
)
_WEEKDAY = re.compile(r"[(（]?(?:星期|周)[一二三四五六日天][)）]?")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
# Excel counts days from here, its leap day that never was included (ECMA-376, 18.17.4.1).
_EXCEL_ORIGIN = datetime(1899, 12, 30, tzinfo=BUREAU_ZONE)
NOON = 12


def parse_moment(written: str, order: Order | None = None) -> datetime:
    """Return the moment, aware. ``order`` says which number is the day where the year stands last.

    Raises ValueError, in Chinese, when it is no date, no existing date, or day and month cannot be told apart.
    """
    text = _WEEKDAY.sub(" ", unicodedata.normalize("NFKC", written)).strip()
    for pattern in (_YEAR_FIRST, _COMPACT):
        if found := pattern.fullmatch(text):
            return _moment(written, found.groupdict(), int(found["year"]), int(found["month"]), int(found["day"]))
    if found := _YEAR_LAST.fullmatch(text):
        first, second = int(found["first"]), int(found["second_part"])
        day_first = order == "dmy" or first > NOON
        if order is None and first <= NOON and second <= NOON and first != second:
            raise ValueError(f"“{written}”分不清哪个是日、哪个是月")
        day, month = (first, second) if day_first else (second, first)
        return _moment(written, found.groupdict(), int(found["year"]), month, day)
    if _SERIAL.fullmatch(text):
        moment = _EXCEL_ORIGIN.replace(tzinfo=None) + timedelta(days=float(text))
        rounded = (moment + timedelta(microseconds=500_000)).replace(microsecond=0)
        return rounded.replace(tzinfo=BUREAU_ZONE)
    raise ValueError(f"看不懂时间“{written[:40]}”")


def order_of(column: Iterable[str]) -> Order | None:
    """Return whether day or month comes first in a column whose years stand last, or None when nothing tells."""
    found: set[Order] = set()
    for written in column:
        match = _YEAR_LAST.fullmatch(unicodedata.normalize("NFKC", written).strip())
        if match is None:
            continue
        if int(match["first"]) > NOON:
            found.add("dmy")
        elif int(match["second_part"]) > NOON:
            found.add("mdy")
    return found.pop() if len(found) == 1 else None


def _moment(written: str, parts: dict[str, str | None], year: int, month: int, day: int) -> datetime:
    hour = int(parts.get("hour") or 0)
    half = parts.get("half") or parts.get("half2")
    if half in {"下午", "晚上", "PM"} and hour < NOON:
        hour += NOON
    elif half in {"上午", "凌晨", "AM"} and hour == NOON:
        hour = 0
    try:
        return datetime(
            year,
            month,
            day,
            hour,
            int(parts.get("minute") or 0),
            int(parts.get("second") or 0),
            tzinfo=_zone(parts.get("zone")),
        )
    except ValueError:
        raise ValueError(f"“{written[:40]}”不是存在的时间") from None


def _zone(written: str | None) -> tzinfo:
    if not written:
        return BUREAU_ZONE
    if written == "Z":
        return UTC
    sign = -1 if written[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(written[1:3]), minutes=int(written[-2:])))
