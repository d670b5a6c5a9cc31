"""Previews of drafts as they are kept: asked for by an officer, computed by a job, shown to that officer alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from engine.casework.keywords import drafts, store
from engine.casework.keywords.preview_result import Result, result_from_dict
from engine.casework.models import KeywordPreview
from engine.casework.permissions import Person
from engine.runtime.errors import NotFound


@dataclass(frozen=True)
class Preview:
    """A preview and how far it is. ``revision`` and ``version``: of which draft state, against which publication."""

    id: int
    draft_id: int
    revision: int
    version: int
    status: str
    done: int
    total: int
    asked_at: datetime
    result: Result | None
    problem: str = ""


def ask(connection: Connection, officer: Person, draft_id: int) -> int:
    """Ask for a preview of a draft, in the caller's transaction, in place of an earlier one; return its id.

    The caller queues the job. Raises NotFound.
    """
    draft = drafts.one(connection, officer, draft_id)
    connection.execute(
        delete(KeywordPreview).where(KeywordPreview.officer_id == officer.id, KeywordPreview.draft_id == draft_id)
    )
    asked = insert(KeywordPreview).values(
        draft_id=draft_id,
        officer_id=officer.id,
        revision=draft.revision,
        version=store.newest(connection),
        status="waiting",
        asked_at=func.clock_now(),
    )
    return connection.execute(asked.returning(KeywordPreview.id)).scalar_one()


def one(connection: Connection, officer: Person, preview_id: int) -> Preview:
    """Return a preview that the officer asked for. Raises NotFound, also for that of another."""
    drafts.require_editor(connection, officer)
    query = select(KeywordPreview).where(KeywordPreview.id == preview_id, KeywordPreview.officer_id == officer.id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("没有这次预览。")
    return _preview(row)


def latest(connection: Connection, officer: Person, draft_id: int) -> Preview | None:
    """Return the officer's preview of a draft, None when there is none."""
    query = select(KeywordPreview).where(KeywordPreview.draft_id == draft_id, KeywordPreview.officer_id == officer.id)
    row = connection.execute(query.order_by(KeywordPreview.id.desc()).limit(1)).one_or_none()
    return None if row is None else _preview(row)


def _preview(row: Row[Any]) -> Preview:
    finished = row.status == "finished"
    return Preview(
        row.id,
        row.draft_id,
        row.revision,
        row.version,
        row.status,
        row.done,
        row.total,
        row.asked_at,
        result_from_dict(row.result) if finished else None,
        (row.result or {}).get("problem", "") if row.status == "failed" else "",
    )
