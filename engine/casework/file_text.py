"""The text inside a file, as far as it can be read without running anything; for screening and comparison."""

import io
import re
import zipfile

from lxml import etree

from engine.casework.media_types import DOCX, TEXT, XLSX, decode_text

MAX_TEXT = 2_000_000  # characters; beyond this a file is data, not a letter
MAX_PART = 32 * 1024 * 1024  # bytes of markup

_PARTS = {
    DOCX: re.compile(r"word/(?:document|header\d*|footer\d*|footnotes|comments)\.xml"),
    XLSX: re.compile(r"xl/(?:sharedStrings|worksheets/sheet\d+)\.xml"),
}
_WORDS = frozenset({"t", "v"})
"""Elements whose text people see: runs of text, and values of cells."""
_ENDS = frozenset({"p", "tr", "br", "si", "row", "c"})
"""Elements that end a line or a cell."""


def text_of(content: bytes, media_type: str) -> str:
    """Return the text of a TXT, DOCX or XLSX file; '' for other types and for a file that cannot be read."""
    if media_type == TEXT:
        return (decode_text(content) or "")[:MAX_TEXT]
    wanted = _PARTS.get(media_type)
    if wanted is None:
        return ""
    found: list[str] = []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = [part for part in archive.infolist() if wanted.fullmatch(part.filename)]
            found += [_plain(archive.read(part)) for part in parts if part.file_size <= MAX_PART]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        return ""
    return "\n".join(found)[:MAX_TEXT]


def _plain(markup: bytes) -> str:
    # Entities stay unresolved: a document may define its own, and some define them to do harm.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    root = etree.fromstring(markup, parser)
    if root is None:
        return ""
    parts: list[str] = []
    for _, element in etree.iterwalk(root, events=("end",)):
        # With or without its namespace declared, as a damaged file may have it.
        name = re.split(r"[}:]", element.tag)[-1] if isinstance(element.tag, str) else ""
        if name in _WORDS:
            parts.append("".join(element.itertext()))
        elif name in _ENDS:
            parts.append("\n")
    return "".join(parts)
