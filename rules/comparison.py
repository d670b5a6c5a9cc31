"""Is this matter about the same thing as an earlier one? A score, a band, and the words that say so.

The score is a logistic regression on a few likenesses, fitted to pairs judged by hand. Likeness weighs shared words by
how rare they are. The same wording about another place is another matter; a petitioner's second letter is not by
itself a repeat of the first.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

from rules.fingerprint import Fingerprint

Band = Literal["same", "perhaps", "other"]

# From this score on the matter is linked by itself, or asked about.
SAME, PERHAPS = 0.93, 0.45
BIAS, PAIRS, WORDS, TITLE_IN_TEXT, PERSON, ELSEWHERE = -3.35, 3.14, 4.52, 4.98, -1.96, -2.1
# Passages copied word for word, in so many sampled runs of eight words, are the same matter unless about another place.
COPIED, LEAST_RUNS, COPIED_SCORE = 0.7, 6, 0.97
MOST_SHOWN = 8
# So many shared words this rare are as good as a name.
RARE, RARE_WORDS = 6.8, 2


class Rarity(Protocol):
    """How much it says that two matters share something: high for rare things."""

    def of_word(self, word: str) -> float:
        """Weight of a word."""

    def of_pair(self, pair: str) -> float:
        """Weight of a pair of characters in a title."""

    def lengths(self, item: Fingerprint) -> tuple[float, float]:
        """Squared lengths of a matter's words and of its title's pairs, each weighed."""


@dataclass(frozen=True)
class Match:
    """How like a matter is to an earlier one (`id`): score 0 to 1, its band, and why.

    `shared`: the rarest words both have · `names`: places both name · `numbers`: long numbers both have ·
    `copied`: share of passages taken word for word · `same_person`: written by the same person · `elsewhere`: their
    titles name different places.
    """

    id: str
    score: float
    band: Band
    shared: tuple[str, ...]
    names: tuple[str, ...]
    numbers: tuple[str, ...]
    copied: float
    same_person: bool
    elsewhere: bool

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-able data."""
        return asdict(self)


def compare(new: Fingerprint, earlier: Fingerprint, rarity: Rarity) -> Match:
    """Compare a matter with an earlier one."""
    shared = set(new.words).intersection(earlier.words)
    same_person = bool(new.person) and new.person == earlier.person
    elsewhere = _elsewhere(new, earlier)
    runs = len(set(new.runs) & set(earlier.runs))
    fewer = min(len(new.runs), len(earlier.runs))
    copied = runs / fewer if fewer >= LEAST_RUNS else 0.0
    (words, pairs), (earlier_words_length, earlier_pairs_length) = rarity.lengths(new), rarity.lengths(earlier)
    shared_pairs = set(new.pairs).intersection(earlier.pairs)
    logit = (
        BIAS
        + PAIRS * _cosine(shared_pairs, rarity.of_pair, pairs, earlier_pairs_length)
        + WORDS * _cosine(shared, rarity.of_word, words, earlier_words_length)
        + TITLE_IN_TEXT * _title_in_text(new, earlier, rarity)
        + PERSON * same_person
        + ELSEWHERE * elsewhere
    )
    score = 1 / (1 + math.exp(-logit))
    if copied >= COPIED and not elsewhere:
        score = max(score, COPIED_SCORE)
    shown = sorted(shared, key=lambda word: (-rarity.of_word(word), word))[:MOST_SHOWN]
    names, numbers = set(new.names) & set(earlier.names), set(new.numbers) & set(earlier.numbers)
    rare = sum(rarity.of_word(word) >= RARE for word in shown)
    definite = bool(names or numbers) or copied >= COPIED or rare >= RARE_WORDS
    return Match(
        id=earlier.id,
        score=round(score, 4),
        band=_band(score, definite=definite and not elsewhere),
        shared=tuple(shown),
        names=tuple(sorted(names)),
        numbers=tuple(sorted(numbers)),
        copied=round(copied, 3),
        same_person=same_person,
        elsewhere=elsewhere,
    )


def _band(score: float, *, definite: bool) -> Band:
    """Return the band; same only when both speak of something definite: two general questions are two matters."""
    if score >= SAME and definite:
        return "same"
    return "perhaps" if score >= PERHAPS else "other"


def _elsewhere(new: Fingerprint, earlier: Fingerprint) -> bool:
    """Tell whether each title names places of which the other matter knows none, or things of other numbers."""
    if new.numbered and earlier.numbered and not set(new.numbered) & set(earlier.numbered):
        return True
    mine, theirs = set(new.names) & set(new.title), set(earlier.names) & set(earlier.title)
    return bool(mine and theirs) and not mine & set(earlier.words) and not theirs & set(new.words)


def _cosine(shared: Iterable[str], weight: Callable[[str], float], first: float, second: float) -> float:
    """Return the cosine of two sets of weighed items, from what they share and their squared lengths."""
    both = sum(weight(item) ** 2 for item in shared)
    return min(1.0, both / math.sqrt(first * second)) if both else 0.0


def _title_in_text(new: Fingerprint, earlier: Fingerprint, rarity: Rarity) -> float:
    """Return how much of each title's words stands somewhere in the other matter."""
    new_words, earlier_words = set(new.words), set(earlier.words)
    whole = sum(map(rarity.of_word, (*new.title, *earlier.title)))
    found = [word for word in new.title if word in earlier_words]
    found += [word for word in earlier.title if word in new_words]
    return sum(map(rarity.of_word, found)) / whole if whole else 0.0
