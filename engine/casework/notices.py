"""Notices: what an officer should know, shown in the page and, where wanted, sent by e-mail."""

from collections.abc import Collection

from sqlalchemy import Connection, text

from engine.casework import outbox
from engine.casework.permissions import may_know

INSERT = text(
    """
insert into notice (officer_id, matter_id, kind, text, at, key)
select o.id, :matter, :kind, :text, clock_now(), cast(:key as text) || ':' || o.id
from officer o where o.id = any(:officers) and o.active
order by o.id
on conflict (key) do nothing
returning id, officer_id
"""
)
ADDRESSES = text("select id, email from officer where id = any(:officers) and email is not null order by id")
READ = text(
    """
update notice set read_at = clock_now()
where officer_id = :officer and read_at is null and (:everything or id = any(:notices))
"""
)


def notify(
    connection: Connection,
    officers: Collection[int],
    *,
    kind: str,
    words: str,
    matter_id: int | None = None,
    key: str | None = None,
    email: bool = False,
) -> list[int]:
    """Give the officers a notice, in the caller's transaction; return the ids of those who got it now.

    Whoever the matter accuses is left out. With ``key`` a notice is given once to each officer, however often it is
    asked for. With ``email`` those who have an address also get it there, through the outbox.
    """
    allowed = list(officers) if matter_id is None else may_know(connection, matter_id, officers)
    if not allowed:
        return []
    values = {"officers": allowed, "matter": matter_id, "kind": kind, "text": words, "key": key}
    given = connection.execute(INSERT, values).all()
    if email and given:
        notice_of = {row.officer_id: row.id for row in given}
        for row in connection.execute(ADDRESSES, {"officers": list(notice_of)}):
            outbox.request_delivery(
                connection,
                kind="notice",
                medium="email",
                address=row.email,
                subject=words.splitlines()[0][:80],
                body=words,
                key=f"notice:{notice_of[row.id]}",
                matter_id=matter_id,
            )
    return [row.officer_id for row in given]


def mark_read(connection: Connection, officer_id: int, notices: Collection[int] | None = None) -> int:
    """Note that the officer has read these notices of theirs, or all; return how many were new to them."""
    values = {"officer": officer_id, "everything": notices is None, "notices": list(notices or [])}
    return connection.execute(READ, values).rowcount
