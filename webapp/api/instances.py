"""Running processes: the list, one as it stands, its history, and starting one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from pydantic import Field

from engine.casework import api_answers, commands
from engine.casework.masking import masked
from engine.casework.queries import instance_course
from engine.casework.queries import instances as queries
from engine.database import db
from webapp.api.authentication import officer
from webapp.api.operation import operation
from webapp.api.paging import Page, Paged, page
from webapp.api.shapes import Answered, Identifier, Moment, Sent, Short, SmallId, Values
from webapp.current import current_runtime
from webapp.people import names_of
from webapp.sentences import N_, say

TAG = "instances"


class InstanceQuery(Paged):
    """What to list."""

    process: Annotated[Short, Field(description=N_("流程的 key，例如 matter。"))] = ""
    status: Literal["running", "suspended", "completed", "cancelled"] | None = None
    deployment: Annotated[SmallId | None, Field(description=N_("部署的 id。"))] = None
    incidents: Annotated[bool, Field(description=N_("只要有未处理异常的。"))] = False
    q: Annotated[Short, Field(description=N_("流程实例的 id，或者事项编号。"))] = ""


class InstanceRow(Answered):
    """An instance in the list."""

    id: int
    process_key: str
    deployment_id: int
    version: int
    status: str
    number: Annotated[str, Field(description=N_("事项编号或业务标识；无权查看事项的，只给开头几位。"))]
    title: str
    full: Annotated[bool, Field(description=N_("是否可以查看与人有关的内容；不可以的，内容已遮蔽。"))]
    matter: Annotated[bool, Field(description=N_("是否属于一件事项。"))]
    started_at: Moment
    ended_at: Moment | None
    next_due: Moment | None
    waiting: Annotated[int, Field(description=N_("等待办理的任务数。"))]
    incidents: Annotated[int, Field(description=N_("未处理的异常数。"))]


class PlaceShown(Answered):
    """Where a token may be moved."""

    element: str
    name: str
    kind: str


class TokenShown(Answered):
    """A token that is somewhere."""

    task_id: str
    process_key: str
    element: str
    name: str
    state: Annotated[
        str,
        Field(
            description=N_(
                "在等什么：person 人，time 时间，inside 子流程，effect 送达，join 汇合，retry 重试，held 异常"
            )
        ),
    ]
    due: Moment | None
    boundary: bool
    places: Annotated[list[PlaceShown], Field(description=N_("可以移到哪里。"))]


class TimerShown(Answered):
    """A timer that waits."""

    element: str
    name: str
    kind: str
    due_at: Moment
    expression: str


class InstanceShown(Answered):
    """An instance as it stands."""

    instance: InstanceRow
    tokens: list[TokenShown]
    variables: Annotated[Values, Field(description=N_("流程变量；full 为 false 时已遮蔽。"))]
    timers: list[TimerShown]
    places: Annotated[list[PlaceShown], Field(description=N_("可以从哪里重新开始。"))]


class CourseRow(Answered):
    """Something that happened to an instance."""

    at: Moment
    event: str
    element: str
    name: str
    actor: Annotated[str | None, Field(description=N_("姓名；系统所为或不便显示时是 null。"))]
    note: str


class Course(Answered):
    """What happened to an instance, the newest first, at most two hundred lines."""

    items: list[CourseRow]
    total: int


class Start(Sent):
    """What to start."""

    process: Annotated[Identifier, Field(description=N_("当前部署里流程的 key；事项请用 POST /matters 登记。"))]
    business_key: Annotated[Identifier, Field(description=N_("业务标识，消息按它送达。"))]
    variables: Annotated[Values, Field(description=N_("开始时的流程变量。"))] = {}


class Started(Answered):
    """The instance that was started."""

    instance_id: int
    repeated: Annotated[bool, Field(description=N_("同一个 Idempotency-Key 以前已经办过。"))] = False


@operation("GET", "/instances", _("流程实例，最新的在前"), tag=TAG, query=InstanceQuery, answers=Page[InstanceRow])
def instances(query: InstanceQuery) -> Any:
    """List the instances the officer may know of."""
    number, limit = query.place
    filters = queries.Filters(
        process=query.process,
        status=query.status or "",
        deployment=query.deployment,
        incidents=query.incidents,
        text=query.q,
        page=number,
    )
    found = queries.instances(db.session.connection(), officer(), filters, per_page=limit)
    return page(Page[InstanceRow], query, (InstanceRow.model_validate(row) for row in found.rows), found.total)


@operation(
    "GET", "/instances/{instance_id}", _("一个流程实例"), tag=TAG, answers=InstanceShown, problems=("not-found",)
)
def instance(instance_id: int) -> InstanceShown:
    """Return an instance as it stands."""
    connection, runtime = db.session.connection(), current_runtime()
    row = queries.one(connection, officer(), instance_id)
    look = runtime.look(connection, instance_id)
    timers = instance_course.timers(connection, instance_id)
    return InstanceShown(
        instance=InstanceRow.model_validate(row),
        tokens=[TokenShown.model_validate(token) for token in look.tokens],
        variables=look.variables if row.full else masked(look.variables),
        timers=[TimerShown.model_validate(timer) for timer in timers],
        places=[PlaceShown.model_validate(place) for place in look.places],
    )


@operation(
    "GET",
    "/instances/{instance_id}/history",
    _("流程实例发生过什么，最新的在前"),
    tag=TAG,
    answers=Course,
    problems=("not-found",),
)
def instance_history(instance_id: int) -> Course:
    """Return what happened to an instance."""
    connection = db.session.connection()
    row = queries.one(connection, officer(), instance_id)
    events = instance_course.happened(connection, instance_id, full=row.full)
    names = names_of(connection, [event.actor for event in events])
    rows = [
        CourseRow(
            at=event.at,
            event=event.what,
            element=event.element,
            name=gettext(event.name) if event.name else "",
            actor=names.get(event.actor),
            note=say(event.note) if row.full else event.note,
        )
        for event in events
    ]
    return Course(items=rows, total=len(rows))


@operation(
    "POST", "/instances", _("开始一个不属于事项的流程"), tag=TAG, body=Start, answers=Started, status=201,
    takes_key=True, problems=("not-found", "not-permitted", "conflict", "key-reused"),
)  # fmt: skip
def start_instance(body: Start, key: str | None) -> Started:
    """Start an instance of a deployed process; with a key, once."""
    caller, connection = officer(), db.session.connection()
    if key is not None:
        known = api_answers.earlier(connection, caller.id, key, b"POST /instances " + body.model_dump_json().encode())
        if known is not None:
            return Started(**known | {"repeated": True})
    made = commands.start_instance(
        connection, current_runtime(), caller, body.process, business_key=body.business_key, variables=body.variables
    )
    answered = Started(instance_id=made)
    if key is not None:
        api_answers.keep(connection, caller.id, key, answered.model_dump())
    db.session.commit()
    return answered
