"""Attachments: files kept once by their SHA-256 outside the database, with a row for each use.

The content is written, whole, before the row that names it: a crash in between leaves a file nobody names, which
is harmless, and never a row without its file.
"""

import hashlib
import os
import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, func, insert, select

from engine.casework import permissions
from engine.casework.errors import FieldProblem, InvalidFacts, SecretSuspected
from engine.casework.media_types import ENDINGS, ending_fits, media_type_of
from engine.casework.models import Attachment, Matter
from engine.casework.permissions import Person
from engine.casework.screening import screen_file, secrets_in
from engine.runtime.errors import NotFound

MAX_SIZE = 20 * 1024 * 1024
LONGEST_NAME = 120
LABEL = "附件"
NOTHING = "没有文字"
"""Why a file that was read has no text."""

_HASH = re.compile(r"[0-9a-f]{64}")
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it arrives."""

    filename: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that lies in the store: its SHA-256, a safe name, its type and size in bytes.

    ``text`` and ``unread`` say what could be read of it, both None while nobody has tried
    (:mod:`engine.casework.file_reading`).
    """

    hash: str
    filename: str
    media_type: str
    size: int
    text: str | None = None
    unread: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """An attachment to be handed to somebody who may have it."""

    matter_id: int
    filename: str
    media_type: str
    size: int
    path: Path


class Store:
    """The folder of contents, each at ``ab/cdef…`` by its hash."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, digest: str) -> Path:
        """Return where the content of this hash lies or would lie; ValueError when it is no hash."""
        if not _HASH.fullmatch(digest):
            raise ValueError(f"not a SHA-256: {digest!r}")
        return self.root / digest[:2] / digest[2:]

    def touch(self, digest: str) -> bool:
        """Say whether the content is there, and keep it from being swept for another while."""
        try:
            os.utime(self.path(digest))
        except FileNotFoundError:
            return False
        return True

    def put(self, upload: Upload) -> Stored:
        """Keep the content and return what is known of it.

        Raises InvalidFacts when it is not allowed, SecretSuspected when it carries a mark of secrecy; nothing is
        written then.
        """
        checked = check(upload)
        read = screen_file(upload.content)
        kinds = (*secrets_in(upload.filename), *read.secret)
        if kinds:
            raise SecretSuspected([LABEL], kinds)
        path = self.path(checked.hash)
        if not self.touch(checked.hash):
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(upload.content)
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(path)
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
        return replace(checked, text=read.text or None, unread=read.unread or (None if read.text else NOTHING))


def check(upload: Upload) -> Stored:
    """Return hash, safe name, type and size of an upload without keeping it.

    Raises InvalidFacts when it is empty, over 20 MB, of a type that is not allowed, or named for another type.
    """
    name = safe_filename(upload.filename)
    size = len(upload.content)
    if size == 0:
        raise _invalid(f"“{name}”是空文件")
    if size > MAX_SIZE:
        raise _invalid(f"“{name}”超过 {MAX_SIZE // 1024 // 1024} MB")
    media_type = media_type_of(upload.content)
    if media_type is None:
        allowed = "、".join(sorted({ending for endings in ENDINGS.values() for ending in endings}))
        raise _invalid(f"不接受“{name}”这种文件，只接受 {allowed}")
    if not ending_fits(name, media_type):
        raise _invalid(f"“{name}”的内容与扩展名不符，实际是 {ENDINGS[media_type][0]} 文件")
    return Stored(hashlib.sha256(upload.content).hexdigest(), name, media_type, size)


def safe_filename(name: str) -> str:
    """Return a name without folders, control and direction marks, at most 120 characters, with its ending kept."""
    plain = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    plain = plain.encode("utf-8", "ignore").decode()
    plain = _FORBIDDEN.sub("_", plain).strip(" ._")
    if not plain or _RESERVED.fullmatch(plain):
        plain = f"文件_{plain}" if plain else "未命名"
    if len(plain) > LONGEST_NAME:
        stem, dot, ending = plain.rpartition(".")
        kept = LONGEST_NAME - len(ending) - 1
        plain = f"{stem[:kept]}.{ending}" if dot and kept > 0 else plain[:LONGEST_NAME]
    return plain


def attach(
    connection: Connection, matter_id: int, files: Sequence[Stored], *, actor: str, step: str | None = None
) -> list[int]:
    """Write the rows that make stored files attachments of a matter; return their ids in order."""
    ids = []
    for file in files:
        row = insert(Attachment).values(
            matter_id=matter_id,
            hash=file.hash,
            filename=file.filename,
            media_type=file.media_type,
            size=file.size,
            step=step,
            uploaded_by=actor,
            uploaded_at=func.clock_now(),
            text=file.text,
            unread=file.unread,
        )
        ids.append(connection.execute(row.returning(Attachment.id)).scalar_one())
    return ids


def open_attachment(connection: Connection, store: Store, officer: Person, attachment_id: int) -> Opened:
    """Return an attachment for an officer who may see its matter; raises NotFound otherwise."""
    row = connection.execute(
        select(Attachment.matter_id, Attachment.hash, Attachment.filename, Attachment.media_type, Attachment.size)
        .join(Matter, Matter.id == Attachment.matter_id)
        .where(Attachment.id == attachment_id, permissions.visible(officer))
    ).one_or_none()
    if row is None:
        raise NotFound("没有找到这个附件。")
    return Opened(row.matter_id, row.filename, row.media_type, row.size, store.path(row.hash))


def _invalid(message: str) -> InvalidFacts:
    return InvalidFacts([FieldProblem("attachments", LABEL, message)])
