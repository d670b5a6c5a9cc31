"""How words sound, as a key under which words that people confuse by ear are one."""

import re
from functools import lru_cache

from rules.text_index_folding import fold
from rules.text_index_schema import Document

LATIN = re.compile(r"[a-z]+")


def sounds_of(item: Document) -> dict[str, str]:
    """Return the key of each word of a document that may be proposed."""
    return {word: sound(word) for word in (*item.vocabulary, *item.places, *item.people)}


@lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """Return the key of a word: its syllables without tones, with z and zh, l and n, f and h, n and ng … as one."""
    return _blurred("".join(syllables(word)))


def syllables(word: str) -> list[str]:
    """Return the word in Hanyu Pinyin without tones; what is no Chinese character stays."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - half a second and 55 MB, for those alone who need it

    return lazy_pinyin(fold(word))


def latin(typed: str) -> str:
    """Return the key of what was typed as Pinyin without tones, syllables together; "" when it is not of letters."""
    return _blurred(typed) if LATIN.fullmatch(typed) else ""


def _blurred(letters: str) -> str:
    """Blur letters wherever they stand, so that syllables typed together give the same key as apart."""
    for clear, blurred in (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"), ("l", "n"), ("f", "h")):
        letters = letters.replace(clear, blurred)
    return letters
