"""The page of one matter: everything around it, and the form of the step at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import render_template
from flask_babel import gettext as _
from flask_login import current_user

from engine.casework import bursts, likeness
from engine.casework.actions.initial import initial
from engine.casework.permissions import may
from engine.casework.queries.matter import matter_detail
from engine.casework.queries.proceedings import may_supervise, of_matter
from engine.casework.queries.records import ItemView, Matter, MatterDetail, PetitionerView
from engine.casework.queries.withdrawal import Withdrawal
from engine.casework.task_forms import is_plain
from engine.database import db
from engine.runtime import Definition
from forms import CompiledForm, StepForm
from webapp import clocks
from webapp.access import may_open
from webapp.current import current_runtime
from webapp.diagrams import Progress, diagram, drawings
from webapp.history_lines import timeline
from webapp.learning_reasons import judged
from webapp.step_forms import form_of, new_key, step_form
from webapp.step_host import Names
from webapp.time_words import deadline_full, moment_full
from webapp.vocabulary import holders, word
from webapp.waiting import Colleague, TaskGone, colleagues
from webapp.which_one import which_one
from webapp.withdrawn import sign_shown, told

ASSIGNERS = frozenset({"liaison", "instructor", "unit_leader", "inspector"})


@dataclass(frozen=True, slots=True)
class Refused:
    """A supervision that was not opened: what was typed for it, and the sentence that says why."""

    level: str
    ground: str
    problem: str


def matter_page(
    number: str,
    *,
    task_id: str | None = None,
    compiled: CompiledForm | None = None,
    form: StepForm | None = None,
    done: TaskGone | None = None,
    why: Withdrawal | None = None,
    kept: str = "",
    petitioner: PetitionerView | None = None,
    supervision: Refused | None = None,
) -> str:
    """Return the page of a matter.

    `task_id` chooses among the tasks this officer may do; `compiled` and `form` are a form that was filled in already.
    `done` explains that the task was finished by somebody else or taken back, `why` says by what, `kept` is what was
    typed for it then. `petitioner` is the petitioner in full, when that has just been asked for,
    `supervision` one that was refused. Raises NotFound.
    """
    connection = db.session.connection()
    detail = matter_detail(connection, current_user, number)
    matter = detail.matter
    definition = current_runtime().definition(matter.deployment_id) if matter.deployment_id else None
    task = _task(detail, task_id)
    which = (
        which_one(connection, [(matter.deployment_id, item) for item in detail.items]) if matter.deployment_id else {}
    )
    if task is not None and form is None and matter.deployment_id:
        compiled = form_of(matter.deployment_id, task.form_key)
        unit = matter.handling_unit.id if matter.handling_unit else None
        begin = initial(connection, matter.id, task.step)
        form = step_form(compiled, matter.id, unit, accuses=bool(matter.accused), begin=begin)
    return render_template(
        "matters/show.html",
        matter=matter,
        detail=detail,
        task=task,
        compiled=compiled,
        form=form,
        plain=task is not None and definition is not None and is_plain(definition, task.form_key),
        key=new_key(),
        others=[item for item in detail.items if item is not task],
        which=which,
        colleagues=_colleagues(detail),
        done=done,
        gone=told(why, done.name) if done is not None and why is not None else "",
        proof=sign_shown(task.task_id) if task is not None else "",
        kept=kept,
        petitioner=petitioner or matter.petitioner,
        diagrams=_diagrams(definition, detail),
        events=timeline(detail.history, definition, Names(connection, current_user), current_runtime().definition),
        facts=_facts(matter),
        clock_verbs=[(verb, clocks.VERBS[verb]) for verb in clocks.offered(detail)],
        deadlines=_deadlines(detail, task, definition),
        supervision=supervision,
        proceedings=of_matter(connection, current_user, matter.id),
        may_supervise=may_open("proceedings.supervise") and may_supervise(connection, current_user, matter.id),
        alike=likeness.asked(connection, current_user, matter.id),
        may_link=may(connection, current_user, "link", matter.id),
        burst=bursts.of_matter(connection, current_user, matter.id, detail.now),
        judged=judged(connection, _judgement(detail), matter.title, matter.body),
    )


def _judgement(detail: MatterDetail) -> dict[str, Any]:
    """Return how the matter was judged, without a primary that this officer may not know of."""
    known = {other.number for other in detail.linked}
    judgement = dict(detail.matter.judgement or {})
    if (judgement.get("primary") or {}).get("number") not in known:
        judgement.pop("primary", None)
    return judgement


def _task(detail: MatterDetail, task_id: str | None) -> ItemView | None:
    open_to_me = [item for item in detail.items if item.offered]
    chosen = [item for item in open_to_me if item.task_id == task_id]
    return next(iter([*chosen, *open_to_me]), None)


def _colleagues(detail: MatterDetail) -> dict[str, list[Colleague]]:
    """Return whom each waiting task may be given to; nothing for officers who may not assign in this matter."""
    connection = db.session.connection()
    if current_user.roles.isdisjoint(ASSIGNERS) or not detail.items:
        return {}
    if not may(connection, current_user, "assign", detail.matter.id):
        return {}
    return {item.task_id: colleagues(connection, item.task_id) for item in detail.items}


def _diagrams(definition: Definition | None, detail: MatterDetail) -> list[dict[str, Any]]:
    if definition is None:
        return []
    found = drawings(definition)
    progress = {drawing.key: _progress(detail, drawing.key) for drawing in found}
    for drawing in reversed(found):  # the called first: what waits in them makes their callers active
        for element, target in drawing.called.items():
            inner = progress.get(target, Progress())
            progress[drawing.key].active |= {element} if inner.active else set()
            progress[drawing.key].late |= {element} if inner.late else set()
        progress[drawing.key].spread(drawing.around)
    shown = [drawing for drawing in found if progress[drawing.key].visited or progress[drawing.key].active]
    return [diagram(drawing, progress[drawing.key]) for drawing in shown or found[:1]]


def _progress(detail: MatterDetail, key: str) -> Progress:
    there = detail.progress.get(key)
    waiting: dict[str, list[ItemView]] = {}
    clock = detail.pause.since if detail.pause else detail.now
    for item in detail.items:
        if item.process_key == key:
            waiting.setdefault(item.step, []).append(item)
    return Progress(
        visited=set(there.visited) if there else set(),
        active=set(there.active) if there else set(),
        late=set(there.late) if there else set(),
        done={step.step: (step.finished_by, step.finished_at) for step in detail.finished if step.process_key == key},
        holders={
            step: (_("、").join(dict.fromkeys(holders(item.who) for item in items)), items[0].created_at)
            for step, items in waiting.items()
        },
        counts={
            step: {"n": len(items), "late": sum(item.due_at is not None and item.due_at < clock for item in items)}
            for step, items in waiting.items()
            if len(items) > 1
        },
    )


def _facts(matter: Matter) -> list[tuple[str, Any]]:
    return [
        (_("受理渠道"), matter.channel.name),
        (matter.number_label or _("来件编号"), matter.channel_number),
        (_("民意类型"), word("kind", matter.kind)),
        (_("事项类别"), matter.category.name if matter.category else None),
        (_("严重程度"), word("severity", matter.severity)),
        (_("地点"), matter.place),
        (_("受理部门"), matter.receiving_unit.name),
        (_("承办单位"), matter.handling_unit.name if matter.handling_unit else None),
        (_("督办单位"), matter.supervising_unit.name if matter.supervising_unit else None),
        (_("承办民警"), matter.handler.name if matter.handler else None),
        (_("被反映对象"), "、".join(matter.accused) or None),
        (_("收到时间"), moment_full(matter.received_at)),
        (_("导入时间"), moment_full(matter.imported_at)),
        (_("登记人"), _(matter.registered_by)),
        (_("推送方式"), _("自动推送") if matter.automatic else _("人工受理")),
        (_("满意度"), word("satisfaction", matter.satisfaction) or None),
        (_("流程版本"), _("第 %(n)s 版", n=matter.deployment_version) if matter.deployment_version else None),
    ]


def _deadlines(detail: MatterDetail, task: ItemView | None, definition: Definition | None) -> list[tuple[str, Any]]:
    matter = detail.matter
    follows = {
        (drawing.key, element): label
        for drawing in (drawings(definition) if definition is not None else [])
        for element, label in drawing.follows.items()
    }
    lines: list[tuple[str, Any]] = [(_("办结期限"), deadline_full(matter.due_at))]
    if task is not None:
        lines.append((_("本环节期限"), deadline_full(task.due_at)))
    if detail.timers:
        upcoming = detail.timers[0]
        what = follows.get((upcoming.process_key, upcoming.element)) or upcoming.name
        lines.append((_("下一次提醒或升级"), f"{deadline_full(upcoming.due_at)} {_(what) if what else ''}"))
    if matter.replied_at:
        lines.append((_("回复时间"), moment_full(matter.replied_at)))
    if matter.closed_at:
        lines.append((_("办结时间"), moment_full(matter.closed_at)))
    return lines
