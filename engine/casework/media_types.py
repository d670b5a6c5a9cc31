"""What kind of file it is, by what it contains; the name's ending must agree with it."""

import io
import zipfile
from pathlib import PurePath

import filetype

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEXT = "text/plain"

ENDINGS: dict[str, tuple[str, ...]] = {
    "application/pdf": ("pdf",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    DOCX: ("docx",),
    XLSX: ("xlsx",),
    TEXT: ("txt",),
    "audio/mpeg": ("mp3",),
    "audio/x-wav": ("wav",),
    "audio/mp4": ("m4a",),
    "audio/amr": ("amr",),
    "video/mp4": ("mp4",),
    "video/quicktime": ("mov",),
}
"""The allowed media types, each with the endings a name may have."""

_OOXML = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}
_TEXT_ENCODINGS = ("utf-8-sig", "gb18030")
# Control characters that no text has; tab, line feeds and form feed it may.
_BINARY = frozenset(range(32)) - {9, 10, 12, 13}
MAX_UNPACKED = 500 * 1024 * 1024
MAX_PARTS = 20_000


def media_type_of(content: bytes) -> str | None:
    """Return the media type among :data:`ENDINGS`, or None for anything else (programs, archives, macros, …)."""
    if content[:4] == b"PK\x03\x04":
        return _ooxml(content)
    guessed = filetype.guess_mime(content)
    if guessed is not None:
        return guessed if guessed in ENDINGS else None
    return TEXT if decode_text(content) is not None else None


def ending_fits(filename: str, media_type: str) -> bool:
    """Say whether the name's ending is one of the type's."""
    return PurePath(filename).suffix.lower().removeprefix(".") in ENDINGS[media_type]


def decode_text(content: bytes) -> str | None:
    """Return the text of a plain text file in UTF-8, UTF-16 (with its mark) or GB18030, or None when it is none."""
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        encodings: tuple[str, ...] = ("utf-16",)
    elif not _BINARY.isdisjoint(content):
        return None
    else:
        encodings = _TEXT_ENCODINGS
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _ooxml(content: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError):
        return None
    names = {part.filename for part in parts}
    # Macros are programs; a file that unpacks to far more than it is was made to do harm.
    if any(name.endswith("vbaProject.bin") for name in names):
        return None
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        return None
    if "[Content_Types].xml" not in names:
        return None
    return next((kind for name, kind in _OOXML.items() if name in names), None)
