"""What an officer has been told."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework.notices import mark_read
from engine.casework.queries.notices import notices
from engine.database import db
from webapp.paging import page_number, page_url

blueprint = Blueprint("notices", __name__, url_prefix="/notices")


@blueprint.get("")
def index() -> str:
    """List the officer's notices, the newest first."""
    found = notices(db.session.connection(), current_user, page=page_number())
    return render_template("notices/index.html", found=found, notices=found.rows, url=page_url)


@blueprint.post("/read")
def read() -> Response:
    """Mark one notice as read, or all of them, and go to the matter it speaks of."""
    chosen = request.form.get("notice", type=int)
    mark_read(db.session.connection(), current_user.id, None if chosen is None else [chosen])
    db.session.commit()
    number = request.form.get("number", "")
    if chosen is not None and number:
        return redirect(url_for("matters.show", number=number))
    return redirect(url_for("notices.index"))
