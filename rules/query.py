"""The language of the search box, and where the words of a query stand in a text.

Words parted by blanks must all occur, in any order and anywhere. What stands in quotation marks ("…", “…”, 「…」)
occurs as written, blanks included. A minus sign before either excludes it. A number finds its other spellings: full
width, with hyphens or blanks, with the prefix of the country.
"""

import re
from dataclasses import dataclass

from rules.matching import Span
from rules.text_index_folding import BLANK, fold

# Sources: the three pairs of marks people type; folding has made full-width ones plain before.
_PIECE = re.compile(
    r'(?P<out>-?)(?:"(?P<plain>[^"]*)"?|“(?P<curly>[^”]*)”?|「(?P<corner>[^」]*)」?|(?P<word>[^␣"“「]+))'
)
_SEPARATOR = re.compile(r"[␣\-.·()_/]")
_NUMBER = re.compile(r"[一-鿿]?\+?[0-9a-z()][0-9a-z()\-.·_/]*")
_WRITTEN = re.compile(r"(?<![0-9a-z])\+?\(?[0-9](?:[␣\-.()]{0,2}[0-9])+(?:x(?![0-9a-z]))?(?![0-9a-z])")
_COUNTRY = re.compile(r"(?:\+|00)?86(?=1[3-9]\d{9}$)")
# A mobile as people read it out: blanks part its groups, and do not part words.
_READ_OUT = re.compile(r"(?<![0-9a-z])(1[3-9]\d)␣(\d{4})␣(\d{4})(?![0-9a-z])")
LEAST_DIGITS, LEAST_WRITTEN = 3, 7
MOST_WORDS, MOST_CHARACTERS = 16, 200


@dataclass(frozen=True)
class Word:
    """Something that must occur: `folded` text, and `number` where it can be read as one, without separators."""

    folded: str
    number: str = ""


@dataclass(frozen=True)
class Query:
    """What was typed: every one of `words` occurs, none of `excluded`."""

    words: tuple[Word, ...] = ()
    excluded: tuple[Word, ...] = ()


def plain_number(text: str) -> str:
    """Return a number or telephone as it is compared: folded, without separators and the prefix +86 of a mobile."""
    return _COUNTRY.sub("", _SEPARATOR.sub("", fold(text)))


def written_numbers(folded: str) -> tuple[str, ...]:
    """Return the long numbers of a folded text, without separators."""
    found = {plain_number(match[0]) for match in _WRITTEN.finditer(folded)}
    return tuple(sorted(number for number in found if len(number) >= LEAST_WRITTEN))


def parse(text: str) -> Query:
    """Read what was typed; never fails.

    A quotation left open ends with the text; of very long input the beginning counts.
    """
    words: dict[Word, None] = {}
    excluded: dict[Word, None] = {}
    folded = _READ_OUT.sub(r"\1\2\3", fold(text)[:MOST_CHARACTERS])
    for match in _PIECE.finditer(folded):
        quoted = match["plain"] or match["curly"] or match["corner"]
        written = quoted or match["word"] or ""
        if written.strip(BLANK + "-"):
            word = Word(written, "" if quoted else _number(written))
            (excluded if match["out"] else words)[word] = None
    return Query(tuple(words)[:MOST_WORDS], tuple(excluded)[:MOST_WORDS])


def _number(written: str) -> str:
    """Return a word as a number, "" when it is none."""
    number = plain_number(written)
    digits = sum(character.isdigit() for character in number)
    return number if digits >= LEAST_DIGITS and _NUMBER.fullmatch(written) else ""


def spans(text: str, query: Query) -> tuple[Span, ...]:
    """Return the stretches of a text that a query's words stand in, in order, overlapping ones as one."""
    folded = fold(text)
    found: list[Span] = []
    for word in query.words:
        at = folded.find(word.folded)
        while at >= 0:
            found.append((at, at + len(word.folded)))
            at = folded.find(word.folded, at + 1)
        if word.number:
            spaced = rf"{_SEPARATOR.pattern}{{0,2}}".join(map(re.escape, word.number))
            found += [match.span() for match in re.finditer(spaced, folded)]
    merged: list[Span] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
