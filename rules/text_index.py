"""Find matters by any piece of their text, and the few that are worth comparing with a new one.

An answer is that of reading every text: see `rules/text_index_folding.py`. What may be seen is a filter that the caller
gives; hits are ids, and what is shown of them is loaded by the caller.
"""

import math
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import tantivy
from tantivy import Occur

from rules import text_index_schema as schema
from rules.query import Query, Word
from rules.text_index_folding import BLANK, PAIR, cover
from rules.text_index_schema import NAME, NUMBER, SCHEMA, SEPARATOR, Group
from rules.text_index_store import TextIndexError, current, watermark

Order = Literal["relevance", "newest", "oldest"]

# Powers of two, so far apart that neither recency nor the bonus lifts a hit into the next.
NUMBER_EXACT, NAME_EXACT, IN_TITLE, IN_FACT, IN_TEXT = 64.0, 16.0, 4.0, 2.0, 1.0
SIDE_BY_SIDE = 0.5
PAGE = 20
# Of a new matter's words the rarest so many are looked up; a word that more matters have than this says too little.
LOOKED_UP, COMMON, CANDIDATES = 40, 1500, 20
# Of all terms of an answer; a bureau has some hundred units, channels and categories.
MOST_TERMS = 10_000


@dataclass(frozen=True)
class Filter:
    """Which documents: one term at least of every group of `any_of`, none of `none_of`."""

    any_of: tuple[frozenset[str], ...] = ()
    none_of: frozenset[str] = frozenset()


EVERYTHING: Final = Filter()


@dataclass(frozen=True)
class Sought:
    """What is asked: a query, and who asks.

    `seen`: what this officer may see · `personal`: of that, where people and telephones may be searched, None for
    nowhere · `chosen`: what the officer has narrowed it to · `since`, `until`: when it came in, until not included ·
    `without`: ids that are left out, whatever is known of them here · `without_personal`: these as to people only.
    """

    query: Query
    seen: Filter
    personal: Filter | None = None
    chosen: Filter = EVERYTHING
    since: datetime | None = None
    until: datetime | None = None
    without: frozenset[int] = frozenset()
    without_personal: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Hit:
    """A matter that was found; `rank` is comparable within one answer only."""

    id: int
    rank: float
    received_at: datetime


@dataclass(frozen=True)
class Found:
    """How many there are, and the page that was asked for."""

    count: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True)
class Candidate:
    """An earlier matter that shares rare keys: their weight, and the bytes stored with it."""

    id: int
    weight: float
    payload: bytes


class TextIndex:
    """The index in a folder, open for reading; TextIndexError when there is none, OutdatedIndexError.

    Open it after forking. It may be used by several threads.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state: tuple[object, ...] = ()
        self.reload()

    def reload(self) -> bool:
        """See what has been committed since; cheap when nothing has. Return whether there was anything."""
        try:
            return self._follow()
        except (FileNotFoundError, ValueError):  # a rebuild has removed what was just about to be opened
            return self._follow()

    def _follow(self) -> bool:
        generation = current(self._folder)
        if generation is None:
            raise TextIndexError(f"There is no index in {self._folder}: build it.")
        meta = (generation.path / "meta.json").stat()
        state = (generation, meta.st_ino, meta.st_mtime_ns)
        if state == self._state:
            return False
        if not self._state or self._state[0] != generation:
            self._index, self._generation = generation.open(), generation
        else:
            self._index.reload()
        self._searcher = self._index.searcher()
        self._state = state
        return True

    @property
    def watermark(self) -> str:
        """What this index has gone up to, as its writer said."""
        return watermark(self._searcher)

    @property
    def origin(self) -> str:
        """What this index was made of, as whoever built it said."""
        return self._generation.origin

    @property
    def size(self) -> int:
        """How many documents there are."""
        return max(0, self._searcher.num_docs - (1 if self.watermark else 0))

    def still(self) -> "TextIndex":
        """Return the index as it is now: what others commit, or have this one reload, does not change it."""
        return copy(self)

    def search(self, sought: Sought, *, limit: int = PAGE, offset: int = 0, order: Order = "relevance") -> Found:
        """Return how many documents there are and one page of them."""
        asked = _query(sought)
        searcher = self._searcher  # another thread may reload; addresses are those of one searcher
        if order == "relevance":
            found = searcher.search(asked, limit, offset=offset, weight_by_field="recency")
        else:
            direction = tantivy.Order.Desc if order == "newest" else tantivy.Order.Asc
            found = searcher.search(asked, limit, offset=offset, order_by_field="received", order=direction)
        addresses = [address for _, address in found.hits]
        hits = []
        times = searcher.fast_field_values("received", addresses)
        for (rank, _), matter, seconds in zip(found.hits, _ids(searcher, addresses), times, strict=True):
            received = datetime.fromtimestamp(int(seconds or 0), UTC)
            exact = round(rank / schema.factor(received), 3) if order == "relevance" else 0.0
            hits.append(Hit(matter, exact, received))
        if order == "relevance":
            hits.sort(key=lambda hit: (-hit.rank, -hit.received_at.timestamp(), -hit.id))
        return Found(int(getattr(found, "count", 0) or 0), tuple(hits))

    def count(self, sought: Sought) -> int:
        """Return how many documents there are."""
        return int(getattr(self._searcher.search(_query(sought), 1), "count", 0) or 0)

    def terms(self, sought: Sought, names: Iterable[str]) -> dict[str, dict[str, int]]:
        """Return for each name of terms (`unit` of `unit=12`) how many of the documents have which value."""
        counts: dict[str, dict[str, int]] = {name: {} for name in names}
        wanted = {"terms": {"terms": {"field": "terms", "size": MOST_TERMS}}}
        for bucket in self._searcher.aggregate(_query(sought), wanted)["terms"]["buckets"]:
            name, _, value = bucket["key"].partition("=")
            if name in counts:
                counts[name][value] = int(bucket["doc_count"])
        return counts

    def ids(self, sought: Sought) -> set[int]:
        """Return all documents, however many there are."""
        searcher = self._searcher
        found = searcher.search(_query(sought), max(1, searcher.num_docs), count=False)
        return set(_ids(searcher, [address for _, address in found.hits]))

    def candidates(
        self, keys: Iterable[str], *, seen: Filter, weights: Mapping[str, float] | None = None, limit: int = CANDIDATES
    ) -> list[Candidate]:
        """Return the documents that share the rarest `keys`, the most weight first.

        `weights`: what each key is worth; without, the logarithm of how few documents have it. A shared key counts with
        the square of its weight, as in a cosine.
        """
        searcher = self._searcher
        size = searcher.num_docs
        known = []
        for key in set(keys):
            having = searcher.doc_freq("keys", key)
            if 0 < having < COMMON:
                weight = weights.get(key, 0.0) if weights is not None else math.log((size + 1) / (having + 0.5))
                known += [(weight, key)] if weight > 0 else []
        shared = [
            (Occur.Should, _scored(_term("keys", key), weight * weight))
            for weight, key in sorted(known, reverse=True)[:LOOKED_UP]
        ]
        if not shared:
            return []
        asked = tantivy.Query.boolean_query([(Occur.Must, tantivy.Query.boolean_query(shared)), *_filters(seen)])
        found = searcher.search(asked, limit, count=False)
        matters = _ids(searcher, [address for _, address in found.hits])
        return [
            Candidate(matter, float(weight), bytes(searcher.doc(address)["payload"][0]))
            for (weight, address), matter in zip(found.hits, matters, strict=True)
        ]

    def known(self, ids: Iterable[int]) -> set[int]:
        """Return which of these documents there are."""
        asked = [(Occur.Should, tantivy.Query.term_query(SCHEMA, "id", one)) for one in set(ids)]
        if not asked:
            return set()
        found = self._searcher.search(tantivy.Query.boolean_query(asked), len(asked), count=False)
        return set(_ids(self._searcher, [address for _, address in found.hits]))

    def frequency(self, key: str) -> int:
        """Return how many documents have a key; those replaced or deleted count until tantivy has merged them away."""
        return self._searcher.doc_freq("keys", key)

    def sounding(self, sound: str, seen: Filter, *, personal: bool, limit: int = 50) -> list[tuple[str, int]]:
        """Return the words of the vocabulary that sound so, with in how many of the documents they may be proposed."""
        searcher, field = self._searcher, "personal_sounds" if personal else "sounds"
        start = f"{sound}{SEPARATOR}"
        if not searcher.terms_with_prefix(
            field, start, limit=1
        ):  # most parts of a word sound like nothing: no filter yet
            return []
        narrowed = tantivy.Query.boolean_query([(Occur.Must, _scored(tantivy.Query.all_query(), 0.0)), *_filters(seen)])
        found = searcher.terms_with_prefix(field, start, filter_query=narrowed, limit=limit)
        return [(term.split(SEPARATOR, 1)[1], number) for term, number in found]


def _query(sought: Sought) -> tantivy.Query:
    """Return what tantivy is asked."""
    words = sought.query.words
    parts = [(Occur.Must, _occurs(word, sought)) for word in words]
    if not parts:
        parts = [(Occur.Must, _scored(tantivy.Query.all_query(), IN_TEXT))]
    parts += [(Occur.MustNot, _occurs(word, sought)) for word in sought.query.excluded]
    if len(words) > 1:
        for between in ("", BLANK):
            together = between.join(word.folded for word in words)
            parts += [(Occur.Should, _scored(_piece(group, together), SIDE_BY_SIDE)) for group in ("title", "text")]
    parts += [*_filters(sought.seen), *_filters(sought.chosen)]
    parts += _except(sought.without)
    if sought.since or sought.until:
        lower, upper = (int(moment.timestamp()) if moment else None for moment in (sought.since, sought.until))
        between_times = tantivy.Query.range_query(
            SCHEMA, "received", tantivy.FieldType.Integer, lower, upper, include_upper=upper is None
        )
        parts.append((Occur.Must, _scored(between_times, 0.0)))
    return tantivy.Query.boolean_query(parts)


def _occurs(word: Word, sought: Sought) -> tantivy.Query:
    """Return where a word may occur, each place with its rank; the best one counts."""
    personal = sought.personal
    spellings = sorted({word.folded, word.number} - {""})
    places = [
        _scored(_piece("title", word.folded), IN_TITLE),
        _scored(_piece("text", word.folded), IN_TEXT),
        *(_scored(_piece("open", spelling), IN_FACT) for spelling in spellings),
        *(_scored(_term("open_exact", schema.exact(NUMBER, one)), NUMBER_EXACT) for one in spellings),
        _scored(_term("open_exact", schema.exact(NAME, word.folded)), NAME_EXACT),
    ]
    if personal is not None:
        known = [
            *(_scored(_piece("personal", spelling), IN_FACT) for spelling in spellings),
            *(_scored(_term("personal_exact", schema.exact(NAME, one)), NAME_EXACT) for one in spellings),
        ]
        best = tantivy.Query.disjunction_max_query(known)
        narrowed = [(Occur.Must, best), *_filters(personal), *_except(sought.without_personal)]
        places.append(tantivy.Query.boolean_query(narrowed))
    return tantivy.Query.disjunction_max_query(places)


def _piece(group: Group, folded: str) -> tantivy.Query:
    """Return where a piece of text stands: its pairs as a phrase, a single character as itself."""
    if len(folded) < PAIR:
        return _term(f"{group}_characters", folded)
    if len(folded) == PAIR:
        return _term(f"{group}_pairs", folded)
    return tantivy.Query.phrase_query(SCHEMA, f"{group}_pairs", [*cover(folded)])


def _filters(wanted: Filter) -> list[tuple[Occur, tantivy.Query]]:
    """Return a filter as parts of a query that add nothing to the rank."""
    parts = [
        (Occur.Must, _scored(tantivy.Query.term_set_query(SCHEMA, "terms", sorted(group)), 0.0))
        for group in wanted.any_of
    ]
    parts += [(Occur.MustNot, _term("terms", term)) for term in sorted(wanted.none_of)]
    return [*parts, (Occur.MustNot, _term("role", schema.WATERMARK))]


def _except(ids: frozenset[int]) -> list[tuple[Occur, tantivy.Query]]:
    """Return the part of a query that leaves documents out."""
    return [(Occur.MustNot, tantivy.Query.term_set_query(SCHEMA, "id", sorted(ids)))] if ids else []


def _term(field: str, value: str) -> tantivy.Query:
    return tantivy.Query.term_query(SCHEMA, field, value, "basic")


def _scored(query: tantivy.Query, rank: float) -> tantivy.Query:
    return tantivy.Query.const_score_query(query, rank)


def _ids(searcher: tantivy.Searcher, addresses: list[tantivy.DocAddress]) -> list[int]:
    return [int(value or 0) for value in searcher.fast_field_values("id", addresses)]
