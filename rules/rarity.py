"""How much it says that two matters share something: the logarithm of how few matters have it."""

import math
from collections.abc import Callable
from typing import Final, Protocol

from rules.fingerprint import TITLE_KEY, Fingerprint
from rules.segment import share_of_texts

# So many imagined ordinary texts stand behind the first matters, for judging which words are rare.
PRIOR: Final = 1500
GROWN: Final = 1.1
REMEMBERED: Final = 200_000
"""Weights kept at most, about 30 MB."""


class Rarity(Protocol):
    """How much it says that two matters share something: high for rare things."""

    def of_word(self, word: str) -> float:
        """Weight of a word."""

    def of_pair(self, pair: str) -> float:
        """Weight of a pair of characters in a title."""

    def lengths(self, item: Fingerprint) -> tuple[float, float]:
        """Squared lengths of a matter's words and of its title's pairs, each weighed."""


def weight_of_word(word: str, having: int, matters: int) -> float:
    """Weigh a word that `having` of so many matters have; imagined ordinary texts are among them."""
    return math.log((matters + PRIOR + 1) / (having + PRIOR * share_of_texts(word) + 0.5))


def weight_of_pair(having: int, matters: int) -> float:
    """Weigh a pair of characters that the titles of `having` of so many matters have."""
    return math.log((matters + PRIOR + 1) / (having + 0.5))


class Frequencies:
    """Weights from the numbers of an index, asked once and remembered: they move slowly.

    `asked(size, frequency)` says how many matters there are now, and how to learn how many have a key.
    """

    def __init__(self) -> None:
        self._weights: dict[str, float] = {}
        self._size = 0
        self._frequency: Callable[[str], int] = lambda _: 0

    def asked(self, size: int, frequency: Callable[[str], int]) -> "Frequencies":
        """Follow the index; what was remembered is forgotten when it has changed by a tenth."""
        if not self._size <= size <= self._size * GROWN or len(self._weights) > REMEMBERED:
            self._weights, self._size = {}, size
        self._frequency = frequency
        return self

    def of_word(self, word: str) -> float:
        """Weigh a word."""
        found = self._weights.get(word)
        if found is None:
            having = min(self._frequency(word), self._size)
            found = self._weights[word] = weight_of_word(word, having, self._size)
        return found

    def of_pair(self, pair: str) -> float:
        """Weigh a pair of characters of titles."""
        key = f"{TITLE_KEY}{pair}"
        found = self._weights.get(key)
        if found is None:
            having = min(self._frequency(key), self._size)
            found = self._weights[key] = weight_of_pair(having, self._size)
        return found

    def of_key(self, key: str) -> float:
        """Weigh a key of a fingerprint: a word, a number, a marked pair."""
        return self.of_pair(key.removeprefix(TITLE_KEY)) if key.startswith(TITLE_KEY) else self.of_word(key)

    def lengths(self, item: Fingerprint) -> tuple[float, float]:
        """Return the squared lengths of a matter's weighed words and title pairs."""
        # Most of the time of comparing goes here: a call for each word would double it.
        known, words = self._weights.get, 0.0
        for word in item.words:
            weight = known(word)
            if weight is None:
                weight = self.of_word(word)
            words += weight * weight
        return words, sum(self.of_pair(pair) ** 2 for pair in item.pairs)


class Once:
    """The weights while one matter is compared with several: its own lengths are worked out once."""

    def __init__(self, rarity: Rarity, new: Fingerprint) -> None:
        self.of_word = rarity.of_word
        self.of_pair = rarity.of_pair
        self._rarity, self._new = rarity, new
        self._lengths = rarity.lengths(new)

    def lengths(self, item: Fingerprint) -> tuple[float, float]:
        """Return the squared lengths of a matter's weighed words and title pairs."""
        return self._lengths if item is self._new else self._rarity.lengths(item)
