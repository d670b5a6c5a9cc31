"""What a learned model sees of a text: its words and the pairs and threes of characters, each with where it stands.

A feature is a string: a block and a term. Blocks are weighed apart: `w` words of title and body (the title's twice),
`t` pairs and threes of characters in the title, `b` pairs of characters in the body. Digits and Latin
letters in short runs (house numbers, place codes) are left out: they name one place, not a sort of matter.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from rules import segment
from rules.matching import fold
from rules.word_lists import read_words

WORDS, TITLE_GRAMS, BODY_GRAMS = "w", "t", "b"
BLOCKS = (WORDS, TITLE_GRAMS, BODY_GRAMS)
# Of a long story the beginning says what it is about; reading all of it costs milliseconds and adds noise.
BODY_CHARACTERS = 800
TITLE_COUNTS = 2
# One character alone is a word of its own only where it names a subject of the police.
SUBJECTS = frozenset("狗毒赌车堵偷骗")
_RUN = re.compile(r"[㐀-鿿]+")
_WORD = re.compile(r"[㐀-鿿]+|[a-z][a-z0-9]{2,}|\d{5}")


@dataclass(frozen=True)
class Text:
    """A message to learn from or to judge. `words`: given where somebody segmented it already; then the body is it."""

    title: str
    body: str = ""
    words: tuple[str, ...] = ()


Place = tuple[str, int, int]
"""Where a feature stands: the field (`title` or `body`), and from where to where in it."""


def places(text: Text) -> dict[str, list[Place]]:
    """Return every feature of `text` with the places where it stands; words that were given have the place 0 to 0."""
    found: dict[str, list[Place]] = defaultdict(list)
    stop = _stop_words()
    for field, content in (("title", text.title), ("body", text.body[:BODY_CHARACTERS])):
        folded = fold(content)
        if not text.words:
            for word, start in _cut(folded):
                if (len(word) > 1 or word in SUBJECTS) and word not in stop and _WORD.fullmatch(word):
                    found[WORDS + word].append((field, start, start + len(word)))
        block, sizes = (TITLE_GRAMS, (2, 3)) if field == "title" else (BODY_GRAMS, (2,))
        for run in _RUN.finditer(folded):
            for size in sizes:
                for start in range(run.start(), run.end() - size + 1):
                    found[block + folded[start : start + size]].append((field, start, start + size))
    for word in text.words:
        found[WORDS + fold(word)].append(("body", 0, 0))
    return found


def features(found: Mapping[str, Sequence[Place]]) -> dict[str, float]:
    """Return the weight of every feature from its places: 1 plus the logarithm of how often it stands there."""
    return {feature: 1 + math.log(_count(feature, where)) for feature, where in found.items()}


def _count(feature: str, where: Sequence[Place]) -> int:
    if feature[0] != WORDS:
        return len(where)
    return sum(TITLE_COUNTS if place[0] == "title" else 1 for place in where)


def shared(documents: Iterable[Iterable[str]], *, least: int, most: int) -> dict[str, int]:
    """Return the features that stand in at least `least` documents, the `most` commonest, and in how many they do."""
    counts: Counter[str] = Counter()
    for document in documents:
        counts.update(set(document))
    kept = sorted((item for item in counts.items() if item[1] >= least), key=lambda item: (-item[1], item[0]))[:most]
    return dict(sorted(kept))


def _cut(folded: str) -> Iterator[tuple[str, int]]:
    at = 0
    for word in segment.cut(folded):
        at = folded.find(word, at)
        if at < 0:  # pragma: no cover - the segmenter divides, it invents nothing
            return
        yield word, at
        at += len(word)


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(read_words("stop_words.txt"))
