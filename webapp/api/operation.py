"""An operation of the API, declared once: its route, what it takes and answers, and what its document says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from flask import Response, request
from flask_babel import gettext
from pydantic import BaseModel, ValidationError

from engine.database import db
from engine.runtime import RuntimeFailure
from webapp.api.paging import Page, link
from webapp.api.problems import Fault, ProblemError, answer, not_found, of_failure, of_validation
from webapp.api.shapes import LARGEST_ID, LARGEST_SMALL_ID, Answered, Sent, unstorable
from webapp.screening import secret_pointers

Scope = Literal["read", "write"]
JSON = "application/json"
LARGEST_BODY = 16 * 1024 * 1024
"""Bytes of JSON; a deployment's files are all text."""

KEY_HEADER = "Idempotency-Key"
_KEY = re.compile(r'"?([A-Za-z0-9_.:-]{8,64})"?')
_SMALL = frozenset({"deployment_id"})
_PLACE = re.compile(r"\{(\w+)\}")
KINDS_OF_PLACES: Mapping[str, str] = {
    "instance_id": "int",
    "incident_id": "int",
    "deployment_id": "int",
    "path": "path",
}
"""Name in a path -> the converter of its value; text where it is not named."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        name: its id in the document; its endpoint is ``api.`` and this.
        method: GET or POST.
        path: below ``/api/v1``, with its places in braces.
        summary: what it does, in Chinese, to be translated.
        tag: the resource it belongs to.
        carry_out: takes what comes with the request by name (``query``, ``body``, ``key``, the places of the path) and
            returns an answer, or a Response for what is no JSON.
        query: what the query may hold; None for nothing.
        body: what the body holds; None for nothing.
        answers: what is answered.
        status: with which status.
        problems: the codes of what may go wrong beside what may go wrong everywhere.
        takes_key: whether it takes an Idempotency-Key.
        file: the media type of what it answers when that is no JSON.
        upload: whether it takes a file (multipart/form-data, field ``file``).

    """

    name: str
    method: str
    path: str
    summary: Any
    tag: str
    carry_out: Callable[..., Any]
    query: type[Sent] | None
    body: type[Sent] | None
    answers: type[Answered] | None
    status: int
    problems: Sequence[str]
    takes_key: bool
    file: str
    upload: bool
    places: tuple[str, ...] = field(default=())

    @property
    def scope(self) -> Scope:
        """What a token must be allowed: everything but GET changes something, or shows what a change would do."""
        return "read" if self.method == "GET" else "write"

    @property
    def rule(self) -> str:
        """The path as Flask writes it."""
        return _PLACE.sub(lambda found: f"<{KINDS_OF_PLACES.get(found[1], 'string')}:{found[1]}>", self.path)


OPERATIONS: dict[str, Operation] = {}
"""Every operation by its name, as the modules declare them."""


def operation(
    method: str,
    path: str,
    summary: Any,
    *,
    tag: str,
    answers: type[Answered] | None = None,
    query: type[Sent] | None = None,
    body: type[Sent] | None = None,
    status: int = 200,
    problems: Sequence[str] = (),
    takes_key: bool = False,
    file: str = "",
    upload: bool = False,
    name: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a function as an operation; see :class:`Operation`."""

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        known = name or function.__name__
        OPERATIONS[known] = Operation(
            known,
            method,
            path,
            summary,
            tag,
            function,
            query,
            body,
            answers,
            status,
            tuple(problems),
            takes_key,
            file,
            upload,
            tuple(_PLACE.findall(path)),
        )
        return function

    return declare


def view(declared: Operation) -> Callable[..., Response]:
    """Return the view of an operation."""

    def answered(**places: Any) -> Response:
        try:
            given = {**_places(places), **_received(declared)}
            found = declared.carry_out(**given)
        except ProblemError as problem:
            return answer(problem)
        except RuntimeFailure as failure:
            db.session.rollback()
            return answer(of_failure(failure))
        return found if isinstance(found, Response) else _sent(declared, found)

    return answered


def _sent(declared: Operation, found: BaseModel | None) -> Response:
    if found is None:
        return Response(status=204)
    headers = link(found.next) if isinstance(found, Page) else {}
    return Response(found.model_dump_json(), declared.status, headers, content_type=JSON)


def _places(places: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values of the path; what no row can have is not found."""
    for name, value in places.items():
        largest = LARGEST_SMALL_ID if name in _SMALL else LARGEST_ID
        if (isinstance(value, int) and value > largest) or (isinstance(value, str) and unstorable(value)):
            raise not_found()
    return places


def _received(declared: Operation) -> dict[str, Any]:
    given: dict[str, Any] = {}
    try:
        if declared.query is not None:
            given["query"] = declared.query.model_validate(_query())
        elif request.args:
            faults = [Fault(name, gettext("没有这一项。")) for name in request.args]
            raise ProblemError("invalid", gettext("请按 errors 里的说明更正。"), faults=faults)
        if declared.body is not None:
            given["body"] = declared.body.model_validate_json(_body(), strict=True)
    except ValidationError as error:
        raise of_validation(error) from None
    _refuse_secrets(given)
    if declared.takes_key:
        given["key"] = _key()
    return given


def _refuse_secrets(given: Mapping[str, BaseModel]) -> None:
    """Refuse what carries a mark of secrecy, before anything is done with it, naming where it stands."""
    faults = [
        Fault(pointer if part == "body" else pointer.removeprefix("/"), gettext("有疑似涉密标志，平台没有保存。"))
        for part, sent in given.items()
        for pointer in secret_pointers(sent.model_dump(mode="json"))
    ]
    if faults:
        detail = gettext("有疑似涉密标志，平台没有保存任何内容。请按保密规定通过涉密渠道办理，并报告保密部门。")
        raise ProblemError("invalid", detail, faults=faults)


def _query() -> dict[str, Any]:
    """Return the query by name; what stands there twice is a list, which no declaration takes where it wants one."""
    return {name: values[0] if len(values) == 1 else values for name, values in request.args.lists()}


def _body() -> bytes:
    request.max_content_length = LARGEST_BODY
    sent = request.get_data(cache=False)
    if sent and request.mimetype != JSON:
        raise ProblemError("media-type", gettext("请求正文要用 application/json。"))
    return sent or b"{}"


def _key() -> str | None:
    sent = request.headers.get(KEY_HEADER)
    if sent is None:
        return None
    found = _KEY.fullmatch(sent)
    if found is None:
        detail = gettext("Idempotency-Key 要 8 到 64 个字母、数字或 _ . : -。")
        raise ProblemError("invalid", detail, faults=[Fault(KEY_HEADER, detail)])
    return found[1]
