"""What a matter may be about too, as it is asked and decided; shown to whoever may know of both matters."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import Connection, and_, select, text
from sqlalchemy.orm import aliased

from engine.casework.masking import masked_texts
from engine.casework.models import BurstMember, Likeness, Matter, Officer
from engine.casework.permissions import Person, permitted, visible
from rules.comparison import Match

MOST: Final = 5
"""Earlier matters that are asked about."""

SHOWN_OF_A_NUMBER: Final = 2

# A matter that has vanished since it was held in memory is left out.
KEEP = text(
    """
insert into likeness (matter_id, other_id, score, found, noticed_at)
select :matter, m.id, r.score, r.found, :now
from jsonb_to_recordset(cast(:rows as jsonb)) as r (id bigint, score double precision, found jsonb)
join matter m on m.id = r.id
where m.id <> :matter and m.outcome is distinct from 'cancelled'
on conflict do nothing
"""
)
DECIDE = text(
    """
insert into likeness
    (matter_id, other_id, score, found, noticed_at, decision, decided_at, decided_by, reason, taken_from)
values (:matter, :other, :score, cast(:found as jsonb), :now, :decision, :now, :officer, :reason, :taken_from)
on conflict (matter_id, other_id) do update set decision = excluded.decision, decided_at = excluded.decided_at,
    decided_by = excluded.decided_by, reason = excluded.reason, taken_from = excluded.taken_from
"""
)


@dataclass(frozen=True, slots=True)
class Alike:
    """An earlier matter that is asked about, or was decided on; only for whoever may know of it.

    ``found`` says why (a ``rules.comparison.Match``), ``decision`` is None while nobody has decided, ``by`` who did.
    """

    number: str
    title: str
    status: str
    received_at: datetime
    score: float
    found: Mapping[str, Any]
    decision: str | None
    decided_at: datetime | None
    by: str | None
    reason: str | None


def keep(connection: Connection, matter_id: int, matches: Iterable[Match], now: datetime) -> None:
    """Keep the likest of the matches with a new matter, within the caller's transaction, to be asked about."""
    rows = [{"id": int(found.id), "score": found.score, "found": found.as_dict()} for found in matches][:MOST]
    if rows:
        connection.execute(KEEP, {"matter": matter_id, "rows": json.dumps(rows, ensure_ascii=False), "now": now})


def decide(
    connection: Connection,
    matter_id: int,
    found: Match,
    *,
    decision: str | None,
    officer_id: int,
    now: datetime,
    reason: str = "",
    taken_from: str | None = None,
) -> None:
    """Note what somebody decided of a matter and another one (``found.id``), within the caller's transaction."""
    values = {
        "matter": matter_id,
        "other": int(found.id),
        "score": found.score,
        "found": json.dumps(found.as_dict(), ensure_ascii=False),
        "now": now,
        "decision": decision,
        "officer": officer_id,
        "reason": reason or None,
        "taken_from": taken_from,
    }
    connection.execute(DECIDE, values)


def asked(connection: Connection, officer: Person, matter_id: int) -> list[Alike]:
    """Return what a matter may be about too, the likest first; both ways once it was said to be the same.

    Matters the officer may not know of are left out; facts of people are covered for whoever has no business with the
    people of both.
    """
    other = aliased(Matter)
    columns = (
        other.number,
        other.title,
        other.status,
        other.received_at,
        Likeness.score,
        Likeness.found,
        Likeness.decision,
        Likeness.decided_at,
        Officer.name.label("by"),
        Likeness.reason,
        and_(permitted(officer, "view_personal"), permitted(officer, "view_personal", other)).label("may_reveal"),
    )
    ours = (
        select(*columns)
        .join(other, other.id == Likeness.other_id)
        .join(Matter, Matter.id == Likeness.matter_id)
        .where(Likeness.matter_id == matter_id)
    )
    theirs = (
        select(*columns)
        .join(other, other.id == Likeness.matter_id)
        .join(Matter, Matter.id == Likeness.other_id)
        .where(
            Likeness.other_id == matter_id, Likeness.decision == "same", other.primary_id.is_distinct_from(Matter.id)
        )
    )
    found = [
        row
        for statement in (ours, theirs)
        for row in connection.execute(
            statement.outerjoin(Officer, Officer.id == Likeness.decided_by).where(visible(officer, other))
        )
    ]
    return [_alike(row) for row in sorted(found, key=lambda row: (-row.score, row.number))]


def _alike(row: Any) -> Alike:
    alike = Alike(*row[:-1])
    if row.may_reveal:
        return alike
    found = {**alike.found, **covered_words(alike.found)}
    return replace(alike, title=masked_texts(alike.title), reason=masked_texts(alike.reason), found=found)


def covered_match(found: Match) -> Match:
    """Return a match as whoever has no business with the people of both matters reads it."""
    words = {name: tuple(listed) for name, listed in covered_words(found.as_dict()).items()}
    return replace(found, numbers=words["numbers"], shared=words["shared"], names=words["names"])


def covered_words(found: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the words of a match without facts of people: of its numbers, whatever they are, only the end is left."""
    numbers = [number[-SHOWN_OF_A_NUMBER:].rjust(len(number), "*") for number in found["numbers"]]
    return {"numbers": numbers, "shared": masked_texts(found["shared"]), "names": masked_texts(found["names"])}


def texts(connection: Connection, officer: Person, numbers: Iterable[str]) -> dict[str, Any]:
    """Return of the matters that the officer may know of: id, number, title, body, place and when received.

    Facts of people in the texts are covered where ``may_reveal`` is false.
    """
    wanted = list(numbers)
    columns = (Matter.id, Matter.number, Matter.title, Matter.body, Matter.place, Matter.received_at, Matter.status)
    rows = connection.execute(
        select(
            *columns,
            Matter.primary_id,
            Matter.closed_at,
            BurstMember.burst_id,
            permitted(officer, "view_personal").label("may_reveal"),
        )
        .outerjoin(BurstMember, BurstMember.matter_id == Matter.id)
        .where(and_(Matter.number.in_(wanted), visible(officer)))
    )
    return {row.number: _shown(row) for row in rows}


def _shown(row: Any) -> Any:
    return row if row.may_reveal else SimpleNamespace(**{**row._mapping, **_covered(row)})  # noqa: SLF001


def _covered(row: Any) -> dict[str, Any]:
    return {name: masked_texts(getattr(row, name)) for name in ("title", "body", "place")}
