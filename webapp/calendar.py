"""The working calendar: where each year comes from, and entering the State Council's notice."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework.calendar_store import enter_notice, preview_notice
from engine.casework.models import CalendarYear, Holiday
from engine.casework.queries.moved_deadlines import known_deadlines
from engine.database import db
from rules.bureau_calendar import bureau_date
from rules.calendar_source import NoticeError, parse_notice
from webapp.calendar_sums import counted
from webapp.current import current_platform

blueprint = Blueprint("calendar", __name__, url_prefix="/calendar")
UNPROCESSABLE = 422
SHOWN = 300
EARLIEST, LATEST = 2004, 2099


@blueprint.get("")
def show() -> str:
    """Show one year: its days, whether it is official, and its source."""
    return _page()


@blueprint.post("/preview")
def preview() -> str | tuple[str, int]:
    """Show which deadlines a typed notice would move; nothing is stored."""
    year, source, text = _typed()
    try:
        days = parse_notice(text, year)
    except NoticeError as error:
        return _page([(problem.line, problem.message) for problem in error.problems]), UNPROCESSABLE
    platform = current_platform()
    db.session.close()  # working the deadlines out may take a while; it needs no connection of ours
    moved = preview_notice(platform.engine, platform.runtime, year, days, actor=current_user.actor)
    moved = known_deadlines(db.session.connection(), current_user, moved)
    return render_template(
        "calendar/preview.html", year=year, source=source, text=text, days=days, moved=moved[:SHOWN], total=len(moved)
    )


@blueprint.post("/apply")
def apply() -> Response | tuple[str, int]:
    """Store the notice and move the open deadlines."""
    year, source, text = _typed()
    try:
        days = parse_notice(text, year)
    except NoticeError as error:
        return _page([(problem.line, problem.message) for problem in error.problems]), UNPROCESSABLE
    platform = current_platform()
    db.session.close()
    moved = enter_notice(platform.engine, platform.runtime, year, days, source, actor=current_user.actor)
    moved = known_deadlines(db.session.connection(), current_user, moved)
    flash(_("已录入%(year)s年放假通知，%(n)s 个时限随之移动。", year=year, n=len(moved)), "success")
    return redirect(url_for("calendar.show", year=year))


def _typed() -> tuple[int, str, str]:
    year = request.form.get("year", type=int)
    source = request.form.get("source", "").strip()
    if year is None or not EARLIEST <= year <= LATEST or not source:
        abort(400)
    return year, source, request.form.get("notice", "")


def _page(problems: list[tuple[int, str]] | None = None) -> str:
    years = db.session.scalars(sa.select(CalendarYear).order_by(CalendarYear.year)).all()
    wanted = request.values.get("year", type=int) or bureau_date(current_user.now).year
    chosen = next((year for year in years if year.year == wanted), None)
    days = db.session.scalars(sa.select(Holiday).where(Holiday.year == wanted).order_by(Holiday.day)).all()
    tabs: list[dict[str, Any]] = [
        {
            "label": f"{year.year} {_('暂定')}" if year.status == "provisional" else str(year.year),
            "url": url_for("calendar.show", year=year.year),
            "current": year.year == wanted,
        }
        for year in years
    ]
    return render_template(
        "calendar/show.html",
        sums=counted(db.session.connection(), request.args, bureau_date(current_user.now)),
        year_tabs=tabs,
        year=chosen,
        days=days,
        problems=problems or [],
        typed_year=request.form.get("year", ""),
        source=request.form.get("source", ""),
        text=request.form.get("notice", ""),
    )
