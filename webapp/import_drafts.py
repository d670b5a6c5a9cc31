"""Files between their upload and the start of their import: kept beside the attachments, for one officer, for a day."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from itsdangerous import BadData, URLSafeSerializer

A_DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Draft:
    """A file somebody has uploaded and not yet imported."""

    token: str
    channel: str
    filename: str
    content: bytes


class Drafts:
    """The drafts of one officer in `folder`; the token that names one is signed, so nobody can name another's."""

    def __init__(self, folder: Path, secret: str, officer_id: int) -> None:
        self._folder = folder
        self._officer_id = officer_id
        self._seal = URLSafeSerializer(secret, salt="import-draft")

    def keep(self, channel: str, filename: str, content: bytes) -> Draft:
        """Keep a file until it is imported or a day has passed."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._sweep()
        name = f"{hashlib.sha256(content).hexdigest()}.{secrets.token_hex(8)}"
        descriptor = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        return Draft(str(self._seal.dumps([self._officer_id, channel, filename, name])), channel, filename, content)

    def find(self, token: str) -> Draft | None:
        """Return the draft a token names, None when it is somebody else's, spent or too old."""
        named = self._read(token)
        if named is None:
            return None
        channel, filename, name = named
        try:
            return Draft(token, channel, filename, (self._folder / name).read_bytes())
        except OSError:
            return None

    def drop(self, token: str) -> None:
        """Forget a draft."""
        named = self._read(token)
        if named is not None:
            (self._folder / named[2]).unlink(missing_ok=True)

    def _read(self, token: str) -> tuple[str, str, str] | None:
        try:
            owner, channel, filename, name = self._seal.loads(token)
        except (BadData, ValueError):
            return None
        return (str(channel), str(filename), str(name)) if owner == self._officer_id else None

    def _sweep(self) -> None:
        oldest = time.time() - A_DAY
        for path in self._folder.iterdir():
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)
