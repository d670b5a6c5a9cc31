"""Looking through the database itself while there is no index: the same words in the same places, newest first."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, not_, or_, select

from engine.casework.models import Attachment, Matter, Petitioner
from engine.casework.permissions import Person, permitted, visible
from engine.casework.queries.text_match import is_number
from engine.casework.searching.asked import Asked
from rules.query import Word
from rules.text_index_folding import BLANK

TEXTS = (Matter.title, Matter.body, Matter.place, Matter.reply)
NUMBERS = (Matter.number, Matter.channel_number)
SEPARATORS = r"[\s\-.·()_/]"
PERSONAL = (Petitioner.name, Petitioner.phone, Petitioner.identity_number, Petitioner.address)


def looked_up(connection: Connection, officer: Person, asked: Asked, per_page: int) -> tuple[list[int], int]:
    """Return the ids of a page of the matters found, and how many there are."""
    condition = and_(visible(officer), *_conditions(officer, asked))
    total = connection.execute(select(func.count()).select_from(Matter).where(condition)).scalar_one()
    moment = Matter.received_at.asc() if asked.order == "oldest" else Matter.received_at.desc()
    page = select(Matter.id).where(condition).order_by(moment, Matter.id.desc())
    found = connection.execute(page.limit(per_page).offset((asked.page - 1) * per_page))
    return list(found.scalars()), total


def _conditions(officer: Person, asked: Asked) -> Iterator[ColumnElement[bool]]:
    yield from (_stands(officer, word) for word in asked.query.words)
    yield from (not_(_stands(officer, word)) for word in asked.query.excluded)
    wanted: list[tuple[Any, Any]] = [
        (Matter.kind, asked.kind or None),
        (Matter.status, asked.status or None),
        (Matter.severity, asked.severity or None),
        (Matter.channel_id, asked.channel),
        (Matter.category_id, asked.category),
        (Matter.receiving_unit_id, asked.receiving),
        (Matter.handling_unit_id, asked.handling),
    ]
    yield from (column == value for column, value in wanted if value is not None)
    if asked.repeat:
        yield Matter.primary_id.is_not(None) if asked.repeat == "yes" else Matter.primary_id.is_(None)
    if asked.attachments:
        has = exists().where(Attachment.matter_id == Matter.id)
        yield has if asked.attachments == "yes" else not_(has)
    if asked.begins is not None:
        yield Matter.received_at >= asked.begins
    if asked.ends is not None:
        yield Matter.received_at < asked.ends


def _stands(officer: Person, word: Word) -> ColumnElement[bool]:
    """Return the condition that a word stands in one of the texts that this officer may see of a matter.

    Numbers in texts may be somebody's: whoever sees them covered does not find a matter by them either.
    """
    typed = word.folded.replace(BLANK, " ")
    may_see = permitted(officer, "view_personal")
    in_texts = [_says(column, typed, word.number) for column in TEXTS]
    in_texts.append(
        exists().where(
            Attachment.matter_id == Matter.id,
            or_(
                Attachment.filename.icontains(typed, autoescape=True),
                func.coalesce(Attachment.text, "").icontains(typed, autoescape=True),
            ),
        )
    )
    known = [_says(column, typed, word.number) for column in PERSONAL]
    person = exists().where(Petitioner.id == Matter.petitioner_id, or_(*known))
    texts = and_(may_see, or_(*in_texts)) if is_number(typed) else or_(*in_texts)
    return or_(*(_says(column, typed, word.number) for column in NUMBERS), texts, and_(may_see, person))


def _says(column: Any, typed: str, number: str) -> ColumnElement[bool]:
    """Return the condition that a column has what was typed or, without its separators, the number that was meant."""
    written = func.coalesce(column, "")
    as_typed = written.icontains(typed, autoescape=True)
    if not number:
        return as_typed
    return or_(as_typed, func.regexp_replace(written, SEPARATORS, "", "g").icontains(number, autoescape=True))
