"""What is shown of the matters found: loaded from the database through ``permissions``, the words asked for marked."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from engine.casework import petitioners
from engine.casework.masking import masked_texts
from engine.casework.models import Attachment, Category, Channel, Matter, Petitioner, Unit
from engine.casework.permissions import Person, permitted, visible
from rules.query import Query, spans
from rules.query_snippets import Fragment, marked, opening, snippet

FIELDS = ("name", "phone", "identity_number", "address")


@dataclass(frozen=True, slots=True)
class Shown:
    """A matter that was found.

    ``title``, ``place``, ``number`` and ``channel_number`` are whole; ``body``, ``reply`` and ``files`` (name and
    stretches of each file) are the stretches in which the words stand, ``body`` else its beginning. ``matched`` are
    labels of the petitioner's facts that fit the words, for officers who may see these in full; the facts themselves
    stay masked, and so do facts of people in the texts for everybody else.
    """

    id: int
    number: tuple[Fragment, ...]
    plain_number: str
    channel_number: tuple[Fragment, ...]
    title: tuple[Fragment, ...]
    place: tuple[Fragment, ...]
    body: tuple[Fragment, ...]
    reply: tuple[Fragment, ...]
    files: tuple[tuple[str, tuple[Fragment, ...]], ...]
    matched: tuple[str, ...]
    kind: str
    category: str | None
    severity: str
    status: str
    channel: str
    receiving_unit: str
    handling_unit: str | None
    received_at: datetime
    due_at: datetime | None
    replied_at: datetime | None
    closed_at: datetime | None
    repeat: bool


def shown(connection: Connection, officer: Person, ids: Sequence[int], query: Query) -> tuple[Shown, ...]:
    """Return those of the matters that the officer may know of, in the order of ``ids``."""
    receiving, handling = aliased(Unit), aliased(Unit)
    file = func.jsonb_build_array(Attachment.filename, Attachment.text)
    attached = (
        select(func.jsonb_agg(aggregate_order_by(file, Attachment.id)))
        .where(Attachment.matter_id == Matter.id)
        .correlate(Matter)
        .scalar_subquery()
    )
    statement = (
        select(
            Matter.id,
            Matter.number,
            Matter.channel_number,
            Matter.title,
            Matter.body,
            Matter.place,
            Matter.reply,
            Matter.kind,
            Category.name.label("category"),
            Matter.severity,
            Matter.status,
            Channel.name.label("channel"),
            receiving.name.label("receiving_unit"),
            handling.name.label("handling_unit"),
            Matter.received_at,
            Matter.due_at,
            Matter.replied_at,
            Matter.closed_at,
            Matter.primary_id,
            *(getattr(Petitioner, field).label(f"petitioner_{field}") for field in FIELDS),
            permitted(officer, "view_personal").label("may_reveal"),
            attached.label("attached"),
        )
        .join(Channel, Channel.id == Matter.channel_id)
        .join(Petitioner, Petitioner.id == Matter.petitioner_id)
        .join(receiving, receiving.id == Matter.receiving_unit_id)
        .outerjoin(handling, handling.id == Matter.handling_unit_id)
        .outerjoin(Category, Category.id == Matter.category_id)
        .where(Matter.id.in_(ids), visible(officer))
    )
    rows = {row.id: row for row in connection.execute(statement)}
    return tuple(_shown(rows[one], query) for one in ids if one in rows)


def _shown(row: Any, query: Query) -> Shown:
    shown = _same if row.may_reveal else masked_texts
    body = shown(row.body)
    stretches = snippet(body, query)
    files = (_file(shown, name, text or "", query) for name, text in row.attached or ())
    return Shown(
        id=row.id,
        number=marked(row.number, query),
        plain_number=row.number,
        channel_number=marked(shown(row.channel_number or ""), query),
        title=marked(shown(row.title), query),
        place=marked(shown(row.place or ""), query),
        body=stretches or opening(body),
        reply=snippet(shown(row.reply or ""), query),
        files=tuple((name, found) for name, found in files if any(piece.marked for piece in found)),
        matched=tuple(_matched(row, query)) if row.may_reveal else (),
        kind=row.kind,
        category=row.category,
        severity=row.severity,
        status=row.status,
        channel=row.channel,
        receiving_unit=row.receiving_unit,
        handling_unit=row.handling_unit,
        received_at=row.received_at,
        due_at=row.due_at,
        replied_at=row.replied_at,
        closed_at=row.closed_at,
        repeat=row.primary_id is not None,
    )


def _same(text: str) -> str:
    return text


def _file(shown: Callable[[str], str], name: str, text: str, query: Query) -> tuple[str, tuple[Fragment, ...]]:
    """Return a file's name and its stretches; a long text is gone through for facts of people only if it is shown."""
    stretches = snippet(shown(text), query) if spans(text, query) else ()
    return shown(name), stretches or marked(shown(name), query)


def _matched(row: Any, query: Query) -> Iterator[str]:
    for field in FIELDS:
        if spans(getattr(row, f"petitioner_{field}") or "", query):
            yield petitioners.LABELS[field]
