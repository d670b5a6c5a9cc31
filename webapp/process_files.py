"""The set of files a deployment is made of, as a process owner changes it in the browser."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from urllib.parse import quote

from flask import Response
from werkzeug.datastructures import FileStorage, MultiDict

from engine.casework.attachments import safe_filename

FOLDERS = {".bpmn": "processes", ".dmn": "processes", ".form": "forms"}
"""Suffix of a file -> the folder it lies in."""

LARGEST = 2 * 1024 * 1024
CARRIED = "file:"
REMOVED = "remove"


class UnusableFileError(ValueError):
    """An uploaded file is no process, decision table or form, or is too large; `name` says which."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


def path_of(name: str) -> str:
    """Return the path in a deployment for an uploaded file's name, for instance ``processes/matter.bpmn``.

    Raises UnusableFileError for a name with another suffix.
    """
    plain = PurePosixPath(name.replace("\\", "/")).name
    folder = FOLDERS.get(PurePosixPath(plain).suffix.lower())
    if folder is None or plain.startswith("."):
        raise UnusableFileError(plain, "suffix")
    return f"{folder}/{plain}"


def uploaded(files: Iterable[FileStorage]) -> dict[str, bytes]:
    """Return the uploaded files by their path in a deployment; empty fields are left out.

    Raises UnusableFileError for a wrong suffix or a file of more than 2 MB.
    """
    found: dict[str, bytes] = {}
    for file in files:
        if not file.filename:
            continue
        path = path_of(file.filename)
        content = file.stream.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise UnusableFileError(file.filename, "size")
        found[path] = content
    return found


def carried(form: MultiDict[str, str]) -> dict[str, bytes]:
    """Return the changed files that the page carried from the check to the deployment in hidden fields."""
    found: dict[str, bytes] = {}
    for key, value in form.items():
        if key.startswith(CARRIED):
            path = path_of(key.removeprefix(CARRIED))
            try:
                found[path] = base64.b64decode(value, validate=True)
            except binascii.Error as error:
                raise UnusableFileError(path, "content") from error
    return found


def carry(changes: Mapping[str, bytes]) -> dict[str, str]:
    """Return the hidden fields that `carried` reads back."""
    return {f"{CARRIED}{path}": base64.b64encode(content).decode("ascii") for path, content in changes.items()}


def merged(present: Mapping[str, bytes], changes: Mapping[str, bytes], removed: Iterable[str]) -> dict[str, bytes]:
    """Return the files of the next deployment: those present, with the changes, without the removed."""
    gone = set(removed) - changes.keys()
    return {path: content for path, content in {**present, **changes}.items() if path not in gone}


def handed_out(path: str, content: bytes, kind: str) -> Response:
    """Return a file of a deployment as an answer that is saved under its name, in whatever script (RFC 6266)."""
    answer = Response(content, mimetype=kind)
    name = safe_filename(path)
    named = {"filename": name.encode("ascii", "ignore").decode()}
    if named["filename"] != name:
        named["filename*"] = f"UTF-8''{quote(name, safe='')}"
    answer.headers.set("Content-Disposition", "attachment", **named)
    return answer
