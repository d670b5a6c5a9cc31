"""What the operators do with two values."""

import math
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

from engine.runtime.expressions.errors import ExpressionError
from engine.runtime.expressions.temporal import Months
from engine.runtime.expressions.values import contained, equal, number, ordered


def compare(sign: str, left: Any, right: Any) -> bool:
    """One comparison of two values; `sign` is one of == != in, not in, < <= > >=. Raises ExpressionError."""
    if sign == "==":
        return equal(left, right)
    if sign == "!=":
        return not equal(left, right)
    if sign == "in":
        return contained(left, right)
    if sign == "not in":
        return not contained(left, right)
    return ordered(left, right, sign)


_ON_NUMBERS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
}


def arithmetic(sign: str, left: Any, right: Any) -> Any:
    """One operation on two values. Raises ExpressionError for kinds that do not go together and for division by 0."""
    if sign in "+-":
        moved = _moved(left, right, minus=sign == "-")
        if moved is not None:
            return moved
        if sign == "+" and isinstance(left, str) and isinstance(right, str):
            return left + right
    one, two = number(left, sign), number(right, sign)
    if sign in ("/", "//", "%") and two == 0:
        raise ExpressionError("不能除以 0", "division by zero")
    if sign == "/":
        exact = isinstance(one, int) and isinstance(two, int) and one % two == 0
        return one // two if exact else one / two
    value = _ON_NUMBERS[sign](one, two)
    if isinstance(value, float) and not math.isfinite(value):
        raise ExpressionError("结果不是有限的数字", "not a finite number")
    return value


def _moved(left: Any, right: Any, *, minus: bool) -> Any:
    """Dates and durations added or subtracted; None if the operands are none."""
    try:
        if isinstance(left, date) and isinstance(right, Months):
            return (-right if minus else right).after(left)
        if isinstance(left, Months) and isinstance(right, Months):
            return Months(left.count - right.count if minus else left.count + right.count)
        if isinstance(left, date | timedelta) and isinstance(right, timedelta):
            return left - right if minus else left + right
        if minus and isinstance(left, date) and isinstance(right, date):
            return left - right
    except (OverflowError, TypeError):
        raise ExpressionError("日期超出范围或不能相减", "date out of range, or dates that do not go together") from None
    return None


def negated(value: Any) -> Any:
    """Return minus a number or duration. Raises ExpressionError for anything else."""
    return -value if isinstance(value, timedelta | Months) else -number(value, "-")
