"""Tasks: those that wait for the officer, what each asks, and taking, giving back, handing on and finishing one."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from psycopg.errors import UniqueViolation
from sqlalchemy.exc import IntegrityError

from engine.casework import commands
from engine.casework.actions.initial import initial
from engine.casework.models import Matter
from engine.casework.queries.worklist import worklist
from engine.database import db
from engine.runtime import AlreadyDone, KeyReused, NotFound
from engine.runtime.tables import completion, finished_item
from webapp.api.answers import filled, form_for, kept, sent_file
from webapp.api.authentication import noting, officer
from webapp.api.operation import operation
from webapp.api.paging import Page, page
from webapp.api.questions import asked
from webapp.api.task_shapes import (
    Begun,
    Completed,
    Completion,
    Handover,
    Kept,
    TaskDetail,
    TaskPage,
    TaskQuery,
    TaskRow,
)
from webapp.current import current_runtime
from webapp.step_files import kept_files
from webapp.step_forms import form_of, uploads
from webapp.waiting import WaitingTask, alone_of, identifier, item_of

TAG = "tasks"


@operation("GET", "/tasks", _("我的任务，最急的在前"), tag=TAG, query=TaskQuery, answers=TaskPage)
def tasks(query: TaskQuery) -> TaskPage:
    """List what waits for the officer, the nearest deadline first."""
    number, limit = query.place
    found = worklist(
        db.session.connection(),
        officer(),
        tab=query.tab,
        text=query.q,
        unit=query.unit,
        step=query.step,
        page=number,
        per_page=limit,
    )
    rows = [TaskRow.model_validate(row) for row in found.rows]
    listed = page(Page[TaskRow], query, rows, found.total)
    return TaskPage(
        items=rows, total=listed.total, next=listed.next, counts={tab: found.counts[tab] for tab in found.counts}
    )


@operation(
    "GET",
    "/tasks/{task_id}",
    _("一项任务和它的表单"),
    tag=TAG,
    answers=TaskDetail,
    problems=("not-found", "already-done"),
)
def task(task_id: str) -> TaskDetail:
    """Return a task with what it asks."""
    item = waiting(task_id)
    compiled = form_of(item.deployment_id, item.form_key)
    begin = initial(db.session.connection(), item.matter_id, item.step) if item.matter_id else {}
    form = form_for(item, compiled, None, data=begin)
    return TaskDetail(
        task_id=item.task_id,
        step=item.step,
        name=gettext(item.name),
        process_key=item.process_key,
        number=item.number,
        assignee=item.assignee,
        due_at=item.due_at,
        mine=item.mine,
        theirs=bool(item.theirs),  # unknown to SQL where nothing is offered or withheld
        questions=asked(compiled, form),
        known=dict(begin or {}),
    )


@operation(
    "POST",
    "/tasks/{task_id}/claim",
    _("认领任务"),
    tag=TAG,
    status=204,
    problems=("not-found", "not-permitted", "already-done", "taken", "conflict"),
)
def claim_task(task_id: str) -> None:
    """Take a task that is open to several."""
    item = waiting(task_id)
    db.session.close()  # the command works on a connection of its own
    commands.claim(current_runtime(), officer(), item.task_id)


@operation(
    "POST",
    "/tasks/{task_id}/unclaim",
    _("退回待认领"),
    tag=TAG,
    status=204,
    problems=("not-found", "not-permitted", "already-done", "conflict"),
)
def unclaim_task(task_id: str) -> None:
    """Give a task back to all who may take it."""
    item = waiting(task_id)
    db.session.close()
    commands.unclaim(current_runtime(), officer(), item.task_id)


@operation(
    "POST",
    "/tasks/{task_id}/assign",
    _("转交任务"),
    tag=TAG,
    body=Handover,
    status=204,
    problems=("not-found", "not-permitted", "already-done", "conflict"),
)
def assign_task(task_id: str, body: Handover) -> None:
    """Give a task to a colleague who may have it."""
    item = waiting(task_id)
    db.session.close()
    commands.assign_item(current_runtime(), officer(), item.task_id, body.officer_id)


@operation(
    "POST",
    "/tasks/{task_id}/files/{field}",
    _("上传任务要附的文件"),
    tag=TAG,
    answers=Kept,
    status=201,
    problems=("not-found", "already-done", "too-large"),
    upload=True,
)
def keep_file(task_id: str, field: str) -> Kept:
    """Keep a file for a question of a task's form; it is attached when the task is finished."""
    item = waiting(task_id)
    found = kept(form_for(item, form_of(item.deployment_id, item.form_key), sent_file(field)), field)
    return Kept(token=found.token, filename=found.filename, size=found.size)


@operation(
    "POST",
    "/tasks/{task_id}/complete",
    _("完成任务"),
    tag=TAG,
    body=Completion,
    answers=Completed,
    takes_key=True,
    problems=("not-found", "not-permitted", "already-done", "conflict", "key-reused"),
)
def complete_task(task_id: str, body: Completion, key: str | None) -> Completed:
    """Finish a task with what was typed."""
    caller = officer()
    once = None if key is None else f"{caller.id}:api:{key}"
    try:
        item = waiting(task_id)
    except AlreadyDone as gone:
        if once is None or gone.by != str(caller.id):
            raise
        db.session.close()
        return _completed(commands.complete(current_runtime(), caller, UUID(task_id).hex, {}, key=once))
    compiled = form_of(item.deployment_id, item.form_key)
    taken = filled(compiled, partial(form_for, item, compiled), body.answers)
    answers, files = kept_files(taken, uploads())
    db.session.close()
    try:
        with noting() as also:
            done = commands.complete(current_runtime(), caller, item.task_id, answers, key=once, files=files, also=also)
        return _completed(done)
    except IntegrityError as error:
        if _took_the_key(error.orig):
            raise KeyReused from None
        raise


def waiting(task_id: str) -> WaitingTask:
    """Return a task of a matter the officer may know of, or one without a matter that was offered to them.

    Raises AlreadyDone when it waits no longer, NotFound when there is none for them.
    """
    connection = db.session.connection()
    try:
        return item_of(connection, officer(), task_id)
    except NotFound:
        return _alone(connection, task_id)


def _alone(connection: sa.Connection, task_id: str) -> WaitingTask:
    try:
        row = alone_of(connection, officer(), task_id)
    except NotFound:
        _require_unfinished(connection, identifier(task_id))
        raise
    return WaitingTask(
        task_id=row.task_id.hex,
        process_key=row.process_key,
        step=row.step,
        name=row.name,
        form_key=row.form_key,
        deployment_id=row.deployment_id,
        assignee=row.assignee,
        due_at=row.due_at,
        theirs=True,
        mine=row.assignee == str(officer().id),
        matter_id=0,
        number=row.business_key or "",
        handling_unit_id=None,
        accuses=False,
    )


def _require_unfinished(connection: sa.Connection, wanted: UUID) -> None:
    """Raise AlreadyDone when the officer has finished this task, which belonged to no matter."""
    row = connection.execute(
        sa.select(finished_item.c.finished_by, finished_item.c.finished_at, finished_item.c.step).where(
            finished_item.c.task_id == wanted,
            ~finished_item.c.withdrawn,
            finished_item.c.finished_by == officer().actor,
            ~sa.exists().where(Matter.instance_id == finished_item.c.instance_id),
        )
    ).one_or_none()
    if row is not None:
        raise AlreadyDone(*row)


def _took_the_key(cause: BaseException | None) -> bool:
    """Say whether another task has taken the key since it was looked for."""
    return isinstance(cause, UniqueViolation) and cause.diag.constraint_name == completion.primary_key.name


def _completed(outcome: Any) -> Completed:
    return Completed(
        task_id=outcome.task_id,
        instance_id=outcome.instance_id,
        ended=outcome.ended,
        repeated=outcome.repeated,
        next=[Begun(task_id=one.task_id, step=one.step, name=gettext(one.name)) for one in outcome.next],
    )
