"""What could not be carried out: the list of incidents, and retrying several after a look at what would come of it."""

from __future__ import annotations

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework import commands
from engine.casework.commands.incidents import Retried
from engine.casework.queries import instances as queries
from engine.casework.queries.hiding import hiding
from engine.database import db
from webapp.current import current_platform
from webapp.instances import blueprint
from webapp.operations import offered
from webapp.paging import page_number, page_url
from webapp.people import names_of
from webapp.sentences import say

__all__ = ["blueprint"]

MOST_AT_ONCE = 100
STATES: tuple[queries.State, ...] = ("open", "resolved", "all")


@blueprint.get("/incidents")
def incidents() -> str:
    """List what could not be carried out."""
    state: queries.State = next((one for one in STATES if one == request.args.get("state")), "open")
    kind = request.args.get("kind", "")
    connection = db.session.connection()
    rows, total = queries.incidents(connection, current_user, state=state, kind=kind, page=page_number())
    labels = {"open": _("未处理"), "resolved": _("已处理"), "all": _("全部")}
    tabs = [
        {"label": labels[one], "url": url_for("instances.incidents", state=one, kind=kind), "current": one == state}
        for one in STATES
    ]
    return render_template(
        "instances/incidents.html",
        rows=rows,
        total=total,
        tabs=tabs,
        state=state,
        kind=kind,
        page=page_number(),
        per_page=queries.PER_PAGE,
        url=page_url,
        may_retry=offered("retry"),
        names=names_of(connection, [row.resolved_by for row in rows if row.resolved_by]),
    )


@blueprint.post("/incidents/preview")
def preview_retries() -> str | Response:
    """Show what retrying several incidents would lead to; nothing is kept."""
    chosen, reason = _chosen(), request.form.get("reason", "").strip()
    if not chosen or not reason:
        flash(_("请写明理由。") if chosen else _("请先勾选要重试的异常。"), "warning")
        return redirect(url_for("instances.incidents"))
    platform = current_platform()
    db.session.close()
    tried = commands.retry_incidents(platform.engine, platform.runtime, current_user, chosen, reason, dry_run=True)
    connection = db.session.connection()
    rows = {row.id: row for row in queries.incidents_of(connection, current_user, chosen)}
    found = [
        (rows[one.incident_id], one, why_not(connection, rows[one.incident_id], one))
        for one in tried
        if one.incident_id in rows
    ]
    return render_template(
        "instances/retries.html",
        found=found,
        reason=reason,
        going=sum(one.done for _row, one, _words in found),
        failing=sum(not one.done and not one.refused for _row, one, _words in found),
        skipped=sum(one.refused for _row, one, _words in found),
    )


@blueprint.post("/incidents/retry")
def retry_many() -> Response:
    """Try several incidents again, each for itself."""
    chosen, reason = _chosen(), request.form.get("reason", "")
    platform = current_platform()
    db.session.close()
    if not chosen:
        flash(_("请先勾选要重试的异常。"), "warning")
        return redirect(url_for("instances.incidents"))
    tried = commands.retry_incidents(platform.engine, platform.runtime, current_user, chosen, reason)
    done = sum(one.done for one in tried)
    if done:
        flash(_("%(n)s 条异常重试后已经继续。", n=done), "success")
    connection = db.session.connection()
    rows = {row.id: row for row in queries.incidents_of(connection, current_user, chosen)}
    problems = list(dict.fromkeys(why_not(connection, rows.get(one.incident_id), one) for one in tried if not one.done))
    if problems:
        why = _("；").join(problems[:3])
        flash(_("%(n)s 条没有成功：%(why)s", n=len(tried) - done, why=why), "warning")
    return redirect(url_for("instances.incidents"))


def _chosen() -> list[int]:
    typed = [one for one in request.form.getlist("incident") if one.isdecimal() and len(one) <= queries.LONGEST_ID]
    return [int(one) for one in dict.fromkeys(typed)][:MOST_AT_ONCE]


def why_not(connection: sa.Connection, row: queries.IncidentRow | None, tried: Retried) -> str:
    """Return why an incident was not retried, or failed again, as this officer may read it."""
    if row is None:
        return say(tried.problem)
    return say(hiding(connection, row.instance_id, full=row.full)(tried.problem))
