"""Earlier matters, to find the one that a new matter repeats: an index in memory that follows the database."""

import threading
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, text

from rules.comparison import Match
from rules.fingerprint import Fingerprint, fingerprint
from rules.matter_index import Index

# A transaction that took a lower number may commit later, so the last few are looked at again.
LOOK_BACK: Final = 200

NEW = text(
    """
select m.id, m.title, m.body, m.place, coalesce(p.identity_number, p.phone, p.name, '') as person
from matter m join petitioner p on p.id = m.petitioner_id
where m.id > :after and m.id <> all(:known) and m.id <> :itself
order by m.id
"""
)
# The lock makes linking and replying follow each other: whichever comes second sees what the first has done.
PRIMARY = text(
    """
select m.id, m.number, m.title, m.status, m.replied_at, m.closed_at, m.primary_id, m.handling_unit_id
from matter m where m.id = (select coalesce(e.primary_id, e.id) from matter e where e.id = :id)
    and m.outcome is distinct from 'cancelled'
for no key update of m
"""
)


@dataclass(slots=True)
class _Known:
    index: Index = field(default_factory=Index)
    highest: int = 0
    recent: set[int] = field(default_factory=set)


_lock = threading.Lock()
_known: dict[str, _Known] = {}


def matches(connection: Connection, row: Any) -> list[Match]:
    """Return the earlier matters that a matter (its loaded row) may be about too, the likest first.

    The first call in a process reads all matters, later ones only what came since.
    """
    new = _fingerprint(row["id"], row["title"], row["body"], row["place"], _person(row))
    with _lock:
        known = _known.setdefault(str(connection.engine.url), _Known())
        _follow(connection, known, row["id"])
        return known.index.matches(new)


def primary_of(connection: Connection, matter_id: int) -> Any:
    """Return the matter, or the one it repeats itself, locked until the transaction ends; None when it is gone."""
    return connection.execute(PRIMARY, {"id": matter_id}).one_or_none()


def _follow(connection: Connection, known: _Known, itself: int) -> None:
    after = max(known.highest - LOOK_BACK, 0)
    known.recent = {number for number in known.recent if number > after}
    values = {"after": after, "known": sorted(known.recent), "itself": itself}
    for row in connection.execute(NEW, values):
        known.index.add(_fingerprint(row.id, row.title, row.body, row.place, row.person))
        known.recent.add(row.id)
        known.highest = max(known.highest, row.id)


def _fingerprint(number: int, title: str, body: str, place: str | None, person: str) -> Fingerprint:
    return fingerprint(str(number), title, body, place=place or "", person=person)


def _person(row: Any) -> str:
    return row["petitioner_identity_number"] or row["petitioner_phone"] or row["petitioner_name"] or ""
