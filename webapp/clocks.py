"""延期、暂停计时、恢复计时 of a matter: what would move is shown with its arithmetic before it is confirmed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework import commands
from engine.casework.commands.clocks import ClockChange
from engine.casework.errors import NotPermitted
from engine.casework.extension_rules import ExtensionRule, definitions_of, rule_of
from engine.casework.models import Channel
from engine.casework.permissions import may, require
from engine.casework.queries.records import MatterDetail
from engine.database import db
from engine.runtime import CannotAdvance, ClockRefused
from engine.runtime.tables import clock_pause, timer, work_item
from webapp.current import current_platform, current_runtime
from webapp.diagrams import drawings
from webapp.sentences import say
from webapp.which_one import OneStep, which_one

blueprint = Blueprint("clocks", __name__, url_prefix="/matters/<number>/clock")
UNPROCESSABLE = 422

VERBS: Mapping[str, Any] = {
    "extend": _("延期"),
    "pause": _("暂停计时"),
    "resume": _("恢复计时"),
}
UNITS = {"日": _("日"), "工作日": _("工作日"), "工作小时": _("工作小时")}
_LENGTH = re.compile(f"(\\d+)({'|'.join(sorted(UNITS, key=len, reverse=True))})")
DONE: Mapping[str, Any] = {
    "extend": _("已延期，办结期限和所有时限随之顺延。请把延期理由告知反映人。"),
    "extend_one": _("已延期，办结期限不变。"),
    "pause": _("计时已暂停，恢复之前不提醒、不升级，也不算超时。"),
    "resume": _("计时已恢复，暂停的时间已经补回。"),
}


@blueprint.get("/<verb>")
def show(number: str, verb: str) -> str:
    """Ask how long and why."""
    return _page(number, _known(verb))


@blueprint.post("/<verb>/preview")
def preview(number: str, verb: str) -> str | tuple[str, int]:
    """Show what would move; nothing is stored."""
    try:
        change = _carry_out(number, _known(verb), dry_run=True)
    except (NotPermitted, ClockRefused, CannotAdvance) as refused:
        return _page(number, verb, problem=say(refused.message)), UNPROCESSABLE
    return _page(number, verb, change=change)


@blueprint.post("/<verb>")
def apply(number: str, verb: str) -> Response | tuple[str, int]:
    """Do it, and go back to the matter."""
    try:
        _carry_out(number, _known(verb), dry_run=False)
    except (NotPermitted, ClockRefused, CannotAdvance) as refused:
        return _page(number, verb, problem=say(refused.message)), UNPROCESSABLE
    flash(DONE["extend_one" if verb == "extend" and request.form.get("target") else verb], "success")
    return redirect(url_for("matters.show", number=number))


def length_words(length: str) -> str:
    """Return a length of the table of approvals (``30日``) in the page's language; as it is where it is no such one."""
    found = _LENGTH.fullmatch(length)
    return gettext("%(n)s%(unit)s", n=found[1], unit=UNITS[found[2]]) if found else length


def offered(detail: MatterDetail) -> list[str]:
    """Return which of the verbs the officer logged in may use on a matter now; for its page."""
    matter = detail.matter
    if matter.closed_at or matter.deployment_id is None or not (detail.items or detail.timers):
        return []
    connection = db.session.connection()
    if not may(connection, current_user, "adjust_clock", matter.id):
        return []
    try:
        clock = db.session.scalar(sa.select(Channel.clock).where(Channel.id == matter.channel.id)) or ""
        rule = _rule(matter.deployment_id, matter.kind, matter.severity, clock)
    except NotPermitted:
        return []
    if not rule.allows(current_user, matter.handling_unit.id if matter.handling_unit else None):
        return []
    extend = ["extend"] if rule.times and detail.pause is None else []
    return [*extend, "resume" if detail.pause else "pause"]


def _rule(deployment_id: int, kind: str, severity: str, clock: str) -> ExtensionRule:
    runtime = current_runtime()
    current = runtime.current(db.session.connection()).id
    definitions = definitions_of(runtime, deployment_id, current)
    return rule_of(definitions, {"kind": kind, "severity": severity, "clock": clock})


def _known(verb: str) -> str:
    if verb not in VERBS:
        abort(404)
    return verb


def _typed() -> tuple[str, str]:
    amount, unit = request.form.get("amount", "").strip(), request.form.get("unit", "")
    return f"{amount}{unit if unit in UNITS else ''}", request.form.get("reason", "")


def _carry_out(number: str, verb: str, *, dry_run: bool) -> ClockChange:
    by, reason = _typed()
    target = request.form.get("target", "")
    platform = current_platform()
    db.session.close()  # the command works on a connection of its own
    at_work: Mapping[str, Callable[..., ClockChange]] = {
        "extend": partial(commands.extend, by=by, target=target),
        "pause": commands.pause_clock,
        "resume": commands.resume_clock,
    }
    return at_work[verb](platform.engine, platform.runtime, current_user, number, reason=reason, dry_run=dry_run)


@dataclass(frozen=True, slots=True)
class Choice:
    """A clock that may be put off by itself: a step's (with its reminders) or a timer's, and what it leads to."""

    task_id: str
    name: str
    about: str
    due_at: datetime
    timer: bool


def _clocks(connection: sa.Connection, instance_id: int, deployment_id: int) -> list[Choice]:
    """Return the clocks of a process that run, steps first, each with when it falls now."""
    items = connection.execute(
        sa.select(work_item.c.task_id, work_item.c.process_key, work_item.c.step, work_item.c.name, work_item.c.due_at)
        .where(work_item.c.instance_id == instance_id, work_item.c.due_at > sa.func.clock_now())
        .order_by(work_item.c.due_at)
    ).all()
    which = which_one(
        connection, [(deployment_id, OneStep(one.task_id.hex, one.process_key, one.step)) for one in items]
    )
    steps = [
        Choice(one.task_id.hex, one.name, which.get(one.task_id.hex, ""), one.due_at, timer=False) for one in items
    ]
    follows = {
        (drawing.key, element): label
        for drawing in drawings(current_runtime().definition(deployment_id))
        for element, label in drawing.follows.items()
    }
    timers = connection.execute(
        sa.select(timer.c.task_id, timer.c.process_key, timer.c.element, timer.c.name, timer.c.due_at)
        .where(timer.c.instance_id == instance_id, timer.c.kind != "retry", timer.c.due_at > sa.func.clock_now())
        .order_by(timer.c.due_at)
    ).all()
    return steps + [
        Choice(one.task_id.hex, one.name, follows.get((one.process_key, one.element), ""), one.due_at, timer=True)
        for one in timers
    ]


def _page(number: str, verb: str, *, change: ClockChange | None = None, problem: str = "") -> str:
    connection = db.session.connection()
    matter_id = require(connection, current_user, "adjust_clock", number)
    row = connection.execute(
        sa.text(
            "select m.title, m.kind, m.severity, m.due_at, c.clock, i.deployment_id, m.instance_id from matter m "
            "join channel c on c.id = m.channel_id join instance i on i.id = m.instance_id where m.id = :id"
        ),
        {"id": matter_id},
    ).one_or_none()
    if row is None:
        abort(404)
    try:
        rule = _rule(row.deployment_id, row.kind, row.severity, row.clock)
    except NotPermitted as refused:
        rule, problem = None, problem or say(refused.message)
    pause = connection.execute(
        sa.select(clock_pause.c.since, clock_pause.c.reason).where(
            clock_pause.c.instance_id == row.instance_id, clock_pause.c.until.is_(None)
        )
    ).one_or_none()
    return render_template(
        "clocks/change.html",
        number=number,
        title=row.title,
        due_at=row.due_at,
        verb=verb,
        label=VERBS[verb],
        rule=rule,
        pause=pause,
        units=UNITS,
        longest=length_words(rule.longest) if rule is not None else "",
        clocks=_clocks(connection, row.instance_id, row.deployment_id) if verb == "extend" else [],
        target=request.form.get("target", ""),
        amount=request.form.get("amount", ""),
        unit=request.form.get("unit", ""),
        reason=request.form.get("reason", ""),
        change=change,
        problem=problem,
    )
