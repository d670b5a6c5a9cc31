"""The library of matters, and the page of one with its files."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from engine.casework.attachments import Store, open_attachment
from engine.casework.errors import NotPermitted
from engine.casework.queries.library import Filters, Library, matters
from engine.casework.queries.matter import reveal_petitioner
from engine.database import db
from webapp.current import current_platform
from webapp.matter_page import matter_page
from webapp.paging import page_number, page_url
from webapp.sentences import say
from webapp.vocabulary import words

blueprint = Blueprint("matters", __name__, url_prefix="/matters")


@blueprint.get("")
def library() -> str:
    """Browse the matters by kind, receiving and handling unit, and whatever else narrows the list."""
    filters = _filters()
    found = matters(db.session.connection(), current_user, filters, page=page_number())
    return render_template(
        "matters/library.html",
        found=found,
        filters=filters,
        status_tabs=_status_tabs(found, filters),
        choices={
            "receiving": _units(found, "receiving_unit_id", filters.receiving_unit),
            "handling": _units(found, "handling_unit_id", filters.handling_unit),
        },
        url=page_url,
    )


def _units(found: Library, facet: str, chosen: int | None) -> list[tuple[int, str]]:
    """Return the units that occur, by name; the chosen one also when nothing of it is left."""
    named = [(unit, found.units[unit]) for unit in found.counts[facet] if unit is not None]
    if chosen is not None and chosen not in found.units:
        named.append((chosen, str(chosen)))
    return sorted(named, key=lambda pair: pair[1])


def _filters() -> Filters:
    given = request.args
    return Filters(
        kind=given.get("kind", ""),
        receiving_unit=given.get("receiving", type=int),
        handling_unit=given.get("handling", type=int),
        channel=given.get("channel", type=int),
        category=given.get("category", type=int),
        status=given.get("status", ""),
        severity=given.get("severity", ""),
        since=_day(given.get("since", "")),
        until=_day(given.get("until", "")),
        late=bool(given.get("late")),
        text=given.get("q", ""),
    )


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _status_tabs(found: Library, filters: Filters) -> list[dict[str, Any]]:
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name not in {"status", "page"}}
    counts = found.counts["status"]
    tabs = [{"label": _("全部"), "url": url_for("matters.library", **kept), "current": not filters.status}]
    if not filters.status:
        tabs[0]["count"] = found.total
    for code, name in words("status"):
        tab = {
            "label": name,
            "url": url_for("matters.library", **kept, status=code),
            "current": filters.status == code,
        }
        if not filters.status or filters.status == code:
            tab["count"] = counts.get(code, 0)
        tabs.append(tab)
    return tabs


@blueprint.get("/<number>")
def show(number: str) -> str:
    """Show a matter, with the form of the step at hand if it is this officer's."""
    return matter_page(number, task_id=request.args.get("task"))


@blueprint.post("/<number>/petitioner")
def reveal(number: str) -> str | BaseResponse:
    """Show the petitioner in full, once; that this officer has looked stays in the matter's history."""
    try:
        petitioner = reveal_petitioner(db.session.connection(), current_user, number)
    except NotPermitted as refused:
        flash(say(refused.message), "warning")
        return redirect(url_for("matters.show", number=number))
    db.session.commit()
    return matter_page(number, petitioner=petitioner)


@blueprint.get("/attachments/<int:attachment_id>")
def attachment(attachment_id: int) -> Response:
    """Hand out a file of a matter this officer may see; never shown inside the page, always saved."""
    store = Store(current_platform().settings.attachments)
    opened = open_attachment(db.session.connection(), store, current_user, attachment_id)
    if not opened.path.is_file():
        abort(404)
    answer = send_file(opened.path, mimetype=opened.media_type, as_attachment=True, download_name=opened.filename)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
