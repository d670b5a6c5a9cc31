"""The base of everything that comes in and goes out, and the types that many declarations share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from engine.casework.commands.operating import LONGEST_REASON
from webapp.sentences import N_

LARGEST_ID = 2**63 - 1
LARGEST_SMALL_ID = 2**31 - 1
"""Ids of deployments and schedules."""


def _plain(schema: dict[str, Any]) -> None:
    """Keep docstrings, which are for those who read this code, and generated titles out of the document."""
    schema.pop("description", None)
    schema.pop("title", None)
    for shape in schema.get("properties", {}).values():
        shape.pop("title", None)


def unstorable(value: Any) -> bool:
    """Say whether there is a NUL or half a surrogate pair anywhere in a JSON value: no database keeps these."""
    if isinstance(value, str):
        return "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, Mapping):
        return any(unstorable(key) or unstorable(one) for key, one in value.items())
    return isinstance(value, list) and any(unstorable(one) for one in value)


class Sent(BaseModel):
    """What a caller sends, in the body or the query; what is not declared is refused."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_plain)

    @model_validator(mode="before")
    @classmethod
    def storable(cls, given: Any) -> Any:
        """Refuse characters that cannot be stored."""
        if unstorable(given):
            raise PydanticCustomError("unstorable", "no NUL characters and no lone surrogates")
        return given


class Answered(BaseModel):
    """What the API answers; made of the records that the queries return."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra=_plain)


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""A moment, answered in UTC."""

Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
SmallId = Annotated[int, Field(ge=1, le=LARGEST_SMALL_ID)]
Short = Annotated[str, StringConstraints(max_length=200)]
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=200)]
TaskId = Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REASON),
    Field(description=N_("理由，记入流程记录。")),
]
DryRun = Annotated[bool, Field(description=N_("只说明会发生什么，什么也不保留。"))]
Values = dict[str, Any]
"""JSON by name, of whatever shape the process has."""


class Named(Answered):
    """Something with an id and a name."""

    id: int
    name: str


def translated(schema: Any, say: Callable[[str], str]) -> Any:
    """Return a JSON Schema with its descriptions in the reader's language."""
    if isinstance(schema, Mapping):
        return {
            key: say(value) if key == "description" and isinstance(value, str) else translated(value, say)
            for key, value in schema.items()
        }
    return [translated(one, say) for one in schema] if isinstance(schema, list) else schema
