"""Reading JSON with a place: every wrong type or size becomes a problem, and reading goes on."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from forms.problems import Problems

_FORBIDDEN = {"Cc", "Cs"}
_WIDEST = Decimal(10) ** 15


class Node:
    """One JSON object of a schema and where it stands. Getters return a usable value whatever they find."""

    def __init__(self, data: Mapping[str, Any], place: str, problems: Problems) -> None:
        self.data = data
        self.place = place
        self.problems = problems

    def at(self, name: str) -> str:
        """Return the place of an attribute."""
        return f"{self.place}.{name}" if self.place else name

    def refuse(self, name: str, message: str, message_en: str) -> None:
        """Note a problem with an attribute."""
        self.problems.add(self.at(name), message, message_en)

    def only(self, allowed: Collection[str], why: str = "", why_en: str = "") -> None:
        """Note every attribute that is not allowed: one that is not understood must not be ignored."""
        for name in self.data:
            if name not in allowed:
                self.refuse(str(name)[:40], why or "不支持这个属性", why_en or "this attribute is not supported")

    def text(self, name: str, *, longest: int = 200, lines: bool = False) -> str:
        """Return a text attribute ('' when absent), without control characters, at most ``longest`` long."""
        value = self.data.get(name, "")
        if not isinstance(value, str):
            self.refuse(name, "应是文字", "must be text")
            return ""
        allowed = "\n\t\r" if lines else ""
        if any(unicodedata.category(c) in _FORBIDDEN and c not in allowed for c in value):
            self.refuse(name, "含有控制字符", "contains control characters")
            return ""
        if len(value) > longest:
            self.refuse(name, f"不能超过 {longest} 字", f"longer than {longest} characters")
            return ""
        return value.strip()

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a yes/no attribute."""
        value = self.data.get(name, default)
        if isinstance(value, bool):
            return value
        self.refuse(name, "应是 true 或 false（不支持表达式）", "must be true or false (expressions are not supported)")
        return default

    def whole(self, name: str, low: int, high: int) -> int | None:
        """Return a whole number between ``low`` and ``high``, None when absent or wrong."""
        value = self.data.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.refuse(name, f"应是 {low} 到 {high} 的整数", f"must be a whole number from {low} to {high}")
            return None
        return value

    def decimal(self, name: str) -> Decimal | None:
        """Return a finite number of at most 15 digits, None when absent or wrong."""
        value = self.data.get(name)
        if value is None:
            return None
        number = as_decimal(value)
        if number is None:
            self.refuse(name, "应是数字", "must be a number")
        return number

    def child(self, name: str) -> Node:
        """Return an object attribute as a node of its own (an empty one when absent or wrong)."""
        value = self.data.get(name)
        if value is not None and not isinstance(value, Mapping):
            self.refuse(name, "应是一组属性（JSON 对象）", "must be a JSON object")
        return Node(value if isinstance(value, Mapping) else {}, self.at(name), self.problems)

    def items(self, name: str, most: int) -> list[Any]:
        """Return a list attribute (empty when absent or wrong), of at most ``most`` entries."""
        value = self.data.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.refuse(name, "应是列表", "must be a list")
            return []
        if len(value) > most:
            self.refuse(name, f"最多 {most} 项，现有 {len(value)} 项", f"at most {most} entries, found {len(value)}")
            return []
        return value


def as_decimal(value: object) -> Decimal | None:
    """Return a JSON number or a number in text as Decimal; None for anything else, NaN, infinity, the huge."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    if isinstance(value, int) and abs(value) > _WIDEST:
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) <= _WIDEST else None
