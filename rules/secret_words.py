"""The bureau's own secret words, known by keyed hashes only: found in a text without standing anywhere.

A word is kept as its length, 15 bits by which its first two characters are passed over quickly, and 128 bits of
BLAKE2b (RFC 7693) under a key that is derived by scrypt (RFC 7914) from a secret kept apart and a salt kept beside the
hashes. Whoever has the hashes alone cannot try words on them; whoever has the secret too can, however slow the hash.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from typing import Final

from rules.disguise import Plain
from rules.text_index_folding import fold

HEAD: Final = 2
SHORTEST: Final = 2
LONGEST: Final = 40
"""How many characters a word may have, counted as they are compared: folded, without signs between them."""

TAG_BITS: Final = 15
DIGEST_SIZE: Final = 16
SALT_SIZE: Final = 16
APART: Final = 3
"""A word of so many characters or more is also known with any sign between each two, in columns and backwards."""

_REMEMBERED: Final = 100_000
_BLANKS: Final = re.compile(r"[\s\-_.·•‧・~^`|/\\*…―—–‐]+")
_SIGNS: Final = re.compile(r"[\W_]+")

Pair = tuple[str, str]
Heads = dict[Pair, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class HashedWord:
    """What is kept of a word: how many characters it has, the tag of its first two, its keyed hash."""

    length: int
    tag: int
    digest: bytes


def derived_key(secret: str, salt: bytes) -> bytes:
    """Return the key of a list: scrypt of the installation's secret with the list's own salt."""
    return hashlib.scrypt(secret.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)


def comparable(word: str) -> str:
    """Return a word as it is compared: every disguise taken off, traditional characters simplified, signs dropped."""
    return fold(_SIGNS.sub("", Plain(word).text))


def hashed(key: bytes, word: str) -> HashedWord:
    """Return what may be kept of a word; ValueError when it is shorter than 2 characters or longer than 40."""
    bare = comparable(word)
    if not SHORTEST <= len(bare) <= LONGEST:
        raise ValueError(f"a word has {SHORTEST} to {LONGEST} characters")
    return HashedWord(len(bare), _tag(key, bare[:HEAD]), _digest(key, bare))


class SecretWords:
    """A list of hashed words, to be looked for in texts; cost is that of the text's length, not of the list's."""

    def __init__(self, key: bytes, words: Iterable[HashedWord]) -> None:
        self._key = key
        lengths: dict[int, set[int]] = {}
        digests = set()
        for word in words:
            lengths.setdefault(word.tag, set()).add(word.length)
            digests.add(word.digest)
        self._lengths = {tag: tuple(sorted(found)) for tag, found in lengths.items()}
        self._digests = frozenset(digests)
        # Two characters → how long the words are that may begin with them: each pair is hashed once, not at each text.
        self._known: set[Pair] = set()
        self._onwards: Heads = {}
        self._backwards: Heads = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._digests)

    def find(self, text: str, *, shortest: int = SHORTEST) -> Iterator[tuple[int, int]]:
        """Yield where words of at least `shortest` characters begin and end in a text as `Plain` reads it.

        Words of three characters and more are also found backwards, and with any sign between each two.
        """
        if not self._digests:
            return
        read = _BLANKS.sub("", text)
        places: list[int] = []
        for start, end in self._windows(read, shortest):
            places = places or [at for at, character in enumerate(text) if not _BLANKS.match(character)]
            if end - start > HEAD or "\n" not in text[places[start] : places[end - 1]]:
                yield places[start], places[end - 1] + 1
        bare = _SIGNS.sub("", read)
        if len(bare) == len(read):
            return
        places = []
        for start, end in self._windows(bare, max(shortest, APART)):
            places = places or [at for at, character in enumerate(text) if not _SIGNS.match(character)]
            if all(places[at + 1] - places[at] > 1 for at in range(start, end - 1)):
                yield places[start], places[end - 1] + 1

    def _windows(self, read: str, shortest: int) -> Iterator[tuple[int, int]]:
        """Yield where in a text without signs a word begins and ends, read onwards or backwards."""
        pairs = set(pairwise(read))
        onwards, back = self._learn(pairs - self._known)
        heads = (pairs & onwards.keys()) | (pairs & back.keys())
        if not heads:
            return
        for at, pair in [(at, pair) for at, pair in enumerate(pairwise(read)) if pair in heads]:
            for length in onwards.get(pair, ()):
                if length >= shortest and self._is_word(read[at : at + length], length):
                    yield at, at + length
            for length in back.get(pair, ()):
                start = at + HEAD - length
                if start >= 0 and length >= APART and self._is_word(read[start : at + HEAD][::-1], length):
                    yield start, at + HEAD

    def _learn(self, pairs: set[Pair]) -> tuple[Heads, Heads]:
        """Hash the pairs of characters that no text has had before; return with which a word may begin, and how long.

        The second are those with which it may begin when it stands backwards.
        """
        with self._lock:
            for first, second in pairs:
                for found, head in ((self._onwards, first + second), (self._backwards, second + first)):
                    lengths = self._lengths.get(_tag(self._key, fold(head)))
                    if lengths:
                        found[first, second] = lengths
            if len(self._known) < _REMEMBERED:
                self._known |= pairs
            return self._onwards, self._backwards

    def _is_word(self, window: str, length: int) -> bool:
        return len(window) == length and _digest(self._key, fold(window)) in self._digests


NO_WORDS: Final = SecretWords(b"", ())
"""The empty list."""


def _digest(key: bytes, word: str) -> bytes:
    return hashlib.blake2b(word.encode(), digest_size=DIGEST_SIZE, key=key, person=b"secret word").digest()


def _tag(key: bytes, head: str) -> int:
    found = hashlib.blake2b(head.encode(), digest_size=2, key=key, person=b"head").digest()
    return int.from_bytes(found, "big") >> (16 - TAG_BITS)
