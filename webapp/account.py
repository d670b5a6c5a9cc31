"""An officer's own account: password, language, appearance."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework.authentication import WeakPassword, authenticate, set_password
from engine.database import db
from webapp.i18n import LANGUAGES, keep_language
from webapp.navigation import THEMES
from webapp.security import limiter
from webapp.sentences import say
from webapp.sessions import keep_display, open_session

blueprint = Blueprint("account", __name__, url_prefix="/account")
UNPROCESSABLE = 422


def _page(errors: dict[str, str] | None = None) -> str:
    return render_template("account/show.html", errors=errors or {}, languages=LANGUAGES, themes=THEMES)


@blueprint.get("")
def show() -> str:
    """Show who one is, what one may do, and the settings."""
    return _page()


@blueprint.post("/password")
@limiter.limit("20/minute")
def change_password() -> Response | tuple[str, int]:
    """Set a new password; the old one must be given, and all other sessions of the account end."""
    errors: dict[str, str] = {}
    new, again = request.form.get("new", ""), request.form.get("again", "")
    connection = db.session.connection()
    known = authenticate(connection, current_user.login, request.form.get("old", ""))
    if known is None:
        errors["old"] = _("原密码不对。")
    if new != again:
        errors["again"] = _("两次输入的新密码不一样。")
    if not errors:
        try:
            set_password(connection, current_user.id, new)
        except WeakPassword as weak:
            errors["new"] = say(weak.message)
    if errors:
        db.session.commit()  # a wrong old password counts as a failed log-in
        return _page(errors), UNPROCESSABLE
    db.session.commit()
    open_session(current_user.id)
    flash(_("密码已修改，其他地方的登录已经失效。"), "success")
    return redirect(url_for("account.show"))


@blueprint.post("/display")
def change_display() -> Response:
    """Keep the language and the appearance with the account."""
    language = request.form.get("locale", "")
    theme = request.form.get("theme", "")
    values = {}
    if language in LANGUAGES:
        values["locale"] = language
    if theme in THEMES:
        values["theme"] = theme
    answer = redirect(url_for("account.show"))
    if values:
        keep_display(current_user.id, **values)
        if "locale" in values:
            keep_language(answer, language)
        if "theme" in values:
            # The page's script reads this one before the first paint.
            answer.set_cookie("theme", theme, max_age=365 * 24 * 3600, samesite="Lax", secure=request.is_secure)
        flash(_("已保存。"), "success")
    return answer
