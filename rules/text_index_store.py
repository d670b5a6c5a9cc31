"""The folder of the index: one writer, any number of readers, generations, and the watermark.

`current.json` names the generation in use, and the database it is of. A rebuild writes the next one beside it while the
writer goes on, and swaps that file when the writer lets it. What the index has gone up to is a document of the same
commit, so that the two never disagree.
"""

import fcntl
import json
import os
import shutil
import time
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
BUILDING = "building"
WRITER, REBUILD, TURN = "writer.lock", "rebuild.lock", "turn.lock"
POLL = 0.02  # seconds between two looks whether the writer has let go


class TextIndexError(RuntimeError):
    """The index cannot be used; the message says why in one line."""


class AlreadyWritingError(TextIndexError):
    """Another process writes this index."""


class OutdatedIndexError(TextIndexError):
    """The index was written in another format, and has to be rebuilt."""


@dataclass(frozen=True)
class Generation:
    """One complete index: the folder it is in, and what it was made of (the caller's word)."""

    path: Path
    origin: str = ""

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
    return Generation(folder / str(said["generation"]), said.get("origin", ""))


def watermark(searcher: tantivy.Searcher) -> str:
    """Return what the last commit said it has gone up to, "" for none."""
    found = searcher.search(tantivy.Query.term_query(SCHEMA, "role", WATERMARK, "basic"), limit=1).hits
    return bytes(searcher.doc(found[0][1])["payload"][0]).decode() if found else ""


class TextIndexWriter:
    """The one writer of an index; makes it when there is none. Use as a context, or close it.

    Nothing is seen by readers, nor survives a crash, before `commit`. Raises AlreadyWritingError, OutdatedIndexError.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = _lock(folder, WRITER)
        try:
            self.generation = current(folder) or _switch(folder, _create(_next(folder)), "")
            _tidy(folder, self.generation)
            self._index = self.generation.open()
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

    def commit(self, watermark: str) -> None:
        """Make everything since the last commit last, and say up to where this is."""
        _mark(self._writer, watermark)
        self._writer.commit()
        self.watermark = watermark

    def rollback(self) -> None:
        """Forget everything since the last commit."""
        self._writer.rollback()

    def close(self) -> None:
        """Let another write; what was not committed is forgotten."""
        try:
            self._writer.rollback()
            self._writer.wait_merging_threads()
        finally:
            os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def rebuild(
    folder: Path,
    documents: Iterable[Document],
    watermark: str,
    progress: Progress | None = None,
    *,
    origin: str = "",
    patience: float = 0.0,
) -> int:
    """Build the index anew and put it in the place of the one in use; return how many documents it has.

    Args:
        folder: of the index; made when it is not there.
        documents: all of them, each id once.
        watermark: what `documents` have gone up to at least; what comes after it is given to a writer later.
        progress: called with the number of documents done, now and then and at the end.
        origin: what the index is made of, kept with it.
        patience: how many seconds a writer gets to let go of the index in use (see `wanted`).

    Raises AlreadyWritingError. When it fails the index in use stays as it is.

    """
    lock = _lock(folder, REBUILD)
    try:
        shutil.rmtree(folder / BUILDING, ignore_errors=True)
        generation = _create(folder / BUILDING)
        writer = generation.open().writer(REBUILD_HEAP, 1)
        done = 0
        for done, item in enumerate(documents, 1):
            writer.add_document(to_document(item, sounds_of(item)))
            if progress and done % REPORT_EVERY == 0:
                progress(done)
        _mark(writer, watermark)
        writer.commit()
        writer.wait_merging_threads()
        _take_place(folder, origin, patience)
        if progress:
            progress(done)
        return done
    finally:
        os.close(lock)


def wanted(folder: Path) -> bool:
    """Say whether a rebuild waits for the writer to let go of the index; whoever writes long looks now and then."""
    try:
        os.close(_lock(folder, TURN))
    except AlreadyWritingError:
        return True
    return False


def rebuilding(folder: Path) -> bool:
    """Say whether an index is being built in this folder."""
    try:
        os.close(_lock(folder, REBUILD))
    except AlreadyWritingError:
        return True
    return False


def _take_place(folder: Path, origin: str, patience: float) -> None:
    """Put the generation that was built in the place of the one in use, as soon as nobody writes that."""
    turn = _lock(folder, TURN, patience)
    try:
        lock = _lock(folder, WRITER, patience)
        try:
            path = _next(folder)
            (folder / BUILDING).rename(path)
            _tidy(folder, _switch(folder, Generation(path), origin))
        finally:
            os.close(lock)
    finally:
        os.close(turn)


def _mark(writer: tantivy.IndexWriter, watermark: str) -> None:
    writer.delete_documents_by_term("role", WATERMARK)
    document = tantivy.Document()
    document.add_text("role", WATERMARK)
    document.add_bytes("payload", str(watermark).encode())
    writer.add_document(document)


def _lock(folder: Path, name: str, patience: float = 0.0) -> int:
    """Take a lock, which ends with the process, and return its file descriptor."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(folder / name, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                os.close(file)
                raise AlreadyWritingError(f"Another process writes the index in {folder}.") from None
            time.sleep(POLL)
        else:
            return file


def _next(folder: Path) -> Path:
    """Return the folder of the next generation."""
    return folder / str(max((int(path.name) for path in folder.iterdir() if path.name.isdigit()), default=0) + 1)


def _create(path: Path) -> Generation:
    """Make an empty generation."""
    path.mkdir(mode=0o700)
    tantivy.Index(SCHEMA, str(path), reuse=False)
    return Generation(path)


def _tidy(folder: Path, used: Generation) -> None:
    """Remove the other generations; a reader that still has one of them open keeps what it has mapped."""
    for path in folder.iterdir():
        if path.name.isdigit() and path != used.path:
            shutil.rmtree(path)


def _switch(folder: Path, generation: Generation, origin: str) -> Generation:
    """Make a generation the one in use."""
    new = folder / "current.json.new"
    with new.open("w", encoding="utf-8") as file:
        json.dump({"generation": generation.path.name, "format": FORMAT, "origin": origin}, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / "current.json")
    directory = os.open(folder, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)
    return Generation(generation.path, origin)
