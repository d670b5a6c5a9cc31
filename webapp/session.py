"""Logging in and out, and the language of the pages before that."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework.authentication import authenticate
from engine.casework.demo.filling import unfinished
from engine.database import db
from webapp.current import current_platform
from webapp.demo_accounts import demo_accounts
from webapp.i18n import LANGUAGES, keep_language
from webapp.security import limiter
from webapp.sessions import close_session, keep_display, open_session

blueprint = Blueprint("session", __name__)
UNPROCESSABLE = 422
UNAVAILABLE = 503


def inside(target: str | None) -> str | None:
    """Return the target when it is a path of this site, else None: nobody is sent elsewhere by a link."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


@blueprint.get("/login")
def log_in() -> str | Response:
    """Show the log-in; whoever is logged in already goes on."""
    wanted = inside(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(wanted or url_for("home.show"))
    return _page(wanted)


@blueprint.post("/login")
@limiter.limit("200/minute")
def open_new() -> Response | tuple[str, int]:
    """Check the password and open a session; the reason of a refusal is the same whether the account exists."""
    login = request.form.get("login", "").strip()
    wanted = inside(request.form.get("next"))
    if unfinished(db.session.connection()):
        # Its clock walks through the past, and if it is killed now it is emptied: nobody may have begun to work in it.
        error = _("演示单位还在准备，请过一分钟再登录。")
        return _page(wanted, error=error, login=login), UNAVAILABLE
    known = authenticate(db.session.connection(), login, request.form.get("password", ""))
    db.session.commit()  # a failure counts too
    if known is None or open_session(known.id) is None:
        error = _("账号或密码不对。连续输错 5 次，账号会锁定 15 分钟。")
        return _page(wanted, error=error, login=login), UNPROCESSABLE
    return redirect(wanted or url_for("home.show"))


@blueprint.post("/logout")
def log_out() -> Response:
    """End the session."""
    close_session()
    flash(_("您已退出登录。"), "info")
    return redirect(url_for("session.log_in"))


@blueprint.post("/language")
def choose_language() -> Response:
    """Switch the language of the pages in this browser, and of the account when somebody is logged in."""
    chosen = request.form.get("language") or request.form.get("locale", "")
    answer = redirect(inside(request.form.get("next")) or url_for("home.show"))
    if chosen in LANGUAGES:
        keep_language(answer, chosen)
        if current_user.is_authenticated:
            keep_display(current_user.id, locale=chosen)
    return answer


def _page(wanted: str | None, *, error: str | None = None, login: str = "") -> str:
    accounts = demo_accounts(db.session.connection()) if current_platform().settings.demo else None
    return render_template("auth/login.html", error=error, login=login, next=wanted, demo_accounts=accounts)
