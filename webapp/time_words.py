"""Deadlines and moments in the words that people use.

The browser goes on counting with the same words (assets/js/deadlines.js); change both together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from flask import Flask
from flask_babel import gettext as _
from flask_babel import ngettext

from engine.casework.calendar_store import calendar
from engine.database import db
from rules.time_left import time_left, unit_of
from rules.working_time import BUREAU_ZONE
from webapp.sentences import say_all

MIDNIGHT = time()
Tone = Literal["late", "soon", "ok", "held", "done"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where something stands against its deadline: its tone, the words, and whether they change with time."""

    tone: Tone
    words: str
    counting: bool = False


def duration_words(span: timedelta) -> str:
    """Return a length of time in at most two units, rounded down: 2 天 3 小时, 26 分."""
    minutes = int(abs(span).total_seconds()) // 60
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = []
    if days:
        parts.append(ngettext("%(num)d 天", "%(num)d 天", days))
    if hours:
        parts.append(ngettext("%(num)d 小时", "%(num)d 小时", hours))
    if minutes and not days:
        parts.append(ngettext("%(num)d 分", "%(num)d 分", minutes))
    return " ".join(str(part) for part in parts) or str(_("不到 1 分"))


def standing(
    deadline: datetime,
    now: datetime,
    *,
    paused: bool = False,
    done_at: datetime | None = None,
    soon_hours: float = 24,
) -> Standing:
    """Say where something stands against `deadline` (all times aware).

    Done things stand still and say whether they were in time; a paused clock says so; otherwise late, soon (less than
    `soon_hours` left) or in good time, with the time left or passed.
    """
    if done_at is not None:
        if done_at <= deadline:
            return Standing("done", str(_("按时完成")))
        return Standing("late", str(_("超时 %(time)s完成", time=duration_words(done_at - deadline))))
    if paused:
        return Standing("held", str(_("计时已暂停")))
    left = deadline - now
    if left < timedelta(0):
        return Standing("late", str(_("超时 %(time)s", time=duration_words(left))), counting=True)
    tone: Tone = "soon" if left < timedelta(hours=soon_hours) else "ok"
    return Standing(tone, str(_("剩余 %(time)s", time=duration_words(left))), counting=True)


def left_lines(due: datetime | None, now: datetime, explanation: Iterable[str]) -> list[str]:
    """Return how much is left until `due` in the unit its clock counts in, then the arithmetic line by line.

    `explanation` is the deadline's own arithmetic, by which its unit is known; nothing for a clock that runs through.
    """
    unit = unit_of(explanation)
    if due is None or unit is None:
        return []
    left = time_left(now, due, unit, calendar(db.session.connection()))
    return say_all([left.brief, *left.explanation[:-1]])


def moment(at: datetime | None, now: datetime | None = None) -> str:
    """Return a moment on the bureau's clock as people say it: 今天 11:36, 昨天 15:02, 11-20 17:45.

    The year is written when it is not this one; without `now` the date is always written out in full. Empty for None.
    """
    if at is None:
        return ""
    there = at.astimezone(BUREAU_ZONE)
    clock = f"{there:%H:%M}"
    if now is None:
        return f"{there:%Y-%m-%d} {clock}"
    today = now.astimezone(BUREAU_ZONE).date()
    words = {0: _("今天"), 1: _("昨天"), -1: _("明天")}.get((today - there.date()).days)
    if words is not None:
        return f"{words} {clock}"
    return f"{there:%m-%d} {clock}" if there.year == today.year else f"{there:%Y-%m-%d} {clock}"


def moment_full(at: datetime | None) -> str:
    """Return a moment on the bureau's clock with its date and weekday, 2026-01-09 17:30 周五; empty for None."""
    if at is None:
        return ""
    there = at.astimezone(BUREAU_ZONE)
    return f"{there:%Y-%m-%d %H:%M} {_weekday(there)}"


def deadline_full(at: datetime | None) -> str:
    """Return a deadline as moment_full does; the end of a day is written 24:00 of that day, as the law counts it."""
    if at is None:
        return ""
    there = at.astimezone(BUREAU_ZONE)
    if there.time() != MIDNIGHT:
        return moment_full(at)
    day = there - timedelta(days=1)
    return f"{day:%Y-%m-%d} 24:00 {_weekday(day)}"


def _weekday(day: datetime) -> str:
    names = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))
    return str(names[day.weekday()])


def register(app: Flask) -> None:
    """Give the templates `moment`, `moment_full`, `deadline_full`, `duration_words`, `standing` and `left_lines`."""
    app.jinja_env.filters.update(
        moment=moment, moment_full=moment_full, deadline_full=deadline_full, duration_words=duration_words
    )
    app.jinja_env.filters["minutes_words"] = lambda minutes: duration_words(timedelta(minutes=minutes))
    app.jinja_env.filters["translated"] = lambda text: str(_(text)) if text else ""
    app.jinja_env.globals.update(standing=standing, left_lines=left_lines)
