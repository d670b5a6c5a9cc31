"""What has changed since an index was made, told by transactions and snapshots of PostgreSQL.

Source: PostgreSQL's documentation, «Transaction ID and Snapshot Information Functions» (pg_snapshot).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

CHANNEL: Final = "matter_change"
"""On which the database tells that something has changed."""

ABSENT: Final = timedelta(days=3)
"""A follower that was not seen for so long is not waited for; when it comes back it builds its index anew."""

NOTHING: Final = "1:1:"
"""The snapshot that sees nothing."""

WAITING = """
from matter_change c
where c.transaction >= pg_snapshot_xmin(cast(:watermark as pg_snapshot))::text::bigint
    and not pg_visible_in_snapshot(c.transaction::text::xid8, cast(:watermark as pg_snapshot))
"""
IDS = text(f"select distinct c.matter_id {WAITING} order by 1")
COUNT = text(f"select count(distinct c.matter_id) as matters, min(c.changed_at) as since, now() as now {WAITING}")
SNAPSHOT = text("select pg_current_snapshot()::text")
# The cluster, its timeline (which a restored backup begins anew) and the database in it.
IDENTITY = text(
    """
select s.system_identifier || '/' || c.timeline_id || '/' || d.oid
from pg_control_system() s, pg_control_checkpoint() c, pg_database d where d.datname = current_database()
"""
)
REACHED = text(
    """
insert into text_index_follower (origin, reached, seen_at)
values (:origin, pg_snapshot_xmin(cast(:watermark as pg_snapshot))::text::bigint, now())
on conflict (origin) do update set reached = excluded.reached, seen_at = excluded.seen_at
"""
)
KNOWN = text("select exists (select from text_index_follower where origin = :origin)")
LEAVE = text("delete from text_index_follower where origin = :origin")
LEFT = text("delete from text_index_follower where seen_at < now() - :absent")
TAKEN = text(
    """
delete from matter_change where transaction < coalesce(
    (select min(reached) from text_index_follower),
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint
)
"""
)


@dataclass(frozen=True, slots=True)
class Behind:
    """How many matters an index has still to take in, and for how long the first of them has waited."""

    matters: int
    waiting: timedelta


def identity(connection: Connection) -> str:
    """Return what tells this database from every other, and from itself after an older backup was restored."""
    found: str = connection.execute(IDENTITY).scalar_one()
    return found


def snapshot(connection: Connection) -> str:
    """Return the watermark of an index that is made of what this transaction sees."""
    found: str = connection.execute(SNAPSHOT).scalar_one()
    return found


def not_yet_indexed(connection: Connection, watermark: str) -> list[int]:
    """Return the ids of the matters changed by transactions that the index of this watermark has not seen.

    Those of the connection's own transaction are among them, and matters that are gone.
    """
    return list(connection.execute(IDS, {"watermark": watermark or NOTHING}).scalars())


def behind(connection: Connection, watermark: str) -> Behind:
    """Return how far an index of this watermark is behind."""
    row = connection.execute(COUNT, {"watermark": watermark or NOTHING}).one()
    since: datetime | None = row.since
    return Behind(row.matters, timedelta() if since is None else max(row.now - since, timedelta()))


def reached(connection: Connection, origin: str, watermark: str) -> None:
    """Note up to where the index of this origin has gone: changes below may be deleted; the caller commits."""
    connection.execute(REACHED, {"origin": origin, "watermark": watermark})


def leave(connection: Connection, origin: str) -> None:
    """Wait no longer for the index of this origin; the caller commits."""
    connection.execute(LEAVE, {"origin": origin})


def follows(connection: Connection, origin: str) -> bool:
    """Say whether an index of this origin has missed nothing: it is of this database, and changes were kept for it."""
    if origin.rpartition("/")[0] != identity(connection):
        return False
    return bool(connection.execute(KNOWN, {"origin": origin}).scalar())


def forget(connection: Connection) -> int:
    """Delete the changes that every follower has taken in, and return how many; the caller commits.

    A follower that was not seen for days is not waited for.
    """
    connection.execute(LEFT, {"absent": ABSENT})
    return connection.execute(TAKEN).rowcount
