"""What a step is about that is done once for each of several things: which unit, which place, the how manieth.

The state of the instance knows it. It is read only for steps that stand inside a multi-instance activity, so that an
ordinary list costs nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa
from flask_babel import gettext as _

from engine.casework.models import Unit
from engine.casework.offers import UNIT
from engine.runtime import Definition, Look
from engine.runtime.task_ids import split
from webapp.current import current_runtime

COUNTER = "loopCounter"
NAMED_BY = ("name", "title", "label", "number", "code", "id")
LONGEST = 60
_PATH = re.compile(r"[$#]\{\s*([A-Za-z_]\w*(?:\.\w+)*)\s*\}")


class Item(Protocol):
    """A step that waits."""

    @property
    def task_id(self) -> str:
        """Its id, 32 hexadecimal digits."""

    @property
    def process_key(self) -> str:
        """The process it is drawn in."""

    @property
    def step(self) -> str:
        """The user task's id."""


@dataclass(frozen=True, slots=True)
class OneStep:
    """A step that waits, by no more than what says which it is."""

    task_id: str
    process_key: str
    step: str


def which_one(connection: sa.Connection, items: Iterable[tuple[int, Item]]) -> dict[str, str]:
    """Return what each step is about, by task id; steps that are done only once are left out.

    ``items`` are pairs of a deployment's id and a step that waits.
    """
    runtime = current_runtime()
    looks: dict[int, Look] = {}
    found: dict[str, str] = {}
    for deployment_id, item in items:
        definition = runtime.definition(deployment_id)
        if (item.process_key, item.step) not in definition.repeated:
            continue
        instance_id = split(item.task_id)[0]
        if instance_id not in looks:
            looks[instance_id] = runtime.look(connection, instance_id)
        token = next((one for one in looks[instance_id].tokens if one.task_id == item.task_id), None)
        if token is not None and token.about:
            found[item.task_id] = described(connection, definition, item.process_key, item.step, token.about)
    return found


def described(
    connection: sa.Connection, definition: Definition, process_key: str, step: str, about: Mapping[str, Any]
) -> str:
    """Return in words what one of many is about: the unit that does it, the thing itself, or which one it is."""
    unit = _unit(connection, definition, process_key, step, about)
    things = [_in_words(value) for name, value in about.items() if name != COUNTER]
    words = unit or _("、").join(thing for thing in things if thing)
    if not words:
        words = _("第 %(n)s 项", n=int(about.get(COUNTER, 0)) + 1)
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"


def _unit(
    connection: sa.Connection, definition: Definition, process_key: str, step: str, about: Mapping[str, Any]
) -> str:
    """Return the name of the unit that the diagram says does this one; empty when it names none."""
    if (process_key, step) not in definition.repeated:
        return ""
    path = _PATH.fullmatch(definition.step(process_key, step).properties.get(UNIT, "").strip())
    if path is None:
        return ""
    value: Any = about
    for part in path[1].split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    number = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if not number.isdecimal():
        return ""
    return str(connection.execute(sa.select(Unit.name).where(Unit.id == int(number))).scalar() or "")


def _in_words(value: Any) -> str:
    if isinstance(value, Mapping):
        return next((_in_words(value[key]) for key in NAMED_BY if value.get(key)), "")
    if isinstance(value, list):
        return str(_("、")).join(words for words in map(_in_words, value) if words)
    if value is None or isinstance(value, bool):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
