"""Incidents: what could not be carried out, trying it again, and going on with a result entered by hand."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from flask_babel import lazy_gettext as _
from pydantic import Field

from engine.casework import commands
from engine.casework.queries import instances as queries
from engine.casework.queries.instances import IncidentRow
from engine.database import db
from webapp.api.authentication import officer
from webapp.api.consequences import Consequence, Ordered, carried_out
from webapp.api.operation import operation
from webapp.api.paging import Page, Paged, page
from webapp.api.shapes import Answered, Id, Moment, Values
from webapp.current import current_platform
from webapp.incidents import MOST_AT_ONCE, why_not
from webapp.people import names_of
from webapp.sentences import N_, say

TAG = "incidents"


class IncidentQuery(Paged):
    """What to list."""

    state: Literal["open", "resolved", "all"] = "open"
    kind: Literal["service", "element", "effect", "timer"] | None = None


class IncidentShown(Answered):
    """An incident."""

    id: int
    instance_id: int
    process_key: str
    element: str
    name: str
    kind: str
    message: str
    attempts: int
    opened_at: Moment
    resolved_at: Moment | None
    resolution: str | None
    resolved_by: str | None
    reason: str | None
    number: Annotated[str, Field(description=N_("事项编号或业务标识；无权查看事项的，只给开头几位。"))]


class RetryMany(Ordered):
    """Which to try again. With ``dry_run`` nothing is kept; the answer is what would come of each."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_AT_ONCE)]


class RetriedOne(Answered):
    """What came of one."""

    incident_id: int
    done: bool
    problem: str


class RetriedMany(Answered):
    """What came of each."""

    items: list[RetriedOne]
    total: int


class Resolve(Ordered):
    """The result entered by hand."""

    result: Annotated[
        Values,
        Field(description=N_('服务或规则本应给出的结果；网关处是 {"flow": "环节的 id"}，时限处是 {"due": "…"}。')),
    ]


def _shown(rows: list[IncidentRow]) -> list[IncidentShown]:
    names = names_of(db.session.connection(), [row.resolved_by for row in rows if row.resolved_by])
    found = []
    for row in rows:
        one = IncidentShown.model_validate(row)
        one.message = say(one.message) if row.full else one.message
        one.resolved_by = names.get(row.resolved_by or "")
        found.append(one)
    return found


@operation(
    "GET", "/incidents", _("异常，未处理的按时间先后"), tag=TAG, query=IncidentQuery, answers=Page[IncidentShown]
)
def incidents(query: IncidentQuery) -> Any:
    """List what could not be carried out."""
    number, limit = query.place
    rows, total = queries.incidents(
        db.session.connection(),
        officer(),
        state=query.state,
        kind=query.kind or "",
        page=number,
        per_page=limit,
    )
    return page(Page[IncidentShown], query, _shown(list(rows)), total)


@operation("GET", "/incidents/{incident_id}", _("一条异常"), tag=TAG, answers=IncidentShown, problems=("not-found",))
def incident(incident_id: int) -> IncidentShown:
    """Return an incident."""
    return _shown([queries.incident_of(db.session.connection(), officer(), incident_id)])[0]


@operation(
    "POST",
    "/incidents/{incident_id}/retry",
    _("重试一条异常"),
    tag=TAG,
    body=Ordered,
    answers=Consequence,
    problems=("not-found", "not-permitted", "conflict"),
)
def retry_incident(incident_id: int, body: Ordered) -> Consequence:
    """Try again what failed."""
    row = queries.incident_of(db.session.connection(), officer(), incident_id)
    platform = current_platform()
    db.session.close()  # the runtime works on a connection of its own
    retry = partial(
        commands.retry_incident,
        platform.engine,
        platform.runtime,
        officer(),
        incident_id,
        body.reason,
        dry_run=body.dry_run,
    )
    return carried_out(row.instance_id, retry, full=row.full, dry_run=body.dry_run)


@operation(
    "POST",
    "/incidents/{incident_id}/resolve",
    _("手工办结一条异常"),
    tag=TAG,
    body=Resolve,
    answers=Consequence,
    problems=("not-found", "not-permitted", "conflict"),
)
def resolve_incident(incident_id: int, body: Resolve) -> Consequence:
    """Let the process go on with a result entered by hand."""
    row = queries.incident_of(db.session.connection(), officer(), incident_id)
    platform = current_platform()
    db.session.close()
    resolve = partial(
        commands.resolve_incident,
        platform.engine,
        platform.runtime,
        officer(),
        incident_id,
        body.result,
        reason=body.reason,
        dry_run=body.dry_run,
    )
    return carried_out(row.instance_id, resolve, full=row.full, dry_run=body.dry_run)


@operation("POST", "/incidents/retry", _("重试多条异常，各算各的"), tag=TAG, body=RetryMany, answers=RetriedMany)
def retry_incidents(body: RetryMany) -> RetriedMany:
    """Try several again, each in a transaction of its own."""
    platform = current_platform()
    db.session.close()
    tried = commands.retry_incidents(
        platform.engine, platform.runtime, officer(), body.ids, body.reason, dry_run=body.dry_run
    )
    connection = db.session.connection()
    known = {row.id: row for row in queries.incidents_of(connection, officer(), body.ids)}
    rows = [
        RetriedOne(
            incident_id=one.incident_id, done=one.done, problem=why_not(connection, known.get(one.incident_id), one)
        )
        for one in tried
    ]
    return RetriedMany(items=rows, total=len(rows))
