"""The text of DOCX and XLSX files (ECMA-376): of every part, whatever it is called, not only of the main one.

A mark may stand in a header, a text box, WordArt, the name of a sheet, a number format, the properties, a document
inside the document. So all parts are read: texts that people see first, run by run without a break between the runs,
then everything else that holds Chinese characters.
"""

import io
import re
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from posixpath import basename

from lxml import etree

MAX_PART = 32 * 1024 * 1024  # bytes of markup in one part
MAX_WHOLE = 128 * 1024 * 1024  # bytes of markup in a file with those inside it
MAX_PARTS = 2_000
MAX_DEPTH = 2  # documents inside documents
MAX_CELLS = 500_000

TOO_LARGE = "展开后过大，没有全部读取"
INSIDE = "有内嵌文件没有读取"

_MARKUP = re.compile(r"(?i)\.(?:xml|rels|vml)$")
_PROSE = re.compile(r"(?i)\.(?:txt|html?|mht|csv)$")
_PICTURE = re.compile(r"(?i)\.(?:png|jpe?g|gif|bmp|tiff?|emf|wmf|svg)$")
_INSIDE = re.compile(r"(?i)\.(?:docx|xlsx|docm|xlsm|pptx|dotx|xltx)$")
_OPAQUE = re.compile(r"(?i)(?:^|/)embeddings/.*|\.(?:bin|ole|doc|xls|pdf|rtf)$")
_HARMLESS = re.compile(r"(?i)printersettings\d*\.bin$|\.(?:odttf|ttf|fntdata)$")
_HAN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_LETTERS = re.compile(r"[^\W\d_]")
_NAMED = frozenset({"sheet", "textpath", "numFmt", "docPr", "cNvPr", "definedName"})
"""Elements whose attributes people write themselves, in whatever letters."""

_WORDS = frozenset(
    {
        "t", "v", "delText", "instrText", "oddHeader", "evenHeader", "firstHeader", "oddFooter", "evenFooter",
        "firstFooter", "f", "author",
    }
)  # fmt: skip
"""Elements whose text people see: runs of text, values of cells, headers of sheets."""
_ENDS = frozenset({"p", "tr", "br", "cr", "tab", "si", "row", "c", "tc", "txbxContent", "is", "comment"})
"""Elements that end a line or a cell."""
SYMBOL = "★"
"""Stands for a character of a symbol font, which is how an editor inserts a star."""
_READINGS = frozenset({"rPh", "rt"})
"""How characters are pronounced, between the characters themselves."""


class BrokenFileError(Exception):
    """The file is damaged, or not what it says it is."""


class _TooLargeError(Exception):
    """The file unpacks to more than is read."""


class _Budget:
    """How much markup may still be unpacked."""

    def __init__(self) -> None:
        self.left = MAX_WHOLE

    def spend(self, size: int) -> None:
        self.left -= size
        if size > MAX_PART or self.left < 0:
            raise _TooLargeError


class _Parts:
    """What the parts of one archive yielded: markup by name, other texts, why some was not read, whether pictures."""

    def __init__(self) -> None:
        self.roots: dict[str, etree._Element] = {}
        self.texts: list[str] = []
        self.unread: list[str] = []
        self.pictured = False


def office_text(content: bytes) -> tuple[str, str]:
    """Return the text of a DOCX or XLSX file and, in Chinese, why some of it was not read ('' when all was).

    Cells stand by rows and again by columns. Raises BrokenFileError when it is no such file.
    """
    return _read(content, _Budget(), 0)


def _read(content: bytes, budget: _Budget, depth: int) -> tuple[str, str]:
    parts = _Parts()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            for member in members[:MAX_PARTS]:
                _take(archive, member, parts, budget, depth)
            if len(members) > MAX_PARTS:
                parts.unread.append(TOO_LARGE)
    except _TooLargeError:
        parts.unread.append(TOO_LARGE)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError, zlib.error) as error:
        raise BrokenFileError from error
    try:
        parts.texts += _sheets(parts.roots)
    except _TooLargeError:
        parts.unread.append(TOO_LARGE)
    seen = {name: _seen(root) for name, root in parts.roots.items()}
    parts.texts += seen.values()
    for root in parts.roots.values():
        parts.texts += _unseen(root)
    body = "".join(words for name, words in seen.items() if not name.startswith("docProps"))
    if parts.pictured and not body.strip():
        parts.unread.append("只有图片，其中的文字没有读取")
    return "\n".join(words for words in parts.texts if words.strip()), "；".join(dict.fromkeys(parts.unread))


def _take(archive: zipfile.ZipFile, member: zipfile.ZipInfo, parts: _Parts, budget: _Budget, depth: int) -> None:
    """Read one part of an archive."""
    name = member.filename
    if _HAN.search(name):
        parts.texts.append(name)
    if member.is_dir() or _HARMLESS.search(name):
        return
    if member.flag_bits & 1:
        parts.unread.append("有密码，没有读取")
    elif _PICTURE.search(name):
        parts.pictured = True
    elif _INSIDE.search(name) and depth < MAX_DEPTH:
        try:
            words, why = _read(_unpacked(archive, member, budget), budget, depth + 1)
        except BrokenFileError:
            words, why = "", INSIDE
        parts.texts.append(words)
        parts.unread += [why] if why else []
    elif _PROSE.search(name):
        parts.texts.append(_prose(_unpacked(archive, member, budget)))
    elif _OPAQUE.search(name) or _INSIDE.search(name):
        parts.unread.append(INSIDE)
    elif _MARKUP.search(name) or _starts_as_markup(archive, member):
        parts.roots[name] = _root(_unpacked(archive, member, budget))


def _starts_as_markup(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    with archive.open(part) as opened:
        return opened.read(64).lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").startswith(b"<")


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo, budget: _Budget) -> bytes:
    # What the archive says of its size may be a lie: no more is unpacked than may be.
    allowed = min(MAX_PART, budget.left)
    with archive.open(part) as opened:
        content = opened.read(allowed + 1)
    budget.spend(len(content))
    return content


def _prose(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030", "utf-16"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("gb18030", "ignore")


def _root(markup: bytes) -> etree._Element:
    # Entities stay unresolved: a document may define its own, and some define them to do harm.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    root = etree.fromstring(markup, parser) if markup.strip() else None
    return etree.Element("empty") if root is None else root


def _name(element: etree._Element) -> str:
    # With or without its namespace declared, as a damaged file may have it.
    return re.split(r"[}:]", element.tag)[-1] if isinstance(element.tag, str) else ""


def _seen(root: etree._Element) -> str:
    """Return the text that people see in a part, a paragraph or a cell a line."""
    parts: list[str] = []
    silent = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = _name(element)
        if name in _READINGS:
            silent += 1 if event == "start" else -1
        elif event == "start" or silent:
            continue
        elif name in _WORDS:
            parts.append("".join(element.itertext()))
        elif name == "sym":
            parts.append(SYMBOL)
        elif name in _ENDS:
            parts.append("\n")
    return "".join(parts)


def _unseen(root: etree._Element) -> Iterator[str]:
    """Yield what else holds words: attributes (names of sheets, WordArt, formats, pictures), other elements."""
    for element in root.iter():
        if not isinstance(element.tag, str):
            words = element.text or ""  # a comment in the markup
            if _HAN.search(words):
                yield words
            continue
        named = _name(element) in _NAMED
        for value in map(str, element.attrib.values()):
            if _HAN.search(value) or (named and _LETTERS.search(value)):
                yield value
        if _name(element) in _READINGS:
            yield "".join(map(str, element.itertext()))
        elif _name(element) not in _WORDS:
            for words in (element.text or "", *(child.tail or "" for child in element)):
                if _LETTERS.search(words):
                    yield words


def _sheets(roots: dict[str, etree._Element]) -> list[str]:
    """Return the cells of every sheet by rows and by columns, with the shared strings in their places."""
    shared: list[str] = []
    for name, root in roots.items():
        if basename(name).lower() == "sharedstrings.xml":
            shared = [_seen(item).strip("\n") for item in root if _name(item) == "si"]
    found: list[str] = []
    for root in roots.values():
        if _name(root) == "worksheet":
            rows, columns = _cells(root, shared)
            found += [rows, columns]
    return found


def _cells(root: etree._Element, shared: list[str]) -> tuple[str, str]:
    rows: list[list[str]] = []
    columns: defaultdict[str, list[str]] = defaultdict(list)
    count = 0
    for row in (element for element in root.iter() if _name(element) == "row"):
        rows.append([])
        for place, cell in enumerate(one for one in row if _name(one) == "c"):
            count += 1
            if count > MAX_CELLS:
                raise _TooLargeError
            value = _value(cell, shared)
            if value:
                rows[-1].append(value)
                columns[re.sub(r"\d+", "", cell.get("r", "")) or str(place)].append(value)
    by_rows = "\n".join("\n".join(row) for row in rows)
    return by_rows, "\n".join("\n".join(column) for column in columns.values())


def _value(cell: etree._Element, shared: list[str]) -> str:
    if cell.get("t") == "s":
        written = "".join(child.text or "" for child in cell if _name(child) == "v").strip()
        return shared[int(written)] if written.isdecimal() and int(written) < len(shared) else ""
    return _seen(cell).strip("\n")
