"""What the API takes and answers about tasks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from webapp.api.paging import Page, Paged
from webapp.api.questions import Question
from webapp.api.shapes import Answered, Id, Moment, Sent, Short, Values
from webapp.sentences import N_


class TaskQuery(Paged):
    """What to list."""

    tab: Annotated[
        Literal["all", "late", "today", "week", "unclaimed", "done"],
        Field(description=N_("全部、已超时、今日到期、本周到期、待认领，或者自己已办的。")),
    ] = "all"
    q: Annotated[Short, Field(description=N_("编号或主题里的文字。"))] = ""
    unit: Annotated[Id | None, Field(description=N_("承办单位的 id。"))] = None
    step: Annotated[Short, Field(description=N_("环节的 id。"))] = ""


class TaskRow(Answered):
    """A task in the list; one that was finished has ``finished_at``."""

    task_id: str
    step: str
    name: str
    number: Annotated[str, Field(description=N_("事项编号；不属于事项的任务是流程的业务标识。"))]
    title: str
    kind: str
    severity: str
    unit: str | None
    status: str
    due_at: Moment | None = None
    due_explanation: list[str] = []
    priority: int | None = None
    created_at: Moment | None = None
    assignee: Annotated[str | None, Field(description=N_("谁在办（民警的 id）；没有人认领时是 null。"))] = None
    paused: bool = False
    alone: bool = False
    suspended: bool = False
    finished_at: Moment | None = None


class TaskPage(Page[TaskRow]):
    """A page of tasks."""

    counts: Annotated[dict[str, int], Field(description=N_("各个 tab 的数量，不受筛选影响。"))]


class TaskDetail(Answered):
    """A task that waits, with what it asks."""

    task_id: str
    step: str
    name: str
    process_key: str
    number: str
    assignee: str | None
    due_at: Moment | None
    mine: Annotated[bool, Field(description=N_("是否已由自己认领。"))]
    theirs: Annotated[bool, Field(description=N_("自己是否可以办理。"))]
    questions: list[Question]
    known: Annotated[Values, Field(description=N_("表单打开时已经填好的内容。"))]


class Handover(Sent):
    """Whom to give a task to."""

    officer_id: Id


class Completion(Sent):
    """What is typed into the form."""

    answers: Annotated[Values, Field(description=N_("按表单的 key 填写；键和限制见任务的 questions。"))] = {}


class Begun(Answered):
    """A step that began to wait."""

    task_id: str
    step: str
    name: str


class Completed(Answered):
    """What finishing a task led to."""

    task_id: str
    instance_id: int
    ended: Annotated[bool, Field(description=N_("流程是否就此结束。"))]
    repeated: Annotated[bool, Field(description=N_("同一个 Idempotency-Key 以前已经办过。"))]
    next: Annotated[list[Begun], Field(description=N_("由此开始等待的任务。"))]


class Kept(Answered):
    """A file that waits for its task to be finished."""

    token: Annotated[str, Field(description=N_("完成任务时放进这个文件项的数组里。"))]
    filename: str
    size: int
