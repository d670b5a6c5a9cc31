"""Running processes: which there are, how each stands, what went wrong, and mending it by hand."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework.masking import masked
from engine.casework.queries import instance_course
from engine.casework.queries import instances as queries
from engine.casework.queries.hiding import hiding
from engine.casework.queries.instances import Filters, InstanceRow
from engine.casework.queries.standing_still import clock_of
from engine.database import db
from engine.runtime import Definition, Look, NotFound, RuntimeFailure
from engine.runtime.tables import finished_item, instance, work_item
from webapp.current import current_runtime
from webapp.diagrams import Progress, diagram, drawings
from webapp.operations import FIELDS, ICONS, LABELS, Wanted, as_text, offered, shown
from webapp.paging import page_number, page_url
from webapp.people import names_of
from webapp.sentences import say
from webapp.vocabulary import word
from webapp.which_one import described

blueprint = Blueprint("instances", __name__, url_prefix="/instances")


@blueprint.get("")
def index() -> str:
    """List the instances, the newest first."""
    filters = Filters(
        process=request.args.get("process", ""),
        status=request.args.get("status", ""),
        deployment=request.args.get("version", type=int),
        incidents=bool(request.args.get("incidents")),
        text=request.args.get("q", ""),
        page=page_number(),
    )
    connection = db.session.connection()
    found = queries.instances(connection, current_user, filters)
    return render_template(
        "instances/index.html",
        found=found,
        filters=filters,
        per_page=queries.PER_PAGE,
        statuses=queries.STATUSES,
        names=_process_names(found),
        url=page_url,
    )


@blueprint.get("/<int:instance_id>")
def show(instance_id: int) -> str:
    """Show how one instance stands, and what may be done to it by hand."""
    connection = db.session.connection()
    row = queries.one(connection, current_user, instance_id)
    runtime = current_runtime()
    look = runtime.look(connection, instance_id)
    definition = runtime.definition(row.deployment_id)
    events = instance_course.happened(connection, instance_id, full=row.full)
    hide = hiding(connection, instance_id, full=row.full)
    incidents = runtime.incidents(connection, instance_id)
    lines = _timeline(connection, events)
    back = {event.element for event in events if event.what == "completed"}
    return render_template(
        "instances/show.html",
        row=row,
        process=_(definition.processes.get(row.process_key, row.process_key)),
        look=look,
        variables=[(name, as_text(value if row.full else masked(value))) for name, value in look.variables.items()],
        timers=instance_course.timers(connection, instance_id),
        incidents=[incident for incident in incidents if incident.resolved_at is None],
        messages={incident.id: say(hide(incident.message)) for incident in incidents},
        data={incident.id: as_text(incident.data if row.full else masked(incident.data)) for incident in incidents},
        diagrams=_diagrams(connection, definition, row, look),
        events=lines,
        suspended=next((line for line in lines if line["what"] == "suspended"), None)
        if row.status == "suspended"
        else None,
        which={
            token.task_id: described(
                connection,
                definition,
                token.process_key,
                token.element,
                token.about if row.full else masked(token.about),
            )
            for token in look.tokens
            if token.about and not token.boundary
        },
        moves=_moves(look, back),
        uncaught=instance_course.uncaught(connection, current_user, for_matter=row.matter)
        if offered("correlate")
        else [],
        verbs=_verbs(row),
        labels=LABELS,
        icons=ICONS,
        offered=offered,
    )


@blueprint.post("/<int:instance_id>/preview")
def preview(instance_id: int) -> str | Response:
    """Show what an operation would lead to; nothing is kept."""
    wanted = _wanted(instance_id)
    row = queries.one(db.session.connection(), current_user, instance_id)
    now = current_user.now
    db.session.close()  # the runtime works on a connection of its own
    try:
        found = wanted.carry_out(dry_run=True)
    except RuntimeFailure as failure:
        return _not_done(wanted, failure, row)
    hide = hiding(db.session.connection(), instance_id, full=row.full)
    return render_template(
        "instances/preview.html",
        row=row,
        label=LABELS[wanted.verb],
        typed=wanted.typed,
        verb=wanted.verb,
        found=found,
        stops=[(name or element, say(hide(message))) for element, name, message in found.incidents_opened],
        variables=shown(found, full=row.full),
        passed=[(word("event", kind), name or element) for kind, element, name in found.passed],
        moment=now,
    )


@blueprint.post("/<int:instance_id>/apply")
def apply(instance_id: int) -> Response:
    """Carry an operation out."""
    wanted = _wanted(instance_id)
    row = queries.one(db.session.connection(), current_user, instance_id)
    db.session.close()
    try:
        found = wanted.carry_out(dry_run=False)
    except RuntimeFailure as failure:
        return _not_done(wanted, failure, row)
    if found.incidents_opened:
        hide = hiding(db.session.connection(), instance_id, full=row.full)
        flash(_("已执行，但流程又遇到问题：%(why)s", why=say(hide(found.incidents_opened[0][2]))), "warning")
    else:
        flash(_("已执行：%(what)s。理由已记入流程记录。", what=LABELS[wanted.verb]), "success")
    return redirect(url_for("instances.show", instance_id=instance_id))


def _wanted(instance_id: int) -> Wanted:
    return Wanted(instance_id, {name: request.form.get(name, "").strip() for name in FIELDS})


def _not_done(wanted: Wanted, failure: RuntimeFailure, row: InstanceRow) -> Response:
    if isinstance(failure, NotFound):
        raise failure
    flash(say(hiding(db.session.connection(), row.id, full=row.full)(failure.message)), "error")
    return redirect(url_for("instances.show", instance_id=wanted.instance_id, _anchor="operations"))


def _verbs(row: InstanceRow) -> list[str]:
    """Return the operations on the whole instance that make sense now, for those who may ask for them."""
    ended = row.status in {"completed", "cancelled"}
    standing = [] if ended else ["resume" if row.status == "suspended" else "suspend", "cancel"]
    more = ["restart"] if ended else ["variables", "restart", "correlate"]
    return [verb for verb in [*standing, *more] if offered(verb)]


def _moves(look: Look, back: set[str]) -> dict[str, list[tuple[str, str, bool]]]:
    """Return for each token where it may be moved: (element, label, whether that is a step done before)."""
    found = {}
    for token in look.tokens:
        places = [(one.element, _(one.name), one.element in back and one.kind == "user") for one in token.places]
        if not offered("restart"):  # only what is sent back
            places = [one for one in places if one[2]]
        if places:
            found[token.task_id] = sorted(places, key=lambda one: not one[2])
    return found


def _process_names(found: queries.InstanceList) -> dict[str, str]:
    runtime = current_runtime()
    names: dict[str, str] = {}
    for deployment_id in dict.fromkeys(deployment_id for deployment_id, _version in found.versions):
        for key, name in runtime.definition(deployment_id).processes.items():
            names.setdefault(key, _(name))
    return names


def _diagrams(connection: sa.Connection, definition: Definition, row: InstanceRow, look: Look) -> list[dict[str, Any]]:
    there = drawings(definition)
    visited = connection.execute(sa.select(instance.c.visited).where(instance.c.id == row.id)).scalar_one()
    late = set(
        connection.execute(
            sa.select(work_item.c.step).where(
                work_item.c.instance_id == row.id, work_item.c.due_at < clock_of(row.id, sa.func.clock_now())
            )
        ).scalars()
    )
    done = connection.execute(
        sa.select(finished_item.c.process_key, finished_item.c.step, finished_item.c.finished_at).where(
            finished_item.c.instance_id == row.id, sa.not_(finished_item.c.withdrawn)
        )
    ).all()
    progress = {}
    for drawing in there:
        here = {token.element for token in look.tokens if token.process_key == drawing.key and not token.boundary}
        held = {token.element for token in look.tokens if token.process_key == drawing.key and token.state == "held"}
        progress[drawing.key] = Progress(
            visited=set(visited.get(drawing.key, ())),
            active=here,
            late=(here & late) | held,
            done={one.step: ("", one.finished_at) for one in done if one.process_key == drawing.key},
        )
    main = [drawing for drawing in there if drawing.key == row.process_key]
    others = [one for one in there if one not in main and (progress[one.key].visited or progress[one.key].active)]
    return [diagram(drawing, progress[drawing.key]) for drawing in [*main, *others]]


def _timeline(connection: sa.Connection, events: list[instance_course.Happened]) -> list[dict[str, Any]]:
    names = names_of(connection, [event.actor for event in events])
    return [
        {
            "what": event.what,
            "title": f"{_(event.name)} · {word('event', event.what)}" if event.name else word("event", event.what),
            "at": event.at,
            "actor": names.get(event.actor) or (_("系统") if event.actor == "system" else ""),
            "tone": "done" if event.what == "completed" else "info",
            "note": say(event.note),
        }
        for event in events
    ]
