"""A matter as the index takes it: the one place where documents are made."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, text

from engine.casework.text_index.compared import compared
from rules.matching import fold
from rules.personal_data import mask, personal_data
from rules.segment import cut
from rules.text_index_schema import Document

ROWS = text(
    """
select m.id, m.number, m.channel_id, m.channel_number, m.title, m.body, m.place, m.reply, m.category_id, m.kind,
    m.severity, m.status, m.primary_id, m.receiving_unit_id, m.handling_unit_id, m.supervising_unit_id, m.received_at,
    m.closed_at, p.name, p.phone, p.identity_number, p.address,
    coalesce(p.identity_number, p.phone, p.name, '') as person,
    array(select a.unit_id from matter_accused a where a.matter_id = m.id and a.unit_id is not null) as accused_units,
    array(select a.officer_id from matter_accused a where a.matter_id = m.id and a.officer_id is not null)
        as accused_officers,
    array(select a.candidate from matter_asked a where a.matter_id = m.id) as asked,
    array(select a.filename || E'\\n' || coalesce(a.text, '') from attachment a where a.matter_id = m.id order by a.id)
        as attached
from matter m join petitioner p on p.id = m.petitioner_id
where m.id = any(:ids)
order by m.id
"""
)
NEXT = text("select id from matter where id > :after order by id limit :limit")
AT_ONCE = 500
ENDS = re.compile(r"[。！？；!?;\n\x1f]")
BETWEEN = "\n\x1f\n"
"""Between the parts of a text, so that nothing runs from one into the next."""


def documents(connection: Connection, ids: Iterable[int]) -> Iterator[Document]:
    """Return the documents of those of the matters that there are, in the order of their ids."""
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), AT_ONCE):
        for row in connection.execute(ROWS, {"ids": wanted[start : start + AT_ONCE]}):
            yield document_of(row)


def ids_after(connection: Connection, after: int) -> Sequence[int]:
    """Return the ids of the next few matters, none at the end."""
    return connection.execute(NEXT, {"after": after, "limit": AT_ONCE}).scalars().all()


def document_of(row: Any) -> Document:
    """Return the document of a matter, a row of ``ROWS``."""
    keys, payload = compared(row)
    text_ = BETWEEN.join(part for part in (row.body, row.reply, *row.attached) if part)
    numbers, sentences = _personal(row.title, text_, row.place or "")
    return Document(
        id=row.id,
        received_at=row.received_at,
        title=mask(row.title),
        text=mask(text_),
        people=_known(row.name),
        phones=_known(row.phone, row.identity_number, *numbers),
        addresses=_known(row.address, *sentences),
        numbers=_known(row.number, row.channel_number),
        places=_known(mask(row.place) if row.place else None),
        terms=frozenset(_terms(row)),
        keys=keys,
        vocabulary=tuple(sorted({word for word in cut(fold(mask(row.title))) if len(word) > 1})),
        payload=payload,
    )


def _personal(*texts: str) -> tuple[list[str], list[str]]:
    """Return the personal data that texts carry, and the sentences around them.

    They are found by those who may see them, as the petitioner's own facts are, and by nobody else: the number of hits
    would tell whether somebody's number stands in a matter (个人信息保护法, article 6).
    """
    found: dict[str, None] = {}
    around: dict[str, None] = {}
    for one in texts:
        for start, end in sorted({span for spans in personal_data(one).values() for span in spans}):
            found[one[start:end]] = None
            first = max((match.end() for match in ENDS.finditer(one, 0, start)), default=0)
            last = ENDS.search(one, end)
            around[one[first : last.start() if last else len(one)].strip()] = None
    return list(found), list(around)


def _terms(row: Any) -> Iterator[str]:
    """Return what the document is filtered by; how officers see matters is in ``seeing``."""
    for name in ("kind", "severity", "status"):
        yield f"{name}={getattr(row, name)}"
    for name in ("channel", "category"):
        yield f"{name}={getattr(row, f'{name}_id') or ''}"
    for name in ("receiving", "handling", "supervising"):
        yield f"{name}={getattr(row, f'{name}_unit_id') or ''}"
    yield f"repeat={'no' if row.primary_id is None else 'yes'}"
    yield f"attachments={'yes' if row.attached else 'no'}"
    if row.closed_at is None:
        yield from (f"asked={candidate}" for candidate in row.asked)
    yield from (f"accused=unit:{unit}" for unit in row.accused_units)
    yield from (f"accused=officer:{officer}" for officer in row.accused_officers)


def _known(*facts: str | None) -> tuple[str, ...]:
    return tuple(fact for fact in facts if fact)
