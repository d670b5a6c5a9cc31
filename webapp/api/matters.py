"""Matters: the library, one with all around it, its history, and registering one, which starts its process."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated, Any, Literal

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from pydantic import Field

from engine.casework import api_answers
from engine.casework.attachments import Store
from engine.casework.errors import AlreadyRegistered, InvalidFacts, SecretSuspected
from engine.casework.queries import library
from engine.casework.queries.hiding import as_told, known_number
from engine.casework.queries.matter import matter_detail
from engine.casework.registration import register
from engine.database import db
from webapp.api.answers import filled, kept, made, sent_file
from webapp.api.authentication import officer
from webapp.api.matter_shapes import (
    AttachmentShown,
    EscalationShown,
    FinishedStep,
    History,
    HistoryRow,
    LinkedMatter,
    MatterRecord,
    MatterRow,
    MatterShown,
    WaitingStep,
)
from webapp.api.operation import operation
from webapp.api.paging import Page, Paged, page
from webapp.api.problems import Fault, ProblemError
from webapp.api.shapes import Answered, Id, Sent, Short
from webapp.api.task_shapes import Kept
from webapp.current import current_platform, current_runtime
from webapp.history_lines import timeline
from webapp.intake import IntakeChoices, facts_from, intake_form, problems_at, units_that_cannot
from webapp.sentences import N_, say_all
from webapp.step_forms import uploads
from webapp.step_host import Names
from webapp.vocabulary import holders

TAG = "matters"
Kind = Literal["consult", "request", "complaint", "report", "suggestion", "petition", "praise"]
Severity = Literal["ordinary", "major", "urgent"]
Status = Literal["open", "waiting", "closed"]


class MatterQuery(Paged):
    """What to list."""

    q: Annotated[Short, Field(description=N_("编号、渠道编号、主题或内容里的文字。"))] = ""
    kind: Kind | None = None
    status: Status | None = None
    severity: Severity | None = None
    receiving: Annotated[Id | None, Field(description=N_("受理部门的 id。"))] = None
    handling: Annotated[Id | None, Field(description=N_("承办单位的 id。"))] = None
    channel: Annotated[Id | None, Field(description=N_("渠道的 id。"))] = None
    category: Annotated[Id | None, Field(description=N_("事项类别的 id，含它的下级。"))] = None
    since: Annotated[date | None, Field(description=N_("收到日期不早于。"))] = None
    until: Annotated[date | None, Field(description=N_("收到日期不晚于。"))] = None
    late: Annotated[bool, Field(description=N_("只要已超时、还没有回复的。"))] = False


class Accused(Sent):
    """Whom the matter accuses."""

    unit: Id | None = None
    officer: Id | None = None


class Registration(Sent):
    """What the form for registering a matter asks."""

    channel: Annotated[Short, Field(description=N_("渠道的代码。"))]
    body: str
    title: str | None = None
    channel_number: str | None = None
    received_at: Annotated[str | None, Field(description=N_("本局时间，例如 2026-11-23T09:30；不填是现在。"))] = None
    place: str | None = None
    files: Annotated[list[str], Field(description=N_("上传文件得到的 token。"))] = []
    anonymous: bool = False
    name: str | None = None
    phone: str | None = None
    identity_number: str | None = None
    address: str | None = None
    kind: Kind | None = None
    severity: Severity | None = None
    category: Id | None = None
    unit: Annotated[Id | None, Field(description=N_("承办单位的 id；不填由平台研判。"))] = None
    accused: list[Accused] = []


class Registered(Answered):
    """The matter that was registered, and what the judgement made of it."""

    number: str
    outcome: Annotated[
        str, Field(description=N_("pushed 已推送，manual 待受理，repeat 重复诉求，out_of_scope 不属公安职责。"))
    ]
    primary_number: str | None
    repeated: Annotated[bool, Field(description=N_("同一个 Idempotency-Key 以前已经办过。"))] = False


@operation("GET", "/matters", _("自己可以查看的事项，最新的在前"), tag=TAG, query=MatterQuery, answers=Page[MatterRow])
def matters(query: MatterQuery) -> Any:
    """List the matters the officer may know of."""
    number, limit = query.place
    filters = library.Filters(
        kind=query.kind or "",
        receiving_unit=query.receiving,
        handling_unit=query.handling,
        channel=query.channel,
        category=query.category,
        status=query.status or "",
        severity=query.severity or "",
        since=query.since,
        until=query.until,
        late=query.late,
        text=query.q,
    )
    found = library.matters(db.session.connection(), officer(), filters, page=number, per_page=limit)
    return page(Page[MatterRow], query, (MatterRow.model_validate(row) for row in found.rows), found.total)


@operation("GET", "/matters/{number}", _("一件事项"), tag=TAG, answers=MatterShown, problems=("not-found",))
def matter(number: str) -> MatterShown:
    """Return a matter with all that the officer may see of it; the petitioner is masked."""
    detail = matter_detail(db.session.connection(), officer(), number)
    record = MatterRecord.model_validate(detail.matter)
    record.due_explanation = say_all(record.due_explanation)
    tasks = [WaitingStep.model_validate(item) for item in detail.items]
    for one in tasks:
        one.name, one.who = gettext(one.name), holders(one.who)
    return MatterShown(
        matter=record,
        tasks=tasks,
        finished=[FinishedStep.model_validate(one) for one in detail.finished],
        attachments=[AttachmentShown.model_validate(one) for one in detail.attachments],
        escalations=[EscalationShown.model_validate(one) for one in detail.escalations],
        linked=[LinkedMatter.model_validate(one) for one in detail.linked],
    )


@operation(
    "GET",
    "/matters/{number}/history",
    _("事项的办理记录，最新的在前"),
    tag=TAG,
    answers=History,
    problems=("not-found",),
)
def matter_history(number: str) -> History:
    """Return a matter's history as its page tells it."""
    connection, runtime = db.session.connection(), current_runtime()
    detail = matter_detail(connection, officer(), number)
    deployment = detail.matter.deployment_id
    definition = runtime.definition(deployment) if deployment else None
    lines = timeline(detail.history, definition, Names(connection, officer()), runtime.definition)
    rows = [
        HistoryRow(
            event=event.event,
            step=event.step,
            at=line["at"],
            actor=line["actor"],
            title=str(line["title"]),
            note=str(line["note"]),
            answers=line["details"],
        )
        for event, line in zip(reversed(detail.history), lines, strict=True)
    ]
    return History(items=rows, total=len(rows))


@operation(
    "POST", "/matters/files", _("上传登记事项要附的文件"), tag=TAG, answers=Kept, status=201, upload=True,
    problems=("too-large",), name="keep_matter_file",
)  # fmt: skip
def keep_matter_file() -> Kept:
    """Keep a file for a matter that is about to be registered."""
    found = kept(made(intake_form(), sent_file("files")), "files")
    return Kept(token=found.token, filename=found.filename, size=found.size)


@operation(
    "POST", "/matters", _("登记事项，开始它的流程"), tag=TAG, body=Registration, answers=Registered, status=201,
    takes_key=True, problems=("already-registered", "conflict", "key-reused"),
)  # fmt: skip
def register_matter(body: Registration, key: str | None) -> Registered:
    """Register a matter and start its process; with a key, once."""
    caller, platform, connection = officer(), current_platform(), db.session.connection()
    if key is not None:
        known = api_answers.earlier(connection, caller.id, key, b"POST /matters " + body.model_dump_json().encode())
        if known is not None:
            return Registered(**known | {"repeated": True})
    compiled, store, waiting = intake_form(), Store(platform.settings.attachments), uploads()
    make = partial(made, compiled, choices=IntakeChoices(connection, caller))
    answers = filled(compiled, make, body.model_dump(exclude_none=True), root="")
    problems = units_that_cannot(connection, answers)
    if not problems:
        facts = facts_from(answers, store, waiting)
        try:
            done = register(connection, facts, runtime=platform.runtime, actor=caller.actor, store=store)
        except AlreadyRegistered as again:
            raise as_told(connection, caller, again) from None
        except (InvalidFacts, SecretSuspected) as refused:
            problems = problems_at(refused)
        else:
            primary = known_number(connection, caller, done.primary_number)
            answered = Registered(number=done.number, outcome=done.outcome, primary_number=primary)
            if key is not None:
                api_answers.keep(connection, caller.id, key, answered.model_dump())
            db.session.commit()
            return answered
    faults = [Fault(f"/{name}", message) for name, message in problems.items()]
    raise ProblemError("invalid", gettext("请按 errors 里的说明更正。"), faults=faults)
