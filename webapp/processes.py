"""Deployments: what runs, how it is drawn, and putting a new version in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from engine.database import db
from engine.runtime import Problem, Refused
from webapp import deployments
from webapp.current import current_runtime
from webapp.diagrams import drawn
from webapp.i18n import chosen_language
from webapp.people import names_of
from webapp.problem_diagrams import problem_diagrams
from webapp.process_files import REMOVED, UnusableFileError, carried, carry, handed_out, merged, uploaded

blueprint = Blueprint("processes", __name__, url_prefix="/processes")
UNPROCESSABLE = 422


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one file: 'new', 'changed', 'same' or 'removed'."""

    path: str
    what: str
    size: int


def _connection() -> sa.Connection:
    return db.session.connection()


@blueprint.get("")
def index() -> str:
    """List the deployments, the newest first."""
    found = deployments.versions(_connection())
    names = names_of(_connection(), [version.deployed_by for version in found])
    return render_template("processes/index.html", versions=found, names=names)


@blueprint.get("/<int:deployment_id>")
def show(deployment_id: int) -> str:
    """Show a deployment's diagrams, its files and who does each step."""
    found = [version for version in deployments.versions(_connection()) if version.id == deployment_id]
    if not found:
        abort(404)
    definition = current_runtime().definition(deployment_id)
    return render_template(
        "processes/show.html",
        version=found[0],
        names=names_of(_connection(), [found[0].deployed_by]),
        diagrams=drawn(definition),
        files=[(path, len(content)) for path, content in sorted(definition.files.items())],
        decisions=[(key, one.name or key, len(one.rules)) for key, one in sorted(definition.decisions.items())],
    )


@blueprint.get("/<int:deployment_id>/files/<path:path>")
def resource(deployment_id: int, path: str) -> Response:
    """Hand out one file of a deployment, as it was deployed."""
    content = current_runtime().definition(deployment_id).files.get(path)
    if content is None:
        abort(404)
    kind = "application/json" if path.endswith(".form") else "application/xml"
    return handed_out(path, content, kind)


@blueprint.route("/new", methods=["GET", "POST"])
def upload() -> str | tuple[str, int]:
    """Take changed files, check the whole set as it would then be, and say everything that is wrong with it."""
    present = _present()
    if request.method == "GET":
        return _upload_page(present)
    removed = request.form.getlist(REMOVED)
    try:
        changes = carried(request.form) | uploaded(request.files.getlist("files"))
    except UnusableFileError as error:
        return _upload_page(present, refused=_reason(error)), UNPROCESSABLE
    if not changes and not removed:
        return _upload_page(present, refused=_("请选择要上传的文件。")), UNPROCESSABLE
    return _checked_page(present, changes, removed, current_runtime().check(merged(present, changes, removed)))


@blueprint.post("/deploy")
def deploy() -> BaseResponse | tuple[str, int]:
    """Deploy the files that were checked; new matters run by them from now on, running ones stay on theirs."""
    present = _present()
    removed = request.form.getlist(REMOVED)
    try:
        changes = carried(request.form)
    except UnusableFileError as error:
        return _upload_page(present, refused=_reason(error)), UNPROCESSABLE
    db.session.close()  # the runtime works on a connection of its own
    try:
        made = current_runtime().deploy(
            merged(present, changes, removed), actor=current_user.actor, note=request.form.get("note", "").strip()
        )
    except Refused as refused:
        return _checked_page(present, changes, removed, refused.problems)
    flash(_("已部署第 %(version)s 版，新事项从现在起按它办理。", version=made.version), "success")
    return redirect(url_for("processes.show", deployment_id=made.id))


def _present() -> Mapping[str, bytes]:
    newest = deployments.newest(_connection())
    return {} if newest is None else current_runtime().definition(newest).files


def _reason(error: UnusableFileError) -> str:
    reasons = {
        "suffix": _("只能上传 .bpmn、.dmn 和 .form 文件：%(name)s", name=error.name),
        "size": _("文件不能超过 2 MB：%(name)s", name=error.name),
    }
    return str(reasons.get(error.reason, _("读不出这个文件：%(name)s", name=error.name)))


def _upload_page(present: Mapping[str, bytes], refused: str = "") -> str:
    return render_template("processes/upload.html", present=sorted(present), refused=refused)


def _checked_page(
    present: Mapping[str, bytes], changes: Mapping[str, bytes], removed: list[str], problems: list[Problem]
) -> tuple[str, int]:
    english = chosen_language() == "en"
    now_present = merged(present, changes, removed)
    diagrams = problem_diagrams(now_present, problems)
    errors = sum(problem.severity == "error" for problem in problems)
    page = render_template(
        "processes/checked.html",
        problems=_by_file(problems, diagrams, english=english),
        diagrams=diagrams,
        errors=errors,
        changes=_changes(present, changes, removed),
        carried=carry(changes),
        removed=removed,
        note=request.form.get("note", ""),
    )
    return page, UNPROCESSABLE if errors else 200


def _by_file(
    problems: list[Problem], diagrams: list[dict[str, Any]], *, english: bool
) -> dict[str, list[dict[str, Any]]]:
    """Return the problems of each file; those at an element that is drawn say in which diagram."""
    drawn_in = {(diagram["file"], element): diagram["key"] for diagram in diagrams for element in diagram["wrong"]}
    grouped: dict[str, list[dict[str, Any]]] = {}
    for problem in problems:
        diagram = drawn_in.get((problem.file, problem.element_id), "")
        grouped.setdefault(problem.file, []).append(_shown(problem, diagram, english=english))
    return grouped


def _shown(problem: Problem, diagram: str, *, english: bool) -> dict[str, Any]:
    return {
        **problem.as_dict(),
        "diagram": diagram,
        "message": problem.message_en if english else problem.message,
        "remedy": problem.remedy_en if english else problem.remedy,
    }


def _changes(present: Mapping[str, bytes], changes: Mapping[str, bytes], removed: list[str]) -> list[Change]:
    listed = []
    for path in sorted({*changes, *(path for path in removed if path in present)}):
        content = changes.get(path)
        if content is None:
            listed.append(Change(path, "removed", len(present[path])))
        elif path not in present:
            listed.append(Change(path, "new", len(content)))
        else:
            listed.append(Change(path, "same" if present[path] == content else "changed", len(content)))
    return listed
