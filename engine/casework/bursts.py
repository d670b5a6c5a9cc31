"""Bursts: many matters about the same thing within days, noticed while the newest of them is judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import ARRAY, Boolean, Connection, Integer, Text, and_, cast, func, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by

from engine.casework.masking import masked_texts
from engine.casework.models import BurstMember, Matter, Unit
from engine.casework.notices import notify
from engine.casework.permissions import Person, holders, may_know, permitted, visible
from rules.comparison import Match

LEAST: Final = 5
"""So many matters about the same thing …"""
WINDOW: Final = timedelta(days=7)
"""… received within so long of the newest are a burst;"""
LASTS: Final = timedelta(days=30)
"""a later one belongs to it when it is like a member that was received within so long."""
ENOUGH: Final = 0.6
"""The score of a match that counts; it must be definite too."""
SHOWN_WORDS = 12
LOCK: Final = 0x62757273

NEARBY = text(
    """
select m.id, m.received_at, b.burst_id from matter m left join burst_member b on b.matter_id = m.id
where m.id = any(:ids) and m.received_at between :since and :until and m.outcome is distinct from 'cancelled'
"""
)
BEGIN = text("insert into burst (noticed_at) values (:now) returning id")
JOIN = text(
    """
insert into burst_member (matter_id, burst_id, shared)
select r.id, :burst, string_to_array(r.shared, ' ')
from unnest(cast(:ids as bigint[]), cast(:shared as text[])) as r (id, shared)
on conflict (matter_id) do nothing
"""
)
# Two that join at once follow each other here, so that doubling is told once.
DOUBLED = text(
    """
update burst set told = c.members
from (select count(*) as members from burst_member where burst_id = :burst) c
where id = :burst and c.members >= 2 * told and c.members >= :least
returning c.members
"""
)
HOLD = text("select id from burst where id = :burst for update")
ACCUSING = text(
    """
select distinct a.matter_id from matter_accused a join burst_member b on b.matter_id = a.matter_id
where b.burst_id = :burst
"""
)


@dataclass(frozen=True, slots=True)
class Burst:
    """A burst as an officer sees it: of the members they may know of, how many, from when to when, units, words."""

    id: int
    members: int
    first: datetime
    last: datetime
    recent: int
    units: tuple[str, ...]
    words: tuple[str, ...]
    title: str

    @property
    def days(self) -> int:
        """How many days it has gone on, at least one."""
        return max(1, (self.last - self.first).days + 1)

    @property
    def growth(self) -> float:
        """Members a day."""
        return self.members / self.days


def notice(
    connection: Connection, matter_id: int, matches: Sequence[Match], *, received_at: datetime, now: datetime
) -> int | None:
    """Let a new matter join the burst of those it is like, or begin one; return its id, None when there is none.

    Within the caller's transaction. The inspectors are told when a burst begins and each time it has doubled, unless it
    is of long ago.
    """
    close = {int(found.id): found for found in matches if found.definite and found.score >= ENOUGH}
    if not close:
        return None
    values = {"ids": list(close), "since": received_at - LASTS, "until": received_at + LASTS}
    rows = sorted(connection.execute(NEARBY, values), key=lambda row: (-close[row.id].score, row.id))
    burst: int | None = next((row.burst_id for row in rows if row.burst_id is not None), None)
    near = [row.id for row in rows if abs(row.received_at - received_at) <= WINDOW]
    if burst is None and len(near) + 1 < LEAST:
        return None
    if burst is None:
        # Whoever waited here looks again: the other one may have begun it.
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LOCK})
        begun = (row.burst_id for row in connection.execute(NEARBY, values) if row.burst_id is not None)
        burst = next(begun, None) or connection.execute(BEGIN, {"now": now}).scalar_one()
        joining = {number: _shared(close[number]) for number in near}
    else:
        joining = {}
    best = close[rows[0].id]
    joining[matter_id] = _shared(best)
    connection.execute(JOIN, {"burst": burst, "ids": list(joining), "shared": list(joining.values())})
    if abs(now - received_at) <= WINDOW:
        _tell(connection, burst, matter_id)
    return burst


def _shared(match: Match) -> str:
    """Return the rare words of a match, apart by blanks."""
    return " ".join(dict.fromkeys((*match.names, *match.shared)))


def _tell(connection: Connection, burst: int, matter_id: int) -> None:
    """Give the inspectors a notice when the burst is new or has doubled; never those whom a member accuses."""
    connection.execute(HOLD, {"burst": burst})
    members = connection.execute(DOUBLED, {"burst": burst, "least": LEAST}).scalar()
    if members is None:
        return
    inspectors = holders(connection, "inspector")
    for accusing in connection.execute(ACCUSING, {"burst": burst}).scalars().all():
        inspectors = may_know(connection, accusing, inspectors)
    notify(
        connection,
        inspectors,
        kind="burst",
        words=f"近期有 {members} 件事项集中反映同一件事，请留意并统筹处置。",
        matter_id=matter_id,
        key=f"burst:{burst}:{members}",
    )


def bursts(connection: Connection, officer: Person, *, now: datetime, limit: int, offset: int = 0) -> list[Burst]:
    """Return the bursts of which the officer sees enough members, the newest first."""
    rows = connection.execute(_seen(officer, now).limit(limit).offset(offset)).all()
    words = _words(connection, officer, [row.id for row in rows])
    return [_burst(row, words.get(row.id, ())) for row in rows]


def count(connection: Connection, officer: Person, now: datetime) -> int:
    """Return how many there are."""
    return int(connection.execute(select(func.count()).select_from(_seen(officer, now).subquery())).scalar_one())


def one(connection: Connection, officer: Person, burst_id: int, now: datetime) -> Burst | None:
    """Return a burst; None when there is none, or the officer does not see enough of it."""
    row = connection.execute(_seen(officer, now, BurstMember.burst_id == burst_id)).one_or_none()
    return None if row is None else _burst(row, _words(connection, officer, [burst_id]).get(burst_id, ()))


def of_matter(connection: Connection, officer: Person, matter_id: int, now: datetime) -> Burst | None:
    """Return the burst a matter belongs to, as far as the officer sees it."""
    burst = connection.execute(select(BurstMember.burst_id).where(BurstMember.matter_id == matter_id)).scalar()
    return None if burst is None else one(connection, officer, burst, now)


def members(connection: Connection, officer: Person, burst_id: int, *, limit: int, offset: int = 0) -> list[Any]:
    """Return the members that the officer may know of, the newest first; their texts as they may read them."""
    columns = (Matter.number, Matter.title, Matter.status, Matter.received_at, Matter.primary_id, BurstMember.shared)
    statement = (
        select(*columns, Unit.name.label("unit"), permitted(officer, "view_personal").label("may_reveal"))
        .join(BurstMember, BurstMember.matter_id == Matter.id)
        .outerjoin(Unit, Unit.id == Matter.handling_unit_id)
        .where(BurstMember.burst_id == burst_id, visible(officer))
        .order_by(Matter.received_at.desc(), Matter.id.desc())
    )
    return [_member(row) for row in connection.execute(statement.limit(limit).offset(offset))]


def _member(row: Any) -> Any:
    if row.may_reveal:
        return row
    covered = {"title": masked_texts(row.title), "shared": masked_texts(row.shared)}
    return SimpleNamespace(**{**row._mapping, **covered})  # noqa: SLF001


def _seen(officer: Person, now: datetime, *which: Any) -> Any:
    last = func.max(Matter.received_at)
    revealed = aggregate_order_by(permitted(officer, "view_personal"), Matter.received_at)
    return (
        select(
            BurstMember.burst_id.label("id"),
            func.count().label("members"),
            func.min(Matter.received_at).label("first"),
            last.label("last"),
            func.sum(cast(Matter.received_at > now - WINDOW, Integer)).label("recent"),
            func.array_remove(func.array_agg(Unit.name.distinct()), None).label("units"),
            func.array_agg(aggregate_order_by(Matter.title, Matter.received_at), type_=ARRAY(Text))[1].label("title"),
            func.array_agg(revealed, type_=ARRAY(Boolean))[1].label("may_reveal"),
        )
        .select_from(BurstMember)
        .join(Matter, Matter.id == BurstMember.matter_id)
        .outerjoin(Unit, Unit.id == Matter.handling_unit_id)
        .where(and_(visible(officer), *which))
        .group_by(BurstMember.burst_id)
        .having(func.count() >= LEAST)
        .order_by(last.desc(), BurstMember.burst_id.desc())
    )


def _words(connection: Connection, officer: Person, burst_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Return the words that most of the members share, of members the officer may know of."""
    word = func.unnest(BurstMember.shared).label("word")
    each = (
        select(BurstMember.burst_id, word, permitted(officer, "view_personal").label("may_reveal"))
        .join(Matter, Matter.id == BurstMember.matter_id)
        .where(BurstMember.burst_id.in_(list(burst_ids)), visible(officer))
        .subquery()
    )
    rows = connection.execute(
        select(each.c.burst_id, each.c.word, func.bool_and(each.c.may_reveal).label("may_reveal"))
        .group_by(each.c.burst_id, each.c.word)
        .having(func.count() > 1)
        .order_by(func.count().desc(), each.c.word)
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row.burst_id, []).append(row.word if row.may_reveal else masked_texts(row.word))
    return {burst: _whole(listed)[:SHOWN_WORDS] for burst, listed in found.items()}


def _whole(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words without those that are a part of another one."""
    return tuple(word for word in words if not any(word != other and word in other for other in words))


def _burst(row: Any, words: tuple[str, ...]) -> Burst:
    title = row.title if row.may_reveal else masked_texts(row.title)
    return Burst(row.id, row.members, row.first, row.last, row.recent, tuple(sorted(row.units)), words, title)
