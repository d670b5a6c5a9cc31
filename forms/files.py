"""Questions answered with files. Presence, size and extension are judged here; content by whoever stores them."""

from __future__ import annotations

import unicodedata
from typing import Any

from wtforms.utils import unset_value

from forms import messages
from forms.answer import Answer, plain
from forms.surroundings import Upload, UploadedFile
from forms.text import clean_line

_LONGEST_NAME = 150
_KEPT = "-kept"
_STEP = 1024


class FilesAnswer(Answer):
    """One or more files. ``kept`` are with the host already; ``fresh`` came with this request.

    Hidden inputs named ``<name>-kept`` carry the tokens of kept files from one attempt to the next.
    """

    asks_to = messages.UPLOAD

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Take files and tokens that were sent; an earlier answer gives the tokens on the first page."""
        del extra_filters
        self.process_errors = []
        self.object_data = self.data = []
        self.kept: list[Upload] = []
        self.fresh: list[UploadedFile] = []
        if formdata is not None:
            self.raw_data = formdata.getlist(self.name)
            self._find(plain(token) for token in formdata.getlist(self.name + _KEPT))
            self.fresh = [file for file in self.raw_data if getattr(file, "filename", None) and hasattr(file, "stream")]
        elif isinstance(data, list):
            self._find(str(file.get("token", "")) for file in data if isinstance(file, dict))

    @staticmethod
    def in_units(size: int) -> str:
        """Return the size of a file (bytes) as people read it."""
        return in_units(size)

    @property
    def name_of_kept(self) -> str:
        """Return the name of the hidden inputs with the tokens."""
        return self.name + _KEPT

    def _find(self, tokens: Any) -> None:
        uploads = self.surroundings.uploads
        found = [uploads.find(token) for token in dict.fromkeys(tokens) if token] if uploads else []
        self.kept = [upload for upload in found if upload is not None]

    def keep(self) -> list[str]:
        """Give the fresh files that will do to the host, so that they need not be sent again; return the faults."""
        faults = []
        remaining: list[UploadedFile] = []
        for file in self.fresh:
            name = clean_name(file.filename or "")
            fault = self._fault(file, name)
            if fault is None and self.surroundings.uploads is not None:
                try:
                    self.kept.append(self.surroundings.uploads.keep(file, name))
                except ValueError as error:
                    fault = str(error)
            elif fault is None:
                remaining.append(file)
            if fault is not None:
                faults.append(fault)
        self.fresh = remaining
        return faults

    def drop(self, token: str) -> None:
        """Forget a kept file."""
        self.kept = [upload for upload in self.kept if upload.token != token]

    def faults(self) -> list[str]:
        """Return what is wrong: with single files, with their number, with there being none."""
        faults = self.keep()
        limit, count = self.component.max_count, len(self.kept) + len(self.fresh)
        if count > limit:
            faults.append(self.say(messages.TOO_MANY_FILES, limit=limit, count=count))
        if not count and not faults and self.component.required:
            faults.append(self.say(messages.UPLOAD))
        return faults

    def _fault(self, file: UploadedFile, name: str) -> str | None:
        extension = name.rpartition(".")[2].lower() if "." in name else ""
        if extension not in self.component.extensions:
            allowed = "、".join(self.component.extensions)
            return self.say(messages.WRONG_EXTENSION, file=name, allowed=allowed)
        size = size_of(file)
        if size == 0:
            return self.say(messages.FILE_EMPTY, file=name)
        if size > self.component.max_size:
            return self.say(messages.FILE_TOO_LARGE, file=name, limit=in_units(self.component.max_size))
        return None

    def is_empty(self) -> bool:
        """Return whether there is no file."""
        return not self.kept and not self.fresh

    def answer(self) -> list[dict[str, str | int]]:
        """Return token, name and size in bytes of each file; the token is '' when the host keeps none."""
        kept = [{"token": u.token, "filename": u.filename, "size": u.size} for u in self.kept]
        fresh = [{"token": "", "filename": clean_name(f.filename or ""), "size": size_of(f)} for f in self.fresh]
        return [*kept, *fresh]  # type: ignore[list-item]


def clean_name(filename: str) -> str:
    """Return the last part of a file's name, without paths and control characters, its extension kept."""
    name = clean_line(unicodedata.normalize("NFC", filename).replace("\\", "/").rpartition("/")[2]).strip(". ")
    stem, dot, extension = name.rpartition(".")
    return name if len(name) <= _LONGEST_NAME else stem[: _LONGEST_NAME - 12] + dot + extension[:11]


def size_of(file: UploadedFile) -> int:
    """Return the size of an uploaded file in bytes; the stream stands at its beginning afterwards."""
    file.stream.seek(0, 2)
    size = file.stream.tell()
    file.stream.seek(0)
    return size


def in_units(size: int) -> str:
    """Return a size in bytes as people read it."""
    if size >= _STEP * _STEP:
        return f"{size / _STEP / _STEP:.4g} MB"
    return f"{size / _STEP:.4g} KB" if size >= _STEP else f"{size} B"
