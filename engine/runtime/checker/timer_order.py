"""Boundary events that never get their turn: nothing waits, or another timer interrupts before."""

import re
from dataclasses import dataclass
from typing import Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.formulas import marked, times
from engine.runtime.checker.loops import waiting_nodes
from engine.runtime.checker.model import ACTIVITIES, Node
from engine.runtime.checker.timers import VALID
from engine.runtime.durations import parse_duration, parse_repeat

_CHINESE_PARTS: Final = re.compile(
    r"(?P<count>\d{1,4}(?:\.\d{1,2})?)\s*个?(?P<unit>工作日|工作天|工作小时|自然日|自然天|日|天|周|星期|小时|分钟)(?:内|以内)?"
)
_DAY: Final = 86_400
_SHORT_MONTH: Final = 28 * _DAY
_LONG_MONTH: Final = 31 * _DAY
_HEARD: Final = frozenset({"message", "signal"})
_UNITS: Final = {"日": _DAY, "周": 7 * _DAY, "星期": 7 * _DAY, "小时": 3_600, "分钟": 60}


def check_timer_order(context: Context) -> None:
    """Note timers on activities that finish by themselves, and timers that another one always forestalls."""
    waiting = waiting_nodes(context)
    for diagram, node in context.nodes():
        host = node.host
        if host is not None and host.inside is None and host not in waiting and _HEARD.intersection(node.definitions):
            context.report.add("event-unused", diagram.file, node, host=host.title)
        if host is not None and host.kind in ACTIVITIES and "timer" in node.definitions:
            if host not in waiting:
                context.report.add("timer-unused", diagram.file, node, host=host.title)
            _check_order(context, diagram.file, node, host)


def _check_order(context: Context, file: str, node: Node, host: Node) -> None:
    """Note a timer that an interrupting one on the same activity always forestalls."""
    text, length = _length(node)
    if length is None:
        return
    for other in host.boundary:
        if other is node or not other.interrupts:
            continue
        earlier_text, earlier = _length(other)
        if earlier is not None and earlier.unit == length.unit and earlier.most < length.least:
            values = {"other": other.title, "length": earlier_text, "host": host.title, "text": text}
            context.report.add("timer-too-late", file, node, **values)
            return


@dataclass(frozen=True)
class _Length:
    """What is known of a length of time: its shortest and longest extent in `unit` (`s` or a unit of working time)."""

    unit: str
    least: float
    most: float


def _length(node: Node) -> tuple[str, _Length | None]:
    """Return the literal time until a timer fires first, as it is written and as an extent; None if unknown."""
    for kind, text in times(node):
        if marked(text) or not text or kind == "timeDate" or not VALID[kind](text):
            continue
        if kind == "timeCycle":
            repeat = parse_repeat(text)
            return (text, None) if repeat.first else (text, _extent(repeat.period))
        return text, _extent(text)
    return "", None


def _extent(text: str) -> _Length | None:
    found = _CHINESE_PARTS.fullmatch(text)
    if found is not None:
        count = float(found["count"])
        unit = found["unit"].replace("天", "日")
        if unit.startswith("工作"):
            return _Length(unit, count, count)
        seconds = _UNITS.get(unit.removeprefix("自然"))
        # A day may be counted to its end.
        return _Length("s", count * seconds, count * seconds + _DAY) if seconds else None
    try:
        length = parse_duration(text)
    except ValueError:
        return None
    exact = length.exact.total_seconds()
    return _Length("s", exact + length.months * _SHORT_MONTH, exact + length.months * _LONG_MONTH)
