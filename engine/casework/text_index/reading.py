"""The reader of this process: one for each database, opened when it is first asked, after any fork."""

import os
import threading
from pathlib import Path

from sqlalchemy import URL, Connection, make_url

from engine.casework.text_index.changes import identity
from rules.text_index import TextIndex
from rules.text_index_store import TextIndexError

_lock = threading.Lock()
_folders: dict[URL, Path] = {}
_open: dict[URL, tuple[Path, TextIndex]] = {}
_belongs: dict[URL, str] = {}
os.register_at_fork(after_in_child=_open.clear)


def use_folder(database: str | URL, folder: Path) -> None:
    """Say where the index of a database lies."""
    _folders[make_url(database)] = folder


def folder_of(connection: Connection) -> Path | None:
    """Return where the index of the connection's database lies; None when nobody has said."""
    return _folders.get(connection.engine.url)


def index_of(connection: Connection) -> TextIndex:
    """Return the index of the connection's database as it is now; it stays so until it is asked for again.

    Raises TextIndexError when there is none, when it is of another database or of another format (OutdatedIndexError).
    """
    url, folder = connection.engine.url, folder_of(connection)
    if folder is None:
        raise TextIndexError("Nobody has said where the index lies.")
    with _lock:
        known = _open.get(url)
        if known is None or known[0] != folder:
            index = TextIndex(folder)
            _open[url] = folder, index
        else:
            index = known[1]
            index.reload()
        found = index.still()
    if found.origin != _belongs.get(url):
        if found.origin.rpartition("/")[0] != identity(connection):
            raise TextIndexError(f"The index in {folder} is of another database.")
        _belongs[url] = found.origin
    return found
