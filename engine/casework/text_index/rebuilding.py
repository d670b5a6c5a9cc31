"""Building the index anew from all matters, while the one in use goes on being used and written."""

import uuid
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine

from engine.casework.dictionary import dictionary
from engine.casework.text_index.changes import identity, leave, reached, snapshot
from engine.casework.text_index.documents import documents, ids_after
from rules import text_index_store
from rules.text_index_schema import Document
from rules.text_index_store import OutdatedIndexError, Progress

PATIENCE = 60.0
"""Seconds that a follower gets to let go of the index in use."""


def rebuild(engine: Engine, folder: Path, progress: Progress | None = None) -> int:
    """Build the index of a database anew and put it in the place of the one in use; return how many documents it has.

    No transaction lasts longer than the reading of a few matters: what changes meanwhile is kept from the beginning
    on, and the follower takes it in afterwards. ``progress`` is called with the number of documents done. Raises
    AlreadyWritingError when another does the same.
    """
    before = _origin(folder)
    with engine.connect() as connection:
        origin = f"{identity(connection)}/{uuid.uuid4().hex}"
    with engine.begin() as connection:
        reached(connection, origin, snapshot(connection))
    unused = origin
    try:
        with engine.connect() as connection:
            # Changes that were deleted before the row above was there are seen by this snapshot; later ones are kept.
            watermark = snapshot(connection)
            dictionary(connection)  # teaches the segmenter the bureau's words and names
        done = text_index_store.rebuild(folder, _all(engine), watermark, progress, origin=origin, patience=PATIENCE)
        unused = before
    finally:
        with engine.begin() as connection:
            leave(connection, unused)
    return done


def _origin(folder: Path) -> str:
    try:
        generation = text_index_store.current(folder)
    except OutdatedIndexError:
        return ""
    return "" if generation is None else generation.origin


def _all(engine: Engine) -> Iterator[Document]:
    after = 0
    while True:
        with engine.connect() as connection:
            ids = ids_after(connection, after)
            if not ids:
                return
            yield from list(documents(connection, ids))
        after = ids[-1]
