"""Earlier matters, to find those that a new matter may be about too: from the text index, and beside it."""

import threading
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, text

from engine.casework import text_index
from engine.casework.text_index.compared import taken
from rules.comparison import Match, compare
from rules.fingerprint import Fingerprint
from rules.matter_index import Index, ranked
from rules.rarity import Frequencies
from rules.text_index import EVERYTHING, TextIndex
from rules.text_index_store import TextIndexError

HELD: Final = 2000
"""Fingerprints in memory at most, about 25 MB: the newest of what the index has not taken in, or of all without one."""

NEWEST = text("select id from matter order by id desc limit :held")
ROWS = text(
    """
select m.id, m.title, m.body, m.place, m.received_at,
       coalesce(p.identity_number, p.phone, p.name, '') as person
from matter m join petitioner p on p.id = m.petitioner_id
where m.id = any(:ids)
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
    """What a process remembers of a database."""

    beside: Index = field(default_factory=Index)
    weights: Frequencies = field(default_factory=Frequencies)


_lock = threading.Lock()
_known: dict[str, _Known] = {}


def matches(connection: Connection, row: Any) -> list[Match]:
    """Return the earlier matters that a matter (its loaded row) may be about too, the likest first.

    They come from the text index; matters that it has not taken in are read from the database, at most the newest
    ``HELD`` of them. Without an index that can be used all are taken to be such.
    """
    person = row["petitioner_identity_number"] or row["petitioner_phone"] or row["petitioner_name"] or ""
    new = taken(row["id"], row["title"], row["body"], place=row["place"], person=person, received_at=row["received_at"])
    index = _index(connection)
    with _lock:
        known = _known.setdefault(str(connection.engine.url), _Known())
        _hold(connection, known.beside, _beside(connection, index))
        found = {item.id: item for item in known.beside.candidates(new)}
        rarity = _rarity(known, index)
    if index is not None:
        worth = {key: rarity.of_key(key) for key in new.keys}
        for candidate in index.candidates(new.keys, seen=EVERYTHING, weights=worth):
            kept = _kept(candidate.payload)
            if kept is not None and kept.id != new.id:
                found.setdefault(kept.id, kept)
    return ranked(new, found.values(), rarity)


def likeness(connection: Connection, one: Any, other: Any) -> Match:
    """Compare two matters, rows of ``ROWS``, the later one first."""
    index = _index(connection)
    with _lock:
        known = _known.setdefault(str(connection.engine.url), _Known())
        rarity = _rarity(known, index)
    return compare(_taken(one), _taken(other), rarity)


def primary_of(connection: Connection, matter_id: int) -> Any:
    """Return the matter, or the one it repeats itself, locked until the transaction ends; None when it is gone."""
    return connection.execute(PRIMARY, {"id": matter_id}).one_or_none()


def _index(connection: Connection) -> TextIndex | None:
    try:
        return text_index.index_of(connection)
    except TextIndexError:
        return None


def _rarity(known: _Known, index: TextIndex | None) -> Frequencies:
    return known.beside.rarity() if index is None else known.weights.asked(index.size, index.frequency)


def _beside(connection: Connection, index: TextIndex | None) -> list[int]:
    """Return the ids of the matters that are compared without the index."""
    if index is None:
        return list(connection.execute(NEWEST, {"held": HELD}).scalars())
    changed = text_index.not_yet_indexed(connection, index.watermark)
    return sorted(set(changed) - index.known(changed))[-HELD:]


def _hold(connection: Connection, beside: Index, ids: list[int]) -> None:
    """Hold the fingerprints of these matters and of no others."""
    wanted = {str(number) for number in ids}
    for number in set(beside) - wanted:
        beside.remove(number)
    missing = [int(number) for number in wanted - set(beside)]
    if missing:
        for row in connection.execute(ROWS, {"ids": missing}):
            beside.add(_taken(row))


def _taken(row: Any) -> Fingerprint:
    return taken(row.id, row.title, row.body, place=row.place, person=row.person, received_at=row.received_at)


def _kept(payload: bytes) -> Fingerprint | None:
    """Return the fingerprint kept with a document; None for one that was written before there were any."""
    try:
        return Fingerprint.of_bytes(payload)
    except ValueError:
        return None
