"""Pages of long lists: a limit, an opaque cursor, the total, and a link to the next page (RFC 8288)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

from flask import request
from flask_babel import gettext
from pydantic import Field

from webapp.api.problems import Fault, ProblemError
from webapp.api.shapes import Answered, Sent
from webapp.sentences import N_

MOST = 200
USUAL = 50
LAST = 100_000

Row = TypeVar("Row", bound=Answered)


class Paged(Sent):
    """The query of a list."""

    limit: Annotated[int, Field(ge=1, le=MOST, description=N_("一页最多几条。"))] = USUAL
    cursor: Annotated[str, Field(max_length=60, description=N_("上一页给的 next；第一页不填。"))] = ""

    @property
    def place(self) -> tuple[int, int]:
        """The page asked for, from 1, and how many are on it. Raises ProblemError for a cursor that is none of ours."""
        return _read(self.cursor) if self.cursor else (1, self.limit)


class Page(Answered, Generic[Row]):
    """A page of a list. ``next`` is None on the last one."""

    items: list[Row]
    total: Annotated[int, Field(description=N_("符合条件的一共几条。"))]
    next: Annotated[str | None, Field(description=N_("下一页的 cursor；没有下一页时是 null。"))]


def page(kind: type[Any], asked: Paged, rows: Iterable[Any], total: int) -> Any:
    """Return a page of ``kind``, a ``Page[…]``, for what was asked."""
    number, limit = asked.place
    following = _written(number + 1, limit) if number * limit < total and number < LAST else None
    return kind(items=list(rows), total=total, next=following)


def link(following: str | None) -> dict[str, str]:
    """Return the header that leads to the next page of the list being answered."""
    if following is None:
        return {}
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
    address = f"{request.path}?{urlencode([*kept, ('cursor', following)])}"
    return {"Link": f'<{address}>; rel="next"'}


def _written(number: int, limit: int) -> str:
    return base64.urlsafe_b64encode(f"{number}.{limit}".encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[int, int]:
    try:
        number, _, limit = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(".")
        found = int(number), int(limit)
    except (binascii.Error, ValueError):
        found = 0, 0
    if not (1 <= found[0] <= LAST and 1 <= found[1] <= MOST):
        fault = Fault("cursor", gettext("这不是上一页给的 next。"))
        raise ProblemError("invalid", fault.detail, faults=[fault])
    return found
