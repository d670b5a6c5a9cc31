"""The text inside a file, as far as it can be read without running anything; for screening and comparison.

A file that could not be read, or not wholly, says why: nothing that was not read may be taken for clean.
"""

import re
from dataclasses import dataclass

from engine.casework.media_types import DOCX, TEXT, XLSX, decode_text
from engine.casework.office_text import BrokenFileError, office_text
from engine.casework.pdf_text import pdf_text

PDF = "application/pdf"
MAX_TEXT = 2_000_000  # characters; beyond this a file is data, not a letter

_HAN = re.compile(r"[\u4e00-\u9fff]")
_ENCODED = ((b"~{", "hz"), (b"+", "utf-7"))
_OTHER_ENCODINGS = ("big5hkscs", "utf-16-le", "utf-16-be")


@dataclass(frozen=True, slots=True)
class FileText:
    """What could be read of a file.

    ``text``: everything people can see in it and what its properties say, in every way it may be read; ``unread``: why
    some or all of it could not be read, in Chinese, '' when all was.
    """

    text: str
    unread: str = ""


def text_of(content: bytes, media_type: str) -> str:
    """Return the text of a TXT, DOCX, XLSX or PDF file; '' for other types and for a file that cannot be read."""
    return read_file(content, media_type).text


def read_file(content: bytes, media_type: str) -> FileText:
    """Return the text of a file and why parts of it could not be read; never raises for what a file contains."""
    if media_type == TEXT:
        return _cut(_plain(content))
    if media_type == PDF:
        text, unread = pdf_text(content)
        return _cut(text, unread)
    if media_type not in {DOCX, XLSX}:
        return FileText("", "图片或音像，其中的文字没有读取" if media_type else "不认识的文件，没有读取")
    try:
        text, unread = office_text(content)
    except BrokenFileError:
        return FileText("", "文件损坏，没有读取")
    return _cut(text, unread)


def _cut(text: str, unread: str = "") -> FileText:
    if len(text) > MAX_TEXT:
        return FileText(text[:MAX_TEXT], unread or "文字过多，只读取了前面部分")
    return FileText(text, unread)


def _plain(content: bytes) -> str:
    """Return a text file's text, and what it says in other encodings where it may be in one of those.

    Big5 and UTF-16 without a mark pass for GB18030, as nonsense; so where that yields more than a few rare characters
    the others are added.
    """
    text = decode_text(content) or ""
    found = [text]
    for sign, encoding in _ENCODED:
        if sign in content and content.isascii():
            found.append(content.decode(encoding, "ignore"))
    if not content.isascii() and not _is_utf(content):
        found += [content.decode(encoding, "ignore") for encoding in _OTHER_ENCODINGS]
    return "\n".join(one for one in dict.fromkeys(found) if one is text or _HAN.search(one))


def _is_utf(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return content[:2] in {b"\xff\xfe", b"\xfe\xff"}
    return True
