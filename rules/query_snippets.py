"""The part of a text that says why it was found: a few stretches around the words of a query, these marked."""

from dataclasses import dataclass

from rules.query import Query, spans

AROUND, MOST, OPENING = 24, 3, 90
CUT = "…"


@dataclass(frozen=True)
class Fragment:
    """A piece of a text in order, and whether it is one of the words asked for."""

    text: str
    marked: bool = False


def marked(text: str, query: Query) -> tuple[Fragment, ...]:
    """Return a whole text in pieces, the words of the query marked."""
    return _pieces(text, 0, len(text), spans(text, query))


def snippet(text: str, query: Query, *, around: int = AROUND, most: int = MOST) -> tuple[Fragment, ...]:
    """Return at most `most` stretches of a text with `around` characters on both sides of the words of the query.

    Nothing when none of them stands in the text. What is left out is shown by an ellipsis.
    """
    plain = " ".join(text.splitlines()) if "\n" in text or "\r" in text else text
    found = spans(plain, query)
    windows: list[tuple[int, int]] = []
    for start, end in found:
        left, right = max(0, start - around), min(len(plain), end + around)
        if windows and left <= windows[-1][1]:
            windows[-1] = windows[-1][0], right
        elif len(windows) < most:
            windows.append((left, right))
        else:
            break
    pieces: list[Fragment] = []
    for left, right in windows:
        pieces += [Fragment(CUT)] if left > 0 and not (pieces and pieces[-1].text == CUT) else []
        pieces += _pieces(plain, left, right, found)
        pieces += [Fragment(CUT)] if right < len(plain) else []
    return tuple(pieces)


def opening(text: str, length: int = OPENING) -> tuple[Fragment, ...]:
    """Return the beginning of a text, nothing marked."""
    plain = " ".join(text[: 2 * length].split())
    return (Fragment(plain[:length] + (CUT if len(plain) > length else "")),) if plain else ()


def _pieces(text: str, left: int, right: int, found: tuple[tuple[int, int], ...]) -> tuple[Fragment, ...]:
    pieces, at = [], left
    for start, end in found:
        if start >= right or end <= left:
            continue
        inside, outside = max(start, left), min(end, right)
        pieces += [Fragment(text[at:inside])] if inside > at else []
        pieces.append(Fragment(text[inside:outside], marked=True))
        at = outside
    pieces += [Fragment(text[at:right])] if right > at else []
    return tuple(pieces)
