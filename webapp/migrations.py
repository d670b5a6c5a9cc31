"""迁移在办事项: moving the running matters of a process to another version, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework import commands, vocabulary
from engine.casework.commands.migrating import require_owner
from engine.casework.queries import migrations as queries
from engine.casework.queries.hiding import known_words
from engine.database import db
from engine.runtime import NotFound, RuntimeFailure
from engine.runtime.migrating import stored
from engine.runtime.migrating.forgetting import REVERTIBLE
from engine.runtime.migrating.plan import SIGN, Plan, UnusablePlan
from webapp import deployments
from webapp.current import current_platform, current_runtime
from webapp.jobs import defer_migration, migration_queued
from webapp.migration_words import automatic, by_hand, compared, drawn_with_changes, explained
from webapp.paging import page_number, page_url
from webapp.people import names_of
from webapp.sentences import say

blueprint = Blueprint("migrations", __name__, url_prefix="/migrations")
UNPROCESSABLE = 422
FIELD = "map-"
DROPPED = "-"
"""How a form says that a boundary event goes."""
WORKING = frozenset({"assessing", "running", "reverting"})
"""What a migration is at while a worker has something to do for it."""


@blueprint.get("")
def index() -> str:
    """List the migrations, the newest first, with a form to compare two versions."""
    return _index()


def _index(refused: str = "") -> str:
    connection = db.session.connection()
    rows, total = queries.migrations(connection, current_user, page_number())
    versions = deployments.versions(connection)
    processes = dict(current_runtime().definition(versions[0].id).processes) if versions else {}
    return render_template(
        "migrations/index.html",
        rows=rows,
        total=total,
        per_page=queries.PER_PAGE,
        page=page_number(),
        url=page_url,
        versions=versions,
        fullest=max(versions[1:], key=lambda version: version.running, default=None),
        processes=processes,
        names=names_of(connection, [row.created_by for row in rows]),
        refused=refused,
    )


@blueprint.get("/new")
def plan() -> Response | str | tuple[str, int]:
    """Compare two versions of a process element by element, to say what becomes of what."""
    if not {"process", "from", "to"} <= request.args.keys():
        return redirect(url_for("migrations.index"))
    try:
        found = _asked({})
    except RuntimeFailure as refused:
        return _index(say(refused.message)), UNPROCESSABLE
    return _plan_page(found)


@blueprint.post("")
def create() -> Response | str | tuple[str, int]:
    """Store the plan; the worker assesses every running matter."""
    mapping = _mapping()
    try:
        found = _asked(mapping)
    except UnusablePlan as refused:
        try:
            return _plan_page(_asked({}), mapping, refused.problems), UNPROCESSABLE
        except RuntimeFailure:
            return _index(say(refused.message)), UNPROCESSABLE
    except RuntimeFailure as refused:
        return _index(say(refused.message)), UNPROCESSABLE
    connection = db.session.connection()
    migration_id = commands.plan_migration(connection, current_runtime(), current_user, found)
    return _queued(connection, migration_id)


@blueprint.get("/<int:migration_id>")
def show(migration_id: int) -> Response:
    """Show how far a migration is and what becomes of each matter; the page asks again by itself while it works."""
    answer = make_response(_page(migration_id))
    if "HX-Request" in request.headers and stored.one(db.session.connection(), migration_id).status not in WORKING:
        answer.headers["HX-Refresh"] = "true"  # it is through: what can be done next stands all over the page
    return answer


def _page(migration_id: int, refused: str = "", where: str = "act") -> str:
    """Return the page; with ``refused`` (why) the reason that was typed stands again in the field with id ``where``."""
    connection = db.session.connection()
    kept = stored.one(connection, migration_id)
    counts = queries.counts(connection, current_user, migration_id)
    default: queries.Show = "needs_mapping" if kept.status == "assessed" and counts.get("needs_mapping") else "all"
    shows = (*queries.VERDICTS, "times", *queries.OUTCOMES, "all")
    show: queries.Show = next((one for one in shows if one == request.args.get("show")), default)
    rows, total = queries.steps(connection, current_user, migration_id, show, page=page_number())
    known = known_words(connection, [row.instance_id for row in rows if row.error])
    versions = {version.id: version.version for version in deployments.versions(connection)}
    definition = current_runtime().definition(kept.to_deployment)
    named = [who for who in (kept.created_by, kept.started_by, kept.reverted_by) if who]
    return render_template(
        "migrations/show.html",
        kept=kept,
        process=_(definition.processes.get(kept.process_key, kept.process_key)),
        counts=counts,
        expected=queries.running(connection, kept.process_key, kept.from_deployment),
        show=show,
        rows=[(row, explained(row, known.get(row.instance_id))) for row in rows],
        total=total,
        page=page_number(),
        per_page=queries.PER_PAGE,
        url=page_url,
        versions=versions,
        names=names_of(connection, named),
        by_hand=by_hand(current_runtime().migrations.plan_of(migration_id)) if kept.mapping else [],
        refused=refused,
        where=where,
        days=REVERTIBLE.days,
        typed=_reason() if refused else "",
        tabs=_tabs(kept, counts, show),
        verdicts=queries.VERDICTS,
        outcomes=queries.OUTCOMES,
        working=kept.status in WORKING,
        queued=kept.status not in WORKING or migration_queued(connection, migration_id),
    )


def _tabs(kept: stored.Migration, counts: Mapping[str, int], show: queries.Show) -> list[dict[str, Any]]:
    """Return what the rows may be narrowed to, with how many there are; what happened only once it has begun."""
    labels = {"all": _("全部"), **vocabulary.MIGRATION_VERDICTS, "times": _("时限有变")}
    if kept.started_at is not None:
        labels |= vocabulary.MIGRATION_OUTCOMES
    return [
        {
            "label": _(label),
            "url": url_for("migrations.show", migration_id=kept.id, show=code, _anchor="rows"),
            "count": counts.get("total" if code == "all" else code, 0),
            "tone": "late" if code in {"blocked", "failed"} else "",
            "current": code == show,
        }
        for code, label in labels.items()
    ]


@blueprint.route("/<int:migration_id>/mapping", methods=["GET", "POST"])
def change(migration_id: int) -> Response | str | tuple[str, int]:
    """Change what becomes of what, as long as the migration has not begun; it is assessed anew."""
    runtime = current_runtime()
    kept = stored.one(db.session.connection(), migration_id)
    if request.method == "GET":
        return _plan_page(runtime.migrations.plan_of(migration_id), kept.mapping, kept=kept)
    mapping = _mapping()
    try:
        found = runtime.migration_plan(kept.from_deployment, kept.to_deployment, kept.process_key, mapping)
    except UnusablePlan as refused:
        bare = runtime.migration_plan(kept.from_deployment, kept.to_deployment, kept.process_key)
        return _plan_page(bare, mapping, refused.problems, kept=kept), UNPROCESSABLE
    connection = db.session.connection()
    try:
        commands.change_migration(connection, runtime, current_user, migration_id, found)
    except stored.NotNow as refused_now:
        db.session.rollback()
        return _page(migration_id, say(refused_now.message)), UNPROCESSABLE
    return _queued(connection, migration_id)


@blueprint.post("/<int:migration_id>/begin")
def begin(migration_id: int) -> Response | tuple[str, int]:
    """Let the migration begin; the worker moves every matter that can be moved."""
    connection = db.session.connection()
    try:
        commands.begin_migration(connection, current_runtime(), current_user, migration_id, _reason())
    except NotFound:
        abort(404)
    except RuntimeFailure as refused:
        db.session.rollback()
        return _page(migration_id, say(refused.message), "reason"), UNPROCESSABLE
    return _queued(connection, migration_id)


@blueprint.post("/<int:migration_id>/go-on")
def go_on(migration_id: int) -> Response:
    """Let the worker take up again a migration that nobody works on, behind the last matter that was done."""
    connection = db.session.connection()
    try:
        require_owner(connection, current_user)
    except NotFound:
        abort(404)
    if stored.one(connection, migration_id).status in WORKING and not migration_queued(connection, migration_id):
        return _queued(connection, migration_id)
    return redirect(url_for("migrations.show", migration_id=migration_id))


@blueprint.post("/<int:migration_id>/revert")
def revert(migration_id: int) -> Response | tuple[str, int]:
    """Move back all that has not gone on since."""
    connection = db.session.connection()
    try:
        commands.revert_migration(connection, current_runtime(), current_user, migration_id, _reason())
    except NotFound:
        abort(404)
    except RuntimeFailure as refused:
        db.session.rollback()
        return _page(migration_id, say(refused.message), "revert-reason"), UNPROCESSABLE
    return _queued(connection, migration_id)


@blueprint.post("/<int:migration_id>/revert/<int:instance_id>")
def revert_one(migration_id: int, instance_id: int) -> Response | tuple[str, int]:
    """Move one matter back."""
    platform = current_platform()
    db.session.close()  # the command works on connections of its own
    try:
        commands.revert_one(
            platform.engine, platform.runtime, current_user, migration_id, instance_id=instance_id, reason=_reason()
        )
    except NotFound:
        abort(404)
    except RuntimeFailure as refused:
        return _page(migration_id, say(refused.message), f"reason-{instance_id}"), UNPROCESSABLE
    flash(_("已移回旧版，理由已记入事项记录。"), "success")
    return redirect(url_for("migrations.show", migration_id=migration_id))


def _reason() -> str:
    return request.form.get("reason", "").strip()


def _queued(connection: sa.Connection, migration_id: int) -> Response:
    defer_migration(current_platform().queue, connection, migration_id)
    db.session.commit()
    return redirect(url_for("migrations.show", migration_id=migration_id))


def _asked(mapping: Mapping[str, str | None]) -> Plan:
    values = request.values
    source, target = values.get("from", type=int), values.get("to", type=int)
    if source is None or target is None or "process" not in values:
        abort(400)
    return current_runtime().migration_plan(source, target, values["process"], mapping)


def _mapping() -> dict[str, str | None]:
    """Return what the form says by hand: only what somebody chose."""
    typed = {name.removeprefix(FIELD): value for name, value in request.form.items() if name.startswith(FIELD)}
    return {name: None if value == DROPPED else value for name, value in typed.items() if value}


def _plan_page(
    found: Plan,
    chosen: Mapping[str, str | None] | None = None,
    problems: list[str] | None = None,
    kept: stored.Migration | None = None,
) -> str:
    connection = db.session.connection()
    suggested = {SIGN.join(element.place): new.id for element, new in found.suggestions()}
    return render_template(
        "migrations/plan.html",
        plan=found,
        process=_(found.new.processes.get(found.process_key, found.process_key)),
        rows=compared(found),
        automatic=automatic(found),
        waiting=queries.waiting_at(connection, found.process_key, found.source.id),
        chosen=suggested if chosen is None else chosen,
        suggested=suggested if chosen is None else {},
        problems=[say(problem) for problem in problems or []],
        kept=kept,
        running=queries.running(connection, found.process_key, found.source.id),
        diagrams=drawn_with_changes(found),
        field=FIELD,
        dropped=DROPPED,
        sign=SIGN,
    )
