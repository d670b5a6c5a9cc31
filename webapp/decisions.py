"""决策表: every table of a version to read and try out; process owners change it, see whom that touches, and deploy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework.commands.migrating import require_owner
from engine.casework.queries import decisions as queries
from engine.casework.queries.decisions import Touched
from engine.database import db
from engine.runtime import Definition, NotFound, Problem, Refused, Superseded
from engine.runtime.decisions.differences import differences
from webapp import deployments, table_changes
from webapp.assets_manifest import styles_of
from webapp.current import current_runtime
from webapp.i18n import chosen_language
from webapp.paging import page_number, page_url
from webapp.people import names_of
from webapp.security import allow_inline_styles
from webapp.table_changes import Change, placed, tables, too_large, version_of
from webapp.table_trial import FIELD, given, outcome
from webapp.table_words import cell_words, channel_names, hit_policy, lines, suggestions, type_word

blueprint = Blueprint("decisions", __name__, url_prefix="/processes/<int:deployment_id>/decisions")
UNPROCESSABLE = 422
CONFLICT = 409
LONGEST_NOTE = 200
EDITOR = "decisions"
"""The bundle that holds dmn-js."""
Page = str | tuple[str, int] | Response


def _connection() -> sa.Connection:
    return db.session.connection()


@blueprint.get("/<key>")
def show(deployment_id: int, key: str) -> str:
    """Show a decision table, and which rules hit for the values that were chosen."""
    version, definition = _version(deployment_id)
    decision = definition.decisions.get(key)
    if decision is None:
        abort(404)
    found = version_of(definition, key)
    if found is None:
        return render_template("decisions/expression.html", version=version, decision=decision)
    channels = channel_names(_connection())
    values, wrong = given(found.decision, request.args)
    tried = queries.answer(found, values) if values is not None and not wrong else None
    return render_template(
        "decisions/show.html",
        version=version,
        sheet=found.sheet,
        policy=hit_policy(found.sheet.policy),
        cell=lambda column, text: cell_words(column, text, channels),
        type_word=type_word,
        fields=[(column, suggestions(found.sheet, column, channels)) for column in found.sheet.of("input")],
        field=FIELD,
        typed=request.args,
        wrong=wrong,
        tried=tried,
        outcome=outcome(found, tried, channels) if tried else [],
    )


@blueprint.route("/<key>/edit", methods=["GET", "POST"])
def edit(deployment_id: int, key: str) -> Page:
    """Open the table of the newest version in the editor, or what was edited before and is sent back to it."""
    _require_owner()
    version, definition = _version(deployment_id)
    place = tables(definition).get(key)
    if place is None:
        abort(404)
    if request.method == "POST":
        return _editor(version, place, _content(), returned=True)
    newest = deployments.newest(_connection())
    if newest != deployment_id and newest is not None and key in tables(current_runtime().definition(newest)):
        flash(_("只能改最新的一版，已为您打开。"), "info")
        return redirect(url_for("decisions.edit", deployment_id=newest, key=key))
    return _editor(version, place, place.content)


@blueprint.post("/<key>/check")
def check(deployment_id: int, key: str) -> str:
    """Return the list of what is wrong with the table as it is being edited, for the place beside the editor."""
    _require_owner()
    version, definition = _version(deployment_id)
    place = tables(definition).get(key)
    if place is None:
        abort(404)
    content = _content()
    newest = current_runtime().definition(deployments.newest(_connection()) or version.id)
    db.session.close()  # the checker takes a while and needs no connection of ours
    problems = table_changes.checked(current_runtime(), newest, place.path, content)
    return render_template("decisions/problems.html", problems=_shown(problems, place.path, content, key))


@blueprint.post("/<key>/preview")
def preview(deployment_id: int, key: str) -> Page:
    """Say what a changed table differs in and which running matters it touches, before it is deployed."""
    _require_owner()
    version, change = _change(deployment_id, key)
    if change.errors or change.new is None:
        return _editor(
            version, tables(_definition(deployment_id))[key], _content(), change, returned=True
        ), UNPROCESSABLE
    return _preview(key, change)


@blueprint.post("/<key>/deploy")
def deploy(deployment_id: int, key: str) -> Page:
    """Deploy the changed table with the other files of the newest version."""
    _require_owner()
    version, change = _change(deployment_id, key)
    if change.errors or change.new is None:
        return _editor(
            version, tables(_definition(deployment_id))[key], _content(), change, returned=True
        ), UNPROCESSABLE
    if change.meanwhile is not None:
        return _preview(key, change), CONFLICT
    if not change.differences and change.files == _definition(deployment_id).files:
        return _preview(key, change), UNPROCESSABLE
    db.session.close()  # the runtime works on a connection of its own
    try:
        made = current_runtime().deploy(change.files, actor=current_user.actor, note=_note(), onto=deployment_id)
    except Superseded:
        return _preview(key, _change(deployment_id, key)[1]), CONFLICT
    except Refused as refused:
        place = tables(_definition(deployment_id))[key]
        page = _editor(version, place, _content(), refused=refused.problems, returned=True)
        return page, UNPROCESSABLE
    flash(_("已部署第 %(version)s 版，新事项从现在起按它办理。", version=made.version), "success")
    return redirect(url_for("decisions.touched", deployment_id=made.id, key=key))


@blueprint.get("/<key>/touched")
def touched(deployment_id: int, key: str) -> str:
    """Say what a deployed version changed in the table, and which running matters are on earlier versions."""
    _require_owner()
    version, definition = _version(deployment_id)
    earlier = [one for one in deployments.versions(_connection()) if one.version < version.version]
    new = version_of(definition, key)
    if new is None:
        abort(404)
    old = version_of(_definition(earlier[0].id), key) if earlier else None
    if old is None:
        return render_template("decisions/touched.html", version=version, earlier=None, sheet=new.sheet)
    found = queries.touched(
        _connection(), current_user, current_runtime(), old, new, before=version.version, page=page_number()
    )
    return render_template(
        "decisions/touched.html",
        version=version,
        earlier=earlier[0],
        sheet=new.sheet,
        lines=lines(differences(old.sheet, new.sheet), new.sheet, channel_names(_connection())),
        processes=_processes(definition, key),
        **_touched(found, deployment_id, key),
    )


def _require_owner() -> None:
    try:
        require_owner(_connection(), current_user)
    except NotFound:
        abort(404)


def _version(deployment_id: int) -> tuple[deployments.Version, Definition]:
    found = [version for version in deployments.versions(_connection()) if version.id == deployment_id]
    if not found:
        abort(404)
    return found[0], _definition(deployment_id)


def _definition(deployment_id: int) -> Definition:
    return current_runtime().definition(deployment_id)


def _content() -> bytes:
    """Return the edited file; a form's line ends are the network's, a file's are its own."""
    content = request.form.get("content", "").replace("\r\n", "\n").encode()
    if too_large(content):
        abort(413)
    return content


def _note() -> str:
    return request.form.get("note", "").strip()[:LONGEST_NOTE]


def _change(deployment_id: int, key: str) -> tuple[deployments.Version, Change]:
    """Return the version somebody edited, and what deploying the result would mean."""
    version, base = _version(deployment_id)
    if key not in tables(base):
        abort(404)
    newest = _definition(deployments.newest(_connection()) or deployment_id)
    content = _content()
    db.session.close()
    return version, table_changes.proposed(current_runtime(), base, newest, key, content)


def _preview(key: str, change: Change) -> str:
    connection = _connection()
    newest = deployments.versions(connection)[0]
    channels = channel_names(connection)
    new, old = change.new, change.old
    found = None
    if new is not None and old is not None:
        found = queries.touched(connection, current_user, current_runtime(), old, new)
    meanwhile = change.meanwhile
    sheet = new.sheet if new else None
    return render_template(
        "decisions/preview.html",
        key=key,
        newest=newest,
        names=names_of(connection, [newest.deployed_by]),
        sheet=sheet,
        content=change.content.decode(),
        note=_note(),
        lines=lines(change.differences, sheet, channels) if sheet else [],
        problems=_shown(change.problems, change.path, change.content, key),
        meanwhile=meanwhile,
        theirs=lines(meanwhile.differences, meanwhile.sheet, channels) if meanwhile and meanwhile.sheet else [],
        both=lines(meanwhile.both, meanwhile.sheet, channels) if meanwhile and meanwhile.sheet else [],
        **(_touched(found, newest.id, key) if found else {}),
    )


def _editor(
    version: deployments.Version,
    place: table_changes.Place,
    content: bytes,
    change: Change | None = None,
    *,
    refused: Sequence[Problem] = (),
    returned: bool = False,
) -> str:
    allow_inline_styles(styles_of(EDITOR))
    problems = refused or (change.problems if change else _checked_before(place, content))
    return render_template(
        "decisions/edit.html",
        version=version,
        sheet=place.sheet,
        path=place.path,
        problems=_shown(problems, place.path, content, place.sheet.key),
        refused=returned and any(problem.severity == "error" for problem in problems),
        note=_note(),
        data={
            "key": place.sheet.key,
            "officer": current_user.id,
            "base": version.id,
            "deployed": place.content.decode("utf-8", "replace"),
            "content": content.decode("utf-8", "replace"),
            "returned": returned,
            "language": chosen_language(),
        },
    )


def _checked_before(place: table_changes.Place, content: bytes) -> Sequence[Problem]:
    """Return what is wrong with a table that is opened: asked of the checker only if it is not the deployed one."""
    if content == place.content:
        return ()
    newest = _definition(deployments.newest(_connection()) or 0)
    return table_changes.checked(current_runtime(), newest, place.path, content)


def _shown(problems: Sequence[Problem], path: str, content: bytes, key: str) -> list[dict[str, Any]]:
    """Return what is wrong with the table's file, and what of other files keeps it from being deployed."""
    english = chosen_language() == "en"
    found = []
    for problem in problems:
        if problem.file == path or problem.severity == "error":
            shown = placed(problem, path, content, key)
            shown["message"] = problem.message_en if english else problem.message
            shown["remedy"] = problem.remedy_en if english else problem.remedy
            found.append(shown)
    return sorted(found, key=lambda one: one["severity"])


def _touched(found: Touched, deployment_id: int, key: str) -> dict[str, Any]:
    return {
        "touched": found,
        "page": page_number(),
        "per_page": queries.PER_PAGE,
        "url": page_url,
        "again": queries.decides_again(current_runtime(), deployment_id, key),
    }


def _processes(definition: Definition, key: str) -> list[tuple[str, str]]:
    """Return the processes that have the table decide, with their labels."""
    specs = definition.specs.items()
    found = [name for name, spec in specs if any(getattr(task, "decision", "") == key for task in spec.every())]
    return [(name, _(definition.processes[name])) for name in found]
