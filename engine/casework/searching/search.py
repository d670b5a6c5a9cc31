"""One search: the index (or the database) says what is found, the record keeps that it was asked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, select, text

from engine.casework import text_index
from engine.casework.errors import SecretSuspected
from engine.casework.models import Category, Channel, Unit
from engine.casework.permissions import Person
from engine.casework.screening import is_secret
from engine.casework.searching.asked import NARROWED, Asked
from engine.casework.searching.plain import looked_up
from engine.casework.searching.shown import Shown, shown
from rules.query_suggestions import Suggestion, suggest
from rules.text_index import Sought, TextIndex
from rules.text_index_store import TextIndexError, rebuilding

PER_PAGE: Final = 20
FEW: Final = 2
"""With so few found, something else may have been meant."""

DEEPEST: Final = 10_000
"""Nobody turns pages further than to this matter; whoever wants more narrows."""

STANDS_STILL: Final = timedelta(minutes=1)
"""A change that waits so long says that nobody follows."""

LABEL: Final = "搜索内容"
LONGEST: Final = 200

Without = Literal["", "building", "missing"]

RECORD = text(
    """
insert into search_entry (at, officer_id, asked, narrowed, found)
values (clock_now(), :officer, :asked, cast(:narrowed as jsonb), :found)
"""
)
NAMES: Mapping[str, Any] = {"channel": Channel, "category": Category, "receiving": Unit, "handling": Unit}


@dataclass(frozen=True)
class Results:
    """A page of what was found.

    ``counts``: name of a filter -> value as text -> how many of what was found; empty when the database was asked.
    ``names``: filter -> id as text -> what it is called. ``suggestions`` are other queries that find something.
    ``without`` says why the database was asked instead of the index; ``stale`` that the index has stood still since.
    """

    rows: tuple[Shown, ...] = ()
    total: int = 0
    page: int = 1
    per_page: int = PER_PAGE
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    suggestions: tuple[Suggestion, ...] = ()
    without: Without = ""
    stale: bool = False


def search(connection: Connection, officer: Person, asked: Asked, *, per_page: int = PER_PAGE) -> Results:
    """Search on behalf of an officer and keep in the record that they did; the caller commits.

    Raises SecretSuspected when what is asked carries a mark of secrecy: then nothing is searched and nothing kept.
    """
    asked = replace(asked, text=asked.text.replace("\x00", "")[:LONGEST], page=min(asked.page, -(-DEEPEST // per_page)))
    if is_secret(asked.text):
        raise SecretSuspected([LABEL])
    if asked.blank:
        return Results(per_page=per_page)
    try:
        found = _in_index(connection, officer, asked, per_page, text_index.index_of(connection))
    except TextIndexError:
        found = _in_database(connection, officer, asked, per_page)
    connection.execute(
        RECORD,
        {"officer": officer.id, "asked": asked.text, "narrowed": _json(asked.narrowed), "found": found.total},
    )
    return found


def _in_index(connection: Connection, officer: Person, asked: Asked, per_page: int, index: TextIndex) -> Results:
    sight = text_index.sight_of(connection, officer)
    hidden = text_index.hidden_meanwhile(connection, officer, index.watermark)
    sought = Sought(
        asked.query,
        sight.seen,
        sight.personal,
        asked.chosen,
        asked.begins,
        asked.ends,
        hidden.whole,
        hidden.personal,
    )
    found = index.search(sought, limit=per_page, offset=(asked.page - 1) * per_page, order=asked.order)
    counts = index.terms(sought, NARROWED)
    chosen = asked.narrowed
    names = {
        name: _names(connection, table, {*counts[name], *([str(chosen[name])] if name in chosen else [])} - {""})
        for name, table in NAMES.items()
    }
    suggestions = tuple(suggest(index, sought)) if found.count <= FEW and asked.query.words else ()
    return Results(
        rows=shown(connection, officer, [hit.id for hit in found.hits], asked.query),
        total=found.count,
        page=asked.page,
        per_page=per_page,
        counts=counts,
        names=names,
        suggestions=tuple(one for one in suggestions if one.count > found.count),
        stale=text_index.behind(connection, index.watermark).waiting > STANDS_STILL,
    )


def _in_database(connection: Connection, officer: Person, asked: Asked, per_page: int) -> Results:
    folder = text_index.folder_of(connection)
    ids, total = looked_up(connection, officer, asked, per_page)
    return Results(
        rows=shown(connection, officer, ids, asked.query),
        total=total,
        page=asked.page,
        per_page=per_page,
        names={
            name: _names(connection, table, {str(asked.narrowed[name])} if name in asked.narrowed else set())
            for name, table in NAMES.items()
        },
        without="building" if folder is not None and rebuilding(folder) else "missing",
    )


def _names(connection: Connection, table: Any, ids: set[str]) -> dict[str, str]:
    if not ids:
        return {}
    rows = connection.execute(select(table.id, table.name).where(table.id.in_([int(one) for one in ids])))
    return {str(row.id): row.name for row in rows}


def _json(narrowed: Mapping[str, Any]) -> str:
    return json.dumps(narrowed, ensure_ascii=False)
