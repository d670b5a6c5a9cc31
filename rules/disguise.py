r"""See through the ways in which a text can be disguised: what a reader would see, with where it stands in the text.

Decoded are HTML entities and markup, ``\u`` and ``%`` and quoted-printable escapes; every width is folded (NFKC), what
shows nothing is dropped (zero-width, combining and direction marks, fillers), all blanks become one, the variants of
the characters that marks are made of become one. Disguises of a whole line (Base64, Latin-1 read for UTF-8, written
backwards, in columns) are given as further readings.
"""

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import accumulate
from urllib.parse import unquote_to_bytes

from rules.matching import Span

_ESCAPED = re.compile(
    r"(?P<tag></?[A-Za-z][^<>]{0,300}>|<!--.{0,300}?-->)"
    r"|(?P<entity>&(?:amp;)*(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31}\d{0,2});?)"
    r"|(?P<unicode>(?:\\u[0-9a-fA-F]{4}|\\u\{[0-9a-fA-F]{1,6}\}|\\U[0-9a-fA-F]{8})+)"
    r"|(?P<hex>(?:\\x[0-9a-fA-F]{2})+)"
    r"|(?P<white>\\[nrt])"
    # The second byte of a character in GB18030 may be a letter, which is not escaped.
    r"|(?P<percent>(?:%[0-9a-fA-F]{2}|(?<=%[89a-fA-F][0-9a-fA-F])[0-9A-Za-z_~.\-])+)"
    r"|(?P<quoted>(?:=[0-9a-fA-F]{2}(?:=\r?\n)?|(?<==[89A-F][0-9A-F])[!-<>-~]){2,}|=3[dD])",
    re.DOTALL,
)
_MAY_BE_ESCAPED = re.compile(r"[&\\%=<]")
_CODE_POINT = re.compile(r"\\(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|U([0-9a-fA-F]{8}))")
_LINE_TAG = re.compile(r"</?(?:br|p|div|li|tr|td|th|h[1-6])\b", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_LATIN = re.compile(r"[\u0080-\u024f\u02c6\u02dc\u2013-\u203a\u20ac\u2122][\u0000-\u024f\u02c6-\u2122]{4,}")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_HAN_PAIR = re.compile(r"[\u4e00-\u9fff]{2}")

# Letters by category, yet they show nothing.
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\ufffc\ufffd\u180e")
_BLANKS = frozenset("\t\u2800\u00a0")
_LINE_ENDS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Cn", "Mn", "Me"))
_VARIANTS = str.maketrans(
    "機祕絕絶宻級長內資嚴傳啟啓閱種禁開發複製轉參稿當條時間員經國軍單〇壹貳贰叁參肆伍陸陆柒捌玖拾",
    "机秘绝绝密级长内资严传启启阅种禁开发复制转参稿当条时间员经国军单零一二二三三四五六六七八九十",
)
MOST_COLUMNS = 200
MOST_RUNS = 200
ENTITY_SHORTEST = 2


class Plain:
    """A text as it is read. `text`: its characters; `span` says from where in the source a stretch of them comes."""

    __slots__ = ("_places", "_source", "text")

    def __init__(self, source: str) -> None:
        self._source = source
        self._places: tuple[list[int], list[int]] | None = None
        if _MAY_BE_ESCAPED.search(source):
            self.text = "".join(piece for piece, _, _ in _pieces(source))
        else:
            self.text = "".join(map(_plain_character, source))

    def span(self, start: int, end: int) -> Span:
        """Return the stretch of the source that became `text[start:end]`."""
        if self._places is None:
            starts: list[int] = []
            ends: list[int] = []
            for piece, begin, stop in _pieces(self._source):
                starts += [begin] * len(piece)
                ends += [stop] * len(piece)
            self._places = starts, ends
        starts, ends = self._places
        return (starts[start], ends[end - 1]) if start < end else (0, 0)


class Reading:
    """Another way of reading a text: `text`, and `span` as of :class:`Plain`."""

    __slots__ = ("span", "text")

    def __init__(self, text: str, span: Callable[[int, int], Span]) -> None:
        self.text = text
        self.span = span


def encoded(source: str) -> Iterator[Reading]:
    """Yield what stands encoded in a text, plain: runs of Base64, and UTF-8 or GB18030 that was read as Latin-1."""
    for number, match in enumerate(_BASE64.finditer(source)):
        if number >= MOST_RUNS:
            break
        for words in _unpacked(match[0]):
            yield _within(words, match.span())
    for match in _LATIN.finditer(source):
        words = _unmixed(match[0])
        if words:
            yield _within(words, match.span())


def columns(plain: Plain) -> Reading | None:
    """Return a text read down its columns, one column a line; None when it has one line only."""
    text = plain.text
    lines = text.split("\n")
    if len(lines) < 2:  # noqa: PLR2004 a column needs two lines
        return None
    begins = list(accumulate((len(line) + 1 for line in lines), initial=0))
    found: list[str] = []
    places: list[int] = []
    for column in range(min(MOST_COLUMNS, max(map(len, lines)))):
        for line, begin in zip(lines, begins, strict=False):
            if column < len(line):
                found.append(line[column])
                places.append(begin + column)
        found.append("\n")
        places.append(places[-1])

    def span(start: int, end: int) -> Span:
        at = places[start:end]
        return plain.span(min(at), max(at) + 1)

    return Reading("".join(found), span)


def backwards(plain: Plain) -> Reading:
    """Return a text read from its end, as a direction mark lets it be shown."""
    length = len(plain.text)
    return Reading(plain.text[::-1], lambda start, end: plain.span(length - end, length - start))


def _within(words: str, span: Span) -> Reading:
    return Reading(Plain(words).text, lambda _start, _end: span)


def _pieces(source: str) -> Iterator[tuple[str, int, int]]:
    """Yield what each stretch of the source reads as, with where it begins and ends."""
    at = 0
    for match in _ESCAPED.finditer(source):
        for place in range(at, match.start()):
            yield _plain_character(source[place]), place, place + 1
        at = match.end()
        decoded = _decoded(match)
        if decoded is None:
            at = match.start()
            for place in range(at, match.end()):
                yield _plain_character(source[place]), place, place + 1
            at = match.end()
        else:
            yield "".join(map(_plain_character, decoded)), match.start(), match.end()
    for place in range(at, len(source)):
        yield _plain_character(source[place]), place, place + 1


def _decoded(match: re.Match[str]) -> str | None:
    found, kind = match[0], match.lastgroup
    if kind == "tag":
        return "\n" if _LINE_TAG.match(found) else ""
    if kind == "entity":
        bare = re.sub(r"^&(?:amp;)+", "&", found)
        read = html.unescape(bare if bare.endswith(";") else f"{bare};")
        return read if len(read) <= ENTITY_SHORTEST else None
    if kind == "unicode":
        points = [int("".join(point), 16) for point in _CODE_POINT.findall(found)]
        return b"".join(
            point.to_bytes(2, "big") if point <= 0xFFFF else chr(min(point, 0x10FFFF)).encode("utf-16-be", "replace")  # noqa: PLR2004
            for point in points
        ).decode("utf-16-be", "replace")
    if kind == "white":
        return "\n"
    if kind == "quoted":
        return _text_of(unquote_to_bytes(re.sub(r"=\r?\n", "", found).replace("=", "%")))
    return _text_of(unquote_to_bytes(found.replace("\\x", "%")))


def _text_of(content: bytes) -> str | None:
    """Return bytes as text, None when they are none: ``=13812345678`` is a number, not an escape."""
    for encoding in ("utf-8", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if _CONTROL.search(text) else text
    return None


def _unpacked(run: str) -> Iterator[str]:
    # A run may begin with letters that are not part of it, so all four alignments are tried.
    bare = run.rstrip("=").replace("-", "+").replace("_", "/")
    for skipped in range(4):
        part = bare[skipped:]
        part = part[: len(part) - 1] if len(part) % 4 == 1 else part
        try:
            content = base64.b64decode(part + "=" * (-len(part) % 4), validate=True)
        except (binascii.Error, ValueError):
            continue
        for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
            words = content.decode(encoding, "ignore")
            if _HAN.search(words) or (encoding == "utf-8" and content.isascii() and words.isprintable()):
                yield words


def _unmixed(run: str) -> str:
    content = b"".join(_byte(character) for character in run)
    words = content.decode("utf-8", "ignore")
    if not _HAN_PAIR.search(words):
        words = content.decode("gb18030", "ignore")
    return words if _HAN_PAIR.search(words) else ""


def _byte(character: str) -> bytes:
    for encoding in ("cp1252", "latin-1"):
        try:
            return character.encode(encoding)
        except UnicodeEncodeError:
            continue
    return b""


@lru_cache(maxsize=16384)
def _plain_character(character: str) -> str:
    if character in _LINE_ENDS:
        return "\n"
    category = unicodedata.category(character)
    if character in _BLANKS or category == "Zs":
        return " "
    if category in _UNSEEN or character in _FILLERS:
        return ""
    folded = unicodedata.normalize("NFKC", character).lower()
    if folded == character:
        return character.translate(_VARIANTS)
    kept = (one for one in folded if unicodedata.category(one) not in _UNSEEN and one not in _FILLERS)
    return "".join(kept).translate(_VARIANTS)
