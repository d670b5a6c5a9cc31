"""A small index for tests, and what a plain reading of the same documents finds."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rules.query import parse
from rules.text_index import EVERYTHING, Sought, TextIndex
from rules.text_index_folding import fold
from rules.text_index_schema import Document
from rules.text_index_store import TextIndexWriter

START = datetime(2026, 1, 1, tzinfo=UTC)


def matter(number: int, title: str = "", text: str = "", *, days: float = 0, **facts) -> Document:
    return Document(number, START + timedelta(days=days), title, text, **facts)


def filled(folder: Path, documents: Iterable[Document], watermark: str = "1") -> TextIndex:
    with TextIndexWriter(folder) as writer:
        for item in documents:
            writer.put(item)
        writer.commit(watermark)
    return TextIndex(folder)


def everything(typed: str, **narrowed) -> Sought:
    return Sought(parse(typed), **{"seen": EVERYTHING, "personal": EVERYTHING} | narrowed)


def found(index: TextIndex, typed: str, **narrowed) -> list[int]:
    return [hit.id for hit in index.search(everything(typed, **narrowed)).hits]


def read_plainly(documents: Iterable[Document], piece: str) -> set[int]:
    wanted = fold(piece)
    return {
        item.id
        for item in documents
        if any(
            wanted in fold(part)
            for part in (
                item.title,
                item.text,
                *item.people,
                *item.phones,
                *item.addresses,
                *item.numbers,
                *item.places,
            )
        )
    }
