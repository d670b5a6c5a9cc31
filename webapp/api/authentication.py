"""Who calls: the officer whose bearer token (RFC 6750) comes with the request, and nobody else.

The session cookie is not looked at under ``/api/``, so a page of another site has nothing to ride on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, request
from flask_babel import gettext
from flask_login import AnonymousUserMixin
from sqlalchemy import text
from werkzeug.exceptions import HTTPException

from engine.casework import api_tokens
from engine.casework.api_tokens import digest_of
from engine.database import db
from engine.runtime import Item, Outcome, Runtime, Transaction
from engine.runtime.completing import Prepare
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


def noting(runtime: Runtime) -> Any:
    """Return the runtime so that completing a task also notes the use of the token, in the same transaction.

    Only when the last note is a day old: a completion is kept to its few statements, it stands in history anyway, and
    whoever completes tasks asks for them first.
    """
    if g.get("unnoted_token") is None:
        return runtime
    if g.bearer.forgotten:
        return _Noting(runtime)
    g.pop("unnoted_token")
    return runtime


def officer() -> CurrentOfficer:
    """Return the officer whose token came with the request."""
    found: CurrentOfficer = g._login_user  # noqa: SLF001 - what Flask-Login hands out as current_user
    return found


class _Noting:
    """The runtime, with one statement more in the transaction that completes a task."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def __getattr__(self, name: str) -> Any:
        return getattr(self._runtime, name)

    def complete(
        self, task_id: str, answers: Mapping[str, Any], *, actor: str, key: str | None, prepare: Prepare
    ) -> Outcome:
        token_id = g.unnoted_token

        def and_note(transaction: Transaction, item: Item) -> Mapping[str, Any] | None:
            variables = prepare(transaction, item)
            api_tokens.used(transaction.connection, token_id)
            g.pop("unnoted_token", None)
            return variables

        try:
            return self._runtime.complete(task_id, answers, actor=actor, key=key, prepare=and_note)
        except Exception:
            g.unnoted_token = token_id  # what was written is rolled back
            raise


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
