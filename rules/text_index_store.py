"""The folder of the index: one writer, any number of readers, generations, and the watermark.

`current.json` names the generation in use. A rebuild writes the next one beside it and swaps that file. What change the
index has gone up to is a document of the same commit, so that the two never disagree.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import tantivy

from rules.query_sounds import sounds_of
from rules.text_index_schema import FORMAT, SCHEMA, WATERMARK, Document, to_document

Progress = Callable[[int], None]

HEAP, REBUILD_HEAP = 32_000_000, 128_000_000  # bytes that a writer gathers before it writes them out
REPORT_EVERY = 500


class TextIndexError(RuntimeError):
    """The index cannot be used; the message says why in one line."""


class AlreadyWritingError(TextIndexError):
    """Another process writes this index."""


class OutdatedIndexError(TextIndexError):
    """The index was written in another format, and has to be rebuilt."""


@dataclass(frozen=True)
class Generation:
    """One complete index: the folder it is in."""

    path: Path

    def open(self) -> tantivy.Index:
        """Open it for reading and writing; what others commit is seen after `reload`."""
        index = tantivy.Index.open(str(self.path))
        index.config_reader(reload_policy="manual")
        index.reload()
        return index


def current(folder: Path) -> Generation | None:
    """Return the generation in use, None when there is none yet; OutdatedIndexError when its format is another."""
    try:
        said = json.loads((folder / "current.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if said["format"] != FORMAT:
        raise OutdatedIndexError(f"The index in {folder} has format {said['format']}, needed is {FORMAT}: rebuild it.")
    return Generation(folder / str(said["generation"]))


def watermark(searcher: tantivy.Searcher) -> int:
    """Return the change up to which the index has gone, 0 for none."""
    found = searcher.search(tantivy.Query.term_query(SCHEMA, "role", WATERMARK, "basic"), limit=1).hits
    return int(bytes(searcher.doc(found[0][1])["payload"][0])) if found else 0


class TextIndexWriter:
    """The one writer of an index; makes it when there is none. Use as a context, or close it.

    Nothing is seen by readers, nor survives a crash, before `commit`. Raises AlreadyWritingError, OutdatedIndexError.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = _lock(folder)
        try:
            generation = current(folder) or _switch(folder, _create(folder))
            _tidy(folder, generation)
            self._index = generation.open()
            self._writer = self._index.writer(HEAP, 1)
        except BaseException:
            os.close(self._lock)
            raise
        self.watermark = watermark(self._index.searcher())

    def put(self, item: Document) -> None:
        """Take in a document; it replaces the one with the same id."""
        self._writer.delete_documents_by_term("id", item.id)
        self._writer.add_document(to_document(item, sounds_of(item)))

    def delete(self, matter: int) -> None:
        """Take out a document; nothing happens when there is none."""
        self._writer.delete_documents_by_term("id", matter)

    def commit(self, watermark: int) -> None:
        """Make everything since the last commit last, and say up to which change this is."""
        _mark(self._writer, watermark)
        self._writer.commit()
        self.watermark = watermark

    def rollback(self) -> None:
        """Forget everything since the last commit."""
        self._writer.rollback()

    def close(self) -> None:
        """Let another write; what was not committed is forgotten."""
        self._writer.rollback()
        self._writer.wait_merging_threads()
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def rebuild(folder: Path, documents: Iterable[Document], watermark: int, progress: Progress | None = None) -> int:
    """Build the index anew and put it in the place of the one in use; return how many documents it has.

    Args:
        folder: of the index; made when it is not there.
        documents: all of them, each id once.
        watermark: the change that `documents` has gone up to at least; what comes after it is given to a writer later.
        progress: called with the number of documents done, now and then and at the end.

    Raises AlreadyWritingError. When it fails the index in use stays as it is.

    """
    lock = _lock(folder)
    try:
        generation = _create(folder)
        writer = generation.open().writer(REBUILD_HEAP, 1)
        done = 0
        for done, item in enumerate(documents, 1):
            writer.add_document(to_document(item, sounds_of(item)))
            if progress and done % REPORT_EVERY == 0:
                progress(done)
        _mark(writer, watermark)
        writer.commit()
        writer.wait_merging_threads()
        _tidy(folder, _switch(folder, generation))
        if progress:
            progress(done)
        return done
    finally:
        os.close(lock)


def _mark(writer: tantivy.IndexWriter, watermark: int) -> None:
    writer.delete_documents_by_term("role", WATERMARK)
    document = tantivy.Document()
    document.add_text("role", WATERMARK)
    document.add_bytes("payload", str(watermark).encode())
    writer.add_document(document)


def _lock(folder: Path) -> int:
    """Take the writer's lock, which ends with the process, and return its file descriptor."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(folder / "writer.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise AlreadyWritingError(f"Another process writes the index in {folder}.") from None
    return file


def _create(folder: Path) -> Generation:
    """Make an empty generation beside those there are."""
    path = folder / str(max((int(path.name) for path in folder.iterdir() if path.name.isdigit()), default=0) + 1)
    path.mkdir(mode=0o700)
    tantivy.Index(SCHEMA, str(path), reuse=False)
    return Generation(path)


def _tidy(folder: Path, used: Generation) -> None:
    """Remove the other generations; a reader that still has one of them open keeps what it has mapped."""
    for path in folder.iterdir():
        if path.name.isdigit() and path != used.path:
            shutil.rmtree(path)


def _switch(folder: Path, generation: Generation) -> Generation:
    """Make a generation the one in use."""
    new = folder / "current.json.new"
    with new.open("w", encoding="utf-8") as file:
        json.dump({"generation": generation.path.name, "format": FORMAT}, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / "current.json")
    directory = os.open(folder, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)
    return generation
