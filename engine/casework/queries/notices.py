"""An officer's notices."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from engine.casework.models import Matter, Notice
from engine.casework.permissions import Person, unaccused

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class NoticeView:
    """Something the officer was told; ``number`` and ``title`` are the matter's, where it is about one."""

    id: int
    kind: str
    text: str
    at: datetime
    read_at: datetime | None
    number: str | None
    title: str | None


@dataclass(frozen=True, slots=True)
class Notices:
    """A page of notices, the newest first; ``unread`` counts all that are not read."""

    rows: tuple[NoticeView, ...]
    unread: int
    page: int
    per_page: int


def notices(
    connection: Connection, officer: Person, *, unread_only: bool = False, page: int = 1, per_page: int = PER_PAGE
) -> Notices:
    """Return a page of the officer's notices. One about a matter that has come to accuse them is not shown any more."""
    known = or_(Notice.matter_id.is_(None), unaccused(officer))
    mine = (
        select(
            Notice.id,
            Notice.kind,
            Notice.text,
            Notice.at,
            Notice.read_at,
            Matter.number,
            Matter.title,
        )
        .outerjoin(Matter, Matter.id == Notice.matter_id)
        .where(Notice.officer_id == officer.id, known)
    )
    unread = mine.where(Notice.read_at.is_(None))
    count: int = connection.execute(select(func.count()).select_from(unread.subquery())).scalar_one()
    page_of = (unread if unread_only else mine).order_by(Notice.at.desc(), Notice.id.desc())
    rows = connection.execute(page_of.limit(per_page).offset((max(page, 1) - 1) * per_page))
    return Notices(tuple(NoticeView(*row) for row in rows), count, page, per_page)
