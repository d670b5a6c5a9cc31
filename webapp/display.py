"""How days, sizes and shares are written on a page. Moments and deadlines are in time_words."""

from __future__ import annotations

from datetime import date, datetime

from flask import Flask

from rules.working_time import BUREAU_ZONE

KILOBYTE = 1024


def day_text(day: date | datetime | None) -> str:
    """Return ``2026-11-03``, for a moment the day it falls on in the bureau; empty for None."""
    if isinstance(day, datetime):
        day = day.astimezone(BUREAU_ZONE)
    return f"{day:%Y-%m-%d}" if day else ""


def size_text(size: int) -> str:
    """Return a file's size, given in bytes, in the unit people read."""
    if size < KILOBYTE:
        return f"{size} B"
    if size < KILOBYTE**2:
        return f"{size / KILOBYTE:.0f} KB"
    return f"{size / KILOBYTE**2:.1f} MB"


def percent_text(part: int, whole: int) -> str:
    """Return ``91.6%``, or a dash when there is nothing to take a share of."""
    return f"{100 * part / whole:.1f}%" if whole else "—"


def register(app: Flask) -> None:
    """Give the templates the filters `day` and `size` and the function `percent`."""
    app.jinja_env.filters.update(day=day_text, size=size_text)
    app.jinja_env.globals.update(percent=percent_text)
