"""A few matters in memory, to find among them those worth comparing, and to know which words are rare.

For matters that the index on disk has not taken in, and for all there are where there is no such index. Fed by the
caller, one fingerprint at a time; holds no text.
"""

from collections.abc import Iterable, Iterator

from rules.comparison import Match, compare
from rules.fingerprint import Fingerprint
from rules.rarity import Frequencies, Once, Rarity

# A word of more matters than this finds nothing.
COMMON = 1500
LOOKED_UP, CANDIDATES = 40, 20


class Index:
    """Fingerprints of earlier matters with their words turned inside out."""

    def __init__(self, fingerprints: Iterable[Fingerprint] = ()) -> None:
        self._matters: dict[str, Fingerprint] = {}
        self._holders: dict[str, set[str]] = {}
        self._weights = Frequencies()
        for item in fingerprints:
            self.add(item)

    def __len__(self) -> int:
        return len(self._matters)

    def __contains__(self, matter: object) -> bool:
        return matter in self._matters

    def __iter__(self) -> Iterator[str]:
        return iter(self._matters)

    def add(self, new: Fingerprint) -> None:
        """Take in a matter; one with the same id takes the earlier one's place."""
        if new.id in self._matters:
            self.remove(new.id)
        self._matters[new.id] = new
        for key in new.keys:
            self._holders.setdefault(key, set()).add(new.id)

    def remove(self, matter: str) -> None:
        """Forget a matter; KeyError when it is not here."""
        for key in self._matters.pop(matter).keys:
            holders = self._holders[key]
            holders.discard(matter)
            if not holders:
                del self._holders[key]

    def rarity(self) -> Frequencies:
        """Return how rare things are among the matters that are here."""
        return self._weights.asked(len(self), self.frequency)

    def frequency(self, key: str) -> int:
        """Return how many of the matters have a key."""
        return len(self._holders.get(key, ()))

    def candidates(self, new: Fingerprint, limit: int = CANDIDATES) -> list[Fingerprint]:
        """Return the earlier matters that share the most rare things with `new`, at most `limit`."""
        rarity = self.rarity()
        weights = [(rarity.of_key(key), key) for key in new.keys if 0 < self.frequency(key) < COMMON]
        found: dict[str, float] = {}
        for weight, key in sorted(weights, reverse=True)[:LOOKED_UP]:
            for matter in self._holders[key]:
                found[matter] = found.get(matter, 0.0) + weight * weight
        found.pop(new.id, None)
        return [self._matters[matter] for matter in sorted(found, key=lambda key: (-found[key], key))[:limit]]

    def matches(self, new: Fingerprint, limit: int = CANDIDATES) -> list[Match]:
        """Compare `new` with its candidates; see `ranked`."""
        return ranked(new, self.candidates(new, limit), self.rarity())


def ranked(new: Fingerprint, candidates: Iterable[Fingerprint], rarity: Rarity) -> list[Match]:
    """Compare `new` with each candidate; those in a band better than `other`, the best first."""
    once = Once(rarity, new)
    found = [compare(new, earlier, once) for earlier in candidates]
    return sorted((item for item in found if item.band != "other"), key=lambda item: (-item.score, item.id))
