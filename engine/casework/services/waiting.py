"""What of a matter waits at a step, and who answers for it: for reminders and escalations."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from engine.casework.permissions import holders, may_know
from engine.casework.roles import ROLES

ITEMS = text(
    """
select w.task_id, w.step, w.name, w.candidates, w.excluded, o.id as assignee, w.due_at, w.process_key
from work_item w left join officer o on o.id::text = w.assignee and o.active
where w.instance_id = :instance and (w.step = :step or w.process_key = :step)
order by w.created_at
"""
)
NAMES = text("select id, name from officer where id = any(:officers) order by id")
ABOVE = text("select parent_id from unit where id = :unit")
HIGHEST_ROLE = "inspector"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step that waits, or all that wait in a called process: labels, due time, candidates and holders of it."""

    step: str
    name: str
    due_at: datetime | None
    candidates: tuple[str, ...]
    people: tuple[int, ...]
    task: str

    @property
    def units(self) -> tuple[int, ...]:
        """The units it was offered to, several when several are asked for the same step; none for bureau-wide roles."""
        named = (one.partition("@")[2] for one in self.candidates)
        return tuple(dict.fromkeys(int(unit) for unit in named if unit.isdecimal()))


def waiting_at(connection: Connection, instance_id: int, step: str, unit: str = "") -> Waiting | None:
    """Return what waits at ``step`` (a user task, or a process that was called); None when nothing does.

    With ``unit`` (an id) only what was offered to that unit counts: of several who are asked for the same step, one.
    """
    rows = connection.execute(ITEMS, {"instance": instance_id, "step": step}).all()
    if unit:
        rows = [row for row in rows if any(one.partition("@")[2] == unit for one in row.candidates)]
    if not rows:
        return None
    people: dict[int, None] = {}
    for row in rows:
        for officer in _people(connection, row):
            people[officer] = None
    dues = [row.due_at for row in rows if row.due_at is not None]
    candidates = tuple(dict.fromkeys(one for row in rows for one in row.candidates))
    return Waiting(step, rows[0].name, min(dues, default=None), candidates, tuple(people), rows[0].task_id.hex)


def _people(connection: Connection, row: Any) -> list[int]:
    if row.assignee is not None:
        return [row.assignee]
    # Nobody holds it, or who held it is no longer in service: all who may take it.
    found: list[int] = []
    for candidate in row.candidates:
        role, _, unit = candidate.partition("@")
        if role not in ROLES:  # one officer's own; they are not in service any more
            continue
        found += holders(connection, role, int(unit) if unit.isdecimal() else None)
    return [officer for officer in found if str(officer) not in row.excluded]


def answering(connection: Connection, matter_id: int | None, role: str, unit_id: int | None) -> tuple[str, list[int]]:
    """Return who answers for a unit in ``role``, those the matter (if any) accuses left out, and the role they hold.

    Where a unit has nobody, its parent answers; where nobody is left at all, the inspectorate does.
    """
    if ROLES[role].in_unit:
        unit = unit_id
        while unit is not None:
            found = _knowing(connection, matter_id, holders(connection, role, unit))
            if found:
                return role, found
            unit = connection.execute(ABOVE, {"unit": unit}).scalar()
    else:
        found = _knowing(connection, matter_id, holders(connection, role))
        if found:
            return role, found
    return HIGHEST_ROLE, _knowing(connection, matter_id, holders(connection, HIGHEST_ROLE))


def _knowing(connection: Connection, matter_id: int | None, officers: list[int]) -> list[int]:
    return officers if matter_id is None else may_know(connection, matter_id, officers)


def named(connection: Connection, officers: list[int]) -> list[dict[str, Any]]:
    """Return officers as they are kept in a record of who was told: id and name."""
    if not officers:
        return []
    return [{"officer_id": row.id, "name": row.name} for row in connection.execute(NAMES, {"officers": officers})]
