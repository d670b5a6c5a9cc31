"""A duty officer takes note of what cannot wait."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework import alarms
from engine.casework.errors import NotPermitted
from engine.database import db
from webapp.current import current_platform
from webapp.sentences import say

blueprint = Blueprint("alarms", __name__)


@blueprint.post("/matters/<number>/alarm")
def take_note(number: str) -> Response:
    """Take note of a matter's alarm, with what has been done about it."""
    platform, note = current_platform(), request.form.get("note", "").strip()
    db.session.close()
    try:
        alarms.take_note(platform.engine, platform.runtime, current_user, number, note)
    except NotPermitted as refused:
        flash(say(refused.message), "warning")
    else:
        flash(_("已签收，时间和您的姓名已记入办理记录。"), "success")
    return redirect(url_for("matters.show", number=number))
