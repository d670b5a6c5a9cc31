"""Who calls: the officer behind the token, and what the token may do."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import g
from flask_babel import lazy_gettext as _
from pydantic import Field

from webapp.api.authentication import Bearer, officer
from webapp.api.operation import operation
from webapp.api.shapes import Answered, Moment
from webapp.sentences import N_


class BearerShown(Answered):
    """The token of this request."""

    name: str
    scope: Literal["read", "write"]
    expires_at: Moment


class Me(Answered):
    """The officer the token acts as."""

    id: int
    login: str
    name: str
    unit: str
    roles: list[str]
    grants: Annotated[list[str], Field(description=N_("岗位和所在单位的 id，例如 handler@7；* 表示全局。"))]
    token: BearerShown


@operation("GET", "/me", _("令牌代表谁，能做什么"), tag="me", answers=Me)
def me() -> Me:
    """Return the officer the token acts as."""
    caller = officer()
    bearer: Bearer = g.bearer
    return Me(
        id=caller.id,
        login=caller.login,
        name=caller.name,
        unit=caller.unit_name,
        roles=sorted(caller.roles),
        grants=list(caller.grants),
        token=BearerShown.model_validate(bearer),
    )
