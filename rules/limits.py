"""Time limits as people and diagrams write them: 3工作日, 4工作小时, 15日, 2小时, P3D, PT4H, P3M."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Literal

LimitKind = Literal["working_days", "working_hours", "days", "elapsed"]

# Ten years of anything is a slip of the finger, and the day-by-day walk should end.
MAX_DAYS = 3660
MONTHS_A_YEAR = 12

_UNITS = {
    "工作日": "working_days",
    "个工作日": "working_days",
    "工作天": "working_days",
    "个工作天": "working_days",
    "工作小时": "working_hours",
    "个工作小时": "working_hours",
    "工作时": "working_hours",
    "日": "days",
    "天": "days",
    "自然日": "days",
    "个自然日": "days",
    "自然天": "days",
    "周": "weeks",
    "个星期": "weeks",
    "星期": "weeks",
    "月": "months",
    "个月": "months",
    "年": "years",
    "小时": "hours",
    "个小时": "hours",
    "时": "hours",
    "分钟": "minutes",
    "分": "minutes",
}
_TEXT = re.compile(
    r"(\d+(?:\.\d+)?|[零一二两三四五六七八九十百]+)\s*("
    + "|".join(sorted(_UNITS, key=len, reverse=True))
    + ")(?:内|以内)?"
)
_ISO = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?P<time>T(?:(?P<hours>\d+(?:\.\d+)?)H)?(?:(?P<minutes>\d+(?:\.\d+)?)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2}


@dataclass(frozen=True)
class Limit:
    """A parsed time limit; which fields count is said by `kind`.

    `working_days`: `working_days` (n) · `working_hours`: `elapsed` (within office hours) · `days`: `months`
    then `days` by the civil code · `elapsed`: `elapsed` on the running clock. `text` is what was written.
    """

    kind: LimitKind
    text: str
    months: int = 0
    days: int = 0
    working_days: int = 0
    elapsed: timedelta = timedelta()

    @property
    def label(self) -> str:
        """The limit in Chinese however it was written: `3个工作日`, `1个月15日`, `4个工作小时`."""
        if self.kind == "working_days":
            return f"{self.working_days}个工作日"
        if self.kind == "days":
            years, months = divmod(self.months, MONTHS_A_YEAR)
            return _joined((years, "年"), (months, "个月"), (self.days, "日"))
        seconds = int(self.elapsed.total_seconds())
        days = 0 if self.kind == "working_hours" else seconds // 86400
        hour = "个工作小时" if self.kind == "working_hours" else "小时"
        hours, rest = divmod(seconds - days * 86400, 3600)
        return _joined((days, "天"), (hours, hour), (rest // 60, "分钟"), (rest % 60, "秒"))


def _joined(*parts: tuple[int, str]) -> str:
    return "".join(f"{amount}{unit}" for amount, unit in parts if amount)


@lru_cache(maxsize=512)
def parse_limit(text: str) -> Limit:
    """Read a time limit; ValueError says in Chinese what is wrong.

    Dates count by the civil code (P3D is three calendar days, the first excluded, up to 24:00), hours and
    minutes run on the clock; `P1DT12H`, a mixture, is plain elapsed time.
    """
    folded = unicodedata.normalize("NFKC", text).strip()
    if not folded:
        raise ValueError("时限不能为空，请写成“3工作日”“15日”“4工作小时”或“P3D”")
    limit = _iso(folded.upper(), text) if folded[0] in "Pp" else _plain(folded, text)
    length = limit.months * 31 + limit.days + limit.working_days + limit.elapsed.days
    if limit.elapsed == timedelta() and length == 0:
        raise ValueError(f"时限“{text}”必须大于零")
    if length > MAX_DAYS:
        raise ValueError(f"时限“{text}”过长，最多十年")
    return limit


def _plain(folded: str, text: str) -> Limit:
    found = _TEXT.fullmatch(folded)
    if not found:
        raise ValueError(f"看不懂时限“{text}”，请写成“3工作日”“15日”“4工作小时”“2小时”“3个月”或“P3D”")
    amount, unit = _number(found[1], text), _UNITS[found[2]]
    if unit in ("hours", "minutes", "working_hours"):
        length = _clock(text, **{"minutes" if unit == "minutes" else "hours": amount})
        return Limit("working_hours" if unit == "working_hours" else "elapsed", text, elapsed=length)
    if amount != int(amount):
        raise ValueError(f"时限“{text}”里的日、周、月、年必须是整数")
    whole = int(min(amount, 10 * MAX_DAYS))
    if unit == "working_days":
        return Limit("working_days", text, working_days=whole)
    months = whole * {"months": 1, "years": MONTHS_A_YEAR}.get(unit, 0)
    return Limit("days", text, months=months, days=whole * {"days": 1, "weeks": 7}.get(unit, 0))


def _iso(folded: str, text: str) -> Limit:
    found = _ISO.fullmatch(folded)
    if not found or folded[-1] in "PT":
        raise ValueError(f"看不懂时限“{text}”，ISO 8601 的写法如 P3D、PT4H、P3M")
    part = {name: float(value) for name, value in found.groupdict().items() if value and name != "time"}
    months = int(min(part.get("years", 0) * MONTHS_A_YEAR + part.get("months", 0), MAX_DAYS))
    days = int(min(part.get("weeks", 0) * 7 + part.get("days", 0), 10 * MAX_DAYS))
    if not found["time"]:
        return Limit("days", text, months=months, days=days)
    if months:
        raise ValueError(f"时限“{text}”把年月和钟点混在一起，算不出确定的到期时间")
    clock = {name: part.get(name, 0.0) for name in ("hours", "minutes", "seconds")}
    return Limit("elapsed", text, elapsed=_clock(text, days=days, **clock))


def _clock(text: str, **parts: float) -> timedelta:
    try:
        return timedelta(**parts)
    except OverflowError:
        raise ValueError(f"时限“{text}”过长，最多十年") from None


def _number(written: str, text: str) -> float:
    if written[0].isdigit():
        return float(written)
    total = digit = 0
    for character in written:
        if character in "十百":
            total += max(digit, 1) * (10 if character == "十" else 100)
            digit = 0
        elif digit and character != "零":
            raise ValueError(f"看不懂时限“{text}”里的数字")
        else:
            digit = _DIGITS[character]
    return float(total + digit)
