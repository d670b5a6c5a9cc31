"""What of a matter is compared with other matters: its words, its title's pairs of characters, names and numbers."""

import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from itertools import pairwise

from rules.matching import fold
from rules.segment import cut
from rules.word_lists import read_words

STOP_WORDS = frozenset(read_words("stop_words.txt"))
# Endings of names of places, roads, institutions; what stands before them is the name.
_PLACE = re.compile(
    r"(?:小区|花园|新村|家园|公寓|广场|大厦|市场|商城|学校|小学|中学|大学|幼儿园|医院|公园|社区|大道|公路|路口|大桥|派出所|车站|"
    r"[镇乡村路街巷桥苑府城园湾港站厂店院馆])$"
)
_NUMBER = re.compile(r"(?<![\d*])\d{4,}(?!\d)|[一-鿿][a-z][a-z0-9]{4,6}(?![a-z0-9])")
_KEEP = re.compile(r"[0-9a-z一-鿿㐀-䶿]")
# Numbered things are told apart by their number: line 7 is not line 1.
_NUMBERED = re.compile(r"\d+(?:号线|路|栋|幢|号楼|单元|国道|省道|组)")
_TITLE_NOISE = re.compile(r"[^0-9a-z一-鿿㐀-䶿]")
PAIR = 2
LONG = 8
SAMPLED = 4
PERSON_BYTES = 8
TITLE_KEY = "^"
"""Stands before a title's pair where things of all kinds are looked up together."""


@dataclass(frozen=True)
class Fingerprint:
    """One matter as it is compared.

    `pairs`: pairs of characters of the title · `title`: its words · `words`: all words of title and body ·
    `names`: words that name a place or institution · `numbered`: numbered things in the title (7号线, 3栋) ·
    `numbers`: telephone, plate and other long numbers · `runs`: hashes of a sample of passages of eight
    words, for text copied from another · `person`: a hash of whoever wrote, "" when unknown · `day`: when it came in,
    as a day's ordinal, None when unknown. All tuples are sorted and without doubles.
    """

    id: str
    pairs: tuple[str, ...]
    title: tuple[str, ...]
    words: tuple[str, ...]
    names: tuple[str, ...]
    numbered: tuple[str, ...]
    numbers: tuple[str, ...]
    runs: tuple[int, ...]
    person: str = ""
    day: int | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """Return what a matter is found by, each once: words, long numbers, and its title's pairs (marked apart)."""
        pairs = (f"{TITLE_KEY}{pair}" for pair in self.pairs)
        return tuple(dict.fromkeys((*self.words, *self.numbers, *pairs)))

    def to_bytes(self) -> bytes:
        """Return it as it is kept beside an index."""
        return json.dumps(astuple(self), ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def of_bytes(cls, kept: bytes) -> "Fingerprint":
        """Return what `to_bytes` made; ValueError when it is no such thing."""
        try:
            id_, *lists, person, day = json.loads(kept)
            pairs, title, words, names, numbered, numbers, runs = map(tuple, lists)
        except (TypeError, ValueError) as problem:
            raise ValueError("not a fingerprint") from problem
        return cls(id_, pairs, title, words, names, numbered, numbers, runs, person, day)


def fingerprint(
    id: str,  # noqa: A002 it is one
    title: str,
    body: str,
    *,
    place: str = "",
    person: str = "",
    day: date | None = None,
) -> Fingerprint:
    """Take the fingerprint of a matter.

    `place`: as the channel gave it · `person`: a name or number of who wrote; only a hash of it is kept · `day`: on
    which it was received.
    """
    flat_title = _TITLE_NOISE.sub("", fold(title))
    title_tokens, tokens = cut(fold(title)), cut(fold(f"{body}\n{place}"))
    body_tokens = [word for word in tokens if _KEEP.match(word)]
    title_names = _names(title_tokens)
    names = title_names | _names(tokens)
    numbered = set(_NUMBERED.findall(fold(title)))
    title_words = _content(title_tokens) | title_names | numbered
    words = title_words | _content(body_tokens) | names | set(_NUMBERED.findall(fold(body)))
    whole = fold(f"{title}\n{body}")
    return Fingerprint(
        id=id,
        pairs=_tuple(flat_title[at : at + PAIR] for at in range(len(flat_title) - 1)),
        title=_tuple(title_words),
        words=_tuple(words),
        names=_tuple(names),
        numbered=_tuple(numbered),
        numbers=_tuple(_NUMBER.findall(whole)),
        runs=_runs(body_tokens),
        person=_hashed(person.strip()),
        day=None if day is None else day.toordinal(),
    )


def _hashed(person: str) -> str:
    return hashlib.blake2b(person.encode(), digest_size=PERSON_BYTES).hexdigest() if person else ""


def _names(tokens: Sequence[str]) -> set[str]:
    """Return words that end like a place's name, and those that the segmenter parted from their ending."""
    found = {word for word in tokens if len(word) > PAIR and _PLACE.search(word) and not _PLACE.fullmatch(word)}
    for before, ending in pairwise(tokens):
        if len(before) >= PAIR and before not in STOP_WORDS and _KEEP.match(before) and _PLACE.fullmatch(ending):
            found.add(before + ending)
    return found


def _runs(tokens: Sequence[str]) -> tuple[int, ...]:
    """Return a quarter of the hashes of all passages, the same quarter for every text and in every process."""
    starts = range(len(tokens) - LONG + 1)
    hashes = {zlib.crc32(" ".join(tokens[at : at + LONG]).encode()) for at in starts}
    return tuple(sorted(value for value in hashes if value % SAMPLED == 0))


def _content(words: Iterable[str]) -> set[str]:
    return {word for word in words if word not in STOP_WORDS and len(word) > 1 and _KEEP.match(word)}


def _tuple(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(items)))
