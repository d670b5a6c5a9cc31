"""Importing a channel's file: upload, preview with the meaning of each column, progress, result."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from engine.casework import permissions
from engine.casework.importing import (
    DATE_ORDER,
    FIELDS,
    FileRefused,
    choose_mapping,
    preview,
    read_table,
    start_batch,
)
from engine.casework.models import Channel
from engine.casework.queries.imports import PER_PAGE, error_rows, import_detail, imports
from engine.casework.vocabulary import IMPORT_OUTCOMES
from engine.database import db
from webapp.current import current_platform
from webapp.import_drafts import Draft, Drafts
from webapp.jobs import defer_import
from webapp.paging import page_number, page_url
from webapp.sentences import say

blueprint = Blueprint("imports", __name__, url_prefix="/imports")
UNPROCESSABLE = 422
SEVERAL = frozenset({"body", "place"})
"""Fields that may be put together from more than one column."""


def _drafts() -> Drafts:
    settings = current_platform().settings
    return Drafts(settings.var / "imports", settings.secret_key, current_user.id)


def _channels() -> list[Channel]:
    """Return the channels this officer may import for."""
    found = db.session.scalars(sa.select(Channel).where(Channel.active).order_by(Channel.position, Channel.id))
    return [channel for channel in found if permissions.may_register(current_user, channel.receiving_unit_id)]


@blueprint.get("")
def index() -> str:
    """List the imports, the newest first, with a form for the next."""
    return _index()


def _index(refused: str = "") -> str:
    page = page_number()
    return render_template(
        "imports/index.html",
        channels=_channels(),
        batches=imports(db.session.connection(), current_user, page),
        refused=refused,
        page=page,
        per_page=PER_PAGE,
        url=page_url,
    )


@blueprint.post("/preview")
def show_preview() -> str | tuple[str, int]:
    """Show what a file would become, with the meaning of each column to correct; nothing is imported."""
    given = request.form.get("draft")
    if given:
        draft = _drafts().find(given)
        if draft is None:
            return _index(_("这个文件已经导入或者放得太久，请重新选择。")), UNPROCESSABLE
        return _preview(draft, _typed_mapping())
    file = request.files.get("file")
    channel = request.form.get("channel", "")
    if file is None or not file.filename or channel not in {known.code for known in _channels()}:
        return _index(_("请选择渠道和文件。")), UNPROCESSABLE
    content = file.stream.read()
    try:
        read_table(content, file.filename)
    except FileRefused as refused:
        return _index(say(refused)), UNPROCESSABLE
    return _preview(_drafts().keep(channel, file.filename, content), None)


def _preview(draft: Draft, given: Mapping[str, Any] | None, refused: str = "") -> str | tuple[str, int]:
    channel = next((known for known in _channels() if known.code == draft.channel), None)
    if channel is None:
        abort(404)
    table = read_table(draft.content, draft.filename)
    mapping = choose_mapping(table, channel.column_mapping, given)
    page = render_template(
        "imports/preview.html",
        draft=draft,
        channel=channel,
        fields=[(field, _(name)) for field, name in FIELDS.items()],
        several=SEVERAL,
        mapping=mapping,
        date_order=(mapping.get(DATE_ORDER) or [""])[0],
        preview=preview(table, mapping, draft.channel),
        refused=refused,
    )
    return (page, UNPROCESSABLE) if refused else page


def _typed_mapping() -> dict[str, list[str]]:
    typed = {
        field: [column for column in dict.fromkeys(request.form.getlist(f"map-{field}")) if column] for field in FIELDS
    }
    order = request.form.get("date_order", "")
    return typed | ({DATE_ORDER: [order]} if order else {})


@blueprint.post("/run")
def run() -> BaseResponse | str | tuple[str, int]:
    """Start the import; the worker goes through the rows, also when this page is closed."""
    drafts = _drafts()
    draft = drafts.find(request.form.get("draft", ""))
    if draft is None:
        return _index(_("这个文件已经导入或者放得太久，请重新选择。")), UNPROCESSABLE
    if draft.channel not in {known.code for known in _channels()}:
        abort(404)
    mapping = _typed_mapping()
    connection = db.session.connection()
    try:
        batch_id = start_batch(
            connection, draft.channel, draft.content, draft.filename, actor=current_user.actor, mapping=mapping
        )
    except FileRefused as refused:
        db.session.rollback()
        return _preview(draft, mapping, say(refused))
    defer_import(current_platform().queue, connection, batch_id)
    db.session.commit()
    drafts.drop(draft.token)
    return redirect(url_for("imports.show", batch_id=batch_id))


@blueprint.get("/<int:batch_id>")
def show(batch_id: int) -> str:
    """Show how far an import is, and in the end how its rows ended; the page asks again by itself while it runs."""
    outcome = request.args.get("outcome", "")
    if outcome not in IMPORT_OUTCOMES:
        outcome = "error"
    detail = import_detail(db.session.connection(), current_user, batch_id, outcome=outcome, page=page_number())
    return render_template(
        "imports/show.html", batch=detail.batch, rows=detail.rows, detail=detail, outcome=outcome, url=page_url
    )


@blueprint.get("/<int:batch_id>/errors.csv")
def errors(batch_id: int) -> Response:
    """Hand out the rows that were not imported, each with its reason, to be corrected and imported again."""
    columns, rows = error_rows(db.session.connection(), current_user, batch_id)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_("行号"), _("原因"), *map(_harmless, columns)])
    for row in rows:
        writer.writerow([row.line, say(row.reason), *(_harmless(str(row.raw.get(column, ""))) for column in columns)])
    # Spreadsheets take a CSV for UTF-8 only with a byte order mark.
    answer = make_response(text.getvalue().encode("utf-8-sig"))
    answer.mimetype = "text/csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="import-{batch_id}-errors.csv"'
    return answer


def _harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
