"""Keeps the index of one folder up with its database: one on each machine, whoever holds the folder's lock."""

import logging
import threading
from contextlib import closing
from pathlib import Path

import psycopg
from sqlalchemy import Engine

from engine.casework.dictionary import dictionary
from engine.casework.text_index.changes import CHANNEL, follows, not_yet_indexed, reached, snapshot
from engine.casework.text_index.documents import AT_ONCE, documents
from engine.casework.text_index.rebuilding import rebuild
from rules.text_index_store import (
    AlreadyWritingError,
    OutdatedIndexError,
    TextIndexWriter,
    current,
    wanted,
)

log = logging.getLogger(__name__)

GATHERING = 0.2
"""Seconds it waits for more after the first change."""

LOOK = 1.0
"""Seconds after which it looks whether to stop or to let go; what was told meanwhile wakes it at once."""

AGAIN = 2.0
"""Seconds until it tries again what failed: the database is away, or another process follows."""

UNUSED = 60
"""Rounds without a change after which it still says that it is there."""


class _StoppedError(Exception):
    """Told to stop while building the index; the one in use stays."""


class Follower:
    """Takes into the index what has changed.

    It may be killed at any moment: the index says itself which transactions it has seen.
    """

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self._writer: TextIndexWriter | None = None
        self._rounds = 0
        self._stop = threading.Event()

    def round(self) -> int:
        """Take in everything that has changed and return how many matters that was.

        Builds the index when there is none, or none of this database and this format. Does nothing while a rebuild
        waits to take the index's place. Raises AlreadyWritingError when another follows.
        """
        writer = self._follow()
        if writer is None:
            return 0
        with self._engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            ids = not_yet_indexed(connection, writer.watermark)
            if not ids:
                return self._nothing(writer)
            watermark = snapshot(connection)
            dictionary(connection)
            for start in range(0, len(ids), AT_ONCE):
                gone = set(ids[start : start + AT_ONCE])
                for document in documents(connection, gone):
                    writer.put(document)
                    gone.discard(document.id)
                for matter in gone:
                    writer.delete(matter)
        writer.commit(watermark)
        self._say(writer)
        return len(ids)

    def run(self, stop: threading.Event) -> None:
        """Follow until ``stop`` is set, whatever happens to the database or the folder."""
        self._stop = stop
        while not stop.is_set():
            try:
                self._listen(stop)
            except (AlreadyWritingError, _StoppedError):
                pass  # another process of this machine follows; should it die, this one takes its place
            except Exception:
                log.exception("the text index could not be kept up")
            try:
                self.close()
            except Exception:
                log.exception("the text index could not be closed")
            stop.wait(AGAIN)

    def close(self) -> None:
        """Let another follow."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _listen(self, stop: threading.Event) -> None:
        address = self._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with closing(psycopg.connect(address, autocommit=True)) as listening:
            listening.execute(f"listen {CHANNEL}")
            while not stop.is_set():
                self.round()
                told = next(listening.notifies(timeout=LOOK), None)
                if told is not None and not stop.wait(GATHERING):
                    for _ in listening.notifies(timeout=0):
                        pass

    def _follow(self) -> TextIndexWriter | None:
        """Return the writer of an index that has missed nothing; None when a rebuild is about to take its place."""
        if wanted(self._folder):
            self.close()
            return None
        if self._writer is None:
            try:
                generation = current(self._folder)
            except OutdatedIndexError:
                generation = None
            with self._engine.connect() as connection:
                complete = generation is not None and follows(connection, generation.origin)
            if not complete:
                rebuild(self._engine, self._folder, self._go_on)
            self._writer = TextIndexWriter(self._folder)
            self._say(self._writer)
        return self._writer

    def _go_on(self, _done: int) -> None:
        if self._stop.is_set():
            raise _StoppedError

    def _nothing(self, writer: TextIndexWriter) -> int:
        self._rounds += 1
        if self._rounds >= UNUSED:
            self._say(writer)
        return 0

    def _say(self, writer: TextIndexWriter) -> None:
        """Let the database know up to where this index has gone, so that nothing after that is deleted."""
        self._rounds = 0
        with self._engine.begin() as connection:
            reached(connection, writer.generation.origin, writer.watermark)
