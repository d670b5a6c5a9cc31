"""The escalation board: what is late, how high it has climbed, who was told."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework.commands.acknowledge import acknowledge
from engine.casework.errors import NotPermitted
from engine.casework.queries.board import Board, board
from engine.database import db
from webapp.current import current_platform
from webapp.sentences import say

blueprint = Blueprint("board", __name__, url_prefix="/board")

TONES = {"bureau_leader": "late", "inspectorate": "late", "instructor": "soon", "reminder": "info"}


@blueprint.get("")
def show() -> str:
    """Show the lanes by level, four figures, and two charts with their tables."""
    found = board(db.session.connection(), current_user)
    lanes = [lane for lane in found.lanes if lane.cards or lane.level != "inspectorate"]
    return render_template("board/show.html", board=found, lanes=lanes, tones=TONES, charts=_charts(found))


def _charts(found: Board) -> dict[str, Any]:
    units = [unit for unit in found.units if unit.open]
    return {
        "units": {
            "categories": [unit.unit or _("还没有交办") for unit in units],
            "series": [
                {"name": _("超时"), "tone": "red", "values": [unit.late for unit in units]},
                {"name": _("在办"), "tone": "blue", "values": [unit.open for unit in units]},
            ],
        },
        "days": {
            "categories": [f"{day.day:%m-%d}" for day in found.days],
            "series": [
                {"name": _("新增"), "tone": "blue", "values": [day.new for day in found.days]},
                {"name": _("办结"), "tone": "green", "values": [day.closed for day in found.days]},
                {"name": _("超时"), "tone": "red", "kind": "bar", "values": [day.late for day in found.days]},
            ],
        },
    }


@blueprint.post("/<int:escalation_id>/acknowledge")
def take_note(escalation_id: int) -> Response:
    """Take note of an escalation, with a word on what follows."""
    platform = current_platform()
    db.session.close()
    try:
        acknowledge(
            platform.engine, platform.runtime, current_user, escalation_id, request.form.get("note", "").strip()
        )
    except NotPermitted as refused:
        flash(say(refused.message), "warning")
    else:
        flash(_("已签收，办理单位会在事项的办理记录里看到。"), "success")
    return redirect(url_for("board.show"))
