"""Imports of files: which there were, how they ended, and how each row ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, cast, false, func, select, true
from sqlalchemy.orm import aliased

from engine.casework.models import Channel, ImportBatch, ImportRow, Matter, Officer
from engine.casework.permissions import Person, roles_of, units_of, visible
from engine.casework.vocabulary import IMPORT_OUTCOMES
from engine.runtime.errors import NotFound

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Batch:
    """An import. ``counts`` has every outcome; while it runs they are those so far, and ``done`` of ``rows`` ended."""

    id: int
    channel: str
    channel_code: str
    filename: str
    status: str
    rows: int
    done: int
    counts: Mapping[str, int]
    started_by: str
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class RowView:
    """A row of an import. ``number`` and ``title`` only of a matter the officer may know of, ``raw`` only of errors."""

    line: int
    outcome: str
    reason: str | None
    number: str | None
    title: str | None
    raw: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BatchDetail:
    """An import with a page of its rows; ``total`` counts the rows of the outcome asked for."""

    batch: Batch
    columns: tuple[str, ...]
    mapping: Mapping[str, Any]
    rows: tuple[RowView, ...]
    total: int
    page: int
    per_page: int


def may_see(officer: Person) -> ColumnElement[bool]:
    """Return the condition on ``Channel`` under which the officer sees its imports: its receivers, and inspectors."""
    if "inspector" in roles_of(officer.grants):
        return true()
    units = units_of(officer.grants, "receiver")
    return Channel.receiving_unit_id.in_(units) if units else false()


def imports(connection: Connection, officer: Person, page: int = 1, per_page: int = PER_PAGE) -> tuple[Batch, ...]:
    """Return a page of imports, the newest first."""
    statement = _batches(officer).order_by(ImportBatch.started_at.desc(), ImportBatch.id.desc())
    statement = statement.limit(per_page).offset((max(page, 1) - 1) * per_page)
    return tuple(_batch(row) for row in connection.execute(statement))


def import_detail(
    connection: Connection,
    officer: Person,
    batch_id: int,
    *,
    outcome: str = "",
    page: int = 1,
    per_page: int = PER_PAGE,
) -> BatchDetail:
    """Return an import and a page of its rows, those of one outcome if it is named; raises NotFound."""
    found = connection.execute(
        _batches(officer).add_columns(ImportBatch.columns, ImportBatch.mapping).where(ImportBatch.id == batch_id)
    ).one_or_none()
    if found is None:
        raise NotFound("没有找到这次导入。")
    batch = _batch(found)
    known = (
        select(Matter.id, Matter.number, Matter.title, Matter.primary_id)
        .where(Matter.id == ImportRow.matter_id, visible(officer))
        .correlate(ImportRow)
        .lateral()
    )
    primary = aliased(Matter)
    told = select(primary.id).where(primary.id == known.c.primary_id, visible(officer, primary)).exists()
    wanted = [ImportRow.batch_id == batch_id]
    if outcome in IMPORT_OUTCOMES:
        wanted.append(ImportRow.outcome == outcome)
    rows = connection.execute(
        select(
            ImportRow.line,
            ImportRow.outcome,
            ImportRow.reason,
            ImportRow.raw,
            ImportRow.matter_id,
            known.c.number,
            known.c.title,
            # The reason of a repeat names its primary, which may accuse whom the repeat does not.
            (known.c.primary_id.is_not(None) & ~told).label("unnamed"),
        )
        .outerjoin(known, true())
        .where(*wanted)
        .order_by(ImportRow.line)
        .limit(per_page)
        .offset((max(page, 1) - 1) * per_page)
    ).all()
    total = batch.counts[outcome] if outcome in IMPORT_OUTCOMES else batch.done
    return BatchDetail(
        batch, tuple(found.columns), found.mapping, tuple(_row(row) for row in rows), total, page, per_page
    )


def error_rows(connection: Connection, officer: Person, batch_id: int) -> tuple[tuple[str, ...], tuple[RowView, ...]]:
    """Return the columns of the file and all rows that were not imported, to be mended and imported again."""
    detail = import_detail(connection, officer, batch_id, outcome="error", per_page=100_000)
    return detail.columns, detail.rows


def _batches(officer: Person) -> Any:
    counted = (
        select(
            func.jsonb_object_agg(ImportRow.outcome, func.count()).over().label("counts"),
        )
        .where(ImportRow.batch_id == ImportBatch.id)
        .group_by(ImportRow.outcome)
        .limit(1)
        .correlate(ImportBatch)
        .scalar_subquery()
    )
    return (
        select(
            ImportBatch.id,
            Channel.name.label("channel"),
            Channel.code.label("channel_code"),
            ImportBatch.filename,
            ImportBatch.status,
            ImportBatch.rows,
            # A finished import has its counts written down; only one that runs is counted.
            func.coalesce(func.nullif(ImportBatch.counts, cast({}, ImportBatch.counts.type)), counted).label("counts"),
            func.coalesce(Officer.name, "系统").label("started_by"),
            ImportBatch.started_at,
            ImportBatch.finished_at,
        )
        .join(Channel, Channel.id == ImportBatch.channel_id)
        .outerjoin(Officer, cast(Officer.id, Text) == ImportBatch.started_by)
        .where(may_see(officer))
    )


def _batch(row: Any) -> Batch:
    given = row.counts or {}
    counts = {outcome: given.get(outcome, 0) for outcome in IMPORT_OUTCOMES}
    return Batch(
        id=row.id,
        channel=row.channel,
        channel_code=row.channel_code,
        filename=row.filename,
        status=row.status,
        rows=row.rows,
        done=sum(counts.values()),
        counts=counts,
        started_by=row.started_by,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def _row(row: Any) -> RowView:
    hidden = row.matter_id is not None and row.number is None
    return RowView(
        line=row.line,
        outcome=row.outcome,
        # The reason of a duplicate or repeat names the other matter's number.
        reason=None if hidden or row.unnamed else row.reason,
        number=row.number,
        title=row.title,
        raw=row.raw if row.outcome == "error" and not hidden else {},
    )
