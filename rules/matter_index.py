"""All earlier matters in memory, to find the few that are worth comparing, and to know which words are rare.

Fed by the caller, one fingerprint at a time; holds no text.
"""

import math
from collections.abc import Iterable
from functools import cache

from rules.comparison import Match, compare
from rules.fingerprint import Fingerprint
from rules.segment import share_of_texts

# So many imagined ordinary texts stand behind the first matters, for judging which words are rare.
PRIOR = 1500
# A word of more matters than this finds nothing: it is not looked up any longer.
COMMON = 1500
GROWN = 1.1
LOOKED_UP, CANDIDATES = 40, 20


class Index:
    """Fingerprints of earlier matters with their words turned inside out."""

    def __init__(self, fingerprints: Iterable[Fingerprint] = ()) -> None:
        self._matters: dict[str, Fingerprint] = {}
        self._holders: dict[str, list[str]] = {}
        self._words: dict[str, int] = {}
        self._pairs: dict[str, int] = {}
        self._lengths: dict[str, tuple[int, float, float]] = {}
        self._expected: dict[str, float] = {}
        # One object for one word, however many matters have it.
        self._one: dict[str, str] = {}
        for item in fingerprints:
            self.add(item)

    def __len__(self) -> int:
        return len(self._matters)

    def __contains__(self, matter: object) -> bool:
        return matter in self._matters

    def add(self, new: Fingerprint) -> None:
        """Take in a matter; one with the same id takes the earlier one's place."""
        if new.id in self._matters:
            self.remove(new.id)
        one = self._one.setdefault
        kept = Fingerprint(
            id=new.id,
            pairs=tuple(one(item, item) for item in new.pairs),
            title=tuple(one(item, item) for item in new.title),
            words=tuple(one(item, item) for item in new.words),
            names=tuple(one(item, item) for item in new.names),
            numbered=new.numbered,
            numbers=new.numbers,
            runs=new.runs,
            person=new.person,
        )
        self._matters[kept.id] = kept
        for word in kept.words:
            self._words[word] = self._words.get(word, 0) + 1
        for pair in kept.pairs:
            self._pairs[pair] = self._pairs.get(pair, 0) + 1
        for item in _keys(kept):
            holders = self._holders.setdefault(item, [])
            if len(holders) < COMMON:
                holders.append(kept.id)

    def remove(self, matter: str) -> None:
        """Forget a matter; KeyError when it is not here."""
        gone = self._matters.pop(matter)
        self._lengths.pop(matter, None)
        for word in gone.words:
            self._words[word] -= 1
        for pair in gone.pairs:
            self._pairs[pair] -= 1
        for item in _keys(gone):
            holders = self._holders[item]
            if matter in holders:
                holders.remove(matter)

    def of_word(self, word: str) -> float:
        """Weigh a word: the logarithm of how few matters have it, imagined ordinary texts included."""
        expected = self._expected.get(word)
        if expected is None:
            expected = self._expected[word] = PRIOR * share_of_texts(word)
        return math.log((len(self._matters) + PRIOR + 1) / (self._words.get(word, 0) + expected + 0.5))

    def of_pair(self, pair: str) -> float:
        """Weigh a pair of characters of titles."""
        return math.log((len(self._matters) + PRIOR + 1) / (self._pairs.get(pair, 0) + 0.5))

    def lengths(self, item: Fingerprint) -> tuple[float, float]:
        """Return the squared lengths of a matter's weighed words and title pairs.

        Those of matters in the index are kept until it has grown by a tenth: weights move slowly.
        """
        size, words, pairs = self._lengths.get(item.id, (-1, 0.0, 0.0))
        inside = self._matters.get(item.id) is item
        if not inside or not size <= len(self._matters) <= size * GROWN:
            words = sum(self.of_word(word) ** 2 for word in item.words)
            pairs = sum(self.of_pair(pair) ** 2 for pair in item.pairs)
            if inside:
                self._lengths[item.id] = (len(self._matters), words, pairs)
        return words, pairs

    def candidates(self, new: Fingerprint, limit: int = CANDIDATES) -> list[Fingerprint]:
        """Return the earlier matters that share the most rare things with `new`, at most `limit`."""
        weights = [(self._weight(item), item) for item in _keys(new) if item in self._holders]
        found: dict[str, float] = {}
        for weight, item in sorted(weights, reverse=True)[:LOOKED_UP]:
            holders = self._holders[item]
            if len(holders) < COMMON:
                for matter in holders:
                    found[matter] = found.get(matter, 0.0) + weight * weight
        found.pop(new.id, None)
        return [self._matters[matter] for matter in sorted(found, key=lambda key: (-found[key], key))[:limit]]

    def matches(self, new: Fingerprint, limit: int = CANDIDATES) -> list[Match]:
        """Compare `new` with its candidates; those in a band better than `other`, the best first."""
        rarity = _Remembered(self)
        found = [compare(new, earlier, rarity) for earlier in self.candidates(new, limit)]
        return sorted((item for item in found if item.band != "other"), key=lambda item: (-item.score, item.id))

    def _weight(self, item: str) -> float:
        return self.of_pair(item[1:]) if item[0] == "^" else self.of_word(item)


class _Remembered:
    """The index's weights, each worked out once, while nothing is added."""

    def __init__(self, index: Index) -> None:
        self.of_word = cache(index.of_word)
        self.of_pair = cache(index.of_pair)
        self._index = index
        self._lengths: dict[int, tuple[float, float]] = {}

    def lengths(self, item: Fingerprint) -> tuple[float, float]:
        found = self._lengths.get(id(item))
        if found is None:
            found = self._lengths[id(item)] = self._index.lengths(item)
        return found


def _keys(item: Fingerprint) -> list[str]:
    """Return what a matter is found by: its words, long numbers, and its title's pairs (marked apart from words)."""
    return [*item.words, *item.numbers, *(f"^{pair}" for pair in item.pairs)]
