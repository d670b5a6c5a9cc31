"""Opening a proceeding: numbered without a gap, stored, in the caller's transaction. Its process is started after."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

PREFIXES: Final = {"supervision": "DC", "accountability": "WZ", "rectification": "ZG", "transfer": "ZB"}

# The year is the bureau's, not the server's.
NEXT = text(
    """
insert into proceeding_number (kind, year, last)
values (:kind, extract(year from clock_now() at time zone 'Asia/Shanghai')::smallint, 1)
on conflict (kind, year) do update set last = proceeding_number.last + 1
returning year, last
"""
)
INSERT = text(
    """
insert into proceeding (number, kind, level, matter_id, parent_id, unit_id, officer_id, category_id, step, title,
    ground, opened_at, opened_by)
values (:number, :kind, :level, :matter, :parent, :unit, :officer, :category, :step, :title,
    :ground, clock_now(), :actor)
returning id
"""
)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a proceeding begins with; ids of the database. See :class:`engine.casework.models.Proceeding`."""

    kind: str
    unit_id: int
    title: str
    ground: str
    level: str | None = None
    matter_id: int | None = None
    parent_id: int | None = None
    officer_id: int | None = None
    category_id: int | None = None
    step: str | None = None


def open_proceeding(connection: Connection, given: Opening, *, actor: str) -> str:
    """Store a proceeding and return its number. ``actor`` is an officer's id or ``system``."""
    row = connection.execute(NEXT, {"kind": given.kind}).one()
    number = f"{PREFIXES[given.kind]}{row.year}-{row.last:04d}"
    connection.execute(
        INSERT,
        {
            "number": number,
            "kind": given.kind,
            "level": given.level,
            "matter": given.matter_id,
            "parent": given.parent_id,
            "unit": given.unit_id,
            "officer": given.officer_id,
            "category": given.category_id,
            "step": given.step,
            "title": given.title,
            "ground": given.ground,
            "actor": actor,
        },
    )
    return number
