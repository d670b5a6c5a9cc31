"""Two texts side by side: which words both have, and which passages one has taken from the other."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from rules.matching import Span, WordIndex, fold

LEAST_COPIED = 16
"""Characters of a passage that is shown as copied; shorter ones are how people speak."""
MOST_COMPARED = 4000
"""Characters of a text that are looked through for such passages: the cost is that of both lengths multiplied."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a text: whether it is a word of both, and whether it stands in a copied passage."""

    text: str
    shared: bool
    copied: bool


def copied(one: str, other: str) -> tuple[list[Span], list[Span]]:
    """Return the passages that two texts share, as spans of the one and of the other."""
    first, second = fold(one[:MOST_COMPARED]), fold(other[:MOST_COMPARED])
    blocks = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    long = [block for block in blocks if block.size >= LEAST_COPIED]
    return [(block.a, block.a + block.size) for block in long], [(block.b, block.b + block.size) for block in long]


def pieces(text: str, words: Iterable[str], passages: Iterable[Span]) -> list[Piece]:
    """Return the text cut into pieces, in their order; together they are the text."""
    found_at = WordIndex(words).find(fold(text))
    spans = [(start, start + len(word)) for word, starts in found_at.items() for start in starts]
    shared, taken = _covered(len(text), spans), _covered(len(text), passages)
    found: list[Piece] = []
    begin = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or (shared[at], taken[at]) != (shared[begin], taken[begin]):
            found.append(Piece(text[begin:at], shared[begin], taken[begin]))
            begin = at
    return found


def _covered(length: int, spans: Iterable[Span]) -> list[bool]:
    covered = [False] * length
    for start, end in spans:
        covered[start:end] = [True] * (end - start)
    return covered
