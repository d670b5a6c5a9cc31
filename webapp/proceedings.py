"""Supervisions, accountability cases and rectifications: the list, the page of one, opening one, the points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework import commands
from engine.casework.models import Unit
from engine.casework.queries import proceedings as queries
from engine.casework.queries.proceedings import Filters
from engine.casework.vocabulary import PROCEEDING_KINDS
from engine.database import db
from engine.runtime import RuntimeFailure
from webapp.current import current_platform, current_runtime
from webapp.history_lines import timeline
from webapp.matter_page import Refused, matter_page
from webapp.paging import page_number, page_url
from webapp.sentences import say
from webapp.step_host import Names, categories
from webapp.vocabulary import words

blueprint = Blueprint("proceedings", __name__, url_prefix="/proceedings")
UNPROCESSABLE = 422
BY_HAND = ("accountability", "rectification")
"""What is opened on a page of its own; a supervision is opened on the page of its matter."""


@blueprint.get("")
def index() -> str:
    """List the proceedings, what waits first, by the nearest deadline."""
    kind = request.args.get("kind", "")
    filters = Filters(
        kind=kind if kind in PROCEEDING_KINDS else "",
        status=request.args.get("status", "open"),
        unit=request.args.get("unit", type=int),
    )
    found = queries.proceedings(db.session.connection(), current_user, filters, page_number())
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name not in {"kind", "page"}}
    tabs: list[dict[str, Any]] = [
        {"label": _("全部"), "url": url_for("proceedings.index", **kept), "current": not filters.kind}
    ]
    tabs[0]["count"] = sum(found.counts.values())
    tabs += [
        {
            "label": name,
            "url": url_for("proceedings.index", **kept, kind=code),
            "current": filters.kind == code,
            "count": found.counts.get(code, 0),
        }
        for code, name in words("proceeding_kind")
    ]
    return render_template("proceedings/index.html", found=found, filters=filters, tabs=tabs, url=page_url)


@blueprint.get("/points")
def points() -> str:
    """Show the points officers have, and what each came of."""
    return render_template("proceedings/points.html", rows=queries.points_ledger(db.session.connection(), current_user))


@blueprint.route("/new/<kind>", methods=["GET", "POST"])
def open_new(kind: str) -> str | Response | tuple[str, int]:
    """Open an accountability case or a rectification by hand; what is wrong comes back with what was typed."""
    if kind not in BY_HAND:
        return redirect(url_for("proceedings.index"))
    if request.method == "GET":
        return _opening_page(kind)
    given: dict[str, Any] = {
        "unit_id": request.form.get("unit", type=int) or 0,
        "title": request.form.get("title", ""),
        "ground": request.form.get("ground", ""),
    }
    if kind == "rectification":
        given["category_id"] = request.form.get("category", type=int)
        command: Callable[..., str] = commands.open_rectification
    else:
        given["matter_number"] = request.form.get("matter", "").strip()
        command = commands.open_accountability
    db.session.close()
    try:
        number = command(current_platform().engine, current_runtime(), current_user, **given)
    except RuntimeFailure as refused:
        return _opening_page(kind, say(refused.message)), UNPROCESSABLE
    flash(_("已立项，编号 %(number)s。", number=number), "success")
    return redirect(url_for("proceedings.show", number=number))


@blueprint.post("/of/<number>")
def supervise(number: str) -> Response | tuple[str, int]:
    """Open a supervision of a matter; its unit has to answer. What is wrong comes back with what was typed."""
    level, ground = request.form.get("level", ""), request.form.get("ground", "")
    db.session.close()
    try:
        opened = commands.supervise(
            current_platform().engine, current_runtime(), current_user, number, level=level, ground=ground
        )
    except RuntimeFailure as refused:
        return matter_page(number, supervision=Refused(level, ground, say(refused.message))), UNPROCESSABLE
    flash(_("已立项，编号 %(number)s。", number=opened), "success")
    return redirect(url_for("proceedings.show", number=opened))


@blueprint.get("/<number>")
def show(number: str) -> str:
    """Show one proceeding: what it is about, how it stands, what was answered."""
    connection = db.session.connection()
    detail = queries.proceeding_detail(connection, current_user, number)
    definition = current_runtime().definition(detail.deployment_id) if detail.deployment_id else None
    return render_template(
        "proceedings/show.html",
        detail=detail,
        events=timeline(detail.history, definition, Names(connection, current_user), current_runtime().definition),
    )


def _opening_page(kind: str, problem: str = "") -> str:
    connection = db.session.connection()
    units = connection.execute(sa.select(Unit.id, Unit.name).where(Unit.active).order_by(Unit.position, Unit.id)).all()
    return render_template(
        "proceedings/new.html",
        kind=kind,
        problem=problem,
        typed=request.form if request.method == "POST" else request.args,
        units=units,
        categories=categories(connection) if kind == "rectification" else [],
    )
