"""What a draft of the keyword table would do to past matters, and publishing it after that was seen."""

from __future__ import annotations

from collections import Counter
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework import commands
from engine.casework.keywords import drafts, previews, store
from engine.casework.keywords.errors import CannotPublish
from engine.casework.keywords.preview_result import Count, Move, count
from engine.casework.keywords.previews import Preview
from engine.casework.masking import masked_texts
from engine.casework.models import Matter, MatterDecision, Unit
from engine.casework.permissions import bureau_wide, permitted, visible
from engine.database import db
from engine.runtime import NotFound
from webapp.current import current_platform
from webapp.jobs import defer_keyword_preview
from webapp.keyword_words import JUDGED, PUSHED, aspect_words, owner_words
from webapp.keywords import WORDS, may_publish
from webapp.paging import page_number, page_url
from webapp.people import names_of
from webapp.sentences import say

blueprint = Blueprint("keyword_previews", __name__, url_prefix="/bureau/keywords")
UNPROCESSABLE = 422
PER_PAGE = 50
WORKING = frozenset({"waiting", "running"})
FEWEST_TOLD = 5
FLOWS = 12
"""Lines of the table from where to where; the rest is in the list."""


@blueprint.post("/draft/<int:draft_id>/preview")
def ask(draft_id: int) -> Response:
    """Let the worker compute what a draft would do."""
    connection = db.session.connection()
    try:
        preview_id = previews.ask(connection, current_user, draft_id)
    except NotFound:
        abort(404)
    defer_keyword_preview(current_platform().queue, connection, preview_id)
    db.session.commit()
    return redirect(url_for("keyword_previews.show", preview_id=preview_id))


@blueprint.get("/previews/<int:preview_id>")
def show(preview_id: int) -> Response:
    """Show how far a preview is, and then what it says; the page asks again by itself while it is computed."""
    preview = _preview(preview_id)
    answer = make_response(_page(preview))
    if "HX-Request" in request.headers and preview.status not in WORKING:
        answer.headers["HX-Refresh"] = "true"  # it is through: what it says stands all over the page
    return answer


@blueprint.post("/previews/<int:preview_id>/publish")
def publish(preview_id: int) -> Response | tuple[str, int]:
    """Publish the draft as it was previewed."""
    preview = _preview(preview_id)
    reason = request.form.get("reason", "")
    if preview.status != "finished":
        return _page(preview, refused=_("预览还没有算完，请稍等。"), reason=reason), UNPROCESSABLE
    seen = {"revision": preview.revision, "version": preview.version}
    try:
        number = commands.publish_keywords(db.session.connection(), current_user, preview.draft_id, reason, **seen)
    except NotFound:
        abort(404)
    except CannotPublish as refused:
        db.session.rollback()
        return _page(_preview(preview_id), refused=say(refused.message), reason=reason), UNPROCESSABLE
    db.session.commit()
    flash(_("已发布第 %(n)s 版，下一件来件就按它推送。", n=number), "success")
    return redirect(url_for("keywords.version", version_number=number))


def _preview(preview_id: int) -> Preview:
    try:
        return previews.one(db.session.connection(), current_user, preview_id)
    except NotFound:
        abort(404)


def _page(preview: Preview, *, refused: str = "", reason: str = "") -> str:
    connection = db.session.connection()
    try:
        draft = drafts.one(connection, current_user, preview.draft_id)
    except NotFound:
        abort(404)
    found = preview.result
    matters = _matters(connection, found.moves) if found else {}
    # What has become hidden since is neither listed nor counted.
    moves = [move for move in found.moves if move.matter in matters] if found else []
    listed = Count(matters=found.listed.matters - (len(found.moves) - len(moves))) if found else Count()
    for move in moves:
        count(listed, move)
    known = store.named(connection)
    wanted = request.args.get("show", "all")
    chosen = [move for move in moves if wanted in ("all", *_tags(move))]
    page = page_number()
    fresh = (preview.revision, preview.version) == (draft.revision, store.newest(connection))
    return render_template(
        "keywords/preview.html",
        preview=preview,
        result=found,
        draft=draft,
        own=draft.officer_id == current_user.id,
        name=names_of(connection, [str(draft.officer_id)]).get(str(draft.officer_id), ""),
        listed=listed,
        flows=_flows(moves, known),
        moves=[_line(move, matters[move.matter], known) for move in chosen[(page - 1) * PER_PAGE : page * PER_PAGE]],
        total=len(chosen),
        tabs=_tabs(preview, moves, wanted),
        working=preview.status in WORKING,
        fresh=fresh,
        may_publish=may_publish() and fresh and bool(draft.changes) and not draft.conflicts,
        few=_few,
        refused=refused,
        reason=reason,
        page=page,
        per_page=PER_PAGE,
        url=page_url,
        judged=JUDGED,
        pushed=PUSHED,
        known=known,
        **WORDS,
    )


def _matters(connection: sa.Connection, moves: list[Move]) -> dict[int, sa.Row[Any]]:
    """Return those of the matters that the officer may see now."""
    if not moves:
        return {}
    query = (
        sa.select(
            Matter.id,
            Matter.number,
            Matter.title,
            Matter.received_at,
            MatterDecision.decided_at,
            MatterDecision.outside,
            Unit.code.label("decided_unit"),
            permitted(current_user, "view_personal").label("may_reveal"),
        )
        .outerjoin(MatterDecision, MatterDecision.matter_id == Matter.id)
        .outerjoin(Unit, Unit.id == MatterDecision.unit_id)
        .where(Matter.id.in_([move.matter for move in moves]), visible(current_user))
    )
    return {row.id: row for row in connection.execute(query)}


def _tags(move: Move) -> list[str]:
    return [tag for tag in (move.judged, move.pushed) if tag] or ["otherwise"]


def _few(number: int) -> str:
    """Return how a number over all matters is told: fewer than five only as such to whoever does not see them all.

    Otherwise a rule for a rare word would tell whether it stands in a matter that is not theirs.
    """
    if number >= FEWEST_TOLD or bureau_wide(current_user.roles, "view"):
        return str(number)
    return str(_("不到 %(n)s", n=FEWEST_TOLD))


def _flows(moves: list[Move], known: store.Named) -> list[tuple[str, str, int]]:
    """Return from where to where how many move, the most first."""
    counted = Counter((move.old, move.new) for move in moves if move.judged)
    return [
        (owner_words(old, known), owner_words(new, known), number) for (old, new), number in counted.most_common(FLOWS)
    ]


def _line(move: Move, matter: sa.Row[Any], known: store.Named) -> dict[str, Any]:
    decided = (
        ""
        if matter.decided_at is None
        else _("不属公安职责")
        if matter.outside
        else known.name("unit", matter.decided_unit)
    )
    return {
        "matter": matter,
        "title": matter.title if matter.may_reveal else masked_texts(matter.title),
        "move": move,
        "old": owner_words(move.old, known),
        "new": owner_words(move.new, known),
        "decided": decided,
        "aspects": [
            (name, aspect_words(name, old, known), aspect_words(name, new, known))
            for name, (old, new) in move.aspects.items()
        ],
    }


def _tabs(preview: Preview, moves: list[Move], wanted: str) -> list[dict[str, Any]]:
    counted = Counter(tag for move in moves for tag in _tags(move))
    labels = {"all": _("全部")} | {code: str(label) for code, (label, _tone) in JUDGED.items()}
    labels |= {code: str(label) for code, label in PUSHED.items()} | {"otherwise": _("只是类型、轻重或时限不同")}
    return [
        {
            "label": label,
            "url": url_for("keyword_previews.show", preview_id=preview.id, show=code, _anchor="moves"),
            "count": len(moves) if code == "all" else counted[code],
            "tone": "late" if code == "wrong" else "",
            "current": code == wanted,
        }
        for code, label in labels.items()
        if code == "all" or counted[code]
    ]
