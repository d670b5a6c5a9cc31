"""Which rules of a table fire on a text, where, and how much each weighs as evidence."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from rules.matching import Span, WordIndex, fold
from rules.routing_rules import Rule

# A title says what the matter is about; a body also tells its story. Fitted by hand on what reads right, kept few.
TITLE, MORE_IN_TITLE = 1.0, 0.2
BODY, MORE_IN_BODY, REPEATED, EARLY = 0.35, 0.1, 0.05, 0.1
# A combination of which the title has only a part.
SPLIT = 0.6
EARLY_CHARACTERS = 80
MOST_WORDS, MOST_REPEATS = 3, 4
# The second piece of evidence for the same owner counts less than the first, the third less again.
FADING = 0.6


@dataclass(frozen=True)
class Hit:
    """A word of a rule in a field (`title`, `body`, `place`), with its positions."""

    field: str
    word: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Firing:
    """A rule that fired: its hits, and its weight (priority times how prominently it stands)."""

    rule: Rule
    hits: tuple[Hit, ...]
    score: float

    @property
    def in_title(self) -> bool:
        """Tell whether a word of the rule stands in the title."""
        return any(hit.field == "title" for hit in self.hits)


class Weigher:
    """A rule table compiled for looking up; build once, use for every message."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._index = WordIndex(part for rule in rules for part in rule.parts())
        self._words = [tuple(_combination(entry) for entry in rule.words) for rule in rules]
        self._also = [tuple(tuple(map(fold, entry.split("|"))) for entry in rule.also) for rule in rules]
        self._without = [tuple(map(fold, rule.without)) for rule in rules]
        users: dict[str, set[int]] = defaultdict(set)
        for number, entries in enumerate(self._words):
            for entry in entries:
                # A combination is tried when its first word is seen.
                users[entry[0]].add(number)
        self._users = {word: tuple(sorted(numbers)) for word, numbers in users.items()}

    def fire(self, title: str, body: str, *, places: Iterable[str] = (), on: date | None = None) -> list[Firing]:
        """Return the rules that fire, heaviest first. `places`: names of places the matter is known to be about."""
        found = {"title": self._index.find(fold(title)), "body": self._index.find(fold(body))}
        seen = found["title"].keys() | found["body"].keys()
        named = set(map(fold, places))
        tried = {number for word in seen for number in self._users.get(word, ())}
        firings = []
        for number in tried:
            rule = self._rules[number]
            if rule.is_valid(on) and (not rule.place or fold(rule.place) in named):
                firing = self._try(number, found, seen)
                if firing:
                    firings.append(firing)
        return sorted(firings, key=lambda firing: (-firing.score, firing.rule.id))

    def _try(self, number: int, found: dict[str, dict[str, list[int]]], seen: set[str]) -> Firing | None:
        if any(not seen.intersection(either) for either in self._also[number]):
            return None
        hits: list[Hit] = []
        factor = 0.0
        for field in ("title", "body"):
            words = found[field]
            # What excludes the rule does so in the field where it stands: a long story touches many subjects.
            if any(word in words for word in self._without[number]):
                continue
            entries = [entry for entry in self._words[number] if self._holds(entry, words, seen)]
            if entries:
                parts = dict.fromkeys(part for entry in entries for part in entry if part in words)
                hits += [Hit(field, part, _spans(part, words[part])) for part in parts]
                whole = any(all(part in words for part in entry) for entry in entries)
                weight = _prominence(field, len(entries), [at for part in parts for at in words[part]])
                factor += weight if whole else weight * SPLIT
        if not hits:
            return None
        rule = self._rules[number]
        return Firing(rule, tuple(hits), rule.priority * factor)

    @staticmethod
    def _holds(entry: tuple[str, ...], words: dict[str, list[int]], seen: set[str]) -> bool:
        """At least one part stands in this field and the others somewhere in the matter."""
        return any(part in words for part in entry) and all(part in seen for part in entry)


def total(scores: Iterable[float]) -> float:
    """Add up evidence for one owner, each further piece fading."""
    return sum(score * FADING**rank for rank, score in enumerate(sorted(scores, reverse=True)))


def _combination(entry: str) -> tuple[str, ...]:
    return tuple(map(fold, entry.split("+")))


def _spans(word: str, places: Sequence[int]) -> tuple[Span, ...]:
    return tuple((at, at + len(word)) for at in places)


def _prominence(field: str, words: int, places: Sequence[int]) -> float:
    more = min(words - 1, MOST_WORDS)
    if field == "title":
        return TITLE + MORE_IN_TITLE * more
    early = EARLY if places and min(places) < EARLY_CHARACTERS else 0.0
    return BODY + MORE_IN_BODY * more + REPEATED * min(len(places) - 1, MOST_REPEATS) + early
