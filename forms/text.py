"""Making what people type uniform: one Unicode form, one kind of line end, nothing invisible."""

from __future__ import annotations

import re
import unicodedata

LONGEST_INPUT = 200_000
"""Characters of one input that are looked at; the page's own limits are far below."""

_DIRECTION = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}
_DROPPED = {"Cc", "Cs"}
_SPACES = re.compile(r"\s+")


def clean_text(typed: str) -> str:
    """Return text of several lines: NFC, line ends as LF, without NUL, control, surrogate and direction marks.

    Direction marks are dropped because they make a text read differently from what is stored.
    """
    lines = typed[:LONGEST_INPUT].replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in lines if c in "\n\t" or (unicodedata.category(c) not in _DROPPED and c not in _DIRECTION))
    return unicodedata.normalize("NFC", kept).strip()


def clean_line(typed: str) -> str:
    """Return text of one line: as clean_text, every run of white space one space."""
    return _SPACES.sub(" ", clean_text(typed)).strip()
