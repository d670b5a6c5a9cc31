"""A matter's history: append-only, written here and nowhere else, each entry chained to the one before it.

The hash of an entry is SHA-256 over the hash before it and the canonical JSON of what it says; the matter
keeps the head of its chain. Changing, dropping or inserting an entry afterwards breaks the chain.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

SYSTEM = "system"
SYSTEM_NAME = "系统"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened: ``event`` in the past tense, ``name`` as people read it, its step and details (JSON)."""

    event: str
    name: str
    step: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a matter's chain: how many entries, and the last one's hash ('' when there is none)."""

    count: int
    hash: str


NOTHING_YET = Head(0, "")
"""The head of a matter that was stored in this very transaction."""


@dataclass(frozen=True, slots=True)
class Break:
    """A place where a chain does not hold; ``sequence`` is 0 when the matter's own head is wrong."""

    matter_id: int
    number: str
    sequence: int
    problem: str


HEAD = text(
    """
select m.history_count, m.history_hash, clock_now() as now,
       (select o.name from officer o where o.id::text = :actor) as actor_name
from matter m where m.id = :matter for no key update of m
"""
)

# One statement, so that no entry stands without the head that seals it.
INSERT = text(
    """
with written as (
    insert into history_event
        (matter_id, sequence, at, event, step, name, actor, actor_name, details, previous_hash, hash)
    select :matter, r.sequence, r.at, r.event, r.step, r.name, :actor, :actor_name, r.details, r.previous_hash, r.hash
    from jsonb_to_recordset(cast(:rows as jsonb)) as r
        (sequence int, at timestamptz, event text, step text, name text, details jsonb, previous_hash text, hash text)
)
update matter set history_count = :count, history_hash = :hash where id = :matter
"""
)

CHAINS = text(
    """
select m.id as matter_id, m.number, m.history_count, m.history_hash, e.sequence, e.at, e.event, e.step, e.name,
       e.actor, e.actor_name, e.details, e.previous_hash, e.hash
from matter m left join history_event e on e.matter_id = m.id
where cast(:matter as bigint) is null or m.id = :matter
order by m.id, e.sequence
"""
)


def append(
    connection: Connection,
    matter_id: int,
    entries: Sequence[Entry],
    *,
    actor: str,
    actor_name: str | None = None,
    at: datetime | None = None,
    head: Head | None = None,
) -> Head:
    """Add entries to a matter's history, in order, within the caller's transaction.

    ``actor`` is an officer's id or ``system``; its name and the time are asked of the database unless given.
    With ``head`` (and ``actor_name`` and ``at``) the caller vouches that it holds the lock under which the head was
    read, which saves a statement. Returns the new head. Raises LookupError when there is no such matter.
    """
    if head is None or actor_name is None or at is None:
        row = connection.execute(HEAD, {"matter": matter_id, "actor": actor}).one_or_none()
        if row is None:
            raise LookupError(f"no matter {matter_id}")
        head = head or Head(row.history_count, row.history_hash)
        at = at or row.now
        actor_name = actor_name or row.actor_name or (SYSTEM_NAME if actor == SYSTEM else actor)
    if not entries:
        return head
    rows, previous = [], head.hash
    for sequence, entry in enumerate(entries, head.count + 1):
        details = plain(entry.details)
        name, step = _clean(entry.name), None if entry.step is None else _clean(entry.step)
        digest = _hash(previous, [matter_id, sequence, _at(at), entry.event, step, name, actor, actor_name, details])
        rows.append(
            {
                "sequence": sequence,
                "at": _at(at),
                "event": entry.event,
                "step": step,
                "name": name,
                "details": details,
                "previous_hash": previous,
                "hash": digest,
            }
        )
        previous = digest
    new = Head(head.count + len(rows), previous)
    connection.execute(
        INSERT,
        {
            "matter": matter_id,
            "actor": actor,
            "actor_name": actor_name,
            "rows": json.dumps(rows, ensure_ascii=False),
            "count": new.count,
            "hash": new.hash,
        },
    )
    return new


def verify(connection: Connection, matter_id: int | None = None) -> list[Break]:
    """Check the chain of one matter, or of all; return every break, none when all is as it was written."""
    return list(_breaks(connection, matter_id))


def _breaks(connection: Connection, matter_id: int | None) -> Iterator[Break]:
    result = connection.execution_options(yield_per=2000).execute(CHAINS, {"matter": matter_id})
    owner, count, previous, expected = None, 0, "", ("", 0, "")
    for row in result:
        if row.matter_id != owner:
            yield from _head_break(owner, count, previous, expected)
            owner, count, previous = row.matter_id, 0, ""
            expected = (row.number, row.history_count, row.history_hash)
        if row.sequence is None:
            continue
        if row.sequence != count + 1:
            yield Break(row.matter_id, row.number, row.sequence, f"缺少第 {count + 1} 条记录")
        elif row.previous_hash != previous:
            yield Break(row.matter_id, row.number, row.sequence, "与前一条记录的哈希不符")
        said = [
            row.matter_id,
            row.sequence,
            _at(row.at),
            row.event,
            row.step,
            row.name,
            row.actor,
            row.actor_name,
            row.details,
        ]
        if _hash(row.previous_hash, said) != row.hash:
            yield Break(row.matter_id, row.number, row.sequence, "内容与哈希不符")
        count, previous = row.sequence, row.hash
    yield from _head_break(owner, count, previous, expected)


def _head_break(owner: int | None, count: int, last: str, expected: tuple[str, int, str]) -> Iterator[Break]:
    number, wanted, head = expected
    if owner is not None and (wanted, head) != (count, last):
        yield Break(owner, number, 0, f"事项记着 {wanted} 条记录，实有 {count} 条，或末条哈希不符")


def _hash(previous: str, said: list[Any]) -> str:
    canonical = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()


def _at(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _clean(words: str) -> str:
    """Drop what PostgreSQL cannot store: NUL and halves of surrogate pairs."""
    return words.replace("\x00", "").encode("utf-8", "replace").decode()


def plain(value: Any) -> Any:
    """Return the value as JSON that reads back from a jsonb column exactly as it went in.

    Whole floats become integers, because jsonb does not tell 2.0 from 2 when they are large; NaN and the infinities
    become text; dates become ISO 8601.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float | Decimal):
        return _number(float(value))
    if isinstance(value, Mapping):
        return {_clean(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, datetime) and value.tzinfo:
        return _at(value)
    return _clean(value.isoformat() if isinstance(value, date) else str(value))


def _number(value: float) -> float | str:
    if not math.isfinite(value):
        return str(value)
    return int(value) if value.is_integer() else value
