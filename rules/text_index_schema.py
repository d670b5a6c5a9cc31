"""What the index knows of a matter, and how that becomes fields of tantivy.

Four groups of text are told apart because they rank and may be seen apart: `title`, `text`, `open` (numbers, places)
and `personal` (people, telephones). Each has its characters and its pairs of characters with positions.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

import tantivy

from rules.query import plain_number, written_numbers
from rules.text_index_folding import characters, fold, pairs

FORMAT: Final = 3
"""Rises with every change of what is stored; an index of another format is built anew."""

Group = Literal["title", "text", "open", "personal"]
GROUPS: Final[tuple[Group, ...]] = ("title", "text", "open", "personal")
SEPARATOR: Final = "\x1f"
"""Between a sound and its word."""
BETWEEN: Final = "␟"
"""Between two facts, so that nothing runs from one into the next."""
NUMBER, NAME = "number", "name"
WATERMARK: Final = "watermark"

# tantivy multiplies a rank by log2(2 + recency): from 1 at the beginning to 33/32 sixty years later, in steps of two
# hours, which a 32-bit float still tells apart.
BEGINNING = datetime(1990, 1, 1, tzinfo=UTC)
STEP, STEPS = 7200, 2**18
SPREAD = 1 / 32


@dataclass(frozen=True)
class Document:
    """A matter as it is found.

    `addresses`: where people live, as personal as their names and telephones · `numbers`: the matter's own number and
    others known of it (papers, plates) · `terms`: what filters ask for, such as `unit=12` or `status=open` · `keys`:
    what comparison looks up (words, title pairs, numbers) · `vocabulary`: words that may be proposed when somebody
    mistypes them · `payload`: bytes given back with candidates.
    """

    id: int
    received_at: datetime
    title: str = ""
    text: str = ""
    people: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    terms: frozenset[str] = frozenset()
    keys: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()
    payload: bytes = field(default=b"", repr=False)


def build() -> tantivy.Schema:
    """Return the fields."""
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", indexed=True, fast=True)
    builder.add_integer_field("received", indexed=True, fast=True)
    builder.add_float_field("recency", fast=True)
    for group in GROUPS:
        builder.add_text_field(f"{group}_characters", tokenizer_name="whitespace", index_option="basic")
        builder.add_text_field(f"{group}_pairs", tokenizer_name="whitespace", index_option="position")
    builder.add_text_field("terms", tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("open_exact", "personal_exact", "keys", "sounds", "personal_sounds", "role"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("payload", stored=True)
    return builder.build()


SCHEMA: Final = build()


def recency(received_at: datetime) -> float:
    """Return what tantivy is given to weigh a document with; see `factor`."""
    return float(2.0 ** factor(received_at) - 2)


def factor(received_at: datetime) -> float:
    """Return by what a rank is multiplied for the time a matter came in: 1 to 33/32, the newer the more."""
    step = int((received_at - BEGINNING).total_seconds()) // STEP
    return 1 + SPREAD * min(max(step, 0), STEPS) / STEPS


def to_document(item: Document, sounds: Mapping[str, str]) -> tantivy.Document:
    """Return a matter as tantivy takes it; `sounds`: how each word of its vocabulary and each name sounds."""
    document = tantivy.Document()
    document.add_integer("id", item.id)
    document.add_integer("received", int(item.received_at.timestamp()))
    document.add_float("recency", recency(item.received_at))
    written = set(written_numbers(fold(item.title))) | set(written_numbers(fold(item.text)))
    numbers = [*map(fold, item.numbers), *map(plain_number, item.numbers)]
    phones = [*map(fold, item.phones), *map(plain_number, item.phones)]
    texts: dict[Group, str] = {
        "title": fold(item.title),
        "text": fold(item.text),
        "open": _joined([*numbers, *map(fold, item.places), *written]),
        "personal": _joined([*map(fold, item.people), *phones, *map(fold, item.addresses)]),
    }
    for group, folded in texts.items():
        document.add_text(f"{group}_characters", characters(folded))
        document.add_text(f"{group}_pairs", pairs(folded))
    several: dict[str, Iterable[str]] = {
        "open_exact": [exact(NUMBER, one) for one in numbers] + [exact(NAME, fold(one)) for one in item.places],
        "personal_exact": [exact(NAME, one) for one in [*phones, *map(fold, item.people)]],
        "terms": item.terms,
        "keys": item.keys,
        "sounds": [f"{sounds[word]}{SEPARATOR}{fold(word)}" for word in (*item.vocabulary, *item.places)],
        "personal_sounds": [f"{sounds[word]}{SEPARATOR}{fold(word)}" for word in item.people],
    }
    for name, values in several.items():
        for value in sorted(set(values)):
            document.add_text(name, value)
    document.add_bytes("payload", item.payload)
    return document


def exact(kind: str, folded: str) -> str:
    """Return the term of a number or name as a whole."""
    return f"{kind}={folded}"


def _joined(parts: Iterable[str]) -> str:
    """Return facts as one text in which nothing runs from one into the next."""
    return BETWEEN.join(sorted({part for part in parts if part}))
