"""Nothing marked secret is stored: texts and files are looked at before they are written anywhere.

保守国家秘密法 (2024) article 31: no state secrets on a system that is not made for them. What was found is neither kept
nor logged; only where.
"""

import hashlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.casework.file_text import PDF, read_file
from engine.casework.media_types import DOCX, TEXT, XLSX, media_type_of
from rules.screening import find_secrets

DOCUMENTS: Final = frozenset({DOCX, XLSX, PDF, TEXT})
"""Files that are there to be read: that one could not be is worth a word, of a photograph nobody expects it."""
KEPT: Final = 256


@dataclass(frozen=True, slots=True)
class FileScreening:
    """What looking into a file came to: whether it carries a mark of secrecy, and why it was not read, '' if it was.

    ``document`` says whether it is a file that is there to be read.
    """

    is_secret: bool
    unread: str
    document: bool


_lock = threading.Lock()
_known: dict[bytes, FileScreening] = {}
"""By SHA-256 of the content: a file is looked at on its way in and again when it is stored."""


def is_secret(words: str) -> bool:
    """Say whether a text carries a mark of secrecy."""
    return bool(words) and bool(find_secrets(words))


def secret_fields(answers: Mapping[str, Any]) -> list[str]:
    """Return the keys of the answers in which a text, however deep, carries a mark of secrecy."""
    return [key for key, answer in answers.items() if any(map(is_secret, _texts(answer)))]


def screen_file(content: bytes) -> FileScreening:
    """Look into a TXT, DOCX, XLSX or PDF file; any other is not read, and neither is one that is damaged or scanned."""
    digest = hashlib.sha256(content).digest()
    with _lock:
        found = _known.get(digest)
    if found is None:
        media_type = media_type_of(content) or ""
        read = read_file(content, media_type)
        found = FileScreening(is_secret(read.text), read.unread, media_type in DOCUMENTS)
        with _lock:
            while len(_known) >= KEPT:
                _known.pop(next(iter(_known)))
            _known[digest] = found
    return found


def is_secret_file(filename: str, content: bytes) -> bool:
    """Say whether a file's name, or its text where it is TXT, DOCX, XLSX or PDF, carries a mark of secrecy."""
    return is_secret(filename) or screen_file(content).is_secret


def _texts(answer: Any) -> Iterator[str]:
    if isinstance(answer, str):
        yield answer
    elif isinstance(answer, Mapping):
        for key, one in answer.items():
            yield str(key)
            yield from _texts(one)
    elif isinstance(answer, list | tuple):
        for one in answer:
            yield from _texts(one)
