"""Explaining text in a form: headings, paragraphs and lists of a small part of Markdown, as data.

Only plain text comes out; the template escapes it. Markup in the text stays visible as it was written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEADING = re.compile(r"#{1,6}\s+(.*)")
_BULLET = re.compile(r"[-*+]\s+(.*)")
_NUMBERED = re.compile(r"\d{1,3}[.)、]\s*(.*)")


@dataclass(frozen=True, slots=True)
class Block:
    """One block of text: ``kind`` is heading, paragraph, bullets or numbers; ``lines`` its lines or entries."""

    kind: str
    lines: tuple[str, ...]


def read_blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks of a text. Blank lines part paragraphs; ``- `` and ``1. `` begin entries of lists."""
    blocks: list[tuple[str, list[str]]] = []
    fresh = True
    for raw in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        line = raw.strip()
        if not line:
            fresh = True
            continue
        kind, content = _classify(line)
        if fresh or kind == "heading" or not blocks or blocks[-1][0] != kind:
            blocks.append((kind, []))
        blocks[-1][1].append(content)
        fresh = False
    return tuple(Block(kind, tuple(lines)) for kind, lines in blocks)


def _classify(line: str) -> tuple[str, str]:
    for kind, shape in (("heading", _HEADING), ("bullets", _BULLET), ("numbers", _NUMBERED)):
        match = shape.fullmatch(line)
        if match:
            return kind, match.group(1)
    return "paragraph", line
