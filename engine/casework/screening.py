"""Nothing marked secret is stored: texts and files are looked at before they are written anywhere.

保守国家秘密法 (2024) article 31: no state secrets on a system that is not made for them. What was found is neither kept
nor logged; only where, and that somebody tried (:mod:`engine.casework.attempts`).
"""

import hashlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.casework import attempts, secret_words
from engine.casework.file_text import PDF, read_file
from engine.casework.media_types import DOCX, TEXT, XLSX, media_type_of
from rules.screening import find_secrets

DOCUMENTS: Final = frozenset({DOCX, XLSX, PDF, TEXT})
"""Files that are there to be read: that one could not be is worth a word, of a photograph nobody expects it."""
KEPT: Final = 64
MOST_TEXT: Final = 200_000
"""Characters of a file's text that are kept for searching and judging; all of it is screened."""

CUT: Final = "文字过多，只保存了前面部分"


@dataclass(frozen=True, slots=True)
class FileScreening:
    """What looking into a file came to: the kinds of marks of secrecy, why it was not read ('' if it was), its text.

    ``document`` says whether it is a file that is there to be read; ``text`` is at most MOST_TEXT characters, '' for a
    file that carries a mark.
    """

    secret: tuple[str, ...]
    unread: str
    document: bool
    text: str = ""

    @property
    def is_secret(self) -> bool:
        """Whether the file carries a mark of secrecy."""
        return bool(self.secret)


_lock = threading.Lock()
_known: dict[tuple[bytes, str | None], FileScreening] = {}
"""By SHA-256 of the content and revision of the word list: a file is looked at on its way in and when it is stored."""


def secrets_in(words: str) -> tuple[str, ...]:
    """Return the kinds of marks of secrecy in a text, the bureau's own words among them, and note that there were."""
    kinds = find_secrets(words, secret_words.held().words) if words else ()
    attempts.note(kinds)
    return kinds


def is_secret(words: str) -> bool:
    """Say whether a text carries a mark of secrecy."""
    return bool(secrets_in(words))


def secret_fields(answers: Mapping[str, Any]) -> list[str]:
    """Return the keys of the answers in which a text, however deep, carries a mark of secrecy."""
    return [key for key, answer in answers.items() if any(map(is_secret, _texts(answer)))]


def screen_file(content: bytes) -> FileScreening:
    """Look into a TXT, DOCX, XLSX or PDF file; any other is not read, and neither is one that is damaged or scanned."""
    words = secret_words.held()
    key = hashlib.sha256(content).digest(), words.revision
    with _lock:
        found = _known.get(key)
    if found is None:
        media_type = media_type_of(content) or ""
        read = read_file(content, media_type)
        kinds = find_secrets(read.text, words.words)
        words_once = _storable(read.text)
        unread = read.unread or (CUT if len(words_once) > MOST_TEXT else "")
        kept = "" if kinds else words_once[:MOST_TEXT]
        found = FileScreening(kinds, unread, media_type in DOCUMENTS, kept)
        with _lock:
            while len(_known) >= KEPT:
                _known.pop(next(iter(_known)))
            _known[key] = found
    attempts.note(found.secret)
    return found


def is_secret_file(filename: str, content: bytes) -> bool:
    """Say whether a file's name, or its text where it is TXT, DOCX, XLSX or PDF, carries a mark of secrecy."""
    return is_secret(filename) or screen_file(content).is_secret


def _storable(text: str) -> str:
    """Return each line once, as files are read in several ways, without what PostgreSQL cannot keep."""
    plain = text.replace("\x00", "").encode("utf-8", "ignore").decode()
    return "\n".join(dict.fromkeys(line for line in plain.splitlines() if line.strip())).strip()


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
