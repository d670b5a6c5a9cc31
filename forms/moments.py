"""Dates and times as native inputs send them and as answers keep them (Asia/Shanghai, ISO 8601)."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone

BUREAU_OFFSET = timezone(timedelta(hours=8))
"""Asia/Shanghai: eight hours ahead of UTC all year since 1992, and forms ask about nothing earlier."""

SHAPES = {"date": "YYYY-MM-DD", "datetime": "YYYY-MM-DDTHH:MM", "time": "HH:MM"}
"""Subtype of a datetime component -> how its value is written in inputs, schemas and conditions."""

_INPUT = {
    "date": re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII),
    "datetime": re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::\d\d(?:\.\d{1,6})?)?", re.ASCII),
    "time": re.compile(r"(\d\d):(\d\d)(?::\d\d(?:\.\d{1,6})?)?", re.ASCII),
}
_STORED = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_YEARS = range(1900, 2101)


def read_moment(subtype: str, typed: str) -> str | None:
    """Return what was typed in the shape of SHAPES, or None when it is no date of 1900 to 2100 (or no time)."""
    match = _INPUT[subtype].fullmatch(typed.strip())
    if match is None:
        return None
    parts = [int(part) for part in match.groups()]
    try:
        if subtype == "time":
            return time(parts[0], parts[1]).isoformat(timespec="minutes")
        if parts[0] not in _YEARS:
            return None
        if subtype == "date":
            return date(*parts).isoformat()
        return datetime(*parts).isoformat(timespec="minutes")  # type: ignore[arg-type]  # noqa: DTZ001 -- bureau's wall time
    except ValueError:
        return None


def from_stored(subtype: str, value: object) -> str | None:
    """Return a kept answer, a date or a datetime in the shape of SHAPES (bureau's wall time), None if it is none."""
    if isinstance(value, str) and subtype == "datetime" and _STORED.fullmatch(value.strip()):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, datetime):
        local = value.astimezone(BUREAU_OFFSET) if value.tzinfo else value
        value = local.strftime({"date": "%Y-%m-%d", "datetime": "%Y-%m-%dT%H:%M", "time": "%H:%M"}[subtype])
    elif isinstance(value, time):
        value = value.strftime("%H:%M")
    elif isinstance(value, date):
        value = value.isoformat()
    return read_moment(subtype, value) if isinstance(value, str) else None


def to_stored(subtype: str, moment: str) -> str:
    """Return the answer to keep: a date and time gets its seconds and its offset from UTC, others stay."""
    return f"{moment}:00+08:00" if subtype == "datetime" else moment


def resolve(subtype: str, bound: str, now: datetime) -> str:
    """Return a bound or default of a schema as a moment: ``today`` and ``now`` become the present one."""
    if bound in {"today", "now"}:
        return from_stored(subtype, now) or ""
    return bound
