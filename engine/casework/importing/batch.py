"""Importing a file: every row ends as a matter, a linked repeat, out of scope, a duplicate or an error.

Rows are stored in small transactions together with the note of how they ended. A process that dies takes at most
the transaction at hand with it; the same file given again goes on where it stopped, and a file that was imported
adds nothing when it is imported again.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from engine.casework import attempts, facts, secret_words
from engine.casework.errors import AlreadyRegistered, SecretSuspected
from engine.casework.importing import statements as sql
from engine.casework.importing.errors import FileRefused
from engine.casework.importing.mapping import Reader, RowReading, guess_mapping, mapping_problems, usable
from engine.casework.importing.tables import Row, Table, read_table
from engine.casework.registration import Registered, Starting, register
from engine.casework.screening import is_secret, secrets_in
from engine.casework.vocabulary import IMPORT_OUTCOMES
from engine.runtime.errors import NotFound, RuntimeFailure
from rules.bureau_calendar import bureau_date

log = logging.getLogger(__name__)

HEADING = "文件名或表头"
ROW = "这一行"
ROWS_A_TRANSACTION = 25
ATTEMPTS = 5
GAVE_WAY = {"40P01", "40001"}  # deadlock detected, serialization failure

Progress = Callable[[int, int], object]
"""Told how many rows have ended, of how many."""


@dataclass(frozen=True, slots=True)
class RowResult:
    """How a row ended: its line in the file, the outcome, why, and the number of the matter it is or repeats."""

    line: int
    outcome: str
    reason: str | None
    number: str | None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How an import ended. ``counts`` has every outcome of ``vocabulary.IMPORT_OUTCOMES``; they add up to ``total``."""

    batch_id: int
    filename: str
    total: int
    counts: Mapping[str, int]
    rows: tuple[RowResult, ...]


@dataclass(frozen=True, slots=True)
class _End:
    outcome: str
    reason: str | None = None
    matter_id: int | None = None
    keep_raw: bool = True
    secret: bool = False
    keep_number: bool = True


def import_file(
    engine: Engine,
    runtime: Starting,
    channel_code: str,
    content: bytes,
    filename: str,
    *,
    actor: str,
    mapping: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a channel's file and return how every row ended.

    ``mapping`` ({field: column or columns}) is kept with the channel; without one the channel's own is used, else one
    guessed by the columns' names. Raises FileRefused when the file as a whole cannot be imported.
    """
    with engine.begin() as connection:
        batch_id = start_batch(connection, channel_code, content, filename, actor=actor, mapping=mapping)
    return run_batch(engine, runtime, batch_id, progress=progress)


def start_batch(
    connection: Connection,
    channel_code: str,
    content: bytes,
    filename: str,
    *,
    actor: str,
    mapping: Mapping[str, Any] | None = None,
) -> int:
    """Store a file to be imported, in the caller's transaction, and return the batch that :func:`run_batch` runs.

    A file whose import was broken off is the same batch again. Raises FileRefused as :func:`import_file` does.
    """
    channel = connection.execute(sql.CHANNEL, {"code": channel_code}).one_or_none()
    if channel is None:
        raise FileRefused(f"没有代码为“{channel_code}”的渠道，或已停用。")
    table = read_table(content, filename)
    if not table.rows:
        raise FileRefused("文件只有表头，没有数据。")
    secret_words.look(connection)
    if any(map(is_secret, (filename, *table.columns))):
        raise FileRefused(SecretSuspected([HEADING]).message)
    chosen = choose_mapping(table, channel.column_mapping, mapping)
    problems = mapping_problems(chosen)
    if problems:
        raise FileRefused(f"{problems[0]}文件的列是：{'、'.join(table.columns)}。")
    if mapping is not None or not channel.column_mapping:
        connection.execute(sql.KEEP_MAPPING, {"id": channel.id, "mapping": chosen})
    digest = hashlib.sha256(content).hexdigest()
    unfinished: int | None = connection.execute(sql.UNFINISHED, {"channel": channel.id, "hash": digest}).scalar()
    if unfinished is not None:
        connection.execute(sql.CONTINUE, {"id": unfinished, "mapping": chosen})
        return unfinished
    created: int = connection.execute(
        sql.INSERT_BATCH,
        {
            "channel": channel.id,
            "filename": filename[-200:],
            "hash": digest,
            "content": content,
            "columns": list(table.columns),
            "mapping": chosen,
            "rows": len(table.rows),
            "actor": actor,
        },
    ).scalar_one()
    return created


def choose_mapping(
    table: Table, kept: Mapping[str, Any], given: Mapping[str, Any] | None = None
) -> dict[str, list[str]]:
    """Return the mapping for a file: the one given, else the channel's where it fits the columns, else a guess."""
    if given is not None:
        return usable(given, table.columns)
    of_channel = usable(kept, table.columns)
    if of_channel and not mapping_problems(of_channel):
        return of_channel
    return guess_mapping(table.columns)


def run_batch(engine: Engine, runtime: Starting, batch_id: int, *, progress: Progress | None = None) -> ImportReport:
    """Import the rows of a batch that have not ended yet, and return how all ended.

    Safe to call again at any time: a finished batch only answers. Raises NotFound when there is no such batch.
    """
    with _alone(engine, batch_id):
        with engine.connect() as connection:
            batch = connection.execute(sql.BATCH, {"id": batch_id}).one_or_none()
            if batch is None:
                raise NotFound("没有找到这次导入。")
            ended = set(connection.execute(sql.ENDED_LINES, {"id": batch_id}).scalars())
        if batch.status != "finished":
            try:
                _mark(engine, batch_id, "running")
                _run(engine, runtime, batch, ended, progress or _silent)
            except Exception:
                # Whoever looks at the import should see that nobody works on it; run again it goes on.
                _mark(engine, batch_id, "failed")
                raise
            with engine.begin() as connection:
                connection.execute(sql.FINISH, {"id": batch_id, "counts": _counts(connection, batch_id)})
    with engine.connect() as connection:
        rows = tuple(RowResult(*row) for row in connection.execute(sql.ROWS, {"id": batch_id}))
        return ImportReport(batch_id, batch.filename, batch.rows, _counts(connection, batch_id), rows)


def _run(engine: Engine, runtime: Starting, batch: Any, ended: set[int], progress: Progress) -> None:
    table = read_table(bytes(batch.content), batch.filename)
    reader = Reader(table, batch.mapping, batch.channel)
    left = [row for row in table.rows if row.line not in ended]
    done = len(table.rows) - len(left)
    progress(done, len(table.rows))
    for start in range(0, len(left), ROWS_A_TRANSACTION):
        rows = left[start : start + ROWS_A_TRANSACTION]
        readings = [(row, reader.read(row)) for row in rows]
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with engine.begin() as connection:
                    _import_rows(connection, runtime, batch, reader, readings)
                break
            except OperationalError as error:
                # Somebody works on the matters that these rows repeat, in the other order: give way, try again.
                if getattr(error.orig, "sqlstate", None) not in GAVE_WAY or attempt == ATTEMPTS:
                    raise
        done += len(rows)
        progress(done, len(table.rows))


def _import_rows(
    connection: Connection,
    runtime: Starting,
    batch: Any,
    reader: Reader,
    readings: Sequence[tuple[Row, RowReading]],
) -> None:
    known = _known(connection, batch.channel_id, [reading for _, reading in readings])
    secret_words.look(connection)
    values = []
    for row, reading in readings:
        end = known.get(row.line)
        if end is None or end.keep_raw:
            # What registering screens is left to it: it says in which field the mark stands.
            unread = reading.facts is None or end is not None
            end = _marked(connection, batch, row.cells if unread else reader.beside(row)) or end
        end = end or _import_row(connection, runtime, batch, reading)
        values.append(
            {
                "batch": batch.id,
                "line": row.line,
                "raw": dict(zip(reader.columns, row.cells, strict=True)) if end.keep_raw else {},
                "outcome": end.outcome,
                "reason": end.reason,
                "matter": end.matter_id,
                "number": reading.number if end.keep_number else None,
                "day": None if reading.received_at is None else bureau_date(reading.received_at),
                "secret": end.secret,
            }
        )
    connection.execute(sql.INSERT_ROW, values)


def _known(connection: Connection, channel_id: int, readings: Sequence[RowReading]) -> dict[int, _End]:
    """Rows the platform has already, found for many at once, by line."""
    keys: dict[int, tuple[str | None, str]] = {}
    for reading in readings:
        if reading.facts is not None:
            tidied = facts.tidy(reading.facts)
            keys[reading.line] = (tidied.channel_number, facts.digest_of(tidied))
    rows = connection.execute(
        sql.KNOWN,
        {
            "channel": channel_id,
            "numbers": [number for number, _ in keys.values() if number],
            "digests": [digest for number, digest in keys.values() if not number],
        },
    ).all()
    by_number = {row.channel_number: row for row in rows if row.channel_number}
    by_digest = {row.digest: row for row in rows if not row.channel_number}
    found = {}
    for line, (number, digest) in keys.items():
        row = by_number.get(number) if number else by_digest.get(digest)
        if row is not None:
            found[line] = _duplicate(AlreadyRegistered(row.number, row.id, same=row.digest == digest))
    return found


def _import_row(connection: Connection, runtime: Starting, batch: Any, reading: RowReading) -> _End:
    if reading.facts is None:
        return _End("error", "；".join(reading.problems))
    try:
        with connection.begin_nested():
            registered = register(connection, reading.facts, runtime=runtime, actor=batch.started_by)
    except AlreadyRegistered as again:
        return _duplicate(again)
    except SecretSuspected as secret:
        attempts.record(connection, actor=batch.started_by, place="import", kinds=secret.kinds, subject=str(batch.id))
        # A running number is no secret, unless it is where the mark stood; without it there would be a hole.
        marked = facts.LABELS["channel_number"] in secret.places
        return _refused(secret, keep_number=not marked)
    except RuntimeFailure as failure:
        return _End("error", failure.message)
    except OperationalError:
        raise  # the database is away: the rows of this transaction are tried again, not given up
    except (DBAPIError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        # Only the kind of failure: the messages of database errors repeat what citizens wrote.
        kind = f"{type(error).__name__} {getattr(getattr(error, 'orig', None), 'sqlstate', '')}"
        log.error("row %d of import %d failed: %s", reading.line, batch.id, kind)  # noqa: TRY400
        return _End("error", "平台处理这一行时出错，没有导入，请联系系统管理员。")
    return _registered(registered)


def _marked(connection: Connection, batch: Any, cells: Sequence[str]) -> _End | None:
    """Return the end of a row whose cells carry a mark of secrecy, None where none does; nothing of it is kept."""
    kinds = tuple(dict.fromkeys(kind for cell in cells for kind in secrets_in(cell)))
    if not kinds:
        return None
    attempts.record(connection, actor=batch.started_by, place="import", kinds=kinds, subject=str(batch.id))
    return _refused(SecretSuspected([ROW], kinds), keep_number=False)


def _refused(secret: SecretSuspected, *, keep_number: bool) -> _End:
    return _End("error", secret.message, keep_raw=False, secret=True, keep_number=keep_number)


def _registered(registered: Registered) -> _End:
    if registered.outcome == "repeat":
        return _End("repeat", f"与 {registered.primary_number} 重复，已关联", registered.matter_id)
    if registered.outcome == "out_of_scope":
        return _End("out_of_scope", "不属于公安机关职责，待转办", registered.matter_id)
    return _End("matter", None, registered.matter_id)


def _duplicate(again: AlreadyRegistered) -> _End:
    if again.same:
        return _End("duplicate", again.message, again.matter_id, keep_raw=False)
    return _End("error", again.message, again.matter_id)


def _counts(connection: Connection, batch_id: int) -> dict[str, int]:
    counted: Counter[str] = Counter({row.outcome: row.n for row in connection.execute(sql.COUNTS, {"id": batch_id})})
    return {outcome: counted[outcome] for outcome in IMPORT_OUTCOMES}


def _mark(engine: Engine, batch_id: int, status: str) -> None:
    with engine.begin() as connection:
        connection.execute(sql.MARK, {"id": batch_id, "status": status})


@contextmanager
def _alone(engine: Engine, batch_id: int) -> Iterator[None]:
    """Hold the batch for this process; another that wants it waits, and then finds the rows ended."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sql.LOCK, {"id": batch_id})
        try:
            yield
        finally:
            connection.execute(sql.UNLOCK, {"id": batch_id})


def _silent(done: int, total: int) -> None:
    """Nobody wants to know."""
