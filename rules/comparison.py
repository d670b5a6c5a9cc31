"""Is this matter about the same thing as an earlier one? A score, a band, and the words that say so.

The score is a logistic regression on a few likenesses, fitted to pairs judged by hand (`WEIGHTS`). Likeness weighs
shared words by how rare they are. The same wording about another place is another matter; a petitioner's second letter
is not by itself a repeat of the first.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from rules.fingerprint import Fingerprint
from rules.rarity import Rarity

Band = Literal["same", "perhaps", "other"]

# From this score on the matter is linked by itself, or asked about.
SAME, PERHAPS = 0.93, 0.45
# Fitted by `bench.repeats`, which says how well they do on pairs they were not fitted to.
BIAS = -4.57
WEIGHTS = {"pairs": 3.56, "words": 4.9, "title": 5.01, "names": 1.4, "near": 1.16, "person": -2.06, "elsewhere": -1.83}
# Days within which two matters are written about the same thing rather than about the same kind of thing.
NEAR = 14
# Passages copied word for word, in so many sampled runs of eight words, are the same matter unless about another place.
COPIED, LEAST_RUNS, COPIED_SCORE = 0.7, 6, 0.97
MOST_SHOWN = 8
# So many shared words this rare are as good as a name.
RARE, RARE_WORDS = 6.8, 2


@dataclass(frozen=True)
class Match:
    """How like a matter is to an earlier one (`id`): score 0 to 1, its band, and why.

    `shared`: the rarest words both have · `names`: places both name · `numbers`: long numbers both have ·
    `copied`: share of passages taken word for word · `same_person`: written by the same person · `elsewhere`: their
    titles name different places · `definite`: both speak of something definite, and of nothing that differs.
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
    definite: bool

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-able data."""
        return asdict(self)


def likenesses(new: Fingerprint, earlier: Fingerprint, rarity: Rarity) -> dict[str, float]:
    """Return what the score is made of, each between 0 and 1, by the names in `WEIGHTS`."""
    (words, pairs), (earlier_words, earlier_pairs) = rarity.lengths(new), rarity.lengths(earlier)
    days = None if new.day is None or earlier.day is None else abs(new.day - earlier.day)
    return {
        "pairs": _cosine(set(new.pairs).intersection(earlier.pairs), rarity.of_pair, pairs, earlier_pairs),
        "words": _cosine(set(new.words).intersection(earlier.words), rarity.of_word, words, earlier_words),
        "title": _title_in_text(new, earlier, rarity),
        "names": _names_shared(new, earlier, rarity),
        "near": float(days is not None and days <= NEAR),
        "person": float(bool(new.person) and new.person == earlier.person),
        "elsewhere": float(_elsewhere(new, earlier)),
    }


def compare(new: Fingerprint, earlier: Fingerprint, rarity: Rarity) -> Match:
    """Compare a matter with an earlier one."""
    found = likenesses(new, earlier, rarity)
    score = 1 / (1 + math.exp(-BIAS - sum(weight * found[name] for name, weight in WEIGHTS.items())))
    elsewhere = bool(found["elsewhere"])
    copied = copied_share(new, earlier)
    if copied >= COPIED and not elsewhere:
        score = max(score, COPIED_SCORE)
    shared = sorted(set(new.words).intersection(earlier.words), key=lambda word: (-rarity.of_word(word), word))
    shown = shared[:MOST_SHOWN]
    names, numbers = set(new.names) & set(earlier.names), set(new.numbers) & set(earlier.numbers)
    rare = sum(rarity.of_word(word) >= RARE for word in shown)
    definite = bool(names or numbers) or copied >= COPIED or rare >= RARE_WORDS
    definite = definite and not elsewhere
    return Match(
        id=earlier.id,
        score=round(score, 4),
        band=_band(score, definite=definite),
        shared=tuple(shown),
        names=tuple(sorted(names)),
        numbers=tuple(sorted(numbers)),
        copied=round(copied, 3),
        same_person=bool(found["person"]),
        elsewhere=elsewhere,
        definite=definite,
    )


def copied_share(new: Fingerprint, earlier: Fingerprint) -> float:
    """Return the share of the shorter text's passages that stand in the other too; 0 for texts too short to say."""
    fewer = min(len(new.runs), len(earlier.runs))
    return len(set(new.runs) & set(earlier.runs)) / fewer if fewer >= LEAST_RUNS else 0.0


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


def _names_shared(new: Fingerprint, earlier: Fingerprint, rarity: Rarity) -> float:
    """Return how much of the names of whichever matter has fewer the other one has too."""
    fewer = min(sum(map(rarity.of_word, new.names)), sum(map(rarity.of_word, earlier.names)))
    return sum(map(rarity.of_word, set(new.names) & set(earlier.names))) / fewer if fewer > 0 else 0.0


def _title_in_text(new: Fingerprint, earlier: Fingerprint, rarity: Rarity) -> float:
    """Return how much of each title's words stands somewhere in the other matter."""
    new_words, earlier_words = set(new.words), set(earlier.words)
    whole = sum(map(rarity.of_word, (*new.title, *earlier.title)))
    found = [word for word in new.title if word in earlier_words]
    found += [word for word in earlier.title if word in new_words]
    return sum(map(rarity.of_word, found)) / whole if whole else 0.0
