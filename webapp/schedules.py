"""定时启动: which processes start by themselves, when next, what was missed; pausing one with a reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework import commands
from engine.casework.errors import NotPermitted
from engine.casework.models import Officer
from engine.database import db
from engine.runtime import ClockRefused, ReasonMissing
from engine.runtime.tables import schedule, schedule_event, schedule_fire
from webapp.current import current_platform, current_runtime
from webapp.sentences import say

blueprint = Blueprint("schedules", __name__, url_prefix="/schedules")
UNPROCESSABLE = 422
EVENTS_SHOWN = 50
_PERIOD = re.compile(r"/P(?:(\d+)([DWMY])|T(\d+)([HM]))(?:/|$)")


@blueprint.get("")
def index() -> str:
    """List the schedules of the current processes, and what was done to them by hand."""
    return _page()


def _page(refused: Mapping[str, Any] | None = None) -> str:
    """Return the page; ``refused`` says of which schedule (``id``) what (``reason``) was refused, and why (``why``)."""
    last = sa.select(
        schedule_fire.c.schedule_id,
        sa.func.max(schedule_fire.c.fired_at).label("last"),
        sa.func.count().label("started"),
    )
    last_of = last.group_by(schedule_fire.c.schedule_id).subquery()
    rows = db.session.execute(
        sa.select(schedule, last_of.c.last, last_of.c.started, Officer.name.label("paused_name"))
        .outerjoin(last_of, last_of.c.schedule_id == schedule.c.id)
        .outerjoin(Officer, sa.cast(Officer.id, sa.Text) == schedule.c.paused_by)
        .where(schedule.c.active)
        .order_by(schedule.c.next_due.asc().nulls_last(), schedule.c.id)
    ).all()
    events = db.session.execute(
        sa.select(
            schedule_event.c.at,
            schedule_event.c.event,
            schedule_event.c.reason,
            schedule.c.name,
            schedule.c.process_key,
            sa.func.coalesce(Officer.name, schedule_event.c.actor).label("who"),
        )
        .join(schedule, schedule.c.id == schedule_event.c.schedule_id)
        .outerjoin(Officer, sa.cast(Officer.id, sa.Text) == schedule_event.c.actor)
        .order_by(schedule_event.c.id.desc())
        .limit(EVENTS_SHOWN)
    ).all()
    runtime = current_runtime()
    labels = runtime.definition(rows[0].deployment_id).processes if rows else {}
    rhythms = {row.id: rhythm(row.expression) for row in rows}
    return render_template(
        "schedules/index.html", rows=rows, events=events, labels=labels, rhythms=rhythms, refused=refused
    )


def rhythm(expression: str) -> str:
    """Return in words how often a schedule starts (``R/…/P7D``: every 7 days); the expression when it is no repetition.

    ISO 8601 writes it so, and BPMN takes it from there.
    """
    found = _PERIOD.search(expression)
    if found is None or not expression.startswith("R"):
        return expression
    number, unit = int(found[1] or found[3]), found[2] or f"T{found[4]}"
    words = {
        "D": _("每 %(n)s 天", n=number),
        "W": _("每 %(n)s 周", n=number),
        "M": _("每 %(n)s 个月", n=number),
        "Y": _("每 %(n)s 年", n=number),
        "TH": _("每 %(n)s 小时", n=number),
        "TM": _("每 %(n)s 分钟", n=number),
    }
    return str(words[unit])


@blueprint.post("/<int:schedule_id>/pause")
def pause(schedule_id: int) -> Response | tuple[str, int]:
    """Let a schedule rest, for a reason."""
    return _change(schedule_id, _("已暂停，恢复之前不会自动启动。"), resume=False)


@blueprint.post("/<int:schedule_id>/resume")
def resume(schedule_id: int) -> Response | tuple[str, int]:
    """Let a schedule go on, for a reason."""
    return _change(schedule_id, _("已恢复，从下一次开始自动启动。"), resume=True)


def _change(schedule_id: int, done: str, *, resume: bool) -> Response | tuple[str, int]:
    platform, reason = current_platform(), request.form.get("reason", "")
    db.session.close()
    command = commands.resume_schedule if resume else commands.pause_schedule
    try:
        command(platform.engine, platform.runtime, current_user, schedule_id, reason)
    except (ClockRefused, NotPermitted, ReasonMissing) as refused:
        return _page({"id": schedule_id, "reason": reason, "why": say(refused.message)}), UNPROCESSABLE
    flash(done, "success")
    return redirect(url_for("schedules.index"))
