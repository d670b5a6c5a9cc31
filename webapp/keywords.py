"""推送词库: the published rules, how they fare, their versions, and the table as a file."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from engine.casework import commands
from engine.casework.keywords import drafts, store, tables
from engine.casework.keywords.errors import CannotPublish
from engine.casework.keywords.usage import Usages, usage
from engine.casework.permissions import has_duty
from engine.casework.vocabulary import KEYWORD_KINDS, KEYWORD_STATES
from engine.database import db
from engine.runtime import NotFound
from rules.bureau_calendar import bureau_date
from rules.matching import fold
from rules.routing_rules import Rule
from webapp.access import MATTERS
from webapp.keyword_words import CHANGES, KINDS, label, said
from webapp.paging import page_number, page_url
from webapp.people import names_of
from webapp.sentences import say

blueprint = Blueprint("keywords", __name__, url_prefix="/bureau/keywords")
UNPROCESSABLE = 422
PER_PAGE = 50


@blueprint.get("")
def index() -> str:
    """List the published rules, with how often each fired lately and how often it was right."""
    connection = db.session.connection()
    published = store.table(connection)
    today = bureau_date(current_user.now)
    wanted = {name: request.args.get(name, "").strip() for name in ("q", "kind", "unit", "state")}
    found = [rule for rule in published.values() if _fits(rule, wanted, rule.state(today))]
    found.sort(key=lambda rule: (list(KEYWORD_KINDS).index(rule.kind), -rule.priority))
    page = page_number()
    mine = drafts.mine(connection, current_user) if may_edit() else None
    counts = usage(connection, current_user) if not current_user.roles.isdisjoint(MATTERS) else None
    return render_template(
        "keywords/index.html",
        rules=[(rule, rule.state(today)) for rule in found[(page - 1) * PER_PAGE : page * PER_PAGE]],
        total=len(found),
        all=len(published),
        counts=counts if counts is None or counts.matters else Usages(0, {}),
        known=store.named(connection),
        newest=store.newest(connection),
        draft=mine,
        shared=_shared(connection) if may_edit() else [],
        drafted={change.code for change in mine.changes} if mine else set(),
        wanted=wanted,
        states=KEYWORD_STATES,
        page=page,
        per_page=PER_PAGE,
        url=page_url,
        **WORDS,
    )


@blueprint.get("/table.csv")
def export() -> Response:
    """Hand out the table, as it is published or as it was in a version, to be changed and taken in again."""
    connection = db.session.connection()
    number = request.args.get("version", type=int)
    rules: Any
    if number is None:
        rules, number = store.table(connection), store.newest(connection)
    else:
        rules = _version(number)[1]
    # Spreadsheets take a CSV for UTF-8 only with a byte order mark.
    answer = make_response(tables.written(rules.values(), store.named(connection)).encode("utf-8-sig"))
    answer.mimetype = "text/csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="keywords-{number}.csv"'
    return answer


@blueprint.get("/versions")
def versions() -> str:
    """List the publications, the newest first."""
    connection = db.session.connection()
    page = page_number()
    rows, total = store.versions(connection, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    names = names_of(connection, [row.published_by for row in rows])
    return render_template(
        "keywords/versions.html", rows=rows, total=total, names=names, page=page, per_page=PER_PAGE, url=page_url
    )


@blueprint.get("/versions/<int:version_number>")
def version(version_number: int) -> str:
    """Show what a publication changed, or how it differs from another one."""
    return _version_page(version_number)


@blueprint.post("/versions/<int:version_number>/restore")
def restore(version_number: int) -> BaseResponse | tuple[str, int]:
    """Bring an earlier version back, as a new one."""
    reason = request.form.get("reason", "")
    try:
        made = commands.restore_keywords(db.session.connection(), current_user, version_number, reason)
    except NotFound:
        abort(404)
    except CannotPublish as refused:
        db.session.rollback()
        return _version_page(version_number, refused=say(refused.message), reason=reason), UNPROCESSABLE
    db.session.commit()
    flash(
        _("已恢复第 %(old)s 版的内容，作为第 %(new)s 版发布，下一件来件就按它推送。", old=version_number, new=made),
        "success",
    )
    return redirect(url_for("keywords.versions"))


def may_edit() -> bool:
    """Say whether the officer logged in may change the table."""
    return has_duty(current_user.grants, "edit_keywords")


def may_publish() -> bool:
    """Say whether the officer logged in may publish."""
    return has_duty(current_user.grants, "publish_keywords")


WORDS: dict[str, Any] = {"said": said, "label": label, "kinds": KINDS, "change_words": CHANGES}
"""What the templates say rules with."""


def _fits(rule: Rule, wanted: dict[str, str], state: str) -> bool:
    said_words = fold(" ".join([rule.id, *rule.parts(), rule.agency, rule.place]))
    return (
        all(part in said_words for part in fold(wanted["q"]).split())
        and wanted["kind"] in ("", rule.kind)
        and wanted["unit"] in ("", rule.unit, rule.supervising_unit)
        and wanted["state"] in ("", state)
    )


def _shared(connection: Any) -> list[tuple[drafts.Draft, str]]:
    found = drafts.shared(connection, current_user)
    names = names_of(connection, [str(draft.officer_id) for draft in found])
    return [(draft, names.get(str(draft.officer_id), "")) for draft in found if draft.changes]


def _version(number: int) -> tuple[store.Version, dict[str, Rule]]:
    found = store.version(db.session.connection(), number)
    if found is None:
        abort(404)
    return found


def _version_page(number: int, *, refused: str = "", reason: str = "") -> str:
    connection = db.session.connection()
    shown, rules = _version(number)
    against = request.args.get("against", number - 1, type=int)
    other = _version(against)[1] if against else {}
    newest = store.newest(connection)
    return render_template(
        "keywords/version.html",
        shown=shown,
        size=len(rules),
        against=against,
        differences=store.differences(other, rules),
        newest=newest,
        everybody=[row.number for row in store.versions(connection, limit=500)[0] if row.number != number],
        name=names_of(connection, [shown.published_by]).get(shown.published_by, ""),
        known=store.named(connection),
        restorable=may_publish() and number != newest,
        refused=refused,
        reason=reason,
        **WORDS,
    )
