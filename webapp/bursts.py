"""Many matters about the same thing: the list of such bursts, and one with its members."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask_login import current_user

from engine.casework import bursts
from engine.database import clock, db
from webapp.paging import page_number, page_url

blueprint = Blueprint("bursts", __name__, url_prefix="/bursts")
PER_PAGE = 20
MEMBERS_PER_PAGE = 50


@blueprint.get("")
def index() -> str:
    """List the bursts of which this officer sees enough, the newest first."""
    connection, page = db.session.connection(), page_number()
    now = clock.now(connection)
    total = bursts.count(connection, current_user, now)
    found = bursts.bursts(connection, current_user, now=now, limit=PER_PAGE, offset=PER_PAGE * (page - 1))
    return render_template(
        "bursts/index.html",
        bursts=found,
        total=total,
        page=page,
        per_page=PER_PAGE,
        url=page_url,
        least=bursts.LEAST,
        days=bursts.WINDOW.days,
    )


@blueprint.get("/<int:burst_id>")
def show(burst_id: int) -> str:
    """Show a burst with the members this officer may know of, and the words they share."""
    connection, page = db.session.connection(), page_number()
    burst = bursts.one(connection, current_user, burst_id, clock.now(connection))
    if burst is None:
        abort(404)
    rows = bursts.members(
        connection, current_user, burst_id, limit=MEMBERS_PER_PAGE, offset=MEMBERS_PER_PAGE * (page - 1)
    )
    return render_template(
        "bursts/show.html", burst=burst, members=rows, page=page, per_page=MEMBERS_PER_PAGE, url=page_url
    )
