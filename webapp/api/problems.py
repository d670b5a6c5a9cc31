"""What the API answers when it cannot do what was asked: a problem (RFC 9457) in the caller's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from flask import Response, current_app, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from engine.casework.actions import InvalidStep
from engine.casework.errors import AlreadyRegistered, InvalidFacts, NotPermitted, SecretSuspected
from engine.database import db
from engine.runtime import (
    AlreadyDone,
    InvalidAnswers,
    KeyReused,
    NotFound,
    ReasonMissing,
    Refused,
    RuntimeFailure,
    Taken,
)
from webapp.i18n import HTML_LANG, chosen_language
from webapp.people import names_of
from webapp.sentences import say

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its status and its title."""

    status: int
    title: Any


KINDS: Mapping[str, Kind] = {
    "malformed": Kind(400, _("请求读不懂")),
    "no-token": Kind(401, _("没有有效的令牌")),
    "scope": Kind(403, _("令牌权限不够")),
    "not-permitted": Kind(403, _("不能这样做")),
    "not-found": Kind(404, _("没有找到")),
    "method": Kind(405, _("不支持这种方法")),
    "already-done": Kind(409, _("已经办结")),
    "taken": Kind(409, _("已由他人承办")),
    "already-registered": Kind(409, _("已经登记")),
    "conflict": Kind(409, _("现在不能这样做")),
    "too-large": Kind(413, _("内容太大")),
    "media-type": Kind(415, _("内容类型不对")),
    "invalid": Kind(422, _("内容有误")),
    "key-reused": Kind(422, _("标识已经用过")),
    "refused": Kind(422, _("检查没有通过")),
    "too-many": Kind(429, _("请求太频繁")),
    "failed": Kind(500, _("系统出了故障")),
    "unavailable": Kind(503, _("数据库暂时不能用")),
}
"""Code -> what it means; the codes are stable."""

BY_STATUS = {
    400: "malformed",
    401: "no-token",
    403: "not-permitted",
    404: "not-found",
    405: "method",
    413: "too-large",
    415: "media-type",
    429: "too-many",
    503: "unavailable",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one value: where, as a JSON pointer (RFC 6901) or a name in the query, and what."""

    pointer: str
    detail: str


class ProblemError(Exception):
    """Something cannot be done; raised by operations that know more than the exception they met."""

    def __init__(self, code: str, detail: str = "", *, faults: Sequence[Fault] = (), **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.faults = tuple(faults)
        self.more = more


def answer(problem: ProblemError, headers: Mapping[str, str] | None = None) -> Response:
    """Return a problem as an answer."""
    kind = KINDS[problem.code]
    title = str(kind.title)
    said: dict[str, Any] = {
        "type": f"{url_for('api_reference.show')}#{problem.code}",
        "title": title,
        "status": kind.status,
        "detail": problem.detail or title,
        "instance": request.path,
        "code": problem.code,
    }
    if problem.faults:
        said["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in problem.faults]
    given = Response(orjson.dumps(said | problem.more, default=str), kind.status, content_type=MEDIA_TYPE)
    given.headers["Vary"] = "Accept-Language"
    given.headers["Content-Language"] = HTML_LANG[chosen_language()]
    given.headers.update(headers or {})
    return given


def of_failure(failure: RuntimeFailure) -> ProblemError:
    """Return the problem that a refused command is."""
    for kind, made in _FAILURES.items():
        if isinstance(failure, kind):
            return made(failure)
    return ProblemError("conflict", say(failure.message))


def _who(actor: str) -> dict[str, Any]:
    """Return who was faster, by name; nothing for the process itself."""
    if not actor:
        return {"by": None}
    return {"by": names_of(db.session.connection(), [actor]).get(actor) or gettext("系统")}


def _done(failure: Any) -> ProblemError:
    at = failure.at.isoformat() if failure.at else None
    return ProblemError("already-done", say(failure.message), **_who(failure.by), at=at, step=failure.step)


def _fields(failure: Any) -> ProblemError:
    faults = [Fault(f"/answers/{key}", say(message)) for key, message in failure.fields.items()]
    return ProblemError("invalid", say(failure.message), faults=faults)


def _facts(failure: Any) -> ProblemError:
    faults = [Fault(f"/{problem.field}", say(problem.message)) for problem in failure.problems]
    return ProblemError("invalid", say(failure.message), faults=faults)


def _refused(failure: Any) -> ProblemError:
    return ProblemError("refused", say(failure.message), problems=[one.as_dict() for one in failure.problems])


def _as(code: str) -> Callable[[Any], ProblemError]:
    return lambda failure: ProblemError(code, say(failure.message))


_FAILURES: Mapping[type[RuntimeFailure], Callable[[Any], ProblemError]] = {
    NotFound: lambda _failure: ProblemError("not-found", gettext("没有这项内容，或者您的岗位不能查看。")),
    NotPermitted: _as("not-permitted"),
    AlreadyDone: _done,
    Taken: lambda failure: ProblemError("taken", say(failure.message), **_who(failure.by)),
    AlreadyRegistered: lambda failure: ProblemError(
        "already-registered", say(failure.message), **({"number": failure.number} if failure.number else {})
    ),
    InvalidStep: _fields,
    InvalidFacts: _facts,
    InvalidAnswers: _as("invalid"),
    ReasonMissing: lambda failure: ProblemError(
        "invalid", say(failure.message), faults=[Fault("/reason", say(failure.message))]
    ),
    KeyReused: lambda _failure: ProblemError(
        "key-reused", gettext("这个 Idempotency-Key 已经用于另一个请求，请换一个。")
    ),
    SecretSuspected: _as("invalid"),
    Refused: _refused,
}
"""Failure -> its problem; the first that fits. Whatever is not named here is a conflict."""


def of_validation(error: ValidationError) -> ProblemError:
    """Return the problem that what was sent is, with every fault."""
    found = error.errors(include_url=False)
    if any(one["type"] == "json_invalid" for one in found):
        return ProblemError("malformed", gettext("请求正文不是有效的 JSON。"))
    faults = [Fault("".join(f"/{escaped(part)}" for part in one["loc"]), _said(one)) for one in found]
    return ProblemError("invalid", gettext("请按 errors 里的说明更正。"), faults=faults)


def escaped(part: object) -> str:
    """Return a part of a JSON pointer as RFC 6901 writes it."""
    return str(part).replace("~", "~0").replace("/", "~1")


def _said(error: Any) -> str:
    kind, limits = error["type"], error.get("ctx", {})
    said: dict[str, Callable[[], str]] = {
        "missing": lambda: gettext("缺少这一项。"),
        "extra_forbidden": lambda: gettext("没有这一项。"),
        "literal_error": lambda: gettext("只能是：%(expected)s", expected=limits.get("expected", "")),
        "string_type": lambda: gettext("应是文字。"),
        "string_too_short": lambda: gettext("至少 %(n)s 个字。", n=limits.get("min_length", 1)),
        "string_too_long": lambda: gettext("最多 %(n)s 个字。", n=limits.get("max_length", "")),
        "too_long": lambda: gettext("最多 %(n)s 项。", n=limits.get("max_length", "")),
        "too_short": lambda: gettext("至少 %(n)s 项。", n=limits.get("min_length", 1)),
        "greater_than_equal": lambda: gettext("不能小于 %(n)s。", n=limits.get("ge", "")),
        "less_than_equal": lambda: gettext("不能大于 %(n)s。", n=limits.get("le", "")),
        "int_type": lambda: gettext("应是整数。"),
        "int_parsing": lambda: gettext("应是整数。"),
        "bool_type": lambda: gettext("应是 true 或 false。"),
        "bool_parsing": lambda: gettext("应是 true 或 false。"),
        "dict_type": lambda: gettext("应是 JSON 对象。"),
        "model_type": lambda: gettext("应是 JSON 对象。"),
        "list_type": lambda: gettext("应是 JSON 数组。"),
        "unstorable": lambda: gettext("含有不能保存的字符。"),
    }
    return str(said[kind]()) if kind in said else gettext("格式不对。")


def of_http(error: HTTPException) -> Response:
    """Return an error of HTTP as a problem; forbidden and unknown look alike, as on the pages."""
    status = error.code or 500
    code = "not-found" if status in {403, 404} else BY_STATUS.get(status, "failed" if status >= 500 else "malformed")  # noqa: PLR2004 - HTTP
    details = {"not-found": gettext("没有这项内容，或者您的岗位不能查看。")}
    kept = {"Allow", "Retry-After"}
    headers = {name: value for name, value in error.get_headers(request.environ) if name in kept}
    return answer(ProblemError(code, details.get(code, "")), headers)


def unreachable(error: OperationalError) -> Response:
    """Say that the database is away."""
    current_app.logger.error("database: %s", " ".join(str(error.orig).split()))
    return answer(ProblemError("unavailable", gettext("您的操作没有保存。请过一分钟重试。")))


def failed(error: Exception) -> Response:
    """Say that we failed, and nothing of why; the log has the traceback."""
    current_app.logger.error("failed on %s: %s", request.endpoint, type(error).__name__, exc_info=error)
    return answer(ProblemError("failed", gettext("您的操作没有保存。请稍后重试；仍不成功请联系系统管理员。")))


def not_found() -> ProblemError:
    """Return the one problem for what does not exist and for what is not theirs."""
    return of_failure(NotFound(""))
