"""Where somebody lands, and the numbers beside the menu."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.access import may_open
from webapp.navigation import counters

blueprint = Blueprint("home", __name__)

LANDINGS = ("tasks.index", "board.show", "oversight.audit", "secret_words.index", "processes.index")
"""The first of these the officer may open is the home page."""


@blueprint.get("/")
def show() -> Response:
    """Send the officer to the page the day begins with."""
    if current_user.roles & {"director", "inspector"}:
        return redirect(url_for("board.show"))
    return redirect(url_for(next(endpoint for endpoint in LANDINGS if may_open(endpoint))))


@blueprint.get("/counters")
def numbers() -> Response:
    """Answer with the numbers of the navigation by key, for pages that stay open."""
    return jsonify(counters(current_user))
