"""What type the values of a column have: a typed input is read as its type, and refused when it is of another."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any, Final

from engine.runtime.expressions import ExpressionError
from engine.runtime.expressions.temporal import (
    Months,
    format_duration,
    parse_date,
    parse_datetime,
    parse_duration,
    parse_time,
)
from engine.runtime.expressions.values import kind

# Process data is JSON, so a date comes as a text; a column that says it holds dates has it read as one.
_READERS: Final[Mapping[str, Callable[[str], Any]]] = MappingProxyType(
    {
        "date": parse_date,
        "datetime": parse_datetime,
        "dateandtime": parse_datetime,
        "time": parse_time,
        "duration": parse_duration,
        "daytimeduration": parse_duration,
        "yearmonthduration": parse_duration,
        "daysandtimeduration": parse_duration,
        "yearsandmonthsduration": parse_duration,
    }
)
_WORDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "string": ("文字", "text"),
        "boolean": ("是否", "boolean"),
        **dict.fromkeys(("number", "integer", "long", "double", "float", "decimal"), ("数字", "number")),
    }
)


@dataclass(frozen=True, slots=True)
class ItemType:
    """An item definition: the type it rests on, the text of its allowed values (empty: any), whether it is a list."""

    base: str
    allowed: str = ""
    collection: bool = False


def type_name(reference: Any) -> str:
    """Reduce a typeRef (`feel:number`, `date and time`, `dateTime`) to one lower-case word; `any` for none."""
    word = str(reference or "").rsplit(":", 1)[-1].lower()
    return re.sub(r"[^a-z]", "", word) or "any"


def read_as(type_word: str, value: Any) -> Any:
    """Return `value` as the type of its column says. Raises ExpressionError if it is of another type."""
    if value is None:
        return None
    reader = _READERS.get(type_word)
    if reader is not None:
        if isinstance(value, str):
            return reader(value)
        return value.date() if isinstance(value, datetime) and type_word == "date" else value
    wanted = _WORDS.get(type_word)
    if wanted is not None and not _fits(wanted[1], value):
        raise ExpressionError(
            f"这一列是{wanted[0]}，值却是{kind(value)}", f"a {wanted[1]} is wanted, not {type(value).__name__}"
        )
    return value


def written(value: Any) -> Any:
    """Return a result as process data hold it: dates, times and durations as ISO 8601 texts."""
    if isinstance(value, dict):
        return {key: written(item) for key, item in value.items()}
    if isinstance(value, list):
        return [written(item) for item in value]
    if isinstance(value, timedelta | Months):
        return format_duration(value)
    return value.isoformat() if isinstance(value, date | time) else value


def _fits(word: str, value: Any) -> bool:
    if isinstance(value, list):
        return all(_fits(word, item) for item in value)  # a column over a list has tests about the list
    if word == "text":
        return isinstance(value, str)
    if word == "boolean":
        return isinstance(value, bool)
    return isinstance(value, int | float) and not isinstance(value, bool)
