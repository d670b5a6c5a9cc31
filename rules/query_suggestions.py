"""«Did you mean»: words of the index that sound or look like what was typed, and that find something.

Proposals come from the vocabulary of documents that this officer may see, and each one is counted behind the same
filters, so that a proposal says nothing a search would not.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from rules.query import Query, Word
from rules.query_sounds import latin, sound, syllables
from rules.text_index import Filter, Sought, TextIndex
from rules.text_index_folding import BLANK, fold
from rules.word_lists import read_words

LONGEST_WORD, LONGEST_NAME = 12, 6
SHORTEST_SOUND = 2
MOST_TRIED, MOST_SHOWN = 60, 3
SAME_SOUND, LOOKS, SIMILAR_SOUND = 0, 1, 2


@dataclass(frozen=True)
class Suggestion:
    """What may have been meant, as it would be typed, and how many documents it finds."""

    text: str
    count: int


def suggest(index: TextIndex, sought: Sought, limit: int = MOST_SHOWN) -> list[Suggestion]:
    """Return at most `limit` queries that differ from the one asked in one word and find something.

    What sounds the same stands first, then what looks alike, then what sounds similar; within these what finds most.
    """
    found: dict[str, tuple[int, int]] = {}
    words = sought.query.words
    tried = 0
    for position, word in enumerate(words):
        for kind, proposal in _proposals(index, sought, word.folded):
            meant = Query((*words[:position], Word(proposal), *words[position + 1 :]), sought.query.excluded)
            typed = _typed(meant)
            if typed in found or tried >= MOST_TRIED:
                continue
            tried += 1
            found[typed] = kind, index.count(replace(sought, query=meant))
    best = sorted((kind, -count, typed) for typed, (kind, count) in found.items() if count)
    return [Suggestion(typed, -count) for _, count, typed in best[:limit]]


def _proposals(index: TextIndex, sought: Sought, word: str) -> Iterator[tuple[int, str]]:
    """Return the words that a word may have been meant as, and what makes them alike."""
    if len(word) > LONGEST_WORD * LONGEST_NAME:
        return
    typed = latin(word.replace("'", "").replace(BLANK, ""))
    if typed:
        for other in _sounding(index, sought, typed):
            yield SAME_SOUND if "".join(syllables(other)) == word else SIMILAR_SOUND, other
        return
    if len(word) > LONGEST_WORD:
        return
    for start, end in _windows(len(word)):
        part = word[start:end]
        for other in _sounding(index, sought, sound(part)):
            if len(other) == len(part) and other != part:
                same = syllables(other) == syllables(part)
                yield SAME_SOUND if same else SIMILAR_SOUND, word[:start] + other + word[end:]
    for position, character in enumerate(word):
        for other in look_alikes().get(character, ""):
            yield LOOKS, word[:position] + other + word[position + 1 :]


def _windows(length: int) -> Iterator[tuple[int, int]]:
    """Return all parts of a word that may be a word or a name, the longest first."""
    for size in range(min(length, LONGEST_NAME), SHORTEST_SOUND - 1, -1):
        for start in range(length - size + 1):
            yield start, start + size


def _sounding(index: TextIndex, sought: Sought, key: str) -> list[str]:
    """Return words that sound so and stand in what this officer may see, the most frequent first."""
    visible = _both(sought.seen, sought.chosen)
    known = index.sounding(key, visible, personal=False)
    if sought.personal is not None:
        known += index.sounding(key, _both(visible, sought.personal), personal=True)
    return [word for word, _ in sorted(known, key=lambda item: (-item[1], item[0]))]


def _both(first: Filter, second: Filter) -> Filter:
    return Filter((*first.any_of, *second.any_of), first.none_of | second.none_of)


def _typed(query: Query) -> str:
    """Return a query as one would type it."""

    def written(word: Word) -> str:
        shown = word.folded.replace(BLANK, " ")
        return f'"{shown}"' if " " in shown or shown.startswith("-") else shown

    return " ".join([*map(written, query.words), *(f"-{written(word)}" for word in query.excluded)])


@cache
def look_alikes() -> dict[str, str]:
    """Return for each character those that are taken for it."""
    found: dict[str, dict[str, None]] = {}
    for group in read_words("look_alikes.txt"):
        for character in fold(group):
            others = (other for other in fold(group) if other != character)
            found.setdefault(character, {}).update(dict.fromkeys(others))
    return {character: "".join(others) for character, others in found.items()}
