"""Who calls: the officer whose bearer token (RFC 6750) comes with the request, and nobody else.

The session cookie is not looked at under ``/api/``, so a page of another site has nothing to ride on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask, Response, g, request
from flask_babel import gettext
from flask_login import AnonymousUserMixin
from sqlalchemy import Connection, text
from werkzeug.exceptions import HTTPException

from engine.casework import api_tokens, secret_words
from engine.casework.api_tokens import digest_of
from engine.database import db
from webapp.access import TABLE
from webapp.api.operation import OPERATIONS
from webapp.api.problems import ProblemError, answer, of_http
from webapp.sessions import CurrentOfficer

PATH = "/api/"
REALM = 'Bearer realm="minyi"'
_BEARER = re.compile(r"Bearer +([A-Za-z0-9_.~+/-]{1,200}=*) *", re.IGNORECASE)

# One statement a request. Whether the last use has to be noted again is decided here, so that it is asked of one clock.
FIND = text(
    """
select t.id as token_id, t.name as token_name, t.scope, t.expires_at, clock_now() as now,
       (select revision::text from secret_word_list) as word_list,
       coalesce(t.last_used_at < clock_now() - interval '1 minute', true) as stale,
       coalesce(t.last_used_at < clock_now() - interval '1 day', true) as forgotten,
       o.id, o.login, o.name, o.locale, o.theme, u.name as unit_name,
       coalesce((select array_agg(h.role || '@' || coalesce(h.unit_id::text, '*') order by h.role, h.unit_id)
                 from holding h where h.officer_id = o.id), '{}') as grants
from api_token t join officer o on o.id = t.officer_id left join unit u on u.id = o.unit_id
where t.digest = :digest and t.revoked_at is null and t.expires_at > clock_now() and o.active
"""
)


@dataclass(frozen=True, slots=True)
class Bearer:
    """The token of this request; ``forgotten`` says that its last noted use is a day old or more."""

    id: int
    name: str
    scope: str
    expires_at: datetime
    forgotten: bool


def authenticate(app: Flask) -> None:
    """Ask every request under ``/api/`` for its token; call before the access table is asked."""
    app.before_request(_identify)


def note_use(response: Response) -> Response:
    """Note that the token was used, unless a command has noted it, or it was noted a moment ago."""
    token_id = g.pop("unnoted_token", None)
    if token_id is not None and response.status_code < 500:  # noqa: PLR2004 - HTTP
        db.session.rollback()
        api_tokens.used(db.session.connection(), token_id)
        db.session.commit()
    return response


@contextmanager
def noting() -> Iterator[Callable[[Connection], None] | None]:
    """Yield what notes the use of the token in the transaction that completes a task; None when that can be left out.

    It is noted there only when the last note is a day old: a completion is kept to its few statements, it stands in
    history anyway, and whoever completes tasks asks for them first.
    """
    token_id, done = g.get("unnoted_token"), []
    if token_id is None or not g.bearer.forgotten:
        yield None
        g.pop("unnoted_token", None)
        return

    def note(connection: Connection) -> None:
        api_tokens.used(connection, token_id)
        done.append(True)

    yield note
    if done:  # and committed
        g.pop("unnoted_token", None)


def officer() -> CurrentOfficer:
    """Return the officer whose token came with the request."""
    found: CurrentOfficer = g._login_user  # noqa: SLF001 - what Flask-Login hands out as current_user
    return found


def _identify() -> Response | None:
    if not request.path.startswith(PATH) or request.blueprint == "api_reference":
        return None
    g.language = request.accept_languages.best_match(["zh", "en"])
    g._login_user = AnonymousUserMixin()  # noqa: SLF001 - the session is not asked
    if request.endpoint is not None and TABLE[request.endpoint].anonymous:
        return None
    sent = request.headers.get("Authorization", "")
    error = request.routing_exception
    if sent and isinstance(error, HTTPException):
        return of_http(error)  # whether the token is good is told only where wrong ones are counted
    found = _find(sent)
    if found is None:
        return _refused(given=bool(sent))
    bearer, caller = found
    g.bearer = bearer
    g._login_user = caller  # noqa: SLF001 - as Flask-Login keeps it
    g.language = g.language or caller.locale
    operation = OPERATIONS.get((request.endpoint or "").removeprefix("api."))
    if operation is not None and operation.scope == "write" and bearer.scope != "write":
        problem = ProblemError("scope", gettext("这个令牌只能读取；请换一个读写令牌。"))
        return answer(problem, {"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="write"'})
    return None


def _refused(*, given: bool) -> Response:
    if not given:
        detail = gettext("请在请求头 Authorization 里带上令牌：Bearer minyi_…")
        return answer(ProblemError("no-token", detail), {"WWW-Authenticate": REALM})
    detail = gettext("令牌不对、已经到期或者已被撤销。")
    return answer(ProblemError("no-token", detail), {"WWW-Authenticate": f'{REALM}, error="invalid_token"'})


def _find(header: str) -> tuple[Bearer, CurrentOfficer] | None:
    sent = _BEARER.fullmatch(header)
    if sent is None:
        return None
    row = db.session.connection().execute(FIND, {"digest": digest_of(sent[1])}).mappings().one_or_none()
    if row is None:
        return None
    secret_words.follow(db.session.connection(), row["word_list"])
    if row["stale"]:
        g.unnoted_token = row["token_id"]
    grants = tuple(row["grants"])
    caller = CurrentOfficer(
        id=row["id"],
        login=row["login"],
        name=row["name"],
        unit_name=row["unit_name"] or "",
        grants=grants,
        roles=frozenset(grant.partition("@")[0] for grant in grants),
        locale=row["locale"],
        theme=row["theme"] or "auto",
        now=row["now"].astimezone(UTC),
        stamp="",
    )
    return Bearer(row["token_id"], row["token_name"], row["scope"], row["expires_at"], row["forgotten"]), caller
