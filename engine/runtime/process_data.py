"""What may become process data: plain JSON, small and flat, copied at the edge so that nothing is shared."""

import math
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final

import orjson

from engine.runtime.errors import InvalidAnswers

MAX_DEPTH: Final = 32
MAX_BYTES: Final = 64 * 1024  # of one value, as JSON; long texts belong into tables
MAX_ANSWERS: Final = 1024 * 1024  # of everything somebody typed into one form; it goes into history
MAX_KEY: Final = 200  # characters
MAX_INTEGER: Final = 2**53 - 1  # beyond it a browser's numbers are no longer exact


def normalise(value: Any, where: str = "", limit: int = MAX_BYTES) -> Any:
    """Return a copy of ``value`` made of dict, list, str, int, float, bool and None only.

    Dates and times become ISO 8601 text, tuples lists. Raises InvalidAnswers, naming ``where``, for anything else, for
    NaN and infinity, texts with NUL or lone surrogates, keys that are no text, more than 32 levels and more than
    ``limit`` bytes as JSON.
    """
    copy = _copied(value, where, MAX_DEPTH)
    try:
        size = len(orjson.dumps(copy))
    except (orjson.JSONEncodeError, UnicodeError):
        raise _refused(where, "含有无法保存的字符或数字") from None
    if size > limit:
        raise _refused(where, f"太大（{size // 1024} KB，最多 {limit // 1024} KB）")
    return copy


def normalise_record(value: Mapping[str, Any], where: str = "", limit: int = MAX_BYTES) -> dict[str, Any]:
    """Return a copy of a JSON object, by the rules of :func:`normalise`; raise InvalidAnswers if it is none."""
    if not isinstance(value, Mapping):
        raise _refused(where, "不是一组名称和内容")
    copy: dict[str, Any] = normalise(value, where, limit)
    return copy


def _copied(value: Any, where: str, depth: int) -> Any:
    if type(value) is str and "\x00" not in value:
        return value  # by far the most; what is below asks more costly questions
    if isinstance(value, Mapping | list | tuple):
        if depth == 0:
            raise _refused(where, f"嵌套超过 {MAX_DEPTH} 层")
        if isinstance(value, Mapping):
            return {_key(key, where): _copied(item, where, depth - 1) for key, item in value.items()}
        return [_copied(item, where, depth - 1) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return _scalar(value, where)


def _scalar(value: Any, where: str) -> str | int | float:
    """Return a text or a number as Python's own type, whatever subclass it came as."""
    if isinstance(value, str):
        if "\x00" in value:
            raise _refused(where, "含有空字符")
        return str(value)
    if isinstance(value, int) and abs(value) <= MAX_INTEGER:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, int | float):
        raise _refused(where, "里有不能用的数字")
    raise _refused(where, f"类型 {type(value).__name__} 不能保存")


def _key(key: Any, where: str) -> str:
    if not isinstance(key, str) or not key or len(key) > MAX_KEY or "\x00" in key:
        raise _refused(where, "含有不能用的名称")
    return str(key)


def _refused(where: str, why: str) -> InvalidAnswers:
    return InvalidAnswers(f"“{where}”的内容{why}。" if where else f"内容{why}。")
