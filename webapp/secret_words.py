"""The bureau's own secret words, which nobody can read here, and the attempts to bring secrets in."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework import attempts as casework_attempts
from engine.casework import secret_words
from engine.casework.errors import InvalidFacts, NotPermitted
from engine.database import db
from rules.secret_marks import REASONS, secret_marks
from webapp.paging import page_number, page_url
from webapp.sentences import say

blueprint = Blueprint("secret_words", __name__)
UNPROCESSABLE = 422
PER_PAGE = 50
CHANGES = 20
LONGEST_TRIED = 20_000


@blueprint.get("/secret-words")
def index() -> str:
    """List the words by their numbers, with who added them when."""
    return _page()


@blueprint.post("/secret-words")
def add() -> str | Response | tuple[str, int]:
    """Put words on the list; only their hashes are kept."""
    typed = request.form.get("words", "")
    try:
        added = secret_words.add(db.session.connection(), current_user, typed)
    except InvalidFacts as refused:
        db.session.rollback()
        return _page(refused=say(refused.problems[0].message), typed=typed), UNPROCESSABLE
    db.session.commit()
    known = len(added.numbers) - len(added.new)
    if added.new:
        listed = _("、").join(str(number) if number else _("原有") for number in added.numbers)
        flash(
            _(
                "已添加 %(n)s 个，按您填写的顺序编号：%(listed)s。请把编号记在涉密台账上。",
                n=len(added.new),
                listed=listed,
            ),
            "success",
        )
    if known:
        flash(_("%(n)s 个已经在词表里，没有重复添加。", n=known), "info")
    return redirect(url_for("secret_words.index"))


@blueprint.post("/secret-words/<int:word_id>/remove")
def remove(word_id: int) -> Response:
    """Take a word off the list."""
    secret_words.remove(db.session.connection(), current_user, word_id)
    db.session.commit()
    flash(_("已移除 %(n)s 号，从现在起不再筛查它。", n=word_id), "success")
    return redirect(url_for("secret_words.index"))


@blueprint.post("/secret-words/discard")
def discard() -> Response:
    """Empty a list whose key is lost, so that it can be begun anew."""
    try:
        gone = secret_words.discard(db.session.connection(), current_user)
    except NotPermitted as refused:
        db.session.rollback()
        flash(say(refused.message), "warning")
    else:
        db.session.commit()
        flash(_("已清空词表，原有 %(n)s 个。请对照涉密台账重新录入。", n=gone), "success")
    return redirect(url_for("secret_words.index"))


@blueprint.post("/secret-words/try")
def try_out() -> str | tuple[str, int]:
    """Say what screening would find in a text; the text is neither stored nor logged."""
    text = request.form.get("text", "")
    if len(text) > LONGEST_TRIED:
        return _page(tried=text, too_long=True), UNPROCESSABLE
    found = secret_marks(text, secret_words.look(db.session.connection()).words)
    return _page(tried=text, kinds=list(dict.fromkeys(REASONS[mark.kind] for mark in found)))


@blueprint.get("/secret-attempts")
def attempts() -> str:
    """List who tried to bring in what carries a mark of secrecy, when and where; never what it was."""
    page = page_number()
    rows, total = casework_attempts.recorded(db.session.connection(), current_user, page=page, per_page=PER_PAGE)
    return render_template(
        "secret_words/attempts.html",
        rows=rows,
        total=total,
        page=page,
        per_page=PER_PAGE,
        url=page_url,
        reasons=REASONS,
    )


def _page(
    *,
    refused: str = "",
    typed: str = "",
    tried: str = "",
    kinds: list[str] | None = None,
    too_long: bool = False,
) -> str:
    connection, page = db.session.connection(), page_number()
    rows, total = secret_words.listed(connection, current_user, page=page, per_page=PER_PAGE)
    return render_template(
        "secret_words/index.html",
        rows=rows,
        total=total,
        changes=secret_words.changes(connection, current_user, most=CHANGES),
        fits=secret_words.look(connection).fits,
        refused=refused,
        typed=typed,
        tried=tried,
        kinds=kinds,
        too_long=too_long,
        longest=LONGEST_TRIED,
        page=page,
        per_page=PER_PAGE,
        url=page_url,
    )
