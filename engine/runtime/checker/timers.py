"""Timers and due dates: each must say one time that can be understood."""

import re
from collections.abc import Callable
from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.formulas import marked
from engine.runtime.checker.model import Element, local
from engine.runtime.durations import parse_duration, parse_repeat
from engine.runtime.expressions import ExpressionError
from engine.runtime.expressions.temporal import parse_datetime

# Lengths as people write them; how long a working day or a month is, the host knows.
_CHINESE_LENGTH: Final = re.compile(
    r"(?:[1-9]\d{0,3}(?:\.\d{1,2})?|0\.\d{1,2}|[一二两三四五六七八九十百]{1,5})\s*个?"
    r"(?:工作日|工作天|工作小时|工作时|自然日|自然天|日|天|周|星期|月|年|小时|时|分钟|分)(?:内|以内)?"
)


def check_timers(context: Context) -> None:
    """Check the timers of all events and the due dates of all user tasks."""
    for diagram, node in context.nodes():
        for definition in node.children("timerEventDefinition"):
            # A definition of its own may be named instead; that one is checked where it stands.
            _check_definition(context, diagram.file, node, definition)
        if node.kind == "userTask":
            for attribute, place, place_en in (
                ("dueDate", "到期时间", "due date"),
                ("followUpDate", "跟进时间", "follow-up date"),
            ):
                text = node.camunda(attribute)
                if text and not marked(text) and not _is_moment(text):
                    context.report.add("timer", diagram.file, node, place=place, place_en=place_en, text=text)


def _check_definition(context: Context, file: str, node: Element, definition: Any) -> None:
    found = [(local(child), _text(child)) for child in definition if local(child) in _VALID]
    filled = [(kind, text) for kind, text in found if text]
    if not filled:
        context.report.add("timer-empty", file, node)
    elif len(filled) > 1:
        context.report.add("timer-several", file, node)
    for kind, text in filled:
        if not marked(text) and not _VALID[kind](text):
            context.report.add("timer", file, node, place="定时器", place_en="timer", text=text)


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


_VALID: Final[dict[str, Callable[[str], bool]]] = {
    "timeDate": _is_date,
    "timeDuration": _is_length,
    "timeCycle": _is_cycle,
}
