"""Tokens for the API: an officer's own, and everybody's for those who answer for the platform."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework import api_tokens
from engine.casework.errors import InvalidFacts
from engine.database import db
from webapp.paging import page_number, page_url
from webapp.sentences import say
from webapp.vocabulary import words

blueprint = Blueprint("access_tokens", __name__)
UNPROCESSABLE = 422
PER_PAGE = 50
LIVES = (7, 30, 90, 180, 365)
"""Days to choose from."""

USUAL = 90
STEP = 18


@blueprint.get("/account/tokens")
def index() -> str:
    """List the officer's own tokens."""
    return _page()


@blueprint.post("/account/tokens")
def create() -> tuple[str, int]:
    """Make a token and show it, this once."""
    typed = {name: request.form.get(name, "") for name in ("name", "scope", "days")}
    days = int(typed["days"]) if typed["days"].isdecimal() and len(typed["days"]) <= STEP else 0
    try:
        made = api_tokens.create(
            db.session.connection(),
            current_user.id,
            typed["name"],
            scope=typed["scope"],
            days=days,
            actor=current_user.actor,
        )
    except InvalidFacts as refused:
        errors = {problem.field: say(problem.message) for problem in refused.problems}
        db.session.rollback()
        return _page(errors=errors, typed=typed), UNPROCESSABLE
    db.session.commit()
    return _page(made=made), 201


@blueprint.post("/account/tokens/<int:token_id>/revoke")
def revoke(token_id: int) -> Response:
    """End a token: one's own, or anybody's for a system or security administrator."""
    api_tokens.revoke(db.session.connection(), current_user, token_id)
    db.session.commit()
    flash(_("令牌已撤销，用它的程序从现在起不能再调用接口。"), "success")
    everybody = request.form.get("from") == "everybody"
    return redirect(url_for("access_tokens.everybody" if everybody else "access_tokens.index"))


@blueprint.get("/account/tokens/all")
def everybody() -> str:
    """List everybody's tokens."""
    page = page_number()
    rows, total = api_tokens.of_everybody(db.session.connection(), current_user, page=page, per_page=PER_PAGE)
    return render_template(
        "api/tokens_of_all.html",
        rows=rows,
        total=total,
        page=page,
        per_page=PER_PAGE,
        url=page_url,
        may_revoke=not current_user.roles.isdisjoint(api_tokens.REVOKES_ALL),
    )


def _page(
    *,
    made: api_tokens.Created | None = None,
    errors: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
) -> str:
    return render_template(
        "api/tokens.html",
        rows=api_tokens.of_officer(db.session.connection(), current_user.id),
        made=made,
        errors=errors or {},
        typed=typed or {"name": "", "scope": "read", "days": str(USUAL)},
        scopes=words("token_scope"),
        lives=LIVES,
    )
