"""The one door for whatever is typed: no request goes on to its page when it carries a mark of secrecy.

Every field of a form, every value of a query, every text of a JSON body and every file is looked at here, whatever its
name, so that a page cannot forget it. A form comes back with what was typed, the field named and what to do; nothing of
it is stored or logged, only that somebody tried (engine.casework.attempts).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user

from engine.casework import attempts
from engine.casework.models import Matter
from engine.casework.screening import is_secret, is_secret_file
from engine.runtime.tables import work_item
from webapp.current import current_platform

API = "api."
UNPROCESSABLE = 422

AT_THEIR_FIELDS = frozenset({"tasks.complete", "standalone.finish", "intake.register_matter"})
"""Forms with many fields that say what is wrong beside each: their commands screen every answer themselves."""

PASSWORDS = frozenset({"session.open_new", "account.change_password"})
"""What is typed here is compared, never stored, and must not come back in a page."""

WORD_LIST = frozenset({"secret_words.add", "secret_words.try_out"})
"""Where the bureau's own words are typed on purpose; they are hashed, and texts are only tried."""

WITH_FILES_OF_ROWS = frozenset({"imports.show_preview"})
"""Files that are screened row by row, so that one marked row does not keep the others out."""

UNSCREENED = AT_THEIR_FIELDS | PASSWORDS | WORD_LIST
NOT_TEXT = frozenset({"csrf_token"})
_TASK = re.compile(r"[0-9a-fA-F]{32}")

FIELD_NAMES: Mapping[str, Any] = {
    "reason": _("理由"),
    "note": _("说明"),
    "notice": _("放假和调休"),
    "source": _("通知名称和文号"),
    "name": _("名称"),
    "q": _("查询内容"),
    "files": _("文件"),
    "file": _("文件"),
    "title": _("主题"),
    "ground": _("立项理由"),
    "matter": _("所涉事项编号"),
    "body": _("内容"),
    "place": _("地点"),
    "result": _("结果（JSON）"),
    "changes": _("新的值（JSON）"),
    "within": _("导入时限"),
}
"""What people know a field by; any other is simply what they have filled in."""


def guard(app: Flask) -> None:
    """Look at every request before its page sees it; call after the access table is asked."""
    app.before_request(_begin)
    app.before_request(_look)
    app.after_request(_record)
    app.teardown_request(_end)


def secret_pointers(value: Any, pointer: str = "") -> Iterator[str]:
    """Yield where in a JSON value a text carries a mark of secrecy, as JSON pointers (RFC 6901)."""
    if isinstance(value, str):
        if is_secret(value):
            yield pointer
    elif isinstance(value, Mapping):
        for key, one in value.items():
            name = str(key).replace("~", "~0").replace("/", "~1")
            if is_secret(str(key)):
                yield pointer
            else:
                yield from secret_pointers(one, f"{pointer}/{name}")
    elif isinstance(value, list | tuple):
        for place, one in enumerate(value):
            yield from secret_pointers(one, f"{pointer}/{place}")


def field_name(name: str) -> str:
    """Return what people know a field of a form by."""
    return str(FIELD_NAMES.get(name) or gettext("填写的内容"))


def _begin() -> None:
    g.attempts = attempts.collecting()
    g.attempted = g.attempts.__enter__()


def _look() -> Response | None:
    endpoint = request.endpoint
    if endpoint is None or endpoint in UNSCREENED or endpoint.startswith(API) or not current_user.is_authenticated:
        return None
    marked = [name for name, values in request.args.lists() if any(map(is_secret, (name, *values)))]
    typed: list[tuple[str, list[str]]] = list(request.args.lists())
    if request.method != "GET":
        typed = list(request.form.lists())
        marked += [name for name, values in typed if any(map(is_secret, (name, *values)))]
        marked += [] if endpoint in WITH_FILES_OF_ROWS else list(_marked_files())
    return _refused(dict.fromkeys(marked), typed) if marked else None


def _marked_files() -> Iterator[str]:
    for name, files in request.files.lists():
        for file in files:
            content = file.stream.read()
            file.stream.seek(0)
            if is_secret_file(file.filename or "", content):
                yield name


def _refused(marked: Mapping[str, None], typed: list[tuple[str, list[str]]]) -> Response:
    page = render_template(
        "screening/refused.html",
        marked={name: field_name(name) for name in marked},
        typed=[(name, value) for name, values in typed if name not in NOT_TEXT for value in values],
        action=request.full_path.rstrip("?") if request.method != "GET" else request.path,
        method="get" if request.method == "GET" else "post",
        with_files=bool(request.files),
    )
    answer = make_response(page, UNPROCESSABLE)
    answer.headers["HX-Retarget"] = "body"  # a fragment is no place for a whole page
    return answer


def _record(response: Response) -> Response:
    found = g.get("attempted")
    if found and current_user.is_authenticated:
        with current_platform().engine.begin() as connection:
            attempts.record(
                connection,
                actor=current_user.actor,
                place=request.endpoint or "",
                kinds=found,
                subject=_subject(connection),
            )
        current_app.logger.warning("secret suspected on %s, officer %s", request.endpoint, current_user.id)
    return response


def _subject(connection: sa.Connection) -> str | None:
    """Return the number of the matter that was meant, as far as the address says which."""
    places = request.view_args or {}
    if "number" in places:
        return str(places["number"])
    task = str(places.get("task_id", ""))
    if not _TASK.fullmatch(task):
        return None
    statement = (
        sa.select(Matter.number)
        .join(work_item, work_item.c.instance_id == Matter.instance_id)
        .where(work_item.c.task_id == UUID(task))
    )
    found: str | None = connection.execute(statement).scalar()
    return found


def _end(_error: BaseException | None) -> None:
    opened = g.pop("attempts", None)
    if opened is not None:
        opened.__exit__(None, None, None)
