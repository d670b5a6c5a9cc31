"""Is it the same thing? Two matters side by side, and what an officer decides of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework import commands, earlier, likeness, linking
from engine.casework.errors import NotPermitted
from engine.casework.permissions import may
from engine.database import db
from engine.runtime import CannotOperate, NotFound
from rules import marking
from webapp.current import current_platform, current_runtime
from webapp.sentences import say

blueprint = Blueprint("likeness", __name__, url_prefix="/matters/<number>/likeness")
UNPROCESSABLE, UNKNOWN = 422, 404
VERBS = frozenset({"same", "different", "unlink"})
DONE: Mapping[tuple[str, bool], Any] = {
    ("same", True): _("已关联为重复件，原件答复后再答复本件。"),
    ("same", False): _("已认定为同一件事。本件已在办理，两件各自办完。"),
    ("different", False): _("已记下不是同一件事，不再询问。"),
    ("unlink", True): _("已解除关联，本件回到原来的环节继续办理。"),
    ("unlink", False): _("已解除关联。"),
}


@blueprint.get("")
def show(number: str) -> str | tuple[str, int]:
    """Show a matter beside another one (``?other=``), the words of both marked; ask for its number without one."""
    return _page(number, request.args.get("other", "").strip())


@blueprint.post("/<verb>")
def decide(number: str, verb: str) -> Response | str | tuple[str, int]:
    """Say that they are the same, that they are not, or part them again; then back to the matter."""
    if verb not in VERBS:
        abort(UNKNOWN)
    other, reason = request.form.get("other", "").strip(), request.form.get("reason", "")
    platform = current_platform()
    engine, runtime, officer = platform.engine, platform.runtime, current_user
    db.session.close()  # the command works on a connection of its own
    moved = False
    try:
        if verb == "same":
            moved = commands.link(engine, runtime, officer, number, other, reason=reason)
        elif verb == "unlink":
            moved = commands.unlink(engine, runtime, officer, number, other, reason=reason)
        else:
            commands.tell_apart(engine, runtime, officer, number, other)
    except (NotPermitted, CannotOperate) as refused:
        page = _page(number, other, problem=say(refused.message), reason=reason)
        return page if isinstance(page, tuple) else (page, UNPROCESSABLE)
    flash(DONE[verb, moved], "success")
    return redirect(url_for("matters.show", number=number))


def _page(number: str, other: str, *, problem: str = "", reason: str = "") -> str | tuple[str, int]:
    connection = db.session.connection()
    found = likeness.texts(connection, current_user, [number, other])
    if number not in found:
        abort(UNKNOWN)
    ours, theirs = found[number], found.get(other)
    allowed = may(connection, current_user, "link", ours.id)
    if theirs is None or theirs.id == ours.id:
        problem = problem or (gettext("没有找到编号为“%(number)s”的其他事项，请核对。", number=other) if other else "")
        page = render_template("likeness/choose.html", ours=ours, other=other, problem=problem)
        return (page, UNKNOWN) if problem else page
    rows: dict[int, Any] = {row.id: row for row in connection.execute(earlier.ROWS, {"ids": [ours.id, theirs.id]})}
    match = earlier.likeness(connection, rows[ours.id], rows[theirs.id])
    if not (ours.may_reveal and theirs.may_reveal):
        match = likeness.covered_match(match)
    decision = {one.number: one for one in likeness.asked(connection, current_user, ours.id)}.get(theirs.number)
    linked = ours.primary_id == theirs.id
    passages = marking.copied(ours.body, theirs.body)
    words = (*match.shared, *match.names, *match.numbers)
    return render_template(
        "likeness/show.html",
        match=match,
        score=match.score if decision is None else decision.score,
        sides=[
            (ours, marking.pieces(ours.title, words, ()), marking.pieces(ours.body, words, passages[0])),
            (theirs, marking.pieces(theirs.title, words, ()), marking.pieces(theirs.body, words, passages[1])),
        ],
        allowed=allowed,
        linked=linked,
        related=decision is not None and decision.decision == "same" and not linked,
        decision=decision,
        becomes_repeat=allowed and not linked and _becomes_repeat(ours.id, theirs),
        problem=problem,
        reason=reason,
    )


def _becomes_repeat(matter_id: int, theirs: Any) -> bool:
    """Say whether linking now moves the matter, so that the page tells what a click does."""
    connection = db.session.connection()
    instance = linking.matter(connection, matter_id).instance_id
    try:
        place = linking.token_of(connection, current_runtime(), instance)
    except NotFound:
        return False
    return (
        linking.way_to_repeat(place, replied=linking.matter(connection, theirs.id).replied_at is not None) is not None
    )
