"""数量核对: what each channel received beside what became of it, day by day; entering, explaining, the rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework import reconciliation_entries as entries
from engine.casework.errors import FieldProblem, InvalidFacts
from engine.casework.models import ChannelDayCheck, ChannelReport, ChannelSetting, Officer
from engine.casework.permissions import may_register, roles_of
from engine.casework.reconciliation import reckon
from engine.casework.reconciliation_day import ChannelDay, ChannelMonth
from engine.casework.reconciliation_numbers import check_numbers
from engine.casework.vocabulary import REPORT_DAYS
from engine.database import db
from engine.runtime.errors import NotFound, RuntimeFailure
from rules.bureau_calendar import bureau_date
from rules.limits import parse_limit
from webapp.sentences import say

blueprint = Blueprint("reconciliation", __name__, url_prefix="/reconciliation")
UNPROCESSABLE = 422
ASKED_FOR = timedelta(days=31)
"""Days this far back are offered for entering."""

_MONTH = re.compile(r"(20\d{2})-(0[1-9]|1[0-2])")
_FIELD = re.compile(r"count-([\w.-]+)-(\d{4}-\d{2}-\d{2})", re.ASCII)
_COUNT = re.compile(r"\d{1,6}", re.ASCII)


@blueprint.get("")
def index() -> str:
    """Show a month of all the officer's channels as a grid, and what still has to be entered."""
    return _index()


def _index(problems: Mapping[str, list[FieldProblem]] | None = None, failed: int = 0) -> str:
    first, last = _month()
    connection = db.session.connection()
    months = reckon(connection, current_user, first, last)
    today = bureau_date(current_user.now)
    waiting = [month for month in reckon(connection, current_user, today - ASKED_FOR, today) if _receives(month)]
    return render_template(
        "reconciliation/index.html",
        months=months,
        first=first,
        before=first - timedelta(days=1),
        after=last + timedelta(days=1) if last < today else None,
        days=[first + timedelta(days=n) for n in range((last - first).days + 1)],
        to_enter=[(month.channel, day) for month in waiting for day in month.days if _to_enter(day, today)],
        checked=check_numbers(connection) if "inspector" in roles_of(current_user.grants) else None,
        problems=problems or {},
        failed=failed,
        typed=request.form,
        today=today,
    )


@blueprint.post("/report")
def report() -> Response | tuple[str, int]:
    """Keep what was entered for one or more days; what is faulty stays in the form, the rest is kept."""
    connection = db.session.connection()
    problems: dict[str, list[FieldProblem]] = {}
    kept = 0
    for name in request.form:
        found = _FIELD.fullmatch(name)
        if found is None:
            continue
        code, day = found[1], _day(found[2])
        count, first, last = (request.form.get(f"{field}-{code}-{day}", "").strip() for field in ENTERED)
        if not (count or first or last):
            continue
        try:
            _enter(connection, code, day, count, first, last)
            kept += 1
        except InvalidFacts as invalid:
            problems[f"{code}-{day}"] = list(invalid.problems)
        except NotFound:
            abort(404)
    db.session.commit()
    if problems:
        return _index(problems, len(problems)), UNPROCESSABLE
    if kept:
        flash(_("已填报 %(n)s 天的数量。", n=kept), "success")
    else:
        flash(_("还没有填写数量。"), "warning")
    back = request.form.get("back", "")
    if back:
        return redirect(url_for("reconciliation.day", channel_code=back, day=_day(request.form.get("day", ""))))
    return redirect(url_for("reconciliation.index"))


ENTERED = ("count", "first", "last")


def _enter(connection: sa.Connection, code: str, day: date, count: str, first: str, last: str) -> None:  # noqa: PLR0917 - the columns of one row
    if count and not _COUNT.fullmatch(count):
        words = f"请填0到{entries.MOST}的整数"
        raise InvalidFacts([FieldProblem("count", entries.COUNT, words)])
    number = int(count) if count else None
    entries.report(connection, current_user, code, day, count=number, first=first, last=last)


@blueprint.get("/<channel_code>")
def channel(channel_code: str) -> str:
    """Show a channel's month day by day, what came late, and the channel's rules."""
    return _channel(channel_code)


def _channel(channel_code: str, problems: list[FieldProblem] | None = None) -> str:
    first, last = _month()
    connection = db.session.connection()
    month = _one(channel_code, first, last)
    changes = connection.execute(
        sa.select(
            ChannelSetting.import_within,
            ChannelSetting.reports_on,
            ChannelSetting.changed_at,
            Officer.name.label("changed_name"),
        )
        .join(Officer, Officer.id == ChannelSetting.changed_by)
        .where(ChannelSetting.channel_id == month.channel.id)
        .order_by(ChannelSetting.id.desc())
        .limit(20)
    ).all()
    today = bureau_date(current_user.now)
    return render_template(
        "reconciliation/channel.html",
        month=month,
        channel=month.channel,
        first=first,
        before=first - timedelta(days=1),
        after=last + timedelta(days=1) if last < today else None,
        late=sorted((one for day in month.days for one in day.late), key=lambda one: one.took, reverse=True),
        changes=changes,
        report_days=list(REPORT_DAYS),
        problems=problems or [],
        typed=request.form,
    )


@blueprint.post("/<channel_code>/rules")
def change_rules(channel_code: str) -> Response | tuple[str, int]:
    """Set by when the channel's messages have to be here, and for which days it reports."""
    given = request.form
    return _change(
        lambda connection: entries.change_rules(
            connection,
            current_user,
            channel_code,
            within=given.get("within", ""),
            reports_on=given.get("reports_on", ""),
        ),
        lambda problems: _channel(channel_code, problems),
        url_for("reconciliation.channel", channel_code=channel_code),
        _("已保存，按新的规则核对。"),
    )


@blueprint.get("/<channel_code>/<day>")
def day(channel_code: str, day: str) -> str:
    """Show one day of a channel: the sum, what is missing, what was refused, and why."""
    return _day_page(channel_code, _day(day))


def _day_page(channel_code: str, when: date, problems: list[FieldProblem] | None = None) -> str:
    month = _one(channel_code, when, when)
    one = month.days[0]
    connection = db.session.connection()
    reports = connection.execute(
        sa.select(
            ChannelReport.count.label("pieces"),
            ChannelReport.first_number,
            ChannelReport.last_number,
            ChannelReport.entered_at,
            Officer.name.label("entered_name"),
        )
        .join(Officer, Officer.id == ChannelReport.entered_by)
        .where(ChannelReport.channel_id == one.channel_id, ChannelReport.day == when)
        .order_by(ChannelReport.id.desc())
    ).all()
    check = connection.execute(
        sa.select(ChannelDayCheck.checked_at, ChannelDayCheck.told).where(
            ChannelDayCheck.channel_id == one.channel_id, ChannelDayCheck.day == when
        )
    ).one_or_none()
    today = bureau_date(current_user.now)
    return render_template(
        "reconciliation/day.html",
        channel=month.channel,
        one=one,
        reports=reports,
        check=check,
        may_enter=_receives(month) and today - entries.LONG_AGO <= when <= today,
        may_reject="inspector" in roles_of(current_user.grants),
        problems=problems or [],
        typed=request.form,
        before=when - timedelta(days=1),
        after=when + timedelta(days=1) if when < today else None,
    )


@blueprint.post("/<channel_code>/<day>/explain")
def explain(channel_code: str, day: str) -> Response | tuple[str, int]:
    """Keep why numbers are missing, or why the sum does not add up."""
    given, when = request.form, _day(day)
    return _change(
        lambda connection: entries.explain(
            connection,
            current_user,
            channel_code,
            when,
            reason=given.get("reason", ""),
            first=given.get("first", "").strip(),
            last=given.get("last", "").strip(),
        ),
        lambda problems: _day_page(channel_code, when, problems),
        url_for("reconciliation.day", channel_code=channel_code, day=when),
        _("已记录说明。"),
    )


@blueprint.post("/<channel_code>/<day>/explanations/<int:explanation_id>/reject")
def reject(channel_code: str, day: str, explanation_id: int) -> Response | tuple[str, int]:
    """Let an explanation count no more."""
    given, when = request.form, _day(day)
    return _change(
        lambda connection: entries.reject(connection, current_user, explanation_id, reason=given.get("reason", "")),
        lambda problems: _day_page(channel_code, when, problems),
        url_for("reconciliation.day", channel_code=channel_code, day=when),
        _("已驳回，差额重新计算。"),
    )


def _change(
    command: Callable[[sa.Connection], None],
    again: Callable[[list[FieldProblem]], str],
    target: str,
    done: str,
) -> Response | tuple[str, int]:
    try:
        command(db.session.connection())
    except NotFound:
        abort(404)
    except InvalidFacts as invalid:
        db.session.rollback()
        return again(list(invalid.problems)), UNPROCESSABLE
    except RuntimeFailure as refused:
        db.session.rollback()
        flash(say(refused.message), "warning")
    else:
        db.session.commit()
        flash(done, "success")
    return redirect(target)


def _one(code: str, first: date, last: date) -> ChannelMonth:
    found = reckon(db.session.connection(), current_user, first, last, code)
    if not found:
        abort(404)
    return found[0]


def _receives(month: ChannelMonth) -> bool:
    return may_register(current_user, month.channel.receiving_unit_id)


def _to_enter(one: ChannelDay, today: date) -> bool:
    return one.standing == "unreported" or (one.day == today and one.report is None)


def _month() -> tuple[date, date]:
    """Return the first and last day of the month asked for, this one's where none is."""
    found = _MONTH.fullmatch(request.values.get("month", ""))
    today = bureau_date(current_user.now)
    first = date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _day(typed: str) -> date:
    try:
        found = date.fromisoformat(typed)
    except ValueError:
        abort(404)
    if not 2000 <= found.year < 2100:  # noqa: PLR2004 - as the months that can be asked for
        abort(404)
    return found


def working_hours(span: timedelta | None) -> str:
    """Return a length of working time in the unit people count it by; a dash for None."""
    if span is None:
        return "—"
    minutes = round(span.total_seconds() / 60)
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return str(_("%(n)s 分钟", n=minutes))
    return str(_("%(n)s 工作小时", n=f"{minutes / 60:.1f}".removesuffix(".0")))


@blueprint.app_template_filter("limit_words")
def limit_words(limit: str) -> str:
    """Return a limit as it is written in Chinese, in the page's language where it is working days or hours."""
    parsed = parse_limit(limit)
    if parsed.kind == "working_days":
        return str(_("%(n)s 工作日", n=parsed.working_days))
    return working_hours(parsed.elapsed) if parsed.kind == "working_hours" else limit


@blueprint.app_template_filter("working_hours")
def _working_hours(span: timedelta | None) -> str:
    return working_hours(span)
