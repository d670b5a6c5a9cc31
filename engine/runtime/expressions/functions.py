"""The functions every expression may call. Each takes and gives plain values and reaches nothing outside them."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any, Final

from engine.runtime.expressions import temporal
from engine.runtime.expressions.errors import ExpressionError
from engine.runtime.expressions.temporal import Months
from engine.runtime.expressions.values import equal, kind, number, ordered

_INT_DIGITS: Final = 19


@dataclass(frozen=True, slots=True)
class Builtin:
    """A function with the least and the most arguments it takes."""

    run: Callable[..., Any]
    least: int
    most: int


def _bad(name: str, value: object) -> ExpressionError:
    return ExpressionError(
        f"函数 {name} 不能用于{kind(value)}", f"function {name} does not take {type(value).__name__}"
    )


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _bad(name, value)
    return value


def _items(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _bad(name, value)
    return value


def _len(value: Any) -> int:
    if not isinstance(value, str | list | dict):
        raise _bad("len", value)
    return len(value)


def _extreme(name: str, sign: str) -> Callable[..., Any]:
    def run(*values: Any) -> Any:
        items = _items(name, values[0]) if len(values) == 1 else list(values)
        if not items:
            raise ExpressionError(f"{name} 的列表是空的", f"{name} of an empty list")
        best = items[0]
        for item in items[1:]:
            if ordered(item, best, sign):
                best = item
        return best

    return run


def _str(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, date | time):
        return value.isoformat()
    raise _bad("str", value)


def _int(value: Any) -> int:
    if isinstance(value, str):
        digits = value.strip()
        if len(digits) > _INT_DIGITS or not digits.lstrip("-").isdecimal():
            raise ExpressionError(f"不是整数：{value[:40]!r}", f"not a whole number: {value[:40]!r}")
        return int(digits)
    return int(number(value, "int"))


def _float(value: Any) -> float:
    if isinstance(value, str):
        try:
            return float(value[:40])
        except ValueError:
            raise ExpressionError(f"不是数字：{value[:40]!r}", f"not a number: {value[:40]!r}") from None
    return float(number(value, "number"))


def _round(value: Any, digits: Any = 0) -> int | float:
    places = number(digits, "round")
    if not isinstance(places, int) or not 0 <= places <= 12:  # noqa: PLR2004 - beyond that floats mean nothing
        raise ExpressionError("round 的小数位数应为 0 到 12", "round takes 0 to 12 digits")
    plain = number(value, "round")
    return round(plain, places) if places else round(plain)


def _contains(container: Any, item: Any) -> bool:
    if isinstance(container, list):
        return any(equal(item, each) for each in container)
    return _text("contains", item) in _text("contains", container)


def _date(value: Any, month: Any = None, day: Any = None) -> date:
    if month is not None:
        parts = [number(part, "date") for part in (value, month, day)]
        if any(isinstance(part, float) for part in parts):
            raise _bad("date", parts)
        return date(*(int(part) for part in parts))
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = _text("date", value)
    return temporal.parse_date(text[:10] if "T" in text else text)


def _datetime(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    return temporal.parse_datetime(_text("datetime", value))


def _time(value: Any) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, datetime):
        return value.timetz()
    return temporal.parse_time(_text("time", value))


def _duration(value: Any) -> timedelta | Months:
    if isinstance(value, timedelta | Months):
        return value
    return temporal.parse_duration(_text("duration", value))


def _span(unit: str) -> Callable[[Any], timedelta]:
    def run(count: Any) -> timedelta:
        return timedelta(**{unit: number(count, unit)})

    return run


def _member(name: str) -> Callable[[Any], int]:
    def run(value: Any) -> int:
        if not isinstance(value, date):
            raise _bad(name, value)
        return value.isoweekday() if name == "weekday" else int(getattr(value, name))

    return run


BUILTINS: Final[Mapping[str, Builtin]] = MappingProxyType(
    {
        "abs": Builtin(lambda value: abs(number(value, "abs")), 1, 1),
        "all": Builtin(lambda values: all(_items("all", values)), 1, 1),
        "any": Builtin(lambda values: any(_items("any", values)), 1, 1),
        "ceiling": Builtin(lambda value: math.ceil(number(value, "ceiling")), 1, 1),
        "contains": Builtin(_contains, 2, 2),
        "count": Builtin(lambda values: len(_items("count", values)), 1, 1),
        "date": Builtin(_date, 1, 3),
        "datetime": Builtin(_datetime, 1, 1),
        "day": Builtin(_member("day"), 1, 1),
        "days": Builtin(_span("days"), 1, 1),
        "duration": Builtin(_duration, 1, 1),
        "ends_with": Builtin(lambda text, end: _text("ends_with", text).endswith(_text("ends_with", end)), 2, 2),
        "floor": Builtin(lambda value: math.floor(number(value, "floor")), 1, 1),
        "hours": Builtin(_span("hours"), 1, 1),
        "int": Builtin(_int, 1, 1),
        "len": Builtin(_len, 1, 1),
        "lower": Builtin(lambda text: _text("lower", text).lower(), 1, 1),
        "max": Builtin(_extreme("max", ">"), 1, 40),
        "min": Builtin(_extreme("min", "<"), 1, 40),
        "minutes": Builtin(_span("minutes"), 1, 1),
        "month": Builtin(_member("month"), 1, 1),
        "number": Builtin(_float, 1, 1),
        "round": Builtin(_round, 1, 2),
        "starts_with": Builtin(
            lambda text, start: _text("starts_with", text).startswith(_text("starts_with", start)), 2, 2
        ),
        "str": Builtin(_str, 1, 1),
        "sum": Builtin(lambda values: sum(number(value, "sum") for value in _items("sum", values)), 1, 1),
        "time": Builtin(_time, 1, 1),
        "trim": Builtin(lambda text: _text("trim", text).strip(), 1, 1),
        "upper": Builtin(lambda text: _text("upper", text).upper(), 1, 1),
        "weekday": Builtin(_member("weekday"), 1, 1),
        "year": Builtin(_member("year"), 1, 1),
    }
)

# These take the name of something that may have no value, so the interpreter handles them itself.
TOLERANT: Final[Mapping[str, tuple[int, int]]] = MappingProxyType({"defined": (1, 1), "empty": (1, 1), "get": (2, 3)})

# FEEL's names for the same functions, for decision tables; their lexer knows that they are one name.
SPELLINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "date and time": "datetime",
        "string length": "len",
        "starts with": "starts_with",
        "ends with": "ends_with",
        "upper case": "upper",
        "lower case": "lower",
        "list contains": "contains",
    }
)
