"""Find many words in a text at once, and fold the ways in which the same character is typed.

Folding keeps the length, so that a position in the folded text is the same position in the text that people see.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

Span = tuple[int, int]

HEAD = 2


@lru_cache(maxsize=8192)
def _fold_character(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character).lower()
    return folded if len(folded) == 1 else character


def fold(text: str) -> str:
    """Return `text` with full-width forms halved and letters lowered, one character for one character."""
    if text.isascii():
        return text.lower()
    return "".join(map(_fold_character, text))


class WordIndex:
    """Any number of words, found in one pass over a text.

    Words are filed under their first two characters; a pass looks every pair of the text up. Overlapping words are
    all found. Cost is that of the text's length, not of the number of words.
    """

    def __init__(self, words: Iterable[str]) -> None:
        heads: dict[str, list[str]] = defaultdict(list)
        for word in sorted({fold(word) for word in words if word}):
            heads[word[:HEAD]].append(word)
        self._heads = {head: tuple(found) for head, found in heads.items() if len(head) == HEAD}
        self._single = frozenset(head for head in heads if len(head) < HEAD)

    def find(self, folded: str) -> dict[str, list[int]]:
        """Return each word that stands in `folded` (see `fold`) with the positions where it starts."""
        found: dict[str, list[int]] = {}
        heads = self._heads
        for position in range(len(folded) - 1):
            words = heads.get(folded[position : position + HEAD])
            if words is None:
                continue
            for word in words:
                if folded.startswith(word, position):
                    found.setdefault(word, []).append(position)
        for position, character in enumerate(folded) if self._single else ():
            if character in self._single:
                found.setdefault(character, []).append(position)
        return found
