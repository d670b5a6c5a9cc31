"""What a value may be, and how two values compare."""

import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from engine.runtime.expressions.errors import ExpressionError
from engine.runtime.expressions.limits import MAX_INTEGER, MAX_ITEMS, MAX_TEXT, MAX_VALUE_DEPTH
from engine.runtime.expressions.temporal import Months

_SCALARS: Final = frozenset({bool, type(None), date, datetime, time, timedelta, Months})
_KINDS: Final = {
    bool: "是否",
    int: "数字",
    float: "数字",
    str: "文字",
    list: "列表",
    dict: "记录",
    type(None): "空值",
    date: "日期",
    datetime: "日期时间",
    time: "时间",
    timedelta: "时长",
    Months: "时长",
}


def kind(value: object) -> str:
    """Return the Chinese word for the kind of a value, for messages."""
    return _KINDS.get(type(value), type(value).__name__)


def admit(value: Any) -> Any:
    """Let a value into a computation if its type and size are allowed; the outer level only, so it is cheap.

    Tuples become lists and mappings of other types dicts. Raises ExpressionError.
    """
    exact = type(value)
    if exact is str:
        if len(value) > MAX_TEXT:
            raise ExpressionError("文字太长", "text too long")
    elif exact is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise ExpressionError("数字太大", "number too large")
    elif exact is float:
        if not math.isfinite(value):
            raise ExpressionError("结果不是有限的数字", "not a finite number")
    elif exact is list or exact is dict:
        if len(value) > MAX_ITEMS:
            raise ExpressionError("列表或记录太大", "list or record too large")
    elif exact not in _SCALARS:
        return _admit_relative(value)
    return value


def _admit_relative(value: Any) -> Any:
    """Reduce subclasses and look-alikes of the allowed types to the type itself."""
    if isinstance(value, tuple | frozenset | set):
        return admit(list(value))
    if isinstance(value, Mapping):
        return admit(dict(value))
    if isinstance(value, str):
        return admit(str.__str__(value))
    if isinstance(value, int):
        return admit(int.__int__(value))
    raise ExpressionError(
        f"不能使用 {type(value).__name__} 类型的值", f"values of type {type(value).__name__} are not allowed"
    )


def result(value: Any) -> Any:
    """Copy a value so that it shares nothing with the data it came from, checked through and through.

    Raises ExpressionError if it is too large, nested too deep, or holds a type or key that is not allowed.
    """
    return _copy(value, [MAX_ITEMS, MAX_TEXT], 0)


def _copy(value: Any, budget: list[int], depth: int) -> Any:
    value = admit(value)
    if isinstance(value, str):
        budget[1] -= len(value)
    elif isinstance(value, list | dict):
        budget[0] -= len(value)
    if min(budget) < 0:
        raise ExpressionError("结果太大", "result too large")
    if depth > MAX_VALUE_DEPTH:
        raise ExpressionError("结果嵌套太深", "result nested too deep")
    if isinstance(value, list):
        return [_copy(item, budget, depth + 1) for item in value]
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise ExpressionError("记录的键必须是文字", "the keys of a record must be texts")
        return {_copy(key, budget, depth + 1): _copy(item, budget, depth + 1) for key, item in value.items()}
    return value


def number(value: Any, what: str) -> int | float:
    """`value` if it is a number (true and false are none). Raises ExpressionError naming the operation `what`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ExpressionError(
            f"{what} 只能用于数字，这里是{kind(value)}", f"{what} takes numbers, not {type(value).__name__}"
        )
    return value


def equal(left: Any, right: Any) -> bool:
    """Equality in which `true` is not 1 and values of different kinds are unequal, not an error."""
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return bool(left == right)


def ordered(left: Any, right: Any, sign: str) -> bool:
    """`left sign right` for sign in < <= > >=, for two numbers, texts, dates, times or durations.

    Raises ExpressionError for any other pair, naming both kinds.
    """
    if not _comparable(left, right):
        raise ExpressionError(
            f"不能比较{kind(left)}和{kind(right)}的大小（{sign}）",
            f"cannot compare {type(left).__name__} {sign} {type(right).__name__}",
        )
    if sign == "<":
        return bool(left < right)
    if sign == "<=":
        return bool(left <= right)
    if sign == ">":
        return bool(left > right)
    return bool(left >= right)


def _comparable(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    if isinstance(left, int | float):
        return isinstance(right, int | float)
    if isinstance(left, datetime) or isinstance(right, datetime):
        return (
            isinstance(left, datetime)
            and isinstance(right, datetime)
            and (left.utcoffset() is None) == (right.utcoffset() is None)
        )
    if isinstance(left, time) and isinstance(right, time):
        return (left.utcoffset() is None) == (right.utcoffset() is None)
    return type(left) is type(right) and isinstance(left, str | date | timedelta | Months)


def contained(item: Any, container: Any) -> bool:
    """`item in container` for a list (element), record (key) or text (part). Raises ExpressionError otherwise."""
    if isinstance(container, list):
        return any(equal(item, each) for each in container)
    if isinstance(container, dict):
        return isinstance(item, str) and item in container
    if isinstance(container, str) and isinstance(item, str):
        return item in container
    raise ExpressionError(
        f"in 的右边必须是列表、记录或文字，这里是{kind(container)}",
        f"the right side of in must be a list, record or text, not {type(container).__name__}",
    )


def empty(value: Any) -> bool:
    """Whether a value is null, an empty text, an empty list or an empty record."""
    return value is None or (isinstance(value, str | list | dict) and not value)
