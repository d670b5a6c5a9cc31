"""Timers and due dates: each must say one time that can be understood, and that can come."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.elements import refuse
from engine.runtime.checker.formulas import marked
from engine.runtime.checker.model import Node, local
from engine.runtime.durations import Repeat, parse_duration, parse_repeat
from engine.runtime.expressions import ExpressionError
from engine.runtime.expressions.temporal import parse_datetime
from engine.runtime.retry_cycle import parse_cycle

# Lengths as people write them; how long a working day or a month is, the host knows.
_CHINESE_LENGTH: Final = re.compile(
    r"(?:[1-9]\d{0,3}(?:\.\d{1,2})?|0\.\d{1,2}|[一二两三四五六七八九十百]{1,5})\s*个?"
    r"(?:工作日|工作天|工作小时|工作时|自然日|自然天|日|天|周|星期|月|年|小时|时|分钟|分)(?:内|以内)?"
)

# No time at all, or one that runs backwards, alone or as the period of a cycle.
_NOTHING: Final = re.compile(
    r"(?:R\d{0,9}/)?(?:-P[\dA-Z.,-]{1,40}|P(?=[\dT])(?:0+(?:[.,]0+)?[YMWD])*(?:T(?:0+(?:[.,]0+)?[HMS])+)?|-?0\s*\S{1,6}"
    r"|-\d{1,6}\s*\S{1,6})"
)
_LONG_MONTH: Final = 31  # days
# Five to seven fields of minutes, hours, days, as cron has them.
_CRON: Final = re.compile(r"[\d*/,?LW#A-Z-]{1,20}(?:\s+[\d*/,?LW#A-Z-]{1,20}){4,6}", re.ASCII | re.IGNORECASE)


_COMPUTED_START: Final = (
    "开始事件里用表达式写的时间",
    "a computed time at a start event",
    "请写固定的时间或周期：流程还没有开始，没有数据可算。",
    "Write a fixed time or cycle: before the process begins there are no data.",
)


def check_timers(context: Context) -> None:
    """Check the timers of all events and the due dates of all user tasks."""
    for diagram, node in context.nodes():
        for definition in node.children("timerEventDefinition"):
            # A definition of its own may be named instead; that one is checked where it stands.
            _check_definition(context, diagram.file, node, definition)
        for entry in node.extensions("failedJobRetryTimeCycle"):
            text = _text(entry)
            if not _is_retry(text):
                context.report.add("timer", diagram.file, node, place="重试周期", place_en="retry cycle", text=text)
        if node.kind in ("userTask", "manualTask"):
            for attribute, place, place_en in (
                ("dueDate", "到期时间", "due date"),
                ("followUpDate", "跟进时间", "follow-up date"),
            ):
                text = node.camunda(attribute)
                if text and not marked(text) and not _is_moment(text):
                    code = "timer-zero" if _NOTHING.fullmatch(text) else "timer"
                    context.report.add(code, diagram.file, node, place=place, place_en=place_en, text=text)


def _check_definition(context: Context, file: str, node: Node, definition: Any) -> None:
    found = [(local(child), _text(child)) for child in definition if local(child) in VALID]
    filled = [(kind, text) for kind, text in found if text]
    if not filled:
        context.report.add("timer-empty", file, node)
    elif len(filled) > 1:
        context.report.add("timer-several", file, node)
    for kind, text in filled:
        if marked(text):
            if node.kind == "startEvent":
                refuse(context, file, node, _COMPUTED_START)
            continue
        if not VALID[kind](text):
            code = "timer-cron" if _CRON.fullmatch(text) else "timer-zero" if _NOTHING.fullmatch(text) else "timer"
            context.report.add(code, file, node, place="定时器", place_en="timer", text=text)
        elif kind == "timeDate" and context.known.now is not None and _moment(text) < context.known.now:
            context.report.add("schedule-past" if node.kind == "startEvent" else "timer-past", file, node, text=text)
        elif kind == "timeCycle" and node.kind == "startEvent" and _is_over(parse_repeat(text), context.known.now):
            context.report.add("schedule-past", file, node, text=text)
        elif kind == "timeCycle" and parse_repeat(text).count != 1 and _fires_once(node):
            context.report.add("cycle-once", file, node, text=text)


def _is_over(repeat: Repeat, now: datetime | None) -> bool:
    """Whether the last period of a cycle that says when it begins has passed, months taken as long."""
    if now is None or repeat.count is None or not repeat.first:
        return False
    try:
        period = parse_duration(repeat.period)
        length = period.exact + timedelta(days=_LONG_MONTH * period.months)
        return _moment(repeat.first) + length * (repeat.count - 1) < now
    except (ValueError, OverflowError):
        return False  # the host's own units, or a time beyond all calendars


def _fires_once(node: Node) -> bool:
    return node.kind == "intermediateCatchEvent" or (node.kind == "boundaryEvent" and node.interrupts)


def _is_retry(text: str) -> bool:
    try:
        parse_cycle(text)
    except ValueError:
        return False
    return True


def _text(element: Any) -> str:
    return "".join(element.itertext()).strip()


def _is_length(text: str) -> bool:
    if _CHINESE_LENGTH.fullmatch(text):
        return True
    try:
        parse_duration(text)
    except ValueError:
        return False
    return True


def _is_date(text: str) -> bool:
    try:
        parse_datetime(text)
    except ExpressionError:
        return False
    return True


def _moment(text: str) -> datetime:
    """Return the last moment a date can mean, wherever its zone lies."""
    moment = parse_datetime(text)
    return moment if moment.tzinfo is not None else (moment + timedelta(days=1)).replace(tzinfo=UTC)


def _is_moment(text: str) -> bool:
    return _is_length(text) or _is_date(text)


def _is_cycle(text: str) -> bool:
    """Whether a text is a repeating interval with a period of some length; cron is not."""
    try:
        repeat = parse_repeat(text)
    except ValueError:
        return False
    if repeat.first and not _is_date(repeat.first):
        return False
    return _is_length(repeat.period)


VALID: Final[dict[str, Callable[[str], bool]]] = {
    "timeDate": _is_date,
    "timeDuration": _is_length,
    "timeCycle": _is_cycle,
}
