"""Where a matter stands when somebody says that it repeats another, and which way it can still go."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from engine.casework import earlier
from engine.casework.case import Case
from engine.casework.errors import NotPermitted, unknown_matter
from engine.casework.models import Matter
from engine.casework.permissions import Person, require
from engine.runtime import Runtime

RECEIVING: Final = frozenset({"accept", "assign", "hand_on"})
"""Steps of the receiver: while a matter waits at one of them alone, no unit has begun to work on it."""
WAITS: Final = "primary_replied"
REPLY: Final = "reply"
FIRST: Final = "accept"


@dataclass(frozen=True, slots=True)
class Place:
    """The one token of a matter's process: its id, the element it is at, and where it may be moved to."""

    task_id: str
    element: str
    ahead: Collection[str]


def token_of(connection: Connection, runtime: Runtime, instance_id: int | None) -> Place | None:
    """Return where a matter's process stands; None when it has ended or stands at several elements."""
    if instance_id is None:
        return None
    tokens = [token for token in runtime.look(connection, instance_id).tokens if not token.boundary]
    if len(tokens) != 1 or tokens[0].inside:
        return None
    (token,) = tokens
    return Place(token.task_id, token.element, frozenset(place.element for place in token.places))


def way_to_repeat(place: Place | None, *, replied: bool) -> str | None:
    """Return the element that a matter moves to as a repeat; None when it can be related only."""
    target = REPLY if replied else WAITS
    return target if place is not None and place.element in RECEIVING and target in place.ahead else None


def way_back(place: Place | None, taken_from: str | None) -> str | None:
    """Return the step that a repeat goes back to when it is none; None when it is too late."""
    target = taken_from or FIRST
    return target if place is not None and place.element in {WAITS, REPLY} and target in place.ahead else None


def matter(connection: Connection, matter_id: int) -> Any:
    """Return what a command on a pair needs to know of one of them."""
    columns = (Matter.id, Matter.number, Matter.instance_id, Matter.primary_id, Matter.replied_at, Matter.closed_at)
    return connection.execute(select(*columns).where(Matter.id == matter_id)).one()


def original_of(connection: Connection, officer: Person, matter_id: int) -> Any:
    """Return the matter that has to be answered, at the end of a chain of repeats, locked.

    Raises NotPermitted when it was cancelled, NotFound when the officer may not know of it.
    """
    found = earlier.primary_of(connection, matter_id)
    while found is not None and found.primary_id is not None:
        found = earlier.primary_of(connection, found.id)
    if found is None:
        raise NotPermitted("原件已经撤销，不能关联。")
    require(connection, officer, "view", found.id)
    return found


def refuse_link(connection: Connection, case: Case, original: Any) -> None:
    """Raise NotPermitted when a matter must not wait for the answer of the original."""
    refuse_linked(case)
    if original.id == case.id:
        raise NotPermitted("对方是本件的重复件，请在对方页面上操作。")
    if original.handling_unit_id in case.barred_units(connection):
        raise NotPermitted("本件反映的对象正是原件的承办单位，不能由它一并答复。")


def refuse_linked(case: Case) -> None:
    """Raise NotPermitted when a matter is a repeat already."""
    if case["primary_id"] is not None:
        raise NotPermitted("本件已经关联到原件，请先解除关联。")


def pair(connection: Connection, officer: Person, number: str, other: str) -> tuple[Any, Any]:
    """Return two matters: one the officer may link, and one they may see. Raises NotFound, NotPermitted for one."""
    ours = matter(connection, require(connection, officer, "link", number))
    theirs = matter(connection, require(connection, officer, "view", other))
    if ours.id == theirs.id:
        raise NotPermitted("请填写另一件事项的编号。")
    if ours.instance_id is None:
        raise unknown_matter()
    return ours, theirs
